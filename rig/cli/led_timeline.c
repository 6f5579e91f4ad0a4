/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/led_timeline.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum {
	TIMELINE_FIRST = 64,
	TIMELINE_LINE = 160,
};

void led_timeline_add(struct led_timeline *timeline, const struct led_seen *seen)
{
	if (timeline->count == timeline->capacity) {
		size_t capacity = timeline->capacity ? 2 * timeline->capacity : TIMELINE_FIRST;
		struct led_seen *items =
			realloc(timeline->items, capacity * sizeof(timeline->items[0]));

		if (!items) {
			timeline->full = true;
			return;
		}
		timeline->items = items;
		timeline->capacity = capacity;
	}
	/* what is told later may have the same onset and takes its place */
	if (timeline->count && timeline->items[timeline->count - 1].onset_us == seen->onset_us &&
	    timeline->items[timeline->count - 1].pattern == LED_PATTERN_UNKNOWN)
		timeline->count--;
	timeline->items[timeline->count++] = *seen;
}

void led_timeline_release(struct led_timeline *timeline)
{
	free(timeline->items);
	*timeline = (struct led_timeline){ 0 };
}

static void describe_count(const struct led_seen *seen, const char *name, char *buf, size_t size)
{
	char count[20] = "of unknown count";

	if (seen->count)
		snprintf(count, sizeof(count), "%" PRId32, seen->count);
	snprintf(buf, size, "%s: %s %s %s", name, led_colour_name(seen->colour),
		 led_pattern_name(seen->pattern), count);
}

void led_timeline_describe(const struct led_seen *seen, char *buf, size_t size)
{
	char period[32];
	const char *name = seen->name ? seen->name : "unknown";

	text_format_human(seen->period_us, period, sizeof(period));
	if (seen->pattern == LED_PATTERN_UNKNOWN)
		snprintf(buf, size, "unknown: %s", led_reason_text(seen->reason));
	else if (seen->pattern == LED_PATTERN_SEQUENCE)
		snprintf(buf, size, "%s: sequence", name);
	else if (seen->pattern == LED_PATTERN_SOS || seen->pattern == LED_PATTERN_CODE)
		describe_count(seen, name, buf, size);
	else if (seen->period_us)
		snprintf(buf, size, "%s: %s %s, period %s", name, led_colour_name(seen->colour),
			 led_pattern_name(seen->pattern), period);
	else
		snprintf(buf, size, "%s: %s %s", name, led_colour_name(seen->colour),
			 led_pattern_name(seen->pattern));
}

void led_timeline_print(const struct led_timeline *timeline, const struct led_watched *watched)
{
	printf("# %s, %.3f s, PWM %" PRId32 " Hz, %" PRId32 " edges missing\n", watched->format,
	       (double)(watched->end_us - watched->begin_us) / 1e6, watched->pwm_hz, watched->lost);
	printf("#     onset      certain  confidence  state\n");
	for (size_t i = 0; i < timeline->count; i++) {
		const struct led_seen *seen = &timeline->items[i];
		char text[TIMELINE_LINE];

		led_timeline_describe(seen, text, sizeof(text));
		printf("%11.3f  %11.3f  %8" PRId32 " %%  %s\n",
		       (double)(seen->onset_us - watched->begin_us) / 1e6,
		       (double)(seen->certain_us - watched->begin_us) / 1e6, seen->confidence_pct,
		       text);
	}
}

static json_t *state_json(const struct led_seen *seen, const struct led_watched *watched)
{
	json_t *state =
		json_pack("{s:I, s:I, s:s, s:s, s:i}", "onset_us",
			  (json_int_t)(seen->onset_us - watched->begin_us), "certain_us",
			  (json_int_t)(seen->certain_us - watched->begin_us), "pattern",
			  led_pattern_name(seen->pattern), "colour", led_colour_name(seen->colour),
			  "confidence_pct", (int)seen->confidence_pct);

	if (!state)
		return NULL;
	json_object_set_new(state, "name", seen->name ? json_string(seen->name) : json_null());
	if (seen->period_us)
		json_object_set_new(state, "period_us", json_integer(seen->period_us));
	if (seen->count)
		json_object_set_new(state, "count", json_integer(seen->count));
	if (!seen->name)
		json_object_set_new(state, "reason", json_string(led_reason_text(seen->reason)));
	return state;
}

int led_timeline_print_json(const struct led_timeline *timeline, const struct led_watched *watched,
			    struct err *err)
{
	json_t *states = json_array();
	json_t *root = json_pack("{s:s, s:I, s:i, s:i}", "source", watched->format, "length_us",
				 (json_int_t)(watched->end_us - watched->begin_us), "pwm_hz",
				 (int)watched->pwm_hz, "edges_missing", (int)watched->lost);
	int r = states && root ? 0 : -1;

	for (size_t i = 0; i < timeline->count && r == 0; i++)
		r = json_array_append_new(states, state_json(&timeline->items[i], watched));
	if (r == 0)
		r = json_object_set(root, "states", states);
	if (r == 0)
		r = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	printf("\n");
	json_decref(states);
	json_decref(root);
	return r < 0 ? err_set(err, ERR_IO, -ENOMEM, "no memory, or standard output is gone") : 0;
}
