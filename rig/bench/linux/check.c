/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/check.h"

#include "base/text.h"
#include "bench/linux/backend.h"
#include "bench/linux/hub.h"
#include "bench/linux/spawn.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { CHECK_ON_US = 50000 }; /* power is on for so long at least, to be seen */

struct run {
	const struct bench_slot *bench;
	const struct bench *all;
	const struct check_sink *sink;
	int bad;
};

static void put(struct run *run, const char *part, const char *where, enum check_result result,
		const char *fmt, ...) PRINTF_LIKE(5, 6);

static void put(struct run *run, const char *part, const char *where, enum check_result result,
		const char *fmt, ...)
{
	struct check_row row = { .part = part, .result = result };
	va_list ap;

	text_copy(row.where, sizeof(row.where), where);
	va_start(ap, fmt);
	vsnprintf(row.text, sizeof(row.text), fmt, ap);
	va_end(ap);
	run->bad += result == CHECK_BAD;
	run->sink->put(run->sink->ctx, &row);
}

static void name_line(const struct bench_line *line, char where[2 * BENCH_TEXT_MAX + 2])
{
	snprintf(where, 2 * BENCH_TEXT_MAX + 2, "%s:%s", line->chip, line->line);
}

static void check_line(struct run *run, const char *part, const struct bench_line *line,
		       enum gpio_role role)
{
	char where[2 * BENCH_TEXT_MAX + 2];
	struct err err = ERR_INIT;
	struct gpio *gpio = NULL;

	if (!bench_wired(line))
		return;
	name_line(line, where);
	if (gpio_open(line, role, GPIO_INACTIVE, "otarig check", &gpio, &err) < 0)
		put(run, part, where, CHECK_BAD, "%s", err.text);
	else
		put(run, part, where, CHECK_GOOD, "%s", "");
	gpio_close(gpio);
}

