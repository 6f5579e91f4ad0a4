/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"
#include "base/yaml.h"

#include <cyaml/cyaml.h>

/* A state as it stands in the file: durations are texts there. */
struct raw_state {
	struct board_led_state state;
	char *period;
	char *tolerance;
};

struct raw_board {
	struct board board;
	struct raw_state *states;
	uint32_t states_count;
	char *safe_mode;
	char *dfu;
	char *reset_pulse;
	char *alive_max;
	char *apply_max;
	char *long_off;
};

enum { DURATION_TEXT_MAX = 24 };

#define DURATION(key, flags, structure, member) \
	CYAML_FIELD_STRING_PTR(key, flags, structure, member, 1, DURATION_TEXT_MAX)

static const cyaml_strval_t colour_words[] = {
#define X(name, number, text) { text, number },
	LED_COLOUR_LIST(X)
#undef X
};

static const cyaml_strval_t pattern_words[] = {
#define X(name, number, text) { text, number },
	LED_PATTERN_LIST(X)
#undef X
};

/* "unknown", the first of both lists, is no word for a profile. */
static const cyaml_schema_field_t state_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct raw_state, state.name, 1),
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT, struct raw_state, state.colour,
			 colour_words + 1, ARRAY_LEN(colour_words) - 1),
	CYAML_FIELD_ENUM("pattern", CYAML_FLAG_STRICT, struct raw_state, state.pattern,
			 pattern_words + 1, ARRAY_LEN(pattern_words) - 1),
	DURATION("period", CYAML_FLAG_OPTIONAL, struct raw_state, period),
	DURATION("tolerance", CYAML_FLAG_OPTIONAL, struct raw_state, tolerance),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t state_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_state, state_fields),
};

