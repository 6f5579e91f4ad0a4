/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench_check.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	USES_MAX = BENCH_SLOTS_MAX * 16,
	BAUD_MIN = 300,
	BAUD_MAX = 4000000,
	LATENCY_US_MAX = 10000000,
	WAIT_US_MAX = 60000000,
	BETWEEN_US_MAX = 600000000,
	ON_US_MIN = 1000000,
	ON_HOURS_MAX = 24 * 365,
	SWITCH_US_MIN = 1000,
	PROGRAMMER_US_MIN = 1000000,
	PROGRAMMER_US_MAX = 900000000, /* a trial ends before its worker counts as hung */
};

/* A file and slot on their way through the checks. */
struct check {
	const struct yaml_doc *doc;
	const struct bench *bench;
	const struct bench_slot *slot;
	size_t i; /* the slot's place */
	struct err *err;
};

#define PATH(check, key) yaml_path((char[YAML_PATH_MAX]){ 0 }, "slots[%zu]." key, (check)->i)

static bool has(const struct check *check, const char *key)
{
	char path[YAML_PATH_MAX];

	return yaml_doc_has(check->doc, yaml_path(path, "slots[%zu].%s", check->i, key));
}

static int fail(const struct check *check, const char *key, const char *text)
{
	char path[YAML_PATH_MAX];

	return yaml_doc_fail(check->doc, check->err,
			     yaml_path(path, "slots[%zu].%s", check->i, key), "%s", text);
}

/* "1-1.2": a bus, a dash, ports with dots between. */
static bool is_port_path(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	char separator = '-';

	if (digits == 0 || digits > 3 || text[0] == '0')
		return false;
	text += digits;
	while (*text) {
		if (*text++ != separator)
			return false;
		separator = '.';
		digits = strspn(text, "0123456789");
		if (digits == 0 || digits > 3 || text[0] == '0')
			return false;
		text += digits;
	}
	return separator == '.';
}

static int check_port(const struct check *check, const char *key, const char *port)
{
	char path[YAML_PATH_MAX];

	if (!port[0] || is_port_path(port))
		return 0;
	return yaml_doc_fail(check->doc, check->err,
			     yaml_path(path, "slots[%zu].%s", check->i, key),
			     "'%s' is no USB port path, such as 1-1.2", port);
}

static int check_range(const struct check *check, const char *key, int64_t us, int64_t min_us,
		       int64_t max_us)
{
	char path[YAML_PATH_MAX];
	char least[32];
	char most[32];

	if (!has(check, key) || (us >= min_us && us <= max_us))
		return 0;
	text_format_duration(min_us, least, sizeof(least));
	text_format_duration(max_us, most, sizeof(most));
	return yaml_doc_fail(check->doc, check->err,
			     yaml_path(path, "slots[%zu].%s", check->i, key),
			     "'%s' must be between %s and %s", key, least, most);
}

static int check_times(const struct check *check)
{
	const struct bench_power *power = &check->slot->power;
	const struct bench_safety *limits = &check->slot->limits;
	const struct {
		const char *key;
		int64_t us, min_us, max_us;
	} ranges[] = {
		{ "power.timeout", power->timeout_us, 1000, WAIT_US_MAX },
		{ "power.latency", power->latency_us, 0, LATENCY_US_MAX },
		{ "power.spread", power->spread_us, 0, LATENCY_US_MAX },
		{ "power.settle", power->settle_us, 0, WAIT_US_MAX },
		{ "power.discharge", power->discharge_us, 0, WAIT_US_MAX },
		{ "limits.on", limits->on_us_max, ON_US_MIN, ON_HOURS_MAX * INT64_C(3600000000) },
		{ "limits.between", limits->switch_us_min, SWITCH_US_MIN, BETWEEN_US_MAX },
		{ "programmer_timeout", check->slot->programmer_us, PROGRAMMER_US_MIN,
		  PROGRAMMER_US_MAX },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(ranges) && r == 0; i++)
		r = check_range(check, ranges[i].key, ranges[i].us, ranges[i].min_us,
				ranges[i].max_us);
	return r;
}

