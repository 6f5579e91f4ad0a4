/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/ymodem.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { SOH = 1, STX = 2, EOT = 4, SHORT = 128, LONG = 1024, PADDING = 0x1a, QUIET_MS = 20 };

void ymodem_block(struct usb_port *port, uint8_t number, const void *bytes, size_t len,
		  size_t block_bytes)
{
	uint8_t block[3 + LONG + 2] = { block_bytes == SHORT ? SOH : STX, number,
					(uint8_t)~number };

	ck_assert_uint_le(len, block_bytes);
	memset(block + 3, PADDING, block_bytes);
	memcpy(block + 3, bytes, len);
	ck_assert(usb_port_write(port, block, 3 + block_bytes + 2));
}

void ymodem_header(struct usb_port *port, const char *name, size_t file_bytes)
{
	uint8_t data[SHORT] = { 0 };

	if (name) {
		size_t n = strlen(name) + 1;

		memcpy(data, name, n);
		snprintf((char *)data + n, sizeof(data) - n, "%zu ", file_bytes);
	}
	ymodem_block(port, 0, data, sizeof(data), SHORT);
}

const char *ymodem_expect(struct usb_port *port, uint8_t answer, unsigned int quiet_ms)
{
	const char *text = usb_port_read(port, NULL, quiet_ms);

	ck_assert_msg((uint8_t)text[0] == answer, "0x%02x instead of 0x%02x: %s", (uint8_t)text[0],
		      answer, text);
	return text;
}

void ymodem_file(struct usb_port *port, const uint8_t *bytes, size_t len, size_t block_bytes)
{
	static const uint8_t end = EOT;
	uint8_t number = 1;

	for (size_t done = 0; done < len; done += block_bytes) {
		size_t n = len - done < block_bytes ? len - done : block_bytes;

		ymodem_block(port, number++, bytes + done, n, block_bytes);
		ymodem_expect(port, YMODEM_OK, QUIET_MS);
	}
	ck_assert(usb_port_write(port, &end, 1));
	ymodem_expect(port, YMODEM_OK, QUIET_MS);
}