static const cyaml_schema_field_t led_fields[] = {
	CYAML_FIELD_BOOL("active_low", CYAML_FLAG_DEFAULT, struct raw_board, board.led.active_low),
	CYAML_FIELD_UINT("pwm_hz", CYAML_FLAG_DEFAULT, struct raw_board, board.led.pwm_hz),
	CYAML_FIELD_SEQUENCE("states", CYAML_FLAG_POINTER, struct raw_board, states, &state_schema,
			     1, BOARD_LED_STATES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t button_fields[] = {
	DURATION("safe_mode", CYAML_FLAG_DEFAULT, struct raw_board, safe_mode),
	DURATION("dfu", CYAML_FLAG_DEFAULT, struct raw_board, dfu),
	DURATION("reset_pulse", CYAML_FLAG_DEFAULT, struct raw_board, reset_pulse),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t boot_fields[] = {
	CYAML_FIELD_STRING("alive", CYAML_FLAG_DEFAULT, struct raw_board, board.boot.alive, 1),
	CYAML_FIELD_STRING("online", CYAML_FLAG_OPTIONAL, struct raw_board, board.boot.online, 1),
	CYAML_FIELD_STRING("dfu", CYAML_FLAG_DEFAULT, struct raw_board, board.boot.dfu, 1),
	CYAML_FIELD_STRING("apply", CYAML_FLAG_DEFAULT, struct raw_board, board.boot.apply, 1),
	DURATION("alive_max", CYAML_FLAG_DEFAULT, struct raw_board, alive_max),
	DURATION("apply_max", CYAML_FLAG_DEFAULT, struct raw_board, apply_max),
	DURATION("long_off", CYAML_FLAG_DEFAULT, struct raw_board, long_off),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t usb_fields[] = {
	CYAML_FIELD_UINT("vendor", CYAML_FLAG_DEFAULT, struct raw_board, board.usb.vendor),
	CYAML_FIELD_UINT("dfu", CYAML_FLAG_DEFAULT, struct raw_board, board.usb.dfu),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t region_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct board_region, name, 1),
	CYAML_FIELD_UINT("start", CYAML_FLAG_DEFAULT, struct board_region, start),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct board_region, size),
	CYAML_FIELD_UINT("function", CYAML_FLAG_OPTIONAL, struct board_region, function),
	CYAML_FIELD_UINT("index", CYAML_FLAG_OPTIONAL, struct board_region, index),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t region_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct board_region, region_fields),
};

static const cyaml_schema_field_t board_fields[] = {
	CYAML_FIELD_STRING("board", CYAML_FLAG_DEFAULT, struct raw_board, board.name, 1),
	CYAML_FIELD_UINT("platform_id", CYAML_FLAG_DEFAULT, struct raw_board, board.platform_id),
	CYAML_FIELD_STRING("chip", CYAML_FLAG_DEFAULT, struct raw_board, board.chip, 1),
	CYAML_FIELD_UINT("cpu_hz", CYAML_FLAG_DEFAULT, struct raw_board, board.cpu_hz),
	YAML_FIELD_GROUP("led", CYAML_FLAG_DEFAULT, struct raw_board, led_fields),
	YAML_FIELD_GROUP("buttons", CYAML_FLAG_DEFAULT, struct raw_board, button_fields),
	YAML_FIELD_GROUP("boot", CYAML_FLAG_DEFAULT, struct raw_board, boot_fields),
	YAML_FIELD_GROUP("usb", CYAML_FLAG_OPTIONAL, struct raw_board, usb_fields),
	CYAML_FIELD_SEQUENCE_COUNT("regions", CYAML_FLAG_DEFAULT, struct raw_board, board.regions,
				   board.region_count, &region_schema, 1, BOARD_REGIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t board_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_board, board_fields),
};

static const struct board_led_state *find_state(const struct board *board, const char *name)
{
	for (size_t i = 0; i < board->led.state_count; i++)
		if (strcmp(board->led.states[i].name, name) == 0)
			return &board->led.states[i];
	return NULL;
}

/* A period belongs to what repeats evenly; a tolerance belongs to a period. */
static int load_period(const struct yaml_doc *doc, const struct raw_state *raw, const char *at,
		       struct board_led_state *state, struct err *err)
{
	bool repeats = state->pattern == LED_PATTERN_BLINK || state->pattern == LED_PATTERN_FADE;
	char path[YAML_PATH_MAX];
	int r = 0;

	if (raw->period && !repeats)
		return yaml_doc_fail(doc, err, yaml_path(path, "%s.period", at),
				     "only blink and fade have a 'period'");
	if (!raw->period != !raw->tolerance)
		return yaml_doc_fail(doc, err, at, "'period' and 'tolerance' go together");
	if (raw->period)
		r = yaml_doc_duration(doc, yaml_path(path, "%s.period", at), raw->period,
				      &state->period_us, err);
	if (raw->tolerance && r == 0)
		r = yaml_doc_duration(doc, yaml_path(path, "%s.tolerance", at), raw->tolerance,
				      &state->tolerance_us, err);
	if (r == 0 && state->period_us != 0 && state->tolerance_us >= state->period_us)
		return yaml_doc_fail(doc, err, yaml_path(path, "%s.tolerance", at),
				     "'tolerance' must be below 'period'");
	return r;
}

static int load_states(const struct yaml_doc *doc, const struct raw_board *raw, struct board *board,
		       struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < raw->states_count; i++) {
		struct board_led_state state = raw->states[i].state;
		int r = load_period(doc, &raw->states[i], yaml_path(path, "led.states[%zu]", i),
				    &state, err);

		yaml_path(path, "led.states[%zu].name", i);
		if (r == 0)
			r = yaml_doc_name(doc, path, state.name, "", err);
		if (r < 0)
			return r;
		if (find_state(board, state.name))
			return yaml_doc_fail(doc, err, path, "a second LED state '%s'", state.name);
		board->led.states[board->led.state_count++] = state;
	}
	return 0;
}

static int load_durations(const struct yaml_doc *doc, const struct raw_board *raw,
			  struct board *board, struct err *err)
{
	const struct {
		const char *path;
		const char *text;
		int64_t *us;
	} durations[] = {
		{ "buttons.safe_mode", raw->safe_mode, &board->buttons.safe_mode_us },
		{ "buttons.dfu", raw->dfu, &board->buttons.dfu_us },
		{ "buttons.reset_pulse", raw->reset_pulse, &board->buttons.reset_pulse_us },
		{ "boot.alive_max", raw->alive_max, &board->boot.alive_us_max },
		{ "boot.apply_max", raw->apply_max, &board->boot.apply_us_max },
		{ "boot.long_off", raw->long_off, &board->boot.long_off_us },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(durations) && r == 0; i++)
		r = yaml_doc_duration(doc, durations[i].path, durations[i].text, durations[i].us,
				      err);
	return r;
}

