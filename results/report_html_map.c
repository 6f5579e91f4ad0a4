/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture: each trial a mark at the moment of its cut, one lane for each part of the update.
 *
 * Time runs to the right, from the beginning of the part's delivery. It is linear between two
 * edges of phases, but every such stretch gets a least width: the phases that matter most are
 * often the shortest, and would be a hair's breadth on a linear axis. Above a lane's middle line
 * are the bad ends, stacked upwards; below it the good ones, and under these the void ones. A mark
 * that finds no free place at its moment is left out, and the lane says so. Of the bad ends the
 * gravest are placed first, so that a brick is never hidden by something milder; the others come in
 * the order of their trials, so that what is drawn is a fair sample.
 */
#include "results/report_model.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum map_sizes {
	MAP_WIDTH = 1160,
	MAP_LEFT = 4,
	MAP_RIGHT = MAP_WIDTH - 4,
	MAP_STRETCH_MIN = 150, /* least width of a stretch, while they fit */
	MAP_PITCH = 11,	       /* from mark to mark */
	MAP_LEVELS = 16,       /* marks stacked over one moment */
	MAP_TITLE = 20,	       /* height of a lane's heading */
	MAP_LABEL = 14,	       /* ... of a row of phase names */
	MAP_LABEL_ROWS = 4,
	MAP_TICKS = 18, /* ... of the times under a lane */
	MAP_GAP = 22,
	MAP_PAD = 5,
	MAP_CHARACTER = 7, /* width of one, about, for keeping labels apart */
	MAP_EDGES_MAX = 2 * CALIB_WINDOWS_MAX,
};

enum strip { STRIP_BAD, STRIP_GOOD, STRIP_VOID, STRIP_COUNT };

struct lane {
	uint32_t part;
	int64_t edges_us[MAP_EDGES_MAX]; /* where phases begin and end; rising, no doubles */
	double edges_x[MAP_EDGES_MAX];
	size_t edge_count;
};

struct mark {
	const struct store_attempt *attempt;
	enum strip strip;
	double x;
	unsigned int level; /* from the middle line outwards; MAP_LEVELS = left out */
};

/* Which places of a lane are taken, by level and whole units of x. */
struct canvas {
	bool taken[STRIP_COUNT][MAP_LEVELS][MAP_WIDTH + MAP_PITCH];
};

/* A row of labels keeps off its neighbours: where each row is free again. */
struct label_rows {
	double free_x[MAP_LABEL_ROWS];
	size_t used;
};

/* Shapes in a square of 12 around the middle, in the order of the outcomes' numbers. */
static const char *const shapes[OUTCOME_COUNT] = {
	[OUTCOME_UNKNOWN] = "<circle r=\"2\"/>",
	[OUTCOME_UPDATED] = "<circle r=\"4\"/>",
	[OUTCOME_REVERTED] = "<circle r=\"3.5\"/>",
	[OUTCOME_STALE] = "<path d=\"M0 -5L5 4L-5 4Z\"/>",
	[OUTCOME_MIXED] = "<path d=\"M0 -5.5L5.5 0L0 5.5L-5.5 0Z\"/>",
	[OUTCOME_DEGRADED] = "<path d=\"M0 5L5 -4L-5 -4Z\"/>",
	[OUTCOME_HUNG] = "<path d=\"M-4.2 -4.2H4.2V4.2H-4.2Z\"/>",
	[OUTCOME_NEEDS_DFU] = "<path d=\"M-5 0H5M0 -5V5\"/>",
	[OUTCOME_BRICKED] = "<path d=\"M-4.2 -4.2L4.2 4.2M-4.2 4.2L4.2 -4.2\"/>",
	[OUTCOME_NOT_DELIVERED] = "<path d=\"M-4 0H4\"/>",
	[OUTCOME_INCONCLUSIVE] = "<path d=\"M-3.2 -3.2H3.2V3.2H-3.2Z\"/>",
	[OUTCOME_RIG_FAULT] = "<path d=\"M0 -4L3.8 3L-3.8 3Z\"/>",
};

void report_put_html_mark(enum outcome outcome, FILE *out)
{
	fprintf(out,
		"<svg class=\"mark\" viewBox=\"-6 -6 12 12\" aria-hidden=\"true\">"
		"<g class=\"m%d\">%s</g></svg>",
		(int)outcome, shapes[outcome]);
}

