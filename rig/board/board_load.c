/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"
#include "base/yaml.h"
#include "board/language_load.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct raw_board {
	struct board board;
	char *vocabulary;
	struct raw_word *states;
	uint32_t states_count;
	char *safe_mode;
	char *dfu;
	char *reset_pulse;
	char *listening;
	char *alive_max;
	char *apply_max;
	char *long_off;
};

enum { DURATION_TEXT_MAX = 24 };

#define DURATION(key, flags, structure, member) \
	CYAML_FIELD_STRING_PTR(key, flags, structure, member, 1, DURATION_TEXT_MAX)

static const cyaml_schema_field_t led_fields[] = {
	CYAML_FIELD_BOOL("active_low", CYAML_FLAG_DEFAULT, struct raw_board, board.led.active_low),
	CYAML_FIELD_UINT("pwm_hz", CYAML_FLAG_DEFAULT, struct raw_board, board.led.pwm_hz),
	CYAML_FIELD_STRING_PTR("vocabulary", CYAML_FLAG_OPTIONAL, struct raw_board, vocabulary, 1,
			       BOARD_NAME_MAX - 1),
	CYAML_FIELD_SEQUENCE("states", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_board,
			     states, &language_word_schema, 1, BOARD_LED_STATES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t button_fields[] = {
	DURATION("safe_mode", CYAML_FLAG_DEFAULT, struct raw_board, safe_mode),
	DURATION("dfu", CYAML_FLAG_DEFAULT, struct raw_board, dfu),
	DURATION("reset_pulse", CYAML_FLAG_DEFAULT, struct raw_board, reset_pulse),
	DURATION("listening", CYAML_FLAG_OPTIONAL, struct raw_board, listening),
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
	CYAML_FIELD_UINT("serial", CYAML_FLAG_OPTIONAL, struct raw_board, board.usb.serial),
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

/* The shared words lie beside the profile, in led/NAME.yaml. */
static int load_vocabulary(const struct yaml_doc *doc, const char *path, const char *name,
			   struct board_led *led, struct err *err)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;
	AUTO_FREE char *file = NULL;
	struct board language;
	int r = yaml_doc_name(doc, "led.vocabulary", name, "", err);

	if (r < 0)
		return r;
	if (asprintf(&file, "%.*sled/%s.yaml", folder, path, name) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	if (access(file, R_OK) != 0)
		return yaml_doc_fail(doc, err, "led.vocabulary",
				     "there is no vocabulary '%s' (no file '%s')", name, file);
	r = board_load_language(file, &language, err);
	if (r < 0)
		return r;
	language.led.active_low = led->active_low;
	language.led.pwm_hz = led->pwm_hz;
	*led = language.led;
	return 0;
}

static int load_led(const struct yaml_doc *doc, const char *path, const struct raw_board *raw,
		    struct board *board, struct err *err)
{
	int r = 0;

	if (!raw->vocabulary && raw->states_count == 0)
		return yaml_doc_fail(doc, err, "led", "'led' needs a 'vocabulary' or 'states'");
	if (raw->vocabulary)
		r = load_vocabulary(doc, path, raw->vocabulary, &board->led, err);
	if (r == 0)
		r = language_add(doc, "led.states", raw->states, raw->states_count, &board->led,
				 err);
	return r;
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
		{ "buttons.listening", raw->listening, &board->buttons.listening_us },
		{ "boot.alive_max", raw->alive_max, &board->boot.alive_us_max },
		{ "boot.apply_max", raw->apply_max, &board->boot.apply_us_max },
		{ "boot.long_off", raw->long_off, &board->boot.long_off_us },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(durations) && r == 0; i++)
		if (durations[i].text)
			r = yaml_doc_duration(doc, durations[i].path, durations[i].text,
					      durations[i].us, err);
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
		if (!board_led_state(&board->led, words[i].state))
			return yaml_doc_fail(doc, err, words[i].path,
					     "'%s' is not in 'led.states' nor in 'led.vocabulary'",
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

static int board_from_doc(const struct yaml_doc *doc, const char *path, struct board *board,
			  struct err *err)
{
	const struct raw_board *raw = yaml_doc_get_data(doc);
	int r;

	*board = raw->board;
	r = load_led(doc, path, raw, board, err);
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
	r = board_from_doc(doc, path, &board, err);
	yaml_doc_free(doc);
	if (r == 0)
		*ret = board;
	return r;
}
