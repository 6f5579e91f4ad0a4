/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sender of YMODEM over a serial port on the USB, one block at a time: for a receiver's quirks.
 */
#ifndef TESTS_LIB_YMODEM_H
#define TESTS_LIB_YMODEM_H

#include "lib/usb_port.h"

enum ymodem_answer { YMODEM_OK = 0x06, YMODEM_NO = 0x15, YMODEM_STOP = 0x18 };

/* A block of 128 or 1024 bytes, filled up with 0x1a. Its sum is sent as 0, as Particle's host does.
 */
void ymodem_block(struct usb_port *port, uint8_t number, const void *bytes, size_t len,
		  size_t block_bytes);

/* The block that names a file; NULL ends the session. */
void ymodem_header(struct usb_port *port, const char *name, size_t file_bytes);

/* Reads until it is quiet for 'quiet_ms'; fails the test unless 'answer' is what comes first. */
const char *ymodem_expect(struct usb_port *port, uint8_t answer, unsigned int quiet_ms);

/* Data blocks of a whole file, each acknowledged, and the end of it. */
void ymodem_file(struct usb_port *port, const uint8_t *bytes, size_t len, size_t block_bytes);

#endif
