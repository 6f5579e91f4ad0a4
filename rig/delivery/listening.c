/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/listening.h"

#include <errno.h>
#include <string.h>

enum listening_facts {
	BAUD_LISTENING = 28800, /* facts 5.2; stays when another speed is set after it */
	BAUD_PLAIN = 115200,
	LOOK_US = 20000,
	PROBE_US = 500000, /* 0.5.2 takes a millisecond for each character */
	SETUP_MARGIN_US = 200000,
	SAY_US_MAX = 5000000,
	QUIET_US = 50000,
	TEXT_MAX = 256,
};

static uint32_t plain_baud(const struct delivery_run *run)
{
	uint32_t baud = run->context->options->baud;

	return baud ? baud : (uint32_t)BAUD_PLAIN;
}

/* -ENODEV is a line that is a device on the USB, which is not there: *ret_there says so. */
static int set_baud(const struct delivery_run *run, uint32_t baud, bool *ret_there, struct err *err)
{
	struct err why = ERR_INIT;
	int r = slot_console_set(run->context->slot, baud, &why);

	*ret_there = r == 0;
	if (r == 0 || r == -ENODEV)
		return 0;
	if (err)
		*err = why;
	return r;
}

/*
 * A line that is the board's own device on the USB is there when the USB is joined and the device
 * has come: one that is still listed from before may be about to leave, for want of a VBUS.
 */
static int join_line(struct listening *line, int64_t deadline_us, struct delivery_outcome *ret,
		     struct err *err)
{
	const struct slot *slot = line->run->context->slot;
	struct slot_usb_device device;
	int step;

	if (!slot_can(slot, SLOT_CONSOLE_USB))
		return 0;
	line->joined = true;
	step = slot_usb_join(slot, SLOT_USB_JOINED, err);
	while (step == 0 && !slot_usb_device(slot, &device) && slot_now_us(slot) < deadline_us)
		step = delivery_pause(line->run, LOOK_US, ret, err);
	return step;
}

/* Opens the line at the speed that means listening to a serial port on the USB. */
static int open_line(struct listening *line, struct delivery_outcome *ret, struct err *err)
{
	const struct slot *slot = line->run->context->slot;
	int64_t deadline = slot_now_us(slot) + SLOT_USB_ARRIVE_US_MAX;
	bool there = false;
	int step = join_line(line, deadline, ret, err);

	if (step == 0)
		step = set_baud(line->run, BAUD_LISTENING, &there, err);
	if (step == 0 && !there && !line->joined && slot_can(slot, SLOT_USB)) {
		line->joined = true;
		step = slot_usb_join(slot, SLOT_USB_JOINED, err);
	}
	while (step == 0 && !there && slot_now_us(slot) < deadline) {
		step = delivery_pause(line->run, LOOK_US, ret, err);
		if (step == 0)
			step = set_baud(line->run, BAUD_LISTENING, &there, err);
	}
	if (step == 0 && !there)
		return listening_silent(line, DELIVERY_WHOLE, "its serial port did not come", ret,
					err);
	return step < 0 || step == DELIVERY_OVER
		       ? step
		       : set_baud(line->run, plain_baud(line->run), &there, err);
}

int listening_silent(struct listening *line, enum delivery_hurt hurt, const char *text,
		     struct delivery_outcome *ret, struct err *err)
{
	if (slot_can(line->run->context->slot, SLOT_CONSOLE_USB))
		return delivery_absent(line->run, hurt, text, ret, err);
	return delivery_fail(ret, hurt, "%s", text);
}

static int over_by_cut(struct delivery_outcome *ret)
{
	ret->result = DELIVERY_CUT;
	return DELIVERY_OVER;
}

int listening_say(struct listening *line, const void *bytes, size_t len,
		  struct delivery_outcome *ret, struct err *err)
{
	struct delivery_port *port = line->run->context->port;
	const uint8_t *at = bytes;
	int64_t deadline = slot_now_us(port->slot) + SAY_US_MAX;
	size_t sent = 0;
	int step = line->cut ? over_by_cut(ret) : 0;

	while (step == 0 && len > 0) {
		step = slot_console_send(port->slot, at, len, &sent, err);
		if (step < 0)
			return step;
		at += sent;
		len -= sent;
		if (len > 0 && slot_now_us(port->slot) >= deadline)
			return listening_silent(line, DELIVERY_WHOLE,
						"its serial line takes no bytes", ret, err);
		if (len > 0)
			step = delivery_pause(line->run, DELIVERY_PORT_STEP_US, ret, err);
	}
	return step;
}