/* Which keys of 'power' a kind of switch has; what it must have is marked. */
static const struct switch_key {
	const char *key;
	unsigned int kinds; /* bits of enum bench_switch */
	unsigned int needed;
} switch_keys[] = {
	{ "power.gpio", 1 << BENCH_SWITCH_RELAY | 1 << BENCH_SWITCH_HIGH_SIDE,
	  1 << BENCH_SWITCH_RELAY | 1 << BENCH_SWITCH_HIGH_SIDE },
	{ "power.port", 1 << BENCH_SWITCH_HUB, 1 << BENCH_SWITCH_HUB },
	{ "power.on", 1 << BENCH_SWITCH_COMMAND, 1 << BENCH_SWITCH_COMMAND },
	{ "power.off", 1 << BENCH_SWITCH_COMMAND, 1 << BENCH_SWITCH_COMMAND },
	{ "power.query", 1 << BENCH_SWITCH_COMMAND, 0 },
	{ "power.timeout", 1 << BENCH_SWITCH_COMMAND, 0 },
	{ "limits.trials_a_day", 1 << BENCH_SWITCH_RELAY, 0 },
};

static int check_power(const struct check *check)
{
	static const char *const names[] = { "", "relay", "high-side", "hub", "command" };
	const struct bench_power *power = &check->slot->power;
	unsigned int kind = 1U << power->kind;
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(switch_keys); i++) {
		const struct switch_key *key = &switch_keys[i];
		const char *last = strchr(key->key, '.') + 1;

		yaml_path(path, "slots[%zu].%s", check->i, key->key);
		if (has(check, key->key) && !(key->kinds & kind) && power->kind)
			return yaml_doc_fail(check->doc, check->err, path,
					     "a power switch '%s' has no '%s'", names[power->kind],
					     last);
		if (!has(check, key->key) && (key->needed & kind))
			return yaml_doc_fail(check->doc, check->err, path,
					     "a power switch '%s' needs '%s'", names[power->kind],
					     last);
	}
	if (has(check, "limits") && !has(check, "power"))
		return fail(check, "limits", "'limits' need a power switch");
	return check_port(check, "power.port", power->port);
}

static int check_limits(const struct check *check)
{
	uint32_t a_day = check->slot->limits.trials_a_day;

	if (!has(check, "limits.trials_a_day") || (a_day > 0 && a_day <= BENCH_TRIALS_MAX))
		return 0;
	return yaml_doc_fail(check->doc, check->err, PATH(check, "limits.trials_a_day"),
			     "'trials_a_day' must be between 1 and %d", BENCH_TRIALS_MAX);
}

static int check_programmer(const struct check *check)
{
	if (has(check, "programmer_timeout") && !has(check, "programmer"))
		return fail(check, "programmer_timeout", "there is no 'programmer' here");
	if (has(check, "programmer") && !has(check, "power"))
		return fail(check, "programmer", "a 'programmer' needs a power switch");
	return 0;
}

static int check_led(const struct check *check)
{
	const struct bench_led *led = &check->slot->led;

	if (!has(check, "led"))
		return 0;
	if (!bench_wired(&led->lines[0]) && !bench_wired(&led->lines[1]) &&
	    !bench_wired(&led->lines[2]))
		return fail(check, "led", "'led' needs one of red, green, blue");
	if (has(check, "led.sample_hz") &&
	    (led->sample_hz < BENCH_SAMPLE_HZ_MIN || led->sample_hz > BENCH_SAMPLE_HZ_MAX))
		return yaml_doc_fail(check->doc, check->err, PATH(check, "led.sample_hz"),
				     "'sample_hz' must be between %d and %d", BENCH_SAMPLE_HZ_MIN,
				     BENCH_SAMPLE_HZ_MAX);
	return 0;
}