static void check_lines(struct run *run)
{
	const struct bench_slot *bench = run->bench;
	const struct {
		const char *part;
		const struct bench_line *line;
		enum gpio_role role;
	} lines[] = {
		{ "power", &bench->power.line, GPIO_ROLE_DRIVE },
		{ "vbus", &bench->usb.vbus, GPIO_ROLE_DRIVE },
		{ "vbat", &bench->vbat, GPIO_ROLE_DRIVE },
		{ "bleed", &bench->power.bleed, GPIO_ROLE_DRIVE },
		{ "reset", &bench->reset, GPIO_ROLE_OPEN_DRAIN },
		{ "setup", &bench->setup, GPIO_ROLE_OPEN_DRAIN },
		{ "rail", &bench->power.rail, GPIO_ROLE_EDGES },
		{ "loop_back", &bench->power.loop_back, GPIO_ROLE_EDGES },
		{ "red", &bench->led.lines[0], GPIO_ROLE_EDGES },
		{ "green", &bench->led.lines[1], GPIO_ROLE_EDGES },
		{ "blue", &bench->led.lines[2], GPIO_ROLE_EDGES },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		check_line(run, lines[i].part, lines[i].line, lines[i].role);
}

/* What goes along when the port is switched: what is plugged in now, and slots of this bench. */
static void check_gang(struct run *run)
{
	const char *port = run->bench->power.port;
	char others[HUB_TEXT_MAX];

	hub_port_neighbours(port, others);
	put(run, "power", port, CHECK_NOTE,
	    "this hub switches all its ports together: for recovery only, no cuts; with it %s%s",
	    others[0] ? "go " : "goes nothing else that is plugged in now", others);
	for (size_t i = 0; i < run->all->slot_count; i++) {
		const struct bench_slot *other = &run->all->slots[i];
		const char *theirs = hub_ports_together(port, other->usb.port) ? other->usb.port
									       : other->power.port;

		if (strcmp(other->name, run->bench->name) != 0 && hub_ports_together(port, theirs))
			put(run, "power", port, CHECK_NOTE,
			    "slot '%s', on port '%s' of the same hub, is switched with this one",
			    other->name, theirs);
	}
}

static void check_hub(struct run *run)
{
	const char *port = run->bench->power.port;
	enum hub_switching switching = HUB_SWITCHING_UNKNOWN;
	struct err err = ERR_INIT;

	if (run->bench->power.kind != BENCH_SWITCH_HUB)
		return;
	if (hub_port_switching(port, &switching, &err) < 0)
		put(run, "power", port, CHECK_BAD, "%s", err.text);
	else if (switching == HUB_SWITCHING_NONE)
		put(run, "power", port, CHECK_BAD, "this hub cannot switch its ports");
	else if (switching == HUB_SWITCHING_GANGED)
		check_gang(run);
	else
		put(run, "power", port, CHECK_GOOD, "%s", "");
}

/* It is run when a board is dead, which is late to find out that it is not there. */
static void check_programmer(struct run *run)
{
	const char *command = run->bench->programmer;
	struct err err = ERR_INIT;

	if (!command[0])
		return;
	if (spawn_look(command, &err) < 0)
		put(run, "programmer", command, CHECK_BAD, "%s", err.text);
	else
		put(run, "programmer", command, CHECK_GOOD, "%s", "");
}

/* Looks at a proof of power; 'on' is what was commanded. */
static void check_proof(struct run *run, struct linux_backend *be, enum linux_line line,
			const char *part, enum slot_power power)
{
	const struct bench_line *where_line =
		line == LINE_RAIL ? &run->bench->power.rail : &run->bench->power.loop_back;
	char where[2 * BENCH_TEXT_MAX + 2];
	struct err err = ERR_INIT;
	enum gpio_state state;
	bool up;

	if (!be->lines[line])
		return;
	name_line(where_line, where);
	if (gpio_get(be->lines[line], &state, &err) < 0) {
		put(run, part, where, CHECK_BAD, "%s", err.text);
		return;
	}
	up = state == GPIO_ACTIVE;
	if (up == (power == SLOT_POWER_ON))
		return;
	put(run, part, where, CHECK_BAD,
	    up ? "it says that power is on although it was switched off: wrong 'active' here or "
		 "of the switch, or something else feeds the board"
	       : "it says that power is off although it was switched on: wrong 'active' here or of "
		 "the switch, or the switch does nothing");
}

/* What the switch itself says, if it can be asked; 'power' is what was commanded. */
static void check_answer(struct run *run, struct linux_backend *be, enum slot_power power)
{
	const struct bench_power *bench = &run->bench->power;
	const char *where = bench->kind == BENCH_SWITCH_HUB ? bench->port : run->bench->name;
	enum slot_power says = power;
	struct err err = ERR_INIT;

	if (!be->power.ops->query)
		return;
	if (be->power.ops->query(be->power.ctx, &says, &err) < 0)
		put(run, "power", where, CHECK_BAD, "%s", err.text);
	else if (says != power)
		put(run, "power", where, CHECK_BAD,
		    "the switch says that it is %s, and was told %s",
		    says == SLOT_POWER_ON ? "on" : "off", power == SLOT_POWER_ON ? "on" : "off");
}

/* Without power nothing should hold a line up: what does feeds the board. */
static void check_fed(struct run *run, struct linux_backend *be)
{
	const struct {
		const char *part;
		enum linux_line line;
		const struct bench_line *where;
		enum gpio_state high;
	} lines[] = {
		{ "reset", LINE_RESET, &run->bench->reset, GPIO_INACTIVE },
		{ "setup", LINE_SETUP, &run->bench->setup, GPIO_INACTIVE },
	};
	char where[2 * BENCH_TEXT_MAX + 2];
	enum gpio_state state;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct gpio *gpio = be->lines[lines[i].line];

		if (!gpio || gpio_get(gpio, &state, NULL) < 0 || state != lines[i].high)
			continue;
		name_line(lines[i].where, where);
		put(run, lines[i].part, where, CHECK_NOTE,
		    "high although the board has no power: what pulls it up feeds the board");
	}
}

