/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/story.h"

#include <stdio.h>
#include <string.h>

static void put_note(const struct story *story, enum obs_note what, const char *before,
		     const struct scenario_led *led)
{
	char text[OBS_TEXT_MAX];
	size_t len = strnlen(before, sizeof(text) - 1);

	memcpy(text, before, len);
	text[len] = '\0';
	for (size_t i = 0; i < led->count; i++) {
		size_t room = sizeof(text) - len;
		int more = snprintf(text + len, room, "%s %s", i ? "," : "", led->names[i]);

		/* cut to fit, as all texts of observations are */
		if (more < 0 || (size_t)more >= room)
			break;
		len += (size_t)more;
	}
	obs_put(&story->sink, story->last_us, OBS_NOTE, (int32_t)what, 0, text);
}

static bool is_in(const struct scenario_led *led, const char *name)
{
	for (size_t i = 0; i < led->count; i++)
		if (strcmp(led->names[i], name) == 0)
			return true;
	return false;
}

static void take_symptom(struct story *story, size_t i, const char *name)
{
	const struct scenario_symptom *symptom = &story->scenario->symptoms[i];
	char before[OBS_TEXT_MAX];

	if (story->told[i] || story->spoiled[i])
		return;
	if (is_in(&symptom->without, name)) {
		story->spoiled[i] = true;
		return;
	}
	if (strcmp(symptom->led.names[story->seen[i]], name) != 0)
		return;
	if (++story->seen[i] < symptom->led.count)
		return;
	story->told[i] = true;
	snprintf(before, sizeof(before), "symptom %s:", symptom->name);
	put_note(story, OBS_NOTE_SYMPTOM, before, &symptom->led);
}

static void take_state(struct story *story, const char *name)
{
	const struct scenario_led *expect = &story->scenario->expect_led;

	if (!story->met && expect->count && strcmp(expect->names[story->expected], name) == 0 &&
	    ++story->expected == expect->count) {
		story->met = true;
		put_note(story, OBS_NOTE_LED_MET, "LED as expected:", expect);
	}
	for (size_t i = 0; i < story->scenario->symptom_count; i++)
		take_symptom(story, i, name);
}

static void restart(struct story *story)
{
	/* what was seen whole stays: expected states must come within one start */
	story->expected = 0;
	memset(story->seen, 0, sizeof(story->seen));
	memset(story->spoiled, 0, sizeof(story->spoiled));
}

static void enter_phase(struct story *story, bool baseline)
{
	if (story->baseline && !baseline)
		restart(story);
	story->baseline = baseline;
}

static bool is_start(const struct obs *obs)
{
	if (obs->kind == OBS_POWER_COMMANDED)
		return obs->code == 1;
	return obs->kind == OBS_LINE_COMMANDED && obs->code == 0 && strcmp(obs->text, "reset") == 0;
}

static void put(void *ctx, const struct obs *obs)
{
	struct story *story = ctx;

	story->sink.put(story->sink.ctx, obs);
	story->last_us = obs->t_us;
	if (obs->kind == OBS_CUT_DELIVERED)
		story->awake = true;
	if (is_start(obs))
		restart(story);
	if (obs->kind == OBS_PHASE)
		enter_phase(story, strcmp(obs->text, "baseline") == 0);
	if (story->awake && !story->baseline && obs->kind == OBS_LED)
		take_state(story, obs->text);
}

struct obs_sink story_begin(struct story *story, const struct scenario *scenario,
			    const struct obs_sink *sink, bool has_cut)
{
	*story = (struct story){ .scenario = scenario, .sink = *sink, .awake = !has_cut };
	return (struct obs_sink){ .put = put, .ctx = story };
}

void story_end(struct story *story)
{
	const struct scenario_led *expect = &story->scenario->expect_led;

	if (expect->count && !story->met && story->awake)
		put_note(story, OBS_NOTE_LED_MISSED, "LED never went through:", expect);
}
