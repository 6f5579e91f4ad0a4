/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial line of a virtual bench: wired to the board's first serial port (P1: pads TX and RX),
 * which knows no speeds. What a host's setting of the speed means to a board it says on the USB.
 */
#include "bench/virtual/backend.h"

enum {
	CONSOLE_PORT = 1,
	CDC_TO_INTERFACE = 0x21, /* class, interface, to the device: CDC PSTN 1.2, 6.3.10 */
	CDC_SET_LINE_CODING = 0x20,
	CDC_LINE_CODING_BYTES = 7,
	DATA_BITS = 8,
	ANSWER_US_MAX = 1000000,
};

void virtual_console_heard(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte)
{
	struct virtual_backend *vbe = ctx;

	if (port == CONSOLE_PORT && vbe->console_baud && vbe->listener.console)
		vbe->listener.console(vbe->listener.ctx, virtual_us(cycle), byte);
}

/* What a host sends when a program sets the speed of a serial port on the USB. A device that is
 * none refuses it. */
static int tell_baud(struct virtual_backend *vbe, uint32_t baud, struct err *err)
{
	uint8_t coding[CDC_LINE_CODING_BYTES] = { (uint8_t)baud, (uint8_t)(baud >> 8),
						  (uint8_t)(baud >> 16),
						  (uint8_t)(baud >> 24), [6] = DATA_BITS };
	const struct slot_usb_setup setup = { CDC_TO_INTERFACE, CDC_SET_LINE_CODING, 0, 0,
					      sizeof(coding) };
	enum slot_usb_result result;
	struct slot_usb_device device;
	uint16_t len;

	if (!virtual_usb_ops.device(vbe, &device))
		return 0;
	return virtual_usb_ops.control(vbe, &setup, coding, ANSWER_US_MAX, &len, &result, err);
}

static int console_set(void *backend, uint32_t baud, struct err *err)
{
	struct virtual_backend *vbe = backend;

	vbe->console_baud = baud;
	return baud ? tell_baud(vbe, baud, err) : 0;
}

static int console_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
			struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	*ret_sent = vbe->console_baud ? vboard_serial_send(vbe->vb, CONSOLE_PORT, bytes, len) : 0;
	return 0;
}

const struct slot_console_ops virtual_console_ops = { .set = console_set, .send = console_send };
