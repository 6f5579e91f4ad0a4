/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/usb_port.h"
#include "bench/virtual/virtual.h"
#include "lib/firmware.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ADDRESS = 1, /* the first that a port gives */
	LINE_BAUD = 115200,
	PACKET = 64,
	IN_1 = 0x81,
	OUT_1 = 0x01,
	SECOND_US = 1000000,
	STEP_US = 200,
	SET_LINE_CODING = 0x20,
	CLASS_INTERFACE = 0x21,
};

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	(void)ctx;
	(void)t_us;
	(void)channel;
	(void)high;
}

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	struct usb_port *port = ctx;

	(void)t_us;
	ck_assert_uint_eq(vendor, 0x2b04);
	port->product = arrived ? product : 0;
	port->arrivals += arrived;
}

static void on_line(void *ctx, int64_t t_us, uint8_t byte)
{
	struct usb_port *port = ctx;

	(void)t_us;
	if (port->line_len + 1 < USB_PORT_TEXT_MAX)
		port->line[port->line_len++] = (char)byte;
}

struct usb_port *usb_port_new(const char *name)
{
	struct usb_port *port = calloc(1, sizeof(*port));
	struct release release;
	char full[64];

	ck_assert_ptr_nonnull(port);
	snprintf(full, sizeof(full), "reference-%s-p1", name);
	ck_assert(firmware_release(full, &release));
	ck_assert_int_eq(virtual_open("p1", &port->slot, NULL), 0);
	port->vb = virtual_board(&port->slot);
	slot_listen(&port->slot,
		    &(struct slot_listener){
			    .ctx = port, .led = on_led, .usb = on_usb, .console = on_line });
	firmware_install(port->vb, &release);
	release_release(&release);
	ck_assert_int_eq(slot_usb_join(&port->slot, SLOT_USB_JOINED, NULL), 0);
	ck_assert_int_eq(slot_console_set(&port->slot, LINE_BAUD, NULL), 0); /* to hear it */
	return port;
}

void usb_port_free(struct usb_port *port)
{
	slot_close(&port->slot);
	free(port);
}

void usb_port_load(struct usb_port *port, uint32_t address, const void *bytes, size_t len)
{
	ck_assert(vboard_flash_load(port->vb, address, bytes, len));
}

static void wait_us(struct usb_port *port, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&port->slot, slot_now_us(&port->slot) + us, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_DEADLINE);
}

void usb_port_wait(struct usb_port *port, unsigned int ms)
{
	wait_us(port, (int64_t)ms * 1000);
}

void usb_port_boot(struct usb_port *port, unsigned int setup_ms)
{
	memset(port->line, 0, sizeof(port->line));
	port->line_len = 0;
	if (setup_ms > 0)
		vboard_line(port->vb, VBOARD_SETUP, true);
	ck_assert_int_eq(slot_power_set(&port->slot, SLOT_POWER_ON, NULL), 0);
	usb_port_wait(port, setup_ms);
	vboard_line(port->vb, VBOARD_SETUP, false);
}

void usb_port_off(struct usb_port *port)
{
	ck_assert_int_eq(slot_power_set(&port->slot, SLOT_POWER_OFF, NULL), 0);
	usb_port_wait(port, 1000);
}

bool usb_port_wait_for(struct usb_port *port, uint16_t product, unsigned int ms)
{
	for (unsigned int i = 0; i < ms && port->product != product; i += 10)
		usb_port_wait(port, 10);
	return port->product == product;
}

void usb_port_dfu(struct usb_port *port, struct dfu *dfu)
{
	enum dfu_result result;

	ck_assert_int_eq(dfu_open(dfu, &port->slot, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu->text);
}

void usb_port_set_baud(struct usb_port *port, uint32_t baud)
{
	uint8_t coding[7] = { (uint8_t)baud,
			      (uint8_t)(baud >> 8),
			      (uint8_t)(baud >> 16),
			      (uint8_t)(baud >> 24),
			      0,
			      0,
			      8 };
	struct slot_usb_setup setup = { CLASS_INTERFACE, SET_LINE_CODING, 0, 0, sizeof(coding) };
	enum slot_usb_result result;
	uint16_t len;

	ck_assert_int_eq(
		slot_usb_control(&port->slot, &setup, coding, SECOND_US, &len, &result, NULL), 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
}

/* Carries a transfer of one of the serial port's endpoints until it ends or 'us' have passed. */
static uint32_t carry(struct usb_port *port, struct vboard_usb_transfer *transfer, int64_t us,
		      enum vboard_usb_result *ret)
{
	uint32_t bytes = 0;

	transfer->address = ADDRESS;
	transfer->packet_bytes = PACKET;
	transfer->deadline = vboard_cycle(port->vb) + (uint64_t)us * VBOARD_CYCLES_PER_US;
	*ret = VBOARD_USB_GONE;
	if (!vboard_usb_begin(port->vb, transfer))
		return 0;
	for (int64_t t = 0; t <= us + 2 * STEP_US; t += STEP_US) {
		*ret = vboard_usb_result(port->vb, &bytes);
		if (*ret != VBOARD_USB_BUSY)
			break;
		wait_us(port, STEP_US);
	}
	return bytes;
}

bool usb_port_write(struct usb_port *port, const void *bytes, size_t len)
{
	struct vboard_usb_transfer transfer = { .endpoint = OUT_1,
						.data = bytes,
						.length = (uint32_t)len };
	enum vboard_usb_result result;

	carry(port, &transfer, SECOND_US, &result);
	return result == VBOARD_USB_DONE;
}

const char *usb_port_read(struct usb_port *port, const char *until, unsigned int quiet_ms)
{
	enum vboard_usb_result result = VBOARD_USB_DONE;

	memset(port->text, 0, sizeof(port->text));
	port->text_len = 0;
	while (result == VBOARD_USB_DONE && !(until && strstr(port->text, until))) {
		struct vboard_usb_transfer transfer = { .endpoint = IN_1, .length = PACKET };
		uint32_t bytes = carry(port, &transfer, (int64_t)quiet_ms * 1000, &result);

		ck_assert_uint_lt(port->text_len + bytes, USB_PORT_TEXT_MAX);
		vboard_usb_received(port->vb, port->text + port->text_len, bytes);
		port->text_len += bytes;
	}
	return port->text;
}
