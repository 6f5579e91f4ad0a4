/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the real bench share. */
#ifndef BENCH_LINUX_BACKEND_H
#define BENCH_LINUX_BACKEND_H

#include "bench/linux/console.h"
#include "bench/linux/cutter.h"
#include "bench/linux/gpio.h"
#include "bench/linux/guard.h"
#include "bench/linux/linux.h"
#include "bench/linux/power.h"
#include "bench/linux/sampler.h"
#include "bench/linux/tally.h"
#include "bench/linux/undo.h"
#include "bench/linux/usb.h"

#include <pthread.h>

enum linux_line {
	LINE_VBAT,
	LINE_RESET,
	LINE_SETUP,
	LINE_BLEED,
	LINE_VBUS,
	LINE_RAIL,
	LINE_LOOP_BACK,
	LINE_RED,
	LINE_GREEN,
	LINE_BLUE,
	LINE_COUNT
};

enum linux_sizes {
	LINUX_CONSUMER_MAX = 32, /* the kernel's room for a name, with its NUL */
	LINUX_EDGES_MAX = 8192,	 /* LED edges between two looks */
};

struct linux_edge {
	int64_t t_us;
	int channel;
	bool high;
};

/* The LED's lines, as far as they were told. */
struct linux_led {
	bool high[BENCH_LEDS];
	int drained_looks; /* looks since power is off and the supply drained, as far as they count
			    */
	bool resync; /* after power-on the levels are looked at once when the supply has settled */
	struct linux_edge edges[LINUX_EDGES_MAX]; /* read, and not told yet */
	size_t count;
	size_t read_most; /* edges of one line that the last look found */
};

struct linux_backend {
	struct bench_slot bench;
	char consumer[LINUX_CONSUMER_MAX];
	struct undo undo;
	struct gpio *lines[LINE_COUNT];
	struct power power;
	pthread_mutex_t supply; /* the power switch and VBUS: the cutting thread uses them too */
	struct guard *guard;
	struct cutter *cutter; /* NULL before the first cut */
	struct sampler *sampler;
	struct tally *tally; /* NULL: nobody counts */
	struct console *console;
	struct usb *usb;
	struct slot_listener listener;
	struct linux_led led;
	int64_t now_us;	     /* of the last look */
	bool on;	     /* power is, as far as commanded */
	int64_t switched_us; /* when that was */
	int64_t paused_us;   /* when it was last switched off */
	bool joined;	     /* USB */
	bool cut_happened;
	int64_t confirm_until_us;  /* of a cut that happened: how long its proof is waited for */
	struct linux_cut cut;	   /* commanded_us 0: there was none */
	int64_t loop_back_fell_us; /* last fall that was seen since the cut was armed */
	int64_t rail_fell_us;
};

/* linux_wait.c: looks at everything once, tells the listener, moves the clock. */
int linux_look(struct linux_backend *be, struct err *err) MUST_CHECK;
/* Looks until the deadline, a cut, or (with USB_WAIT) anything that was seen on a file. */
enum linux_until { LINUX_UNTIL_DEADLINE = 0, LINUX_UNTIL_SEEN = 1 };
int linux_pass(struct linux_backend *be, int64_t deadline_us, enum linux_until until,
	       enum slot_wait *ret, struct err *err) MUST_CHECK;

/* linux_led.c: takes edges and tells what happened until 'now_us'. */
int linux_led_look(struct linux_backend *be, int64_t now_us, struct err *err) MUST_CHECK;
/* All lines are dark: power went at 't_us'. */
void linux_led_dark(struct linux_backend *be, int64_t t_us);

/* linux_program.c */
extern const struct slot_program_ops linux_program_ops;

/* linux_power.c */
extern const struct slot_power_ops linux_power_ops;
extern const struct slot_cut_ops linux_cut_ops;
int linux_cut_start(struct linux_backend *be, struct err *err) MUST_CHECK;
/* Sees whether a cut happened, and what the proofs of it say. */
int linux_cut_look(struct linux_backend *be, int64_t now_us, struct err *err) MUST_CHECK;
/* VBUS as it must be now. */
int linux_vbus_apply(struct linux_backend *be, struct err *err) MUST_CHECK;
/* Power is never on for longer than allowed. */
int linux_limit_look(struct linux_backend *be, int64_t now_us, struct err *err) MUST_CHECK;

#endif
