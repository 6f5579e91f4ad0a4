/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "base/yaml.h"
#include "bench/bench.h"
#include "bench/bench_check.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <string.h>

enum {
	DURATION_TEXT_MAX = 24,
	TIMEOUT_US = 10000000,	   /* of a command, when the file says nothing */
	DISCHARGE_US = 1000000,	   /* the same of a rail */
	PROGRAMMER_US = 300000000, /* the same of a programmer */
};

/* What the file holds: what needs no second look is in 'slot' already. */
struct raw_slot {
	struct bench_slot slot;
	char *timeout;
	char *latency;
	char *spread;
	char *settle;
	char *discharge;
	char *on_max;
	char *between;
	char *programmer_timeout;
	bool led_inverted;
};

struct raw_bench {
	char name[BENCH_NAME_MAX];
	char chip[BENCH_TEXT_MAX];
	struct raw_slot *slots;
	uint32_t slots_count;
	char cloud_address[BENCH_TEXT_MAX];
	uint16_t cloud_port;
};

#define DURATION(key, member)                                                        \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_OPTIONAL, struct raw_slot, member, 1, \
			       DURATION_TEXT_MAX)
#define TEXT(key, flags, member) CYAML_FIELD_STRING(key, flags, struct raw_slot, slot.member, 1)
#define LINE(key, member) \
	CYAML_FIELD_MAPPING(key, CYAML_FLAG_OPTIONAL, struct raw_slot, slot.member, line_fields)
#define PULLED_LINE(key, member)                                                    \
	CYAML_FIELD_MAPPING(key, CYAML_FLAG_OPTIONAL, struct raw_slot, slot.member, \
			    pulled_line_fields)

static const cyaml_strval_t active_words[] = {
	{ "high", BENCH_ACTIVE_HIGH },
	{ "low", BENCH_ACTIVE_LOW },
};

static const cyaml_strval_t lit_words[] = {
	{ "low", BENCH_LIT_LOW },
	{ "high", BENCH_LIT_HIGH },
};

static const cyaml_strval_t cable_words[] = {
	{ "loose", BENCH_CABLE_LOOSE },
	{ "fixed", BENCH_CABLE_FIXED },
};

static const cyaml_strval_t rest_words[] = {
	{ "closed", BENCH_REST_CLOSED },
	{ "break", BENCH_REST_BREAK },
};

static const cyaml_strval_t switch_words[] = {
	{ "relay", BENCH_SWITCH_RELAY },
	{ "high-side", BENCH_SWITCH_HIGH_SIDE },
	{ "hub", BENCH_SWITCH_HUB },
	{ "command", BENCH_SWITCH_COMMAND },
};

static const cyaml_strval_t wrap_words[] = {
	{ "fault", BENCH_WRAP_FAULT },
	{ "record", BENCH_WRAP_RECORD },
	{ "replay", BENCH_WRAP_REPLAY },
};

static const cyaml_schema_field_t line_fields[] = {
	CYAML_FIELD_STRING("chip", CYAML_FLAG_OPTIONAL, struct bench_line, chip, 1),
	CYAML_FIELD_STRING("line", CYAML_FLAG_DEFAULT, struct bench_line, line, 1),
	CYAML_FIELD_ENUM("active", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct bench_line,
			 active, active_words, ARRAY_LEN(active_words)),
	CYAML_FIELD_END,
};