static int wait_us(const struct slot *slot, int64_t us, struct err *err)
{
	enum slot_wait why;

	return slot_wait(slot, slot_now_us(slot) + us, &why, err);
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int check_power(struct run *run, const struct slot *slot, struct err *err)
{
	const struct bench_power *power = &run->bench->power;
	struct linux_backend *be = slot->backend;
	bool proof = be->lines[LINE_RAIL] || be->lines[LINE_LOOP_BACK];
	int before = run->bad;
	int r;

	if (!slot_can(slot, SLOT_POWER))
		return 0;
	r = slot_power_set(slot, SLOT_POWER_OFF, err);
	if (r == 0)
		r = wait_us(slot, power->discharge_us, err);
	if (r < 0)
		return r;
	check_fed(run, be);
	check_proof(run, be, LINE_RAIL, "rail", SLOT_POWER_OFF);
	check_proof(run, be, LINE_LOOP_BACK, "loop_back", SLOT_POWER_OFF);
	check_answer(run, be, SLOT_POWER_OFF);
	if (!proof)
		put(run, "power", run->bench->name, CHECK_NOTE,
		    "neither a rail nor a looped-back line: nothing proves that power went");
	if ((!proof && !be->power.ops->query) || run->bad > before)
		return 0;
	r = slot_power_set(slot, SLOT_POWER_ON, err);
	if (r == 0)
		r = wait_us(slot, longer(power->settle_us, CHECK_ON_US), err);
	if (r < 0)
		return r;
	check_proof(run, be, LINE_RAIL, "rail", SLOT_POWER_ON);
	check_proof(run, be, LINE_LOOP_BACK, "loop_back", SLOT_POWER_ON);
	check_answer(run, be, SLOT_POWER_ON);
	return slot_power_set(slot, SLOT_POWER_OFF, err);
}

static void check_cut(struct run *run, const struct slot *slot)
{
	struct err err = ERR_INIT;
	const char *lacks = "";

	if (!slot_can(slot, SLOT_CUT))
		return;
	if (linux_cut_lacks(slot, &lacks, &err) < 0)
		put(run, "cut", run->bench->name, CHECK_BAD, "%s", err.text);
	else if (lacks[0])
		put(run, "cut", run->bench->name, CHECK_NOTE,
		    "%s: cuts may be late by milliseconds on a busy host (see docs/bench.md)",
		    lacks);
	else
		put(run, "cut", run->bench->name, CHECK_GOOD, "%s", "");
}

static const char *usb_where(const struct bench_usb *usb)
{
	return usb->port[0] ? usb->port : usb->serial;
}

/* A device that is not the board would make everything else fail as well. */
static void check_usb_identity(struct run *run, const struct slot *slot)
{
	struct linux_backend *be = slot->backend;
	struct err err = ERR_INIT;

	if (be->usb && usb_check(be->usb, &err) < 0)
		put(run, "usb", usb_where(&run->bench->usb), CHECK_BAD, "%s", err.text);
}

static void check_usb(struct run *run, const struct slot *slot)
{
	const char *port = usb_where(&run->bench->usb);
	struct linux_backend *be = slot->backend;

	if (!be->usb)
		return;
	if (slot_can(slot, SLOT_POWER) && usb_is_listed(be->usb))
		put(run, "usb", port, CHECK_NOTE,
		    "a device is listed although power is off: the USB feeds it, or it is not the "
		    "board");
	else
		put(run, "usb", port, CHECK_GOOD, "%s",
		    usb_is_listed(be->usb) ? "a device is there" : "nothing is there now");
}

static void check_console(struct run *run, const struct slot *slot)
{
	const struct bench_console *console = &run->bench->console;
	const char *where = console->port[0]	 ? console->port
			    : console->serial[0] ? console->serial
						 : console->device;
	struct err err = ERR_INIT;
	int r;

	if (!slot_can(slot, SLOT_CONSOLE))
		return;
	r = slot_console_set(slot, console->baud, &err);
	if (r == 0)
		put(run, "console", where, CHECK_GOOD, "%s", "");
	else if (r == -ENODEV && bench_console_is_usb(run->bench))
		put(run, "console", where, CHECK_NOTE, "the board is not there now: %s", err.text);
	else
		put(run, "console", where, CHECK_BAD, "%s", err.text);
	IGNORE(slot_console_set(slot, 0, NULL), "it is closed right after");
}

static void check_parts(struct run *run, const struct slot *slot)
{
	struct err err = ERR_INIT;

	if (check_power(run, slot, &err) < 0)
		put(run, "power", run->bench->name, CHECK_BAD, "%s", err.text);
	check_cut(run, slot);
	check_usb(run, slot);
	check_console(run, slot);
}

int check_slot(const struct bench_slot *bench, const struct bench *all,
	       const struct check_sink *sink)
{
	struct run run = { .bench = bench, .all = all, .sink = sink };
	struct err err = ERR_INIT;
	struct slot slot;

	check_lines(&run);
	check_hub(&run);
	check_programmer(&run);
	if (run.bad > 0)
		return run.bad;
	if (linux_open(bench, &slot, &err) < 0) {
		put(&run, "slot", bench->name, CHECK_BAD, "%s", err.text);
		return run.bad;
	}
	check_usb_identity(&run, &slot);
	if (run.bad == 0)
		check_parts(&run, &slot);
	slot_close(&slot);
	return run.bad;
}
