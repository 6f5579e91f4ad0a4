/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a scenario: refused with a line that exists, or accepted within its limits. */
#include "scenario/scenario.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 1;

	/* YAML has more line breaks than '\n': CR, NEL, LS and PS; each byte may be part of one */
	for (; *text; text++)
		lines += *text == '\n' || *text == '\r' || (*text & 0x80);
	return lines;
}

static void accept(const struct scenario *s)
{
	/* without parts, all modules that differ are delivered: they are counted later */
	size_t parts = s->part_count > 0 ? s->part_count : SCENARIO_PARTS_MAX;

	assert(s->name[0] && s->part_count <= SCENARIO_PARTS_MAX);
	assert(s->cut.strategy != CUT_STRATEGY_UNKNOWN && s->power.vbat != VBAT_UNKNOWN);
	assert(s->power.off_us_min > 0 && s->power.off_us_min <= s->power.off_us_max);
	assert(s->ladder_count >= 1 && s->trials + s->controls > 0);
	for (size_t i = 0; i < s->ladder_count; i++)
		assert(s->ladder[i] > RUNG_NONE && s->ladder[i] < RUNG_COUNT);
	for (size_t i = 0; i < s->cut.point_count; i++)
		assert(s->cut.points[i].part >= 1 && s->cut.points[i].part <= parts &&
		       s->cut.points[i].by != CUT_BY_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct err err = ERR_INIT;
	struct scenario scenario;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (scenario_parse(text, "fuzz.yaml", &scenario, &err) < 0) {
		assert(err.kind == ERR_CONFIG && err.text[0] != '\0');
		assert(err.line <= count_lines(text));
	} else {
		accept(&scenario);
		scenario_release(&scenario);
	}
	free(text);
	return 0;
}
