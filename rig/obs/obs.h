/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An observation is one fact with its time, as a bench can know it: what was commanded, what was
 * confirmed, what the LED showed, what the delivery reported. The judge reads nothing else.
 * The log only grows, has a hard limit, and says when it was cut short.
 */
#ifndef OBS_OBS_H
#define OBS_OBS_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Kinds, with what their fields hold. Stored in databases: numbers never change.
 *   phase            text: what the trial does now ("baseline", "deliver", "off", "recover")
 *   power-commanded  code: 1 on, 0 off            power-confirmed  the same, seen at the rail
 *   line             text: "reset" or "setup"; code: 1 held, 0 released
 *   led              text: state name or "unknown"; code: LED_CODE; value: period_us or a count
 *   delivery         text: what happened; code: part (1-based); value: bytes
 *   cut-armed        text: the cut as in the trial id; code: part
 *   cut-delivered    code: part; value: microseconds since the part's delivery began
 *   cut-missed       the update ended before the cut came
 *   rung             code: enum rung; text: its name; everything after belongs to it
 *   alive            the board showed the state that proves its system runs; code: parts delivered
 *                    so far; value: microseconds since power or reset was given
 *   dfu              the board showed its DFU mode
 *   timeout          text: what was waited for; value: microseconds waited
 *   apply            the board showed that it applies an update; code: part; value: microseconds
 *   probe            text: name; code: 1 good, 0 bad
 *   rig-fault        text: what the rig failed at
 *   note             for people; code: enum obs_note
 *   usb              code: 1 a device is ready, 0 it left; text and value: vendor and product
 *   reflash          code: enum obs_reflash; text: module, or why it failed; value: bytes
 *   module           what the board itself says runs in a part's place; code: enum obs_module;
 *                    value: version; text: how it was told, or why it was not
 *   fed              power was off, and something shows that the board still had some; text: what
 * X(NAME, number, "text")
 */
#define OBS_KIND_LIST(X)                         \
	X(UNKNOWN, 0, "unknown")                 \
	X(PHASE, 1, "phase")                     \
	X(POWER_COMMANDED, 2, "power-commanded") \
	X(POWER_CONFIRMED, 3, "power-confirmed") \
	X(LINE_COMMANDED, 4, "line")             \
	X(LED, 5, "led")                         \
	X(DELIVERY, 6, "delivery")               \
	X(CUT_ARMED, 7, "cut-armed")             \
	X(CUT_DELIVERED, 8, "cut-delivered")     \
	X(CUT_MISSED, 9, "cut-missed")           \
	X(RUNG, 10, "rung")                      \
	X(ALIVE, 11, "alive")                    \
	X(DFU, 12, "dfu")                        \
	X(TIMEOUT, 13, "timeout")                \
	X(APPLY, 14, "apply")                    \
	X(PROBE, 15, "probe")                    \
	X(RIG_FAULT, 16, "rig-fault")            \
	X(NOTE, 17, "note")                      \
	X(USB, 18, "usb")                        \
	X(REFLASH, 19, "reflash")                \
	X(MODULE, 20, "module")                  \
	X(FED, 21, "fed")

enum obs_kind {
#define X(name, number, text) OBS_##name = (number),
	OBS_KIND_LIST(X)
#undef X
		OBS_KIND_COUNT
};

/* How far writing modules over DFU has come. Stored: numbers never change. */
enum obs_reflash {
	OBS_REFLASH_FAILED = 0,
	OBS_REFLASH_ANSWERED = 1, /* a DFU device is on the USB */
	OBS_REFLASH_WRITTEN = 2,  /* a module */
	OBS_REFLASH_LEFT = 3,	  /* all is written, the board was told to start */
};

/* What a board says of the module in a part's place. Stored: numbers never change. */
enum obs_module {
	OBS_MODULE_UNTOLD = 0,
	OBS_MODULE_NEW = 1,   /* the part's */
	OBS_MODULE_OTHER = 2, /* another version */
	OBS_MODULE_BAD = 3,   /* one that is not sound */
};

/* What a note says. Stored: numbers never change. */
enum obs_note {
	OBS_NOTE_PLAIN = 0,
	OBS_NOTE_SYMPTOM = 1,	 /* a symptom that the scenario names was seen */
	OBS_NOTE_LED_MET = 2,	 /* the LED went through what the scenario expects */
	OBS_NOTE_LED_MISSED = 3, /* it did not */
	OBS_NOTE_PROGRAMMER = 4, /* before the trial the slot's programmer had to write the board,
				    and why */
};

enum obs_limits {
	OBS_TEXT_MAX = 96,
	OBS_LOG_MAX = 4096, /* facts a trial; a board that blinks for ever must not fill memory */
};

struct obs {
	int64_t t_us; /* slot's clock: microseconds since the trial began */
	enum obs_kind kind;
	int32_t code;
	int64_t value;
	char text[OBS_TEXT_MAX];
};

struct obs_log {
	struct obs *items;
	size_t count;
	size_t capacity;
	bool truncated; /* the limit was reached: later facts are missing */
};

/* Where instruments put facts. Never fails for the caller: a full log marks itself truncated. */
struct obs_sink {
	void (*put)(void *ctx, const struct obs *obs);
	void *ctx;
};

const char *obs_kind_name(enum obs_kind kind);

/* OBS_UNKNOWN when the text names none. */
enum obs_kind obs_kind_from_name(const char *name);

void obs_log_init(struct obs_log *log);
void obs_log_release(struct obs_log *log);
void obs_log_clear(struct obs_log *log);

/* A sink that appends to 'log', which must outlive it. */
struct obs_sink obs_log_sink(struct obs_log *log);

/* Builds and puts one fact; text may be NULL and is cut to fit. */
void obs_put(const struct obs_sink *sink, int64_t t_us, enum obs_kind kind, int32_t code,
	     int64_t value, const char *text);

#endif