static void add_edge(struct lane *lane, int64_t us)
{
	size_t at = lane->edge_count;

	for (size_t i = 0; i < lane->edge_count; i++)
		if (lane->edges_us[i] == us)
			return;
	for (; at > 0 && lane->edges_us[at - 1] > us; at--)
		lane->edges_us[at] = lane->edges_us[at - 1];
	lane->edges_us[at] = us;
	lane->edge_count++;
}

/* False when the calibration knows no phase of this part. */
static bool lane_init(struct lane *lane, const struct calib *calib, uint32_t part)
{
	double width = MAP_RIGHT - MAP_LEFT;
	double least;
	double per_us;

	*lane = (struct lane){ .part = part };
	for (size_t i = 0; i < calib->window_count; i++) {
		if (calib->windows[i].part != part)
			continue;
		add_edge(lane, calib->windows[i].begin_us);
		add_edge(lane, calib->windows[i].end_us);
	}
	if (lane->edge_count < 2)
		return false;
	least = width / 2 / (double)(lane->edge_count - 1);
	least = least < MAP_STRETCH_MIN ? least : MAP_STRETCH_MIN;
	per_us = (width - least * (double)(lane->edge_count - 1)) /
		 (double)(lane->edges_us[lane->edge_count - 1] - lane->edges_us[0]);
	lane->edges_x[0] = MAP_LEFT;
	for (size_t i = 1; i < lane->edge_count; i++)
		lane->edges_x[i] = lane->edges_x[i - 1] + least +
				   per_us * (double)(lane->edges_us[i] - lane->edges_us[i - 1]);
	return true;
}

static double lane_x(const struct lane *lane, int64_t us)
{
	size_t i = 1;
	double share;

	if (us < lane->edges_us[0])
		return lane->edges_x[0];
	while (i < lane->edge_count && lane->edges_us[i] < us)
		i++;
	if (i == lane->edge_count)
		return lane->edges_x[i - 1];
	share = (double)(us - lane->edges_us[i - 1]) /
		(double)(lane->edges_us[i] - lane->edges_us[i - 1]);
	return lane->edges_x[i - 1] + share * (lane->edges_x[i] - lane->edges_x[i - 1]);
}

static enum strip strip_of(const struct store_attempt *attempt)
{
	if (!attempt->ended || outcome_is_void(attempt->verdict.outcome))
		return STRIP_VOID;
	return outcome_is_good(attempt->verdict.outcome) ? STRIP_GOOD : STRIP_BAD;
}

/* The order in which marks are placed. */
static int compare_marks(const void *a, const void *b)
{
	const struct mark *left = a;
	const struct mark *right = b;
	enum outcome left_outcome = left->attempt->verdict.outcome;
	enum outcome right_outcome = right->attempt->verdict.outcome;

	if (left->strip != right->strip)
		return left->strip < right->strip ? -1 : 1;
	if (left->strip == STRIP_BAD && left_outcome != right_outcome)
		return left_outcome > right_outcome ? -1 : 1;
	if (left->attempt->id != right->attempt->id)
		return left->attempt->id < right->attempt->id ? -1 : 1;
	return 0;
}

/* The lowest level that is free at 'x', now taken; MAP_LEVELS when none is. */
static unsigned int take_level(bool taken[MAP_LEVELS][MAP_WIDTH + MAP_PITCH], double x)
{
	for (unsigned int level = 0; level < MAP_LEVELS; level++) {
		bool *place = &taken[level][(size_t)x];

		if (memchr(place, true, MAP_PITCH))
			continue;
		memset(place, true, MAP_PITCH);
		return level;
	}
	return MAP_LEVELS;
}

/* Gives sorted marks their levels; ret_levels takes how many each strip uses. Returns how many
 * marks found a place. */
static size_t stack_marks(struct canvas *canvas, struct mark *marks, size_t count,
			  unsigned int ret_levels[STRIP_COUNT])
{
	size_t placed = 0;

	memset(canvas, 0, sizeof(*canvas));
	for (size_t i = 0; i < STRIP_COUNT; i++)
		ret_levels[i] = 0;
	for (size_t i = 0; i < count; i++) {
		struct mark *mark = &marks[i];

		mark->level = take_level(canvas->taken[mark->strip], mark->x);
		if (mark->level == MAP_LEVELS)
			continue;
		placed++;
		if (ret_levels[mark->strip] <= mark->level)
			ret_levels[mark->strip] = mark->level + 1;
	}
	return placed;
}

/* The marks of a lane, sorted. Caller's array holds model->attempt_count. */
static size_t collect_marks(const struct report_model *model, const struct lane *lane,
			    struct mark *marks)
{
	size_t count = 0;

