/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of bench/wrap: every call of a slot as one struct, so that a wrapper is one function. What
 * goes in is told apart from what comes out; texts and numbers are enough to write both down.
 */
#ifndef BENCH_WRAP_CALL_H
#define BENCH_WRAP_CALL_H

#include "bench/slot.h"

enum wrap_call_sizes { WRAP_ARGS_MAX = 8, WRAP_OUTS_MAX = 5, WRAP_TEXT_MAX = 512 };

/*
 * Calls, with their inputs -> outputs. "bytes" go in or come out besides.
 *   wait deadline -> why               power on             rail -> up         vbat present
 *   supply fall rise cells             hold line held       arm by at form permille
 *   report -> there aimed commanded confirmed               disarm             counters -> both
 *   prepare, write, commit staging install function vectors bytes -> why
 *   load address bytes   keep number   put-back number      seed seed          fault -> there text
 *   join port            device, fed -> there vendor product release text
 *   control type request value index length timeout bytes -> how length bytes
 *   console-set baud     console-send bytes -> sent
 *   radio-set air        radio-send bytes -> sent
 *   program count crc
 */
#define WRAP_CALL_LIST(X)               \
	X(WAIT, "wait")                 \
	X(POWER, "power")               \
	X(RAIL, "rail")                 \
	X(VBAT, "vbat")                 \
	X(SUPPLY, "supply")             \
	X(HOLD, "hold")                 \
	X(ARM, "arm")                   \
	X(REPORT, "report")             \
	X(DISARM, "disarm")             \
	X(COUNTERS, "counters")         \
	X(PREPARE, "prepare")           \
	X(WRITE, "write")               \
	X(COMMIT, "commit")             \
	X(LOAD, "load")                 \
	X(KEEP, "keep")                 \
	X(PUT_BACK, "put-back")         \
	X(SEED, "seed")                 \
	X(FAULT, "fault")               \
	X(JOIN, "join")                 \
	X(DEVICE, "device")             \
	X(FED, "fed")                   \
	X(CONTROL, "control")           \
	X(CONSOLE_SET, "console-set")   \
	X(CONSOLE_SEND, "console-send") \
	X(RADIO_SET, "radio-set")       \
	X(RADIO_SEND, "radio-send")     \
	X(PROGRAM, "program")

enum wrap_call_kind {
	WRAP_CALL_NONE = 0,
#define X(name, text) WRAP_CALL_##name,
	WRAP_CALL_LIST(X)
#undef X
		WRAP_CALL_COUNT
};

struct wrap_call {
	enum wrap_call_kind kind;
	int64_t args[WRAP_ARGS_MAX];
	size_t arg_count;
	const uint8_t *in; /* bytes that go in */
	size_t in_len;
	const struct slot_update *update; /* of prepare, write, commit */
	const struct slot_piece *pieces;  /* of program; their number is args[0] */
	int64_t outs[WRAP_OUTS_MAX];
	size_t out_count;
	uint8_t *out; /* room for bytes that come out; NULL: none do */
	size_t out_room;
	size_t out_len;
	char text[WRAP_TEXT_MAX]; /* that comes out */
};

/* What is told to the listener. */
#define WRAP_EVENT_LIST(X)    \
	X(LED, "led")         \
	X(LOST, "lost")       \
	X(FLASH, "flash")     \
	X(USB, "usb")         \
	X(CONSOLE, "console") \
	X(RADIO, "radio")     \
	X(RADIO_LINK, "link")

enum wrap_event_kind {
	WRAP_EVENT_NONE = 0,
#define X(name, text) WRAP_EVENT_##name,
	WRAP_EVENT_LIST(X)
#undef X
		WRAP_EVENT_COUNT
};

enum { WRAP_VALUES_MAX = 3 };

struct wrap_event {
	enum wrap_event_kind kind;
	int64_t t_us;
	int64_t values[WRAP_VALUES_MAX]; /* in the order of the listener's arguments */
};

/* "wait", "led"; NULL for no kind. */
const char *wrap_call_name(enum wrap_call_kind kind);
const char *wrap_event_name(enum wrap_event_kind kind);
enum wrap_call_kind wrap_call_by_name(const char *name);
enum wrap_event_kind wrap_event_by_name(const char *name);
/* How many values an event of that kind has. */
size_t wrap_event_values(enum wrap_event_kind kind);

/* Carries the call out on a slot. */
int wrap_call_perform(const struct slot *slot, struct wrap_call *call, struct err *err) MUST_CHECK;

#endif
