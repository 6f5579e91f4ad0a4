/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/step.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	BAUD_DFU = 14400,      /* one reset into DFU mode (facts 5.2) */
	SETUP_LEAD_US = 20000, /* SETUP is held this long before RESET is let go */
	DFU_MARGIN_US = 500000,
	LOOK_US = 5000,
	ACT_US_MAX = 60000000, /* of a delay or a pressed button */
	MS_US = 1000,
};

int delivery_finish(int step, struct delivery_outcome *ret)
{
	if (step == 0)
		ret->result = DELIVERY_DONE;
	return step < 0 ? step : 0;
}

int delivery_pause(const struct delivery_run *run, int64_t us, struct delivery_outcome *ret,
		   struct err *err)
{
	const struct slot *slot = run->context->slot;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = slot_wait(slot, slot_now_us(slot) + us, &why, err);

	if (r < 0 || why != SLOT_WAIT_CUT)
		return r;
	ret->result = DELIVERY_CUT;
	return DELIVERY_OVER;
}

int delivery_press(const struct delivery_run *run, enum slot_line line, int64_t us,
		   struct delivery_outcome *ret, struct err *err)
{
	const struct slot *slot = run->context->slot;
	int step = slot_hold(slot, line, SLOT_HELD, err);
	int r;

	if (step == 0)
		step = delivery_pause(run, us, ret, err);
	if (step < 0)
		return step;
	r = slot_hold(slot, line, SLOT_RELEASED, err);
	return r < 0 ? r : step;
}

bool delivery_usb_is(const struct delivery_run *run, uint16_t product)
{
	const struct delivery_board *board = run->context->board;
	struct slot_usb_device device;

	return product != 0 && slot_usb_device(run->context->slot, &device) &&
	       device.vendor == board->usb_vendor && device.product == product;
}

int delivery_usb_wait(const struct delivery_run *run, uint16_t product, enum delivery_usb what,
		      int64_t us, bool *ret_seen, struct delivery_outcome *ret, struct err *err)
{
	const struct slot *slot = run->context->slot;
	int64_t deadline = slot_now_us(slot) + us;
	int step = 0;

	*ret_seen = false;
	while (step == 0 && !*ret_seen && slot_now_us(slot) < deadline) {
		*ret_seen = delivery_usb_is(run, product) == (what == DELIVERY_USB_THERE);
		if (!*ret_seen)
			step = delivery_pause(run, LOOK_US, ret, err);
	}
	return step;
}

static bool has_lines(const struct slot *slot)
{
	return slot_can(slot, SLOT_RESET | SLOT_SETUP);
}

int delivery_dfu_check(const struct delivery_context *context, struct err *err)
{
	const struct delivery_board *board = context->board;

	if (board->usb_vendor == 0 || board->usb_dfu == 0)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "board '%s' does not say its USB ids in DFU mode", board->name);
	if (has_lines(context->slot)
		    ? board->setup_dfu_us == 0
		    : !slot_can(context->slot, SLOT_CONSOLE) || board->usb_serial == 0)
		return err_set(err, ERR_CONFIG, -ENOTSUP,
			       "slot '%s' has neither RESET and SETUP nor a serial line to bring "
			       "board '%s' into DFU mode",
			       context->slot->name, board->name);
	return 0;
}

/* Newer bootloaders go there when the button is let go, and take it for more after 6.5 s. */
static int enter_by_buttons(const struct delivery_run *run, struct delivery_outcome *ret,
			    struct err *err)
{
	const struct delivery_board *board = run->context->board;
	const struct slot *slot = run->context->slot;
	int step = slot_hold(slot, SLOT_LINE_SETUP, SLOT_HELD, err);
	int r;

	if (step == 0)
		step = delivery_pause(run, SETUP_LEAD_US, ret, err);
	if (step == 0)
		step = delivery_press(run, SLOT_LINE_RESET, board->reset_pulse_us, ret, err);
	if (step == 0)
		step = delivery_pause(run, board->setup_dfu_us + DFU_MARGIN_US, ret, err);
	if (step < 0)
		return step;
	r = slot_hold(slot, SLOT_LINE_SETUP, SLOT_RELEASED, err);
	return r < 0 ? r : step;
}

/*
 * By the running system's serial port on the USB, once that is there. The board leaves the bus
 * while it is told: a line that is gone then is what was wanted.
 */
