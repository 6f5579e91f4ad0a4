/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/language_load.h"

#include <cyaml/cyaml.h>
#include <string.h>

/* A language in a file of its own. */
struct raw_language {
	char name[BOARD_NAME_MAX];
	char *source;
	struct board_led led;
	struct raw_word *words;
	uint32_t words_count;
};

enum { LANGUAGE_SOURCE_MAX = 400 };

#define DURATION(key, flags, structure, member) \
	CYAML_FIELD_STRING_PTR(key, flags, structure, member, 1, LANGUAGE_DURATION_TEXT)

static const cyaml_strval_t colour_words[] = {
#define X(name, number, text) { text, number },
	LED_COLOUR_LIST(X)
#undef X
};

/* For a step: a shade that has no name. */
static const cyaml_strval_t step_colour_words[] = {
	{ "any", LED_COLOUR_UNKNOWN }, { "off", LED_COLOUR_OFF },
	{ "red", LED_COLOUR_RED },     { "green", LED_COLOUR_GREEN },
	{ "blue", LED_COLOUR_BLUE },   { "yellow", LED_COLOUR_YELLOW },
	{ "cyan", LED_COLOUR_CYAN },   { "magenta", LED_COLOUR_MAGENTA },
	{ "white", LED_COLOUR_WHITE }, { "orange", LED_COLOUR_ORANGE },
};

static const cyaml_strval_t pattern_words[] = {
#define X(name, number, text) { text, number },
	LED_PATTERN_LIST(X)
#undef X
};

static const cyaml_strval_t level_words[] = {
	{ "any", LED_LEVEL_ANY },
	{ "low", LED_LEVEL_LOW },
	{ "high", LED_LEVEL_HIGH },
};

static const cyaml_schema_field_t step_fields[] = {
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT, struct raw_step, step.colour,
			 step_colour_words, ARRAY_LEN(step_colour_words)),
	CYAML_FIELD_ENUM("level", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_step,
			 step.level, level_words, ARRAY_LEN(level_words)),
	DURATION("for", CYAML_FLAG_DEFAULT, struct raw_step, lasts),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t step_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_step, step_fields),
};

/* "unknown", the first of both lists, is no word for a profile. */
static const cyaml_schema_field_t word_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct raw_word, state.name, 1),
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_word,
			 state.colour, colour_words + 1, ARRAY_LEN(colour_words) - 1),
	CYAML_FIELD_ENUM("pattern", CYAML_FLAG_STRICT, struct raw_word, state.pattern,
			 pattern_words + 1, ARRAY_LEN(pattern_words) - 1),
	DURATION("period", CYAML_FLAG_OPTIONAL, struct raw_word, period),
	DURATION("tolerance", CYAML_FLAG_OPTIONAL, struct raw_word, tolerance),
	DURATION("lit", CYAML_FLAG_OPTIONAL, struct raw_word, lit),
	DURATION("pause", CYAML_FLAG_OPTIONAL, struct raw_word, pause),
	CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct raw_word,
			     steps, &step_schema, 2, BOARD_LED_STEPS_MAX),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t language_word_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_word, word_fields),
};

static const cyaml_schema_field_t language_fields[] = {
	CYAML_FIELD_STRING("vocabulary", CYAML_FLAG_DEFAULT, struct raw_language, name, 1),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_DEFAULT, struct raw_language, source, 1,
			       LANGUAGE_SOURCE_MAX),
	CYAML_FIELD_BOOL("active_low", CYAML_FLAG_DEFAULT, struct raw_language, led.active_low),
	CYAML_FIELD_UINT("pwm_hz", CYAML_FLAG_DEFAULT, struct raw_language, led.pwm_hz),
	CYAML_FIELD_SEQUENCE("states", CYAML_FLAG_POINTER, struct raw_language, words,
			     &language_word_schema, 1, BOARD_LED_STATES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t language_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_language, language_fields),
};

const struct board_led_state *board_led_state(const struct board_led *led, const char *name)
{
	for (size_t i = 0; i < led->state_count; i++)
		if (strcmp(led->states[i].name, name) == 0)
			return &led->states[i];
	return NULL;
}

static int load_duration(const struct yaml_doc *doc, const char *at, const char *key,
			 const char *text, int64_t *ret_us, struct err *err)
{
	char path[YAML_PATH_MAX];

	return text ? yaml_doc_duration(doc, yaml_path(path, "%s.%s", at, key), text, ret_us, err)
		    : 0;
}

/* Which keys a pattern needs and which it may have. */
static int check_keys(const struct yaml_doc *doc, const struct raw_word *raw, const char *at,
		      struct err *err)
{
	enum led_pattern pattern = raw->state.pattern;
	bool sequence = pattern == LED_PATTERN_SEQUENCE;
	bool code = pattern == LED_PATTERN_CODE;
	bool repeats = pattern == LED_PATTERN_BLINK || pattern == LED_PATTERN_FADE || code;
	char path[YAML_PATH_MAX];