int listening_hear(struct listening *line, int64_t deadline_us, uint8_t *ret_byte, bool *ret_heard,
		   struct delivery_outcome *ret, struct err *err)
{
	struct delivery_port *port = line->run->context->port;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = 0;

	/* a stream on the radio that opens or ends also ends a wait */
	while (r == 0 && !line->cut && why == SLOT_WAIT_DEADLINE && port->console.count == 0 &&
	       slot_now_us(port->slot) < deadline_us)
		r = delivery_port_wait(port, &port->console, deadline_us, &why, err);
	if (r < 0)
		return r;
	line->cut = line->cut || why == SLOT_WAIT_CUT;
	*ret_heard = delivery_bytes_take(&port->console, ret_byte, 1) == 1;
	return !*ret_heard && line->cut ? over_by_cut(ret) : 0;
}

int listening_read(struct listening *line, const char *until, int64_t deadline_us, char *ret_text,
		   size_t size, bool *ret_found, struct delivery_outcome *ret, struct err *err)
{
	const struct slot *slot = line->run->context->slot;
	size_t len = 0;
	bool heard = true;
	int step = 0;

	*ret_found = false;
	ret_text[0] = '\0';
	while (step == 0 && heard && !*ret_found) {
		int64_t quiet = slot_now_us(slot) + QUIET_US;
		uint8_t byte = 0;

		step = listening_hear(line, until || quiet > deadline_us ? deadline_us : quiet,
				      &byte, &heard, ret, err);
		if (step != 0 || !heard || byte == 0 || len + 1 == size)
			continue;
		ret_text[len++] = (char)byte;
		ret_text[len] = '\0';
		*ret_found = until && strstr(ret_text, until);
		if (slot_now_us(slot) >= deadline_us)
			break;
	}
	return step;
}

/* Asks for the device's id, which every system with such a console tells. */
static int probe(struct listening *line, bool *ret_answers, struct delivery_outcome *ret,
		 struct err *err)
{
	struct delivery_port *port = line->run->context->port;
	char text[TEXT_MAX];
	int step;

	delivery_bytes_clear(&port->console);
	step = listening_say(line, "i", 1, ret, err);
	if (step == 0)
		step = listening_read(line, "evice", slot_now_us(port->slot) + PROBE_US, text,
				      sizeof(text), ret_answers, ret, err);
	if (step == 0 && *ret_answers) /* the rest of the line, and those some systems add */
		step = listening_read(line, NULL, slot_now_us(port->slot) + PROBE_US, text,
				      sizeof(text), &(bool){ false }, ret, err);
	return step;
}

int listening_enter(struct listening *line, const struct delivery_run *run,
		    struct delivery_outcome *ret, struct err *err)
{
	const struct delivery_board *board = run->context->board;
	const struct slot *slot = run->context->slot;
	bool by_button = slot_can(slot, SLOT_SETUP) && board->setup_listening_us > 0;
	bool answers = false;
	int64_t deadline;
	int step;

	*line = (struct listening){ .run = run };
	step = open_line(line, ret, err);
	/* One that listens already, or heard the speed, must not see the button, which ends it. */
	if (step == 0 && slot_can(slot, SLOT_USB) && delivery_usb_is(run, board->usb_serial))
		by_button = false;
	if (step == 0)
		step = probe(line, &answers, ret, err);
	if (step == 0 && !answers && by_button)
		step = delivery_press(run, SLOT_LINE_SETUP,
				      board->setup_listening_us + SETUP_MARGIN_US, ret, err);
	/* its line may be a device that comes anew for that */
	deadline = slot_now_us(slot) + SLOT_USB_ARRIVE_US_MAX;
	while (step == 0 && !answers && slot_now_us(slot) < deadline)
		step = probe(line, &answers, ret, err);
	if (step == 0 && !answers)
		step = listening_silent(line, DELIVERY_WHOLE,
					"it does not listen on its serial line", ret, err);
	return step;
}

int listening_leave(struct listening *line, struct delivery_outcome *ret, struct err *err)
{
	return listening_say(line, "x", 1, ret, err);
}

int listening_release(struct listening *line, int step, struct err *err)
{
	const struct slot *slot = line->run->context->slot;
	struct err *mine = step < 0 ? NULL : err; /* the first error is the one that counts */
	int r = slot_console_set(slot, 0, mine);

	if (r == 0 && line->joined)
		r = slot_usb_join(slot, SLOT_USB_PARTED, mine);
	line->joined = false;
	return r < 0 && step >= 0 ? r : step;
}