static int enter_by_baud(const struct delivery_run *run, struct delivery_outcome *ret,
			 struct err *err)
{
	const struct slot *slot = run->context->slot;
	int64_t deadline = slot_now_us(slot) + SLOT_USB_ARRIVE_US_MAX;
	struct err why = ERR_INIT;
	bool there = false;
	int r = -ENODEV;
	int step = delivery_usb_wait(run, run->context->board->usb_serial, DELIVERY_USB_THERE,
				     SLOT_USB_ARRIVE_US_MAX, &there, ret, err);

	if (step == 0 && !there)
		return delivery_absent(run, DELIVERY_WHOLE, "its serial port did not come", ret,
				       err);
	while (step == 0 && r == -ENODEV && slot_now_us(slot) < deadline &&
	       delivery_usb_is(run, run->context->board->usb_serial)) {
		r = slot_console_set(slot, BAUD_DFU, &why);
		if (r == -ENODEV)
			step = delivery_pause(run, LOOK_US, ret, err);
	}
	if (step != 0)
		return step;
	if (r == 0)
		return slot_console_set(slot, 0, err);
	if (r == -ENODEV)
		return 0;
	if (err)
		*err = why;
	return r;
}

int delivery_dfu_enter(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err)
{
	const struct slot *slot = run->context->slot;
	uint16_t product = run->context->board->usb_dfu;
	bool there = false;
	int step = slot_usb_join(slot, SLOT_USB_JOINED, err);

	if (step == 0 && has_lines(slot))
		step = enter_by_buttons(run, ret, err);
	else if (step == 0)
		step = enter_by_baud(run, ret, err);
	if (step == 0)
		step = delivery_usb_wait(run, product, DELIVERY_USB_THERE, SLOT_USB_ARRIVE_US_MAX,
					 &there, ret, err);
	if (step == 0 && !there)
		step = delivery_absent(run, DELIVERY_WHOLE, "no DFU device came to the USB", ret,
				       err);
	return step;
}

int64_t delivery_act_us(const struct fuzz_act *act)
{
	uint64_t unit_us = act->kind == FUZZ_DELAY ? 1 : MS_US;

	return act->value > ACT_US_MAX / unit_us ? ACT_US_MAX : (int64_t)(act->value * unit_us);
}

bool delivery_act_line(const struct delivery_run *run, enum fuzz_act_kind kind, enum slot_line *ret)
{
	bool is_reset = kind == FUZZ_RESET;

	if (!is_reset && kind != FUZZ_SETUP)
		return false;
	if (!slot_can(run->context->slot, is_reset ? SLOT_RESET : SLOT_SETUP))
		return false;
	*ret = is_reset ? SLOT_LINE_RESET : SLOT_LINE_SETUP;
	return true;
}

int delivery_act(const struct delivery_run *run, uint32_t unit, bool *hurt,
		 struct delivery_outcome *ret, struct err *err)
{
	static const enum fuzz_act_kind kinds[] = { FUZZ_DELAY, FUZZ_RESET, FUZZ_SETUP };
	int step = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && step == 0; i++) {
		const struct fuzz_act *act = fuzz_act_at(run->acts, unit, kinds[i]);
		enum slot_line line;
		bool presses;

		if (!act)
			continue;
		presses = delivery_act_line(run, kinds[i], &line);
		if (!presses && kinds[i] != FUZZ_DELAY)
			continue;
		*hurt = true;
		step = presses ? delivery_press(run, line, delivery_act_us(act), ret, err)
			       : delivery_pause(run, delivery_act_us(act), ret, err);
	}
	return step;
}

int64_t delivery_deadline_us(const struct delivery_run *run, int64_t us_default)
{
	int64_t us = run->context->options->timeout_us;

	return slot_now_us(run->context->slot) + (us > 0 ? us : us_default);
}

int delivery_fail(struct delivery_outcome *ret, enum delivery_hurt hurt, const char *fmt, ...)
{
	va_list ap;

	ret->result = hurt == DELIVERY_HURT ? DELIVERY_LOST : DELIVERY_REFUSED;
	va_start(ap, fmt);
	vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
	return DELIVERY_OVER;
}

int delivery_absent(const struct delivery_run *run, enum delivery_hurt hurt, const char *text,
		    struct delivery_outcome *ret, struct err *err)
{
	int step = 0;

	if (hurt == DELIVERY_WHOLE && run->absent)
		step = delivery_pause(run, 0, ret, err); /* power may just have been cut */
	if (step == 0 && hurt == DELIVERY_WHOLE && run->absent)
		step = run->absent(run->absent_ctx, err);
	return step != 0 ? step : delivery_fail(ret, hurt, "%s", text);
}