	if (raw->period && !repeats)
		return yaml_doc_fail(doc, err, yaml_path(path, "%s.period", at),
				     "only blink, fade and code have a 'period'");
	if (!sequence && !raw->period != !raw->tolerance)
		return yaml_doc_fail(doc, err, at, "'period' and 'tolerance' go together");
	if (sequence != (raw->steps_count > 0) || (sequence && !raw->tolerance))
		return yaml_doc_fail(
			doc, err, at,
			"a sequence, and nothing else, has 'steps', and a 'tolerance'");
	if (code != (raw->pause != NULL) || (code && !raw->period))
		return yaml_doc_fail(doc, err, at,
				     "a code, and nothing else, has a 'pause', and a 'period'");
	if (sequence == (raw->state.colour != LED_COLOUR_UNKNOWN))
		return yaml_doc_fail(doc, err, at,
				     "all but a sequence have a 'colour', a sequence has none");
	return 0;
}

static int load_steps(const struct yaml_doc *doc, const char *at, const struct raw_word *raw,
		      struct board_led *led, struct err *err)
{
	char path[YAML_PATH_MAX];
	int r = 0;

	if (raw->steps_count > BOARD_LED_STEPS_MAX - led->step_count)
		return yaml_doc_fail(doc, err, yaml_path(path, "%s.steps", at),
				     "all sequences together have more than %d steps",
				     BOARD_LED_STEPS_MAX);
	for (uint32_t i = 0; i < raw->steps_count && r == 0; i++) {
		struct board_led_step *step = &led->steps[led->step_count];

		*step = raw->steps[i].step;
		r = yaml_doc_duration(doc, yaml_path(path, "%s.steps[%u].for", at, i),
				      raw->steps[i].lasts, &step->us, err);
		led->step_count++;
	}
	return r;
}

static int load_word(const struct yaml_doc *doc, const char *at, const struct raw_word *raw,
		     struct board_led *led, struct err *err)
{
	struct board_led_state state = raw->state;
	char path[YAML_PATH_MAX];
	int r = check_keys(doc, raw, at, err);

	if (r == 0)
		r = load_duration(doc, at, "period", raw->period, &state.period_us, err);
	if (r == 0)
		r = load_duration(doc, at, "tolerance", raw->tolerance, &state.tolerance_us, err);
	if (r == 0)
		r = load_duration(doc, at, "lit", raw->lit, &state.lit_us, err);
	if (r == 0 && raw->lit &&
	    (state.pattern != LED_PATTERN_CODE || state.lit_us >= state.period_us))
		r = yaml_doc_fail(doc, err, yaml_path(path, "%s.lit", at),
				  "'lit' is for codes, and below 'period'");
	if (r == 0)
		r = load_duration(doc, at, "pause", raw->pause, &state.pause_us, err);
	if (r == 0 && state.period_us != 0 && state.tolerance_us >= state.period_us)
		r = yaml_doc_fail(doc, err, yaml_path(path, "%s.tolerance", at),
				  "'tolerance' must be below 'period'");
	if (r == 0 && state.pattern == LED_PATTERN_CODE && state.pause_us < state.period_us)
		r = yaml_doc_fail(doc, err, yaml_path(path, "%s.pause", at),
				  "'pause' must not be shorter than 'period'");
	yaml_path(path, "%s.name", at);
	if (r == 0)
		r = yaml_doc_name(doc, path, state.name, "", err);
	if (r < 0)
		return r;
	if (board_led_state(led, state.name))
		return yaml_doc_fail(doc, err, path, "a second LED state '%s'", state.name);
	state.first_step = (uint32_t)led->step_count;
	state.step_count = raw->steps_count;
	r = load_steps(doc, at, raw, led, err);
	led->states[led->state_count++] = state;
	return r;
}

int language_add(const struct yaml_doc *doc, const char *at, const struct raw_word *words,
		 size_t count, struct board_led *led, struct err *err)
{
	char path[YAML_PATH_MAX];
	int r = 0;

	if (count > BOARD_LED_STATES_MAX - led->state_count)
		return yaml_doc_fail(doc, err, at, "more than %d LED states", BOARD_LED_STATES_MAX);
	for (size_t i = 0; i < count && r == 0; i++)
		r = load_word(doc, yaml_path(path, "%s[%zu]", at, i), &words[i], led, err);
	return r;
}

int board_load_language(const char *path, struct board *ret, struct err *err)
{
	const struct raw_language *raw;
	struct yaml_doc *doc;
	struct board board = { 0 };
	int r = yaml_doc_load(path, BOARD_FILE_MAX, &language_schema, &doc, err);

	if (r < 0)
		return r;
	raw = yaml_doc_get_data(doc);
	board.led = raw->led;
	memcpy(board.name, raw->name, sizeof(board.name));
	r = yaml_doc_name(doc, "vocabulary", board.name, "", err);
	if (r == 0 && board.led.pwm_hz == 0)
		r = yaml_doc_fail(doc, err, "pwm_hz", "'pwm_hz' must be above zero");
	if (r == 0)
		r = language_add(doc, "states", raw->words, raw->words_count, &board.led, err);
	yaml_doc_free(doc);
	if (r == 0)
		*ret = board;
	return r;
}
