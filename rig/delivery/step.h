/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small steps that ways of delivery are made of: time, buttons, the USB, and the acts that are
 * the same for all of them.
 *
 * What ends a delivery is in an outcome, so a step has three answers: 0 when it goes on,
 * DELIVERY_OVER when *ret says how the delivery ended, a negative errno when the rig failed.
 */
#ifndef DELIVERY_STEP_H
#define DELIVERY_STEP_H

#include "delivery/delivery.h"

enum { DELIVERY_OVER = 1 };

/* How a way's last step becomes its answer: *ret is DELIVERY_DONE when all went on. */
int delivery_finish(int step, struct delivery_outcome *ret);

/* Lets time pass. Over when the armed cut happened. */
int delivery_pause(const struct delivery_run *run, int64_t us, struct delivery_outcome *ret,
		   struct err *err) MUST_CHECK;

/* Holds a line for 'us', then releases it; also when the cut came meanwhile. */
int delivery_press(const struct delivery_run *run, enum slot_line line, int64_t us,
		   struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/* Whether the board's device with that product id is on the port now, ready for transfers. */
bool delivery_usb_is(const struct delivery_run *run, uint16_t product);

/* Waits until that is so, or no longer so, 'us' at most. *ret_seen: it was. */
enum delivery_usb { DELIVERY_USB_THERE = 1, DELIVERY_USB_AWAY = 2 };
int delivery_usb_wait(const struct delivery_run *run, uint16_t product, enum delivery_usb what,
		      int64_t us, bool *ret_seen, struct delivery_outcome *ret,
		      struct err *err) MUST_CHECK;

/*
 * Takes the running board into its DFU mode on the joined USB: SETUP held over a RESET, or the
 * serial line set to 14400 baud where the slot has not both lines. Over when no such device comes.
 */
int delivery_dfu_enter(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err) MUST_CHECK;

/* ERR_CONFIG when the slot has no way to do that. */
int delivery_dfu_check(const struct delivery_context *context, struct err *err) MUST_CHECK;

/*
 * The acts of every way at 'unit', before it is sent: delay, and the buttons RESET and SETUP.
 * *hurt is set when there was one.
 */
int delivery_act(const struct delivery_run *run, uint32_t unit, bool *hurt,
		 struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/* How long an act takes: a delay's value is microseconds, a button's milliseconds. A minute at
 * most.
 */
int64_t delivery_act_us(const struct fuzz_act *act);

/* Which button the kind presses; false when it presses none, or the slot cannot. */
bool delivery_act_line(const struct delivery_run *run, enum fuzz_act_kind kind,
		       enum slot_line *ret);

/* The kinds of these acts, as bits. */
enum {
	DELIVERY_ACTS = 1 << FUZZ_DELAY | 1 << FUZZ_RESET | 1 << FUZZ_SETUP,
};

/* The deadline of the whole sending: the scenario's, or the way's own. */
int64_t delivery_deadline_us(const struct delivery_run *run, int64_t us_default);

/*
 * The board did not play along: refused, or lost when something was done to the transfer on
 * purpose. Always DELIVERY_OVER.
 */
enum delivery_hurt { DELIVERY_WHOLE = 0, DELIVERY_HURT = 1 };
int delivery_fail(struct delivery_outcome *ret, enum delivery_hurt hurt, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * The same when the board's USB device is not where it should be: whether that is its fault is
 * asked first (delivery_run.absent), unless something was done to the transfer. DELIVERY_OVER, or a
 * negative errno.
 */
int delivery_absent(const struct delivery_run *run, enum delivery_hurt hurt, const char *text,
		    struct delivery_outcome *ret, struct err *err) MUST_CHECK;

#endif