/* Lines that are pulled low or let go, and lines that are only looked at: no polarity. */
static const cyaml_schema_field_t pulled_line_fields[] = {
	CYAML_FIELD_STRING("chip", CYAML_FLAG_OPTIONAL, struct bench_line, chip, 1),
	CYAML_FIELD_STRING("line", CYAML_FLAG_DEFAULT, struct bench_line, line, 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t power_fields[] = {
	CYAML_FIELD_ENUM("switch", CYAML_FLAG_STRICT, struct raw_slot, slot.power.kind,
			 switch_words, ARRAY_LEN(switch_words)),
	LINE("gpio", power.line),
	TEXT("port", CYAML_FLAG_OPTIONAL, power.port),
	TEXT("on", CYAML_FLAG_OPTIONAL, power.on),
	TEXT("off", CYAML_FLAG_OPTIONAL, power.off),
	TEXT("query", CYAML_FLAG_OPTIONAL, power.query),
	DURATION("timeout", timeout),
	DURATION("latency", latency),
	DURATION("spread", spread),
	DURATION("settle", settle),
	DURATION("discharge", discharge),
	LINE("loop_back", power.loop_back),
	LINE("rail", power.rail),
	LINE("bleed", power.bleed),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t led_fields[] = {
	PULLED_LINE("red", led.lines[0]),
	PULLED_LINE("green", led.lines[1]),
	PULLED_LINE("blue", led.lines[2]),
	CYAML_FIELD_ENUM("lit", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_slot,
			 slot.led.lit, lit_words, ARRAY_LEN(lit_words)),
	CYAML_FIELD_BOOL("inverted", CYAML_FLAG_OPTIONAL, struct raw_slot, led_inverted),
	CYAML_FIELD_UINT("sample_hz", CYAML_FLAG_OPTIONAL, struct raw_slot, slot.led.sample_hz),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t usb_fields[] = {
	TEXT("port", CYAML_FLAG_OPTIONAL, usb.port),
	TEXT("serial", CYAML_FLAG_OPTIONAL, usb.serial),
	CYAML_FIELD_ENUM("cable", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_slot,
			 slot.usb.cable, cable_words, ARRAY_LEN(cable_words)),
	LINE("vbus", usb.vbus),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t console_fields[] = {
	CYAML_FIELD_UINT("baud", CYAML_FLAG_DEFAULT, struct raw_slot, slot.console.baud),
	TEXT("port", CYAML_FLAG_OPTIONAL, console.port),
	TEXT("serial", CYAML_FLAG_OPTIONAL, console.serial),
	TEXT("device", CYAML_FLAG_OPTIONAL, console.device),
	CYAML_FIELD_UINT("nth", CYAML_FLAG_OPTIONAL, struct raw_slot, slot.console.nth),
	CYAML_FIELD_ENUM("rest", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_slot,
			 slot.console.rest, rest_words, ARRAY_LEN(rest_words)),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
	DURATION("on", on_max),
	DURATION("between", between),
	CYAML_FIELD_UINT("trials_a_day", CYAML_FLAG_OPTIONAL, struct raw_slot,
			 slot.limits.trials_a_day),
	CYAML_FIELD_END,
};

#define WRAP_UINT(key, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, struct bench_wrap, member)

static const cyaml_schema_field_t wrap_fields[] = {
	CYAML_FIELD_ENUM("name", CYAML_FLAG_STRICT, struct bench_wrap, kind, wrap_words,
			 ARRAY_LEN(wrap_words)),
	CYAML_FIELD_STRING("file", CYAML_FLAG_OPTIONAL, struct bench_wrap, file, 1),
	WRAP_UINT("seed", seed),
	WRAP_UINT("late", late_permille),
	WRAP_UINT("lost", lost_permille),
	WRAP_UINT("stuck", stuck_permille),
	WRAP_UINT("wrong", wrong_permille),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t wrap_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct bench_wrap, wrap_fields),
};

static const cyaml_schema_field_t slot_fields[] = {
	TEXT("name", CYAML_FLAG_DEFAULT, name),
	TEXT("board", CYAML_FLAG_DEFAULT, board),
	YAML_FIELD_GROUP("power", CYAML_FLAG_OPTIONAL, struct raw_slot, power_fields),
	LINE("vbat", vbat),
	PULLED_LINE("reset", reset),
	PULLED_LINE("setup", setup),
	YAML_FIELD_GROUP("led", CYAML_FLAG_OPTIONAL, struct raw_slot, led_fields),
	YAML_FIELD_GROUP("usb", CYAML_FLAG_OPTIONAL, struct raw_slot, usb_fields),
	YAML_FIELD_GROUP("console", CYAML_FLAG_OPTIONAL, struct raw_slot, console_fields),
	YAML_FIELD_GROUP("limits", CYAML_FLAG_OPTIONAL, struct raw_slot, limit_fields),
	TEXT("programmer", CYAML_FLAG_OPTIONAL, programmer),
	DURATION("programmer_timeout", programmer_timeout),
	CYAML_FIELD_SEQUENCE_COUNT("wrap", CYAML_FLAG_OPTIONAL, struct raw_slot, slot.wraps,
				   slot.wrap_count, &wrap_schema, 1, BENCH_WRAPS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t slot_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_slot, slot_fields),
};

static const cyaml_schema_field_t cloud_fields[] = {
	CYAML_FIELD_STRING("address", CYAML_FLAG_DEFAULT, struct raw_bench, cloud_address, 1),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct raw_bench, cloud_port),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t bench_fields[] = {
	CYAML_FIELD_STRING("bench", CYAML_FLAG_DEFAULT, struct raw_bench, name, 1),
	CYAML_FIELD_STRING("chip", CYAML_FLAG_OPTIONAL, struct raw_bench, chip, 1),
	CYAML_FIELD_SEQUENCE("slots", CYAML_FLAG_POINTER, struct raw_bench, slots, &slot_schema, 1,
			     BENCH_SLOTS_MAX),
	YAML_FIELD_GROUP("cloud", CYAML_FLAG_OPTIONAL, struct raw_bench, cloud_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t bench_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_bench, bench_fields),
};

/* "0" is a duration too where nothing need be waited for. */
static int load_duration(const struct yaml_doc *doc, size_t i, const char *key, const char *text,
			 int64_t *ret_us, struct err *err)
{
	char path[YAML_PATH_MAX];

	if (!text)
		return 0;
	if (strcmp(text, "0") == 0) {
		*ret_us = 0;
		return 0;
	}
	return yaml_doc_duration(doc, yaml_path(path, "slots[%zu].%s", i, key), text, ret_us, err);
}

static int load_durations(const struct yaml_doc *doc, size_t i, const struct raw_slot *raw,
			  struct bench_slot *slot, struct err *err)
{
	const struct {
		const char *key;
		const char *text;
		int64_t *us;
	} durations[] = {
		{ "power.timeout", raw->timeout, &slot->power.timeout_us },
		{ "power.latency", raw->latency, &slot->power.latency_us },
		{ "power.spread", raw->spread, &slot->power.spread_us },
		{ "power.settle", raw->settle, &slot->power.settle_us },
		{ "power.discharge", raw->discharge, &slot->power.discharge_us },
		{ "limits.on", raw->on_max, &slot->limits.on_us_max },
		{ "limits.between", raw->between, &slot->limits.switch_us_min },
		{ "programmer_timeout", raw->programmer_timeout, &slot->programmer_us },
	};
	int r = 0;

	slot->power.timeout_us = TIMEOUT_US;
	slot->power.discharge_us = DISCHARGE_US;
	slot->programmer_us = PROGRAMMER_US;
	for (size_t k = 0; k < ARRAY_LEN(durations) && r == 0; k++)
		r = load_duration(doc, i, durations[k].key, durations[k].text, durations[k].us,
				  err);
	return r;
}

/* Lines that name no chip are on the bench's. */
static void fill_chips(struct bench_slot *slot, const char *chip)
{
	struct bench_line *const lines[] = {
		&slot->power.line,   &slot->power.loop_back, &slot->power.rail, &slot->power.bleed,
		&slot->vbat,	     &slot->reset,	     &slot->setup,	&slot->led.lines[0],
		&slot->led.lines[1], &slot->led.lines[2],    &slot->usb.vbus,
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (bench_wired(lines[i]) && !lines[i]->chip[0])
			text_copy(lines[i]->chip, sizeof(lines[i]->chip), chip);
}

static int bench_from_doc(const struct yaml_doc *doc, const char *path, struct bench *bench,
			  struct err *err)
{
	const struct raw_bench *raw = yaml_doc_get_data(doc);
	int r = 0;

	memset(bench, 0, sizeof(*bench));
	text_copy(bench->name, sizeof(bench->name), raw->name);
	text_copy(bench->cloud_address, sizeof(bench->cloud_address), raw->cloud_address);
	bench->cloud_port = raw->cloud_port;
	if (!text_copy(bench->path, sizeof(bench->path), path))
		return err_set(err, ERR_CONFIG, -ENAMETOOLONG, "path '%s' is too long", path);
	bench->slot_count = raw->slots_count;
	for (size_t i = 0; i < bench->slot_count && r == 0; i++) {
		struct bench_slot *slot = &bench->slots[i];

		*slot = raw->slots[i].slot;
		for (size_t k = 0; k < BENCH_LEDS; k++)
			slot->led.lines[k].active =
				raw->slots[i].led_inverted ? BENCH_ACTIVE_LOW : BENCH_ACTIVE_HIGH;
		fill_chips(slot, raw->chip);
		slot->board_line = yaml_doc_line(doc, yaml_path((char[YAML_PATH_MAX]){ 0 },
								"slots[%zu].board", i));
		r = load_durations(doc, i, &raw->slots[i], slot, err);
	}
	return r == 0 ? bench_check(doc, bench, err) : r;
}

int bench_load(const char *path, struct bench *ret, struct err *err)
{
	AUTO_FREE struct bench *bench = malloc(sizeof(*bench));
	struct yaml_doc *doc;
	int r;

	if (!bench)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	r = yaml_doc_load(path, BENCH_FILE_MAX, &bench_schema, &doc, err);
	if (r < 0)
		return r;
	r = bench_from_doc(doc, path, bench, err);
	yaml_doc_free(doc);
	if (r == 0)
		*ret = *bench;
	return r;
}