	for (size_t i = 0; i < model->attempt_count; i++) {
		const struct store_attempt *attempt = &model->attempts[i];
		int64_t us;

		if (attempt->spec.cut.part != lane->part || trial_spec_is_control(&attempt->spec))
			continue;
		us = report_cut_us(&model->calib, &attempt->spec.cut);
		marks[count++] = (struct mark){
			.attempt = attempt,
			.strip = strip_of(attempt),
			.x = lane_x(lane, us < 0 ? INT64_MAX : us), /* outside: at the end */
		};
	}
	qsort(marks, count, sizeof(*marks), compare_marks);
	return count;
}

/* The row where a label of this width does not touch another; the last one when all do. */
static size_t take_row(struct label_rows *rows, double x, double width)
{
	size_t row = 0;

	while (row < MAP_LABEL_ROWS - 1 && rows->free_x[row] > x)
		row++;
	rows->free_x[row] = x + width;
	if (rows->used <= row)
		rows->used = row + 1;
	return row;
}

static const char *short_name(const struct calib_window *window)
{
	const char *dot = strchr(window->phase, '.');

	return dot && dot[1] ? dot + 1 : window->phase; /* the lane's heading names the part */
}

static double label_width(const struct calib_window *window)
{
	return (double)(strlen(short_name(window)) * MAP_CHARACTER);
}

/* Where a phase's name begins: with the phase, unless it would leave the picture. */
static double label_x(const struct lane *lane, const struct calib_window *window)
{
	double x = lane_x(lane, window->begin_us) + MAP_PAD;
	double last = MAP_RIGHT - label_width(window);

	return x > last && last > MAP_LEFT ? last : x;
}

static size_t count_label_rows(const struct calib *calib, const struct lane *lane)
{
	struct label_rows rows = { .used = 0 };

	for (size_t i = 0; i < calib->window_count; i++)
		if (calib->windows[i].part == lane->part)
			take_row(&rows, label_x(lane, &calib->windows[i]),
				 label_width(&calib->windows[i]));
	return rows.used;
}

static void put_bands(const struct calib *calib, const struct lane *lane, double top, double height,
		      FILE *out)
{
	unsigned int number = 0;

	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];
		double x = lane_x(lane, window->begin_us);
		char from[REPORT_TIME_TEXT];
		char to[REPORT_TIME_TEXT];

		if (window->part != lane->part)
			continue;
		text_format_human(window->begin_us, from, sizeof(from));
		text_format_human(window->end_us, to, sizeof(to));
		fprintf(out,
			"<rect class=\"band-%c\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"><title>",
			number++ % 2 ? 'b' : 'a', x, top, lane_x(lane, window->end_us) - x, height);
		report_put_xml(out, window->phase);
		fprintf(out, ", %s to %s</title></rect>\n", from, to);
	}
}

/* After all bands, which would cover a name that is wider than its phase. */
static void put_labels(const struct calib *calib, const struct lane *lane, double top, FILE *out)
{
	struct label_rows rows = { .used = 0 };

	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];
		double x = label_x(lane, window);
		size_t row;

		if (window->part != lane->part)
			continue;
		row = take_row(&rows, x, label_width(window));
		fprintf(out, "<text class=\"phase\" x=\"%.1f\" y=\"%.1f\">", x,
			top + (double)((row + 1) * MAP_LABEL));
		report_put_xml(out, short_name(window));
		fputs("</text>\n", out);
	}
}

static void put_ticks(const struct lane *lane, double top, double bottom, FILE *out)
{
	double free_x = 0;

	for (size_t i = 0; i < lane->edge_count; i++) {
		double x = lane->edges_x[i];
		char time[REPORT_TIME_TEXT];
		double width;
		bool is_last = i + 1 == lane->edge_count;

		text_format_human(lane->edges_us[i], time, sizeof(time));
		width = (double)(strlen(time) * MAP_CHARACTER);
		fprintf(out, "<path class=\"edge\" d=\"M%.1f %.1fV%.1f\"/>", x, top, bottom + 4);
		if (!is_last && (x < free_x || x + 2 * width > MAP_RIGHT))
			continue;
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>%s</text>\n", x, bottom + MAP_TICKS - 3,
			is_last ? " text-anchor=\"end\"" : "", time);
		free_x = x + width;
	}
}