static int check_usb(const struct check *check)
{
	const struct bench_usb *usb = &check->slot->usb;

	if (!has(check, "usb"))
		return 0;
	if (!bench_has_usb(usb))
		return fail(check, "usb", "'usb' needs a port or a serial number");
	return check_port(check, "usb.port", usb->port);
}

static int check_console(const struct check *check)
{
	const struct bench_console *console = &check->slot->console;
	int ways = has(check, "console.port") + has(check, "console.serial") +
		   has(check, "console.device");

	if (!has(check, "console"))
		return 0;
	if (ways != 1)
		return fail(check, "console",
			    "'console' needs one of port, serial, device, and only one");
	if (console->baud < BAUD_MIN || console->baud > BAUD_MAX)
		return yaml_doc_fail(check->doc, check->err, PATH(check, "console.baud"),
				     "'baud' must be between %d and %d", BAUD_MIN, BAUD_MAX);
	if (console->device[0] && console->device[0] != '/')
		return fail(check, "console.device", "'device' must be a path from the root on");
	return check_port(check, "console.port", console->port);
}

static int check_wrap(const struct check *check, size_t k)
{
	const struct bench_wrap *wrap = &check->slot->wraps[k];
	char path[YAML_PATH_MAX];
	bool fault = wrap->kind == BENCH_WRAP_FAULT;

	yaml_path(path, "slots[%zu].wrap[%zu]", check->i, k);
	if (fault && wrap->file[0])
		return yaml_doc_fail(check->doc, check->err, path, "'fault' has no 'file'");
	if (!fault && !wrap->file[0])
		return yaml_doc_fail(check->doc, check->err, path,
				     "'record' and 'replay' need a 'file'");
	if (!fault && (wrap->seed || wrap->late_permille || wrap->lost_permille ||
		       wrap->stuck_permille || wrap->wrong_permille))
		return yaml_doc_fail(check->doc, check->err, path,
				     "only 'fault' has a seed and rates");
	if (wrap->kind == BENCH_WRAP_REPLAY && k > 0)
		return yaml_doc_fail(check->doc, check->err, path,
				     "'replay' stands in for the bench: it must come first");
	if (wrap->late_permille > BENCH_PERMILLE_MAX || wrap->lost_permille > BENCH_PERMILLE_MAX ||
	    wrap->stuck_permille > BENCH_PERMILLE_MAX || wrap->wrong_permille > BENCH_PERMILLE_MAX)
		return yaml_doc_fail(check->doc, check->err, path, "rates are permille, at most %d",
				     BENCH_PERMILLE_MAX);
	return 0;
}

static int check_slot(const struct check *check)
{
	const struct bench_slot *slot = check->slot;
	int r = yaml_doc_name(check->doc, PATH(check, "name"), slot->name, "", check->err);

	if (r == 0)
		r = yaml_doc_name(check->doc, PATH(check, "board"), slot->board, "", check->err);
	for (size_t i = 0; i < check->i && r == 0; i++)
		if (strcmp(check->bench->slots[i].name, slot->name) == 0)
			r = yaml_doc_fail(check->doc, check->err, PATH(check, "name"),
					  "a second slot '%s'", slot->name);
	if (r == 0)
		r = check_power(check);
	if (r == 0)
		r = check_times(check);
	if (r == 0)
		r = check_limits(check);
	if (r == 0)
		r = check_programmer(check);
	if (r == 0)
		r = check_led(check);
	if (r == 0)
		r = check_usb(check);
	if (r == 0)
		r = check_console(check);
	for (size_t k = 0; k < slot->wrap_count && r == 0; k++)
		r = check_wrap(check, k);
	return r;
}

/* Something there is only one of, and who has it. */
struct use {
	const char *kind;
	const char *chip; /* "" for what is no line of a chip */
	const char *name;
	size_t slot;
	unsigned int at; /* line of the file */
};

struct uses {
	struct use list[USES_MAX];
	size_t count;
};

