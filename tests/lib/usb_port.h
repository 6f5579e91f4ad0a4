/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual P1 with reference firmware at a host's USB port and with its serial line connected: DFU
 * by the rig's own client, and a serial port (CDC ACM) as an operating system drives one.
 */
#ifndef TESTS_LIB_USB_PORT_H
#define TESTS_LIB_USB_PORT_H

#include "bench/slot.h"
#include "usb/dfu.h"
#include "vboard/vboard.h"

enum usb_port_limits { USB_PORT_TEXT_MAX = 8192 };

enum usb_port_product { USB_PORT_DFU = 0xd008, USB_PORT_SERIAL = 0xc008 };

struct usb_port {
	struct slot slot;
	struct vboard *vb;
	uint16_t product; /* of what is on the bus; 0 nothing */
	unsigned int arrivals;
	char line[USB_PORT_TEXT_MAX]; /* what came on the serial line since it was last cleared */
	size_t line_len;
	char text[USB_PORT_TEXT_MAX]; /* and by usb_port_read() */
	size_t text_len;
};

/* A board with release reference-NAME-p1 whose power is off; joined to the port. */
struct usb_port *usb_port_new(const char *release);
void usb_port_free(struct usb_port *port);

/* Puts bytes into the flash of the board, which is off. */
void usb_port_load(struct usb_port *port, uint32_t address, const void *bytes, size_t len);

/* Power on, with SETUP held for 'setup_ms' of it. */
void usb_port_boot(struct usb_port *port, unsigned int setup_ms);
void usb_port_off(struct usb_port *port);
void usb_port_wait(struct usb_port *port, unsigned int ms);

/* Waits until 'product' is on the bus; false when it is not within 'ms'. */
bool usb_port_wait_for(struct usb_port *port, uint16_t product, unsigned int ms);

/* Opens the DFU device that is there; fails the test when it cannot. */
void usb_port_dfu(struct usb_port *port, struct dfu *dfu);

/* Sets the serial port's speed, as opening it does. */
void usb_port_set_baud(struct usb_port *port, uint32_t baud);

/* Bytes to the board over the serial port; false when it does not take them within a second. */
bool usb_port_write(struct usb_port *port, const void *bytes, size_t len);

/*
 * Reads what the board sends until it is quiet for 'quiet_ms', or 'until' (NULL: never) has come,
 * as 'text'. What was there before is forgotten. Returns it.
 */
const char *usb_port_read(struct usb_port *port, const char *until, unsigned int quiet_ms);

#endif