static void put_mark(const struct report_model *model, const struct mark *mark, double y, FILE *out)
{
	const struct store_attempt *attempt = mark->attempt;
	char time[REPORT_TIME_TEXT] = "outside of the update";
	int64_t us = report_cut_us(&model->calib, &attempt->spec.cut);

	if (us >= 0)
		text_format_human(us, time, sizeof(time));
	fprintf(out, "<g class=\"m%d\" transform=\"translate(%.1f %.1f)\"><title>",
		(int)attempt->verdict.outcome, mark->x, y);
	fprintf(out,
		"%s at %s: ", attempt->ended ? outcome_name(attempt->verdict.outcome) : "not ended",
		time);
	report_put_xml(out, attempt->verdict.reason);
	fputs(" - ", out);
	report_put_xml(out, attempt->trial_id);
	fprintf(out, "</title>%s</g>\n", shapes[attempt->verdict.outcome]);
}

static double mark_y(const struct mark *mark, double middle, const unsigned int levels[STRIP_COUNT])
{
	double level = (double)mark->level + 0.5;

	switch (mark->strip) {
	case STRIP_BAD: return middle - MAP_PAD - level * MAP_PITCH;
	case STRIP_VOID: level += (double)levels[STRIP_GOOD] + 1; break;
	case STRIP_GOOD:
	case STRIP_COUNT: break;
	}
	return middle + MAP_PAD + level * MAP_PITCH;
}

static void put_lane_title(const struct lane *lane, size_t placed, size_t count, FILE *out)
{
	const int y = MAP_TITLE - 6;

	fprintf(out, "<text class=\"lane\" x=\"%d\" y=\"%d\">Part %u</text>", MAP_LEFT, y,
		lane->part);
	if (placed < count)
		fprintf(out,
			"<text x=\"%d\" y=\"%d\">%zu of %zu trials have room"
			"</text>",
			MAP_LEFT + 60, y, placed, count);
	putc('\n', out);
}

static void put_lane(const struct report_model *model, const struct lane *lane,
		     struct canvas *canvas, struct mark *marks, FILE *out)
{
	unsigned int levels[STRIP_COUNT];
	size_t count = collect_marks(model, lane, marks);
	size_t placed = stack_marks(canvas, marks, count, levels);
	size_t label_rows = count_label_rows(&model->calib, lane);
	double top = MAP_TITLE;
	double middle = top + (double)(label_rows * MAP_LABEL) + 2 * MAP_PAD +
			(double)(levels[STRIP_BAD] * MAP_PITCH);
	double bottom = middle + 2 * MAP_PAD + (double)(levels[STRIP_GOOD] * MAP_PITCH);

	if (levels[STRIP_VOID])
		bottom += (double)((levels[STRIP_VOID] + 1) * MAP_PITCH);
	fprintf(out,
		"<svg role=\"img\" aria-label=\"Outcomes of part %u over the moment of the cut\" "
		"viewBox=\"0 0 %d %.0f\">\n",
		lane->part, MAP_WIDTH, bottom + MAP_TICKS + MAP_GAP);
	put_lane_title(lane, placed, count, out);
	put_bands(&model->calib, lane, top, bottom - top, out);
	put_ticks(lane, top, bottom, out);
	put_labels(&model->calib, lane, top, out);
	fprintf(out, "<path class=\"axis\" d=\"M%d %.1fH%d\"/>\n", MAP_LEFT, middle, MAP_RIGHT);
	for (size_t i = 0; i < count; i++)
		if (marks[i].level < MAP_LEVELS)
			put_mark(model, &marks[i], mark_y(&marks[i], middle, levels), out);
	fputs("</svg>\n", out);
}

static void put_legend(const struct report_model *model, FILE *out)
{
	fputs("<ul class=\"legend\">", out);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		if (!model->total.outcomes[i])
			continue;
		fputs("<li>", out);
		report_put_html_mark((enum outcome)i, out);
		fprintf(out, "%s %" PRIu64 "</li>", outcome_name((enum outcome)i),
			model->total.outcomes[i]);
	}
	fputs("</ul>\n", out);
}

int report_put_html_map(const struct report_model *model, FILE *out, struct err *err)
{
	AUTO_FREE struct canvas *canvas = calloc(1, sizeof(*canvas));
	AUTO_FREE struct mark *marks = calloc(model->attempt_count + 1, sizeof(*marks));
	struct lane lane;

	if (!marks || !canvas)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory for the report");
	fputs("<p class=\"soft\">Time runs from the beginning of a part's delivery. It is linear "
	      "inside a phase; short phases are drawn wider than they last. Bad ends stand above "
	      "the line, good ones below.</p>\n",
	      out);
	put_legend(model, out);
	for (uint32_t part = 1; part <= SCENARIO_PARTS_MAX; part++)
		if (lane_init(&lane, &model->calib, part))
			put_lane(model, &lane, canvas, marks, out);
	return 0;
}