static int check_scalars(const struct yaml_doc *doc, const struct board *board, struct err *err)
{
	const struct {
		const char *path;
		const char *state;
	} words[] = {
		{ "boot.online", board->boot.online }, /* the one that need not be there */
		{ "boot.alive", board->boot.alive },
		{ "boot.dfu", board->boot.dfu },
		{ "boot.apply", board->boot.apply },
	};

	int r = yaml_doc_name(doc, "board", board->name, "", err);

	if (r == 0)
		r = yaml_doc_name(doc, "chip", board->chip, "", err);
	if (r < 0)
		return r;
	if (board->cpu_hz == 0)
		return yaml_doc_fail(doc, err, "cpu_hz", "'cpu_hz' must be above zero");
	if (board->led.pwm_hz == 0)
		return yaml_doc_fail(doc, err, "led.pwm_hz", "'led.pwm_hz' must be above zero");
	if (yaml_doc_has(doc, "usb") && board->usb.vendor == 0)
		return yaml_doc_fail(doc, err, "usb.vendor", "'usb.vendor' must be above zero");
	if (board->buttons.safe_mode_us >= board->buttons.dfu_us)
		return yaml_doc_fail(doc, err, "buttons.dfu",
				     "'dfu' must be longer than 'safe_mode'");
	for (size_t i = yaml_doc_has(doc, "boot.online") ? 0 : 1; i < ARRAY_LEN(words); i++)
		if (!find_state(board, words[i].state))
			return yaml_doc_fail(doc, err, words[i].path, "'%s' is not in 'led.states'",
					     words[i].state);
	return 0;
}

static int check_region(const struct yaml_doc *doc, const struct board *board, size_t i,
			struct err *err)
{
	const struct board_region *region = &board->regions[i];
	char path[YAML_PATH_MAX];
	int r = yaml_doc_name(doc, yaml_path(path, "regions[%zu].name", i), region->name, "", err);

	if (r < 0)
		return r;
	if (board_region_by_name(board, region->name) != region)
		return yaml_doc_fail(doc, err, path, "a second region '%s'", region->name);
	if (region->size == 0 || region->size > UINT32_MAX - region->start)
		return yaml_doc_fail(doc, err, yaml_path(path, "regions[%zu].size", i),
				     "region '%s' has an impossible size", region->name);
	if (region->function == 0 && region->index != 0)
		return yaml_doc_fail(doc, err, yaml_path(path, "regions[%zu].index", i),
				     "'index' needs a 'function'");
	if (region->function != 0 &&
	    board_region_by_module(board, region->function, region->index) != region)
		return yaml_doc_fail(doc, err, yaml_path(path, "regions[%zu].function", i),
				     "a second region for function %u, index %u", region->function,
				     region->index);
	return 0;
}

static int board_from_doc(const struct yaml_doc *doc, struct board *board, struct err *err)
{
	const struct raw_board *raw = yaml_doc_get_data(doc);
	int r;

	*board = raw->board;
	r = load_states(doc, raw, board, err);
	if (r == 0)
		r = load_durations(doc, raw, board, err);
	if (r == 0)
		r = check_scalars(doc, board, err);
	for (size_t i = 0; i < board->region_count && r == 0; i++)
		r = check_region(doc, board, i, err);
	return r;
}

int board_load(const char *path, struct board *ret, struct err *err)
{
	struct yaml_doc *doc;
	struct board board;
	int r = yaml_doc_load(path, BOARD_FILE_MAX, &board_schema, &doc, err);

	if (r < 0)
		return r;
	r = board_from_doc(doc, &board, err);
	yaml_doc_free(doc);
	if (r == 0)
		*ret = board;
	return r;
}
