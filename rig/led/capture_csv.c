/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV of edges ("t_us,channel,level") or of samples ("t_us,r,g,b"); the header says which. */
#include "base/text.h"
#include "led/capture_parse.h"

#include <errno.h>

enum { CSV_COLUMNS_MAX = 4 };

struct csv {
	int64_t unit_ps;
	bool edges;	/* else samples */
	size_t columns; /* without the time */
	enum led_channel channels[CSV_COLUMNS_MAX];
};

static int take_unit(const struct slice *name, int64_t *ret_ps)
{
	static const struct {
		const char *name;
		int64_t ps;
	} units[] = {
		{ "t_ns", 1000 },
		{ "t_us", 1000000 },
		{ "t_ms", 1000000000 },
		{ "t_s", 1000000000000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (slice_is(name, units[i].name)) {
			*ret_ps = units[i].ps;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_header(struct capture_reader *reader, struct slice line, struct csv *csv)
{
	struct slice column = slice_take(&line, ',');

	if (take_unit(&column, &csv->unit_ps) < 0)
		return capture_fail(reader,
				    "unknown column '%.*s', the first must be one of t_ns, "
				    "t_us, t_ms, t_s",
				    (int)column.len, column.at);
	while (line.len > 0) {
		struct slice rest;
		struct slice level;

		column = slice_take(&line, ',');
		rest = line;
		level = slice_take(&rest, ',');
		if (slice_is(&column, "channel") && csv->columns == 0 &&
		    slice_is(&level, "level") && rest.len == 0) {
			csv->edges = true;
			return 0;
		}
		if (csv->columns == LED_CHANNELS ||
		    capture_channel(&column, &csv->channels[csv->columns]) < 0)
			return capture_fail(reader,
					    "unknown column '%.*s', known: channel,level "
					    "or any of r, g, b",
					    (int)column.len, column.at);
		for (size_t i = 0; i < csv->columns; i++)
			if (csv->channels[i] == csv->channels[csv->columns])
				return capture_fail(reader, "a second column '%.*s'",
						    (int)column.len, column.at);
		csv->columns++;
	}
	return csv->columns ? 0 : capture_fail(reader, "there is no column but the time");
}

static int read_level(struct capture_reader *reader, const struct slice *text, bool *ret)
{
	if (text->len != 1 || (text->at[0] != '0' && text->at[0] != '1'))
		return capture_fail(reader, "'%.*s' is no level, 0 or 1", (int)text->len, text->at);
	*ret = text->at[0] == '1';
	return 0;
}

static int read_edge(struct capture_reader *reader, struct slice *line)
{
	struct slice name = slice_take(line, ',');
	struct slice level = slice_take(line, ',');
	enum led_channel channel;
	bool high = false;
	int r = read_level(reader, &level, &high);

	if (r == 0 && capture_channel(&name, &channel) < 0)
		r = capture_fail(reader, "'%.*s' is no channel, known: r, g, b, 0, 1, 2",
				 (int)name.len, name.at);
	return r < 0 ? r : capture_edge(reader, channel, high);
}

static int read_sample(struct capture_reader *reader, const struct csv *csv, struct slice *line)
{
	int r = 0;

	for (size_t i = 0; i < csv->columns && r == 0; i++) {
		struct slice level = slice_take(line, ',');
		bool high = false;

		r = read_level(reader, &level, &high);
		if (r == 0)
			r = capture_level(reader, csv->channels[i], high);
	}
	return r;
}

static int read_row(struct capture_reader *reader, const struct csv *csv, struct slice line)
{
	struct slice time = slice_take(&line, ',');
	int64_t t_us;
	int r;

	if (slice_time(&time, csv->unit_ps, &t_us) < 0)
		return capture_fail(reader, "'%.*s' is no time", (int)time.len, time.at);
	r = capture_time(reader, t_us);
	if (r == 0)
		r = csv->edges ? read_edge(reader, &line) : read_sample(reader, csv, &line);
	if (r == 0 && line.len > 0)
		r = capture_fail(reader, "more columns than the header names");
	return r;
}

int capture_read_csv(struct capture_reader *reader)
{
	struct csv csv = { 0 };
	struct slice line;
	int r = 0;

	while (r == 0 && capture_line(reader, &line)) {
		if (line.len == 0 || line.at[0] == ';' || line.at[0] == '#')
			continue;
		if (csv.unit_ps == 0)
			r = read_header(reader, line, &csv);
		else
			r = read_row(reader, &csv, line);
	}
	if (r == 0 && csv.unit_ps == 0)
		r = capture_fail(reader, "the capture is empty");
	text_copy(reader->capture->format, CAPTURE_NAME_MAX,
		  csv.edges ? "CSV of edges" : "CSV of samples");
	return r;
}