/* A GPIO line may be used once; a port or serial number twice, by the same slot. */
static int take(const struct check *check, struct uses *uses, const char *kind, const char *key,
		const char *chip, const char *name)
{
	char path[YAML_PATH_MAX];
	struct use *use = &uses->list[uses->count];

	if (!name[0])
		return 0;
	yaml_path(path, "slots[%zu].%s", check->i, key);
	for (size_t i = 0; i < uses->count; i++) {
		const struct use *other = &uses->list[i];

		if (strcmp(other->kind, kind) != 0 || strcmp(other->chip, chip) != 0 ||
		    strcmp(other->name, name) != 0 || (!chip[0] && other->slot == check->i))
			continue;
		return yaml_doc_fail(check->doc, check->err, path,
				     "%s '%s'%s%s%s is used twice, here and on line %u", kind, name,
				     chip[0] ? " of chip '" : "", chip, chip[0] ? "'" : "",
				     other->at);
	}
	*use = (struct use){ kind, chip, name, check->i, yaml_doc_line(check->doc, path) };
	uses->count++;
	return 0;
}

static int take_line(const struct check *check, struct uses *uses, const char *key,
		     const struct bench_line *line)
{
	size_t digits = strspn(line->line, "0123456789");

	if (!bench_wired(line))
		return 0;
	if (!line->chip[0])
		return fail(check, key, "no 'chip', neither here nor at the top of the file");
	if (digits > 1 && !line->line[digits] && line->line[0] == '0')
		return fail(check, key, "a line's number has no leading zeros");
	return take(check, uses, "line", key, line->chip, line->line);
}

static int take_slot(const struct check *check, struct uses *uses)
{
	const struct bench_slot *slot = check->slot;
	const struct {
		const char *key;
		const struct bench_line *line;
	} lines[] = {
		{ "power.gpio", &slot->power.line },
		{ "power.loop_back", &slot->power.loop_back },
		{ "power.rail", &slot->power.rail },
		{ "power.bleed", &slot->power.bleed },
		{ "vbat", &slot->vbat },
		{ "reset", &slot->reset },
		{ "setup", &slot->setup },
		{ "led.red", &slot->led.lines[0] },
		{ "led.green", &slot->led.lines[1] },
		{ "led.blue", &slot->led.lines[2] },
		{ "usb.vbus", &slot->usb.vbus },
	};
	const struct {
		const char *kind, *key, *name;
	} others[] = {
		{ "USB port", "power.port", slot->power.port },
		{ "USB port", "usb.port", slot->usb.port },
		/* beside a port it may be one that old boards share */
		{ "serial number", "usb.serial", slot->usb.port[0] ? "" : slot->usb.serial },
		{ "USB port", "console.port", slot->console.port },
		{ "serial number", "console.serial", slot->console.serial },
		{ "device", "console.device", slot->console.device },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(lines) && r == 0; i++)
		r = take_line(check, uses, lines[i].key, lines[i].line);
	for (size_t i = 0; i < ARRAY_LEN(others) && r == 0; i++)
		r = take(check, uses, others[i].kind, others[i].key, "", others[i].name);
	return r;
}

int bench_check(const struct yaml_doc *doc, const struct bench *bench, struct err *err)
{
	AUTO_FREE struct uses *uses = calloc(1, sizeof(*uses));
	struct check check = { .doc = doc, .bench = bench, .err = err };
	int r = uses ? 0 : err_set(err, ERR_IO, -ENOMEM, "no memory");

	if (r == 0)
		r = yaml_doc_name(doc, "bench", bench->name, "", err);
	if (r == 0 && yaml_doc_has(doc, "cloud") && bench->cloud_port == 0)
		r = yaml_doc_fail(doc, err, "cloud.port", "'port' must be above zero");
	for (check.i = 0; check.i < bench->slot_count && r == 0; check.i++) {
		check.slot = &bench->slots[check.i];
		r = check_slot(&check);
		if (r == 0)
			r = take_slot(&check, uses);
	}
	return r;
}
