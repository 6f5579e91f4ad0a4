/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot of a real bench: its lines through libgpiod, its serial line through libserialport, its
 * USB through libusb. Time is CLOCK_MONOTONIC as of the slot's last look at its lines: a look is
 * part of every call that commands something and of every wait, and what happened until then has
 * been told when it ends.
 *
 * Safe is: no cut armed, serial line let go, USB parted, VBUS off, power off, bleed off, SETUP and
 * RESET let go, VBAT off; brought about in this order. A slot begins safe and is left safe: by
 * slot_close(), after an error in linux_open(), and by a guard process when this one ends without
 * closing, whatever it died of (guard.h).
 */
#ifndef BENCH_LINUX_LINUX_H
#define BENCH_LINUX_LINUX_H

#include "bench/bench.h"
#include "bench/slot.h"

/*
 * Takes all lines and opens what the bench file says; 'bench' is copied. Caller closes with
 * slot_close(). The capabilities are what is wired; a cut needs a switch that cuts one board alone.
 * ERR_RIG: see gpio.h, power.h, console.h, usb.h. The slot may be used in a child that is forked
 * before its first cut is armed, and then only there.
 */
int linux_open(const struct bench_slot *bench, struct slot *ret, struct err *err) MUST_CHECK;

/*
 * Makes the slot safe and lets go of it: for a slot that another program left. Does what it can;
 * the first error is returned. ERR_RIG, also when a program that still runs holds a line.
 */
int linux_safe(const struct bench_slot *bench, struct err *err) MUST_CHECK;

/* The last cut, with what each instrument saw of it; SLOT_CUT_UNSEEN: nothing, or it is not there.
 */
struct linux_cut {
	int64_t aimed_us;
	int64_t commanded_us; /* right before the switch was told */
	int64_t done_us;      /* the switch had been told */
	int64_t loop_back_us; /* kernel's time of the looped-back line's change */
	int64_t rail_us;      /* the same of the rail */
};

/* Of a slot of linux_open(). False when no cut happened yet. */
bool linux_last_cut(const struct slot *slot, struct linux_cut *ret);

/* What cuts lack on this host, for people; "" when they lack nothing. Starts the cutting thread. */
int linux_cut_lacks(const struct slot *slot, const char **ret_text, struct err *err) MUST_CHECK;

#endif
