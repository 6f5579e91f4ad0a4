/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Value change dump, IEEE 1364-2005 section 18, as far as sigrok writes it: one-bit variables.
 * Others are passed over.
 */
#include "base/text.h"
#include "led/capture_parse.h"

#include <errno.h>

enum { VCD_IDENTIFIER_MAX = 8 };

struct vcd {
	int64_t unit_ps; /* 0 = not said yet */
	char ids[LED_CHANNELS][VCD_IDENTIFIER_MAX];
	bool named[LED_CHANNELS];
	char spare[LED_CHANNELS][VCD_IDENTIFIER_MAX]; /* first wires, whatever their names */
	size_t spare_count;
	bool body; /* the declarations are over */
};

static bool next_word(struct capture_reader *reader, struct slice *ret)
{
	while (reader->at < reader->end && (unsigned char)*reader->at <= ' ') {
		reader->line += *reader->at == '\n';
		reader->at++;
	}
	*ret = (struct slice){ reader->at, 0 };
	while (reader->at < reader->end && (unsigned char)*reader->at > ' ') {
		reader->at++;
		ret->len++;
	}
	return ret->len > 0;
}

static int skip_to_end(struct capture_reader *reader, const char *what)
{
	struct slice word;

	while (next_word(reader, &word))
		if (slice_is(&word, "$end"))
			return 0;
	return capture_fail(reader, "'%s' has no '$end'", what);
}

/* "$timescale 1 us $end", also "1us". */
static int read_timescale(struct capture_reader *reader, struct vcd *vcd)
{
	static const struct {
		const char *name;
		int64_t ps;
	} units[] = { { "ps", 1 },
		      { "ns", 1000 },
		      { "us", 1000000 },
		      { "ms", 1000000000 },
		      { "s", 1000000000000 } };
	char text[32] = "";
	struct slice word;
	size_t len = 0;
	int64_t number = 0;
	char *unit;

	while (next_word(reader, &word) && !slice_is(&word, "$end")) {
		if (len + word.len >= sizeof(text))
			return capture_fail(reader, "'$timescale' is too long");
		memcpy(text + len, word.at, word.len);
		len += word.len;
	}
	for (unit = text; *unit >= '0' && *unit <= '9' && number < 1000; unit++)
		number = number * 10 + (*unit - '0');
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(unit, units[i].name) == 0 &&
		    (number == 1 || number == 10 || number == 100))
			vcd->unit_ps = number * units[i].ps;
	return vcd->unit_ps ? 0 : capture_fail(reader, "'%s' is no time scale", text);
}

/* "$var wire 1 ! RED $end" */
static int read_var(struct capture_reader *reader, struct vcd *vcd)
{
	struct slice type;
	struct slice size;
	struct slice id;
	struct slice name;
	enum led_channel channel;

	if (!next_word(reader, &type) || !next_word(reader, &size) || !next_word(reader, &id) ||
	    !next_word(reader, &name))
		return capture_fail(reader, "'$var' is not complete");
	if (id.len >= VCD_IDENTIFIER_MAX)
		return capture_fail(reader, "identifier '%.*s' is too long", (int)id.len, id.at);
	if (slice_is(&size, "1")) {
		if (capture_channel(&name, &channel) == 0 && !vcd->named[channel]) {
			vcd->named[channel] = true;
			memcpy(vcd->ids[channel], id.at, id.len);
		}
		if (vcd->spare_count < LED_CHANNELS)
			memcpy(vcd->spare[vcd->spare_count++], id.at, id.len);
	}
	return slice_is(&name, "$end") ? 0 : skip_to_end(reader, "$var");
}

/* Nothing had a name that is a colour's: the first three are red, green and blue. */
static int end_declarations(struct capture_reader *reader, struct vcd *vcd)
{
	if (vcd->unit_ps == 0)
		return capture_fail(reader, "there is no '$timescale'");
	if (!vcd->named[LED_RED] && !vcd->named[LED_GREEN] && !vcd->named[LED_BLUE]) {
		for (size_t i = 0; i < vcd->spare_count; i++) {
			memcpy(vcd->ids[i], vcd->spare[i], VCD_IDENTIFIER_MAX);
			vcd->named[i] = true;
		}
	}
	if (!vcd->named[LED_RED] && !vcd->named[LED_GREEN] && !vcd->named[LED_BLUE])
		return capture_fail(reader, "there is no line of one bit");
	vcd->body = true;
	return 0;
}

static int read_change(struct capture_reader *reader, const struct vcd *vcd,
		       const struct slice *word)
{
	struct slice id = { word->at + 1, word->len - 1 };
	char level = word->at[0];

	for (int i = 0; i < LED_CHANNELS; i++) {
		if (!vcd->named[i] || !slice_is(&id, vcd->ids[i]) ||
		    memcmp(id.at, vcd->ids[i], id.len) != 0)
			continue;
		/* x and z: nobody knows, so it stays as it was */
		if (level == '0' || level == '1')
			return capture_level(reader, (enum led_channel)i, level == '1');
	}
	return 0;
}

static int read_word(struct capture_reader *reader, struct vcd *vcd, const struct slice *word)
{
	struct slice time = { word->at + 1, word->len - 1 };
	struct slice id;
	int64_t t_us;

	switch (word->at[0]) {
	case '#':
		if (!vcd->body)
			return capture_fail(reader, "a time before '$enddefinitions'");
		if (slice_time(&time, vcd->unit_ps, &t_us) < 0)
			return capture_fail(reader, "'%.*s' is no time", (int)time.len, time.at);
		return capture_time(reader, t_us);
	case '0':
	case '1':
	case 'x':
	case 'X':
	case 'z':
	case 'Z':
		return vcd->body && reader->begun
			       ? read_change(reader, vcd, word)
			       : capture_fail(reader, "a level before the first time");
	case 'b':
	case 'B':
	case 'r':
	case 'R':
		/* a vector: its value, then its name */
		return next_word(reader, &id) ? 0 : capture_fail(reader, "a value without a name");
	default: break;
	}
	return capture_fail(reader, "'%.*s' is nothing of a VCD",
			    (int)(word->len < 32 ? word->len : 32), word->at);
}

static int read_section(struct capture_reader *reader, struct vcd *vcd, const struct slice *word)
{
	int r;

	if (slice_is(word, "$timescale"))
		return read_timescale(reader, vcd);
	if (slice_is(word, "$var"))
		return read_var(reader, vcd);
	if (slice_is(word, "$enddefinitions")) {
		r = skip_to_end(reader, "$enddefinitions");
		return r < 0 ? r : end_declarations(reader, vcd);
	}
	/* what stands between these and their $end are changes */
	if (slice_is(word, "$end") || slice_is(word, "$dumpvars") || slice_is(word, "$dumpall") ||
	    slice_is(word, "$dumpon"))
		return 0;
	return skip_to_end(reader, "$comment");
}

int capture_read_vcd(struct capture_reader *reader)
{
	struct vcd vcd = { 0 };
	struct slice word;
	int r = 0;

	reader->line = 1;
	while (r == 0 && next_word(reader, &word))
		r = word.at[0] == '$' ? read_section(reader, &vcd, &word)
				      : read_word(reader, &vcd, &word);
	if (r == 0 && !vcd.body)
		r = capture_fail(reader, "there is no '$enddefinitions'");
	text_copy(reader->capture->format, CAPTURE_NAME_MAX, "VCD");
	return r;
}
