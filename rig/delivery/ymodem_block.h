/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of YMODEM (Forsberg, "XMODEM/YMODEM protocol reference", 1988), as bytes. */
#ifndef DELIVERY_YMODEM_BLOCK_H
#define DELIVERY_YMODEM_BLOCK_H

#include <stddef.h>
#include <stdint.h>

enum ymodem_bytes {
	YMODEM_SOH = 0x01, /* a block of 128 bytes */
	YMODEM_STX = 0x02, /* of 1024 */
	YMODEM_EOT = 0x04,
	YMODEM_ACK = 0x06,
	YMODEM_NAK = 0x15,
	YMODEM_CAN = 0x18,
	YMODEM_PADDING = 0x1a,
	YMODEM_ABORT = 'a', /* Particle's receiver, as the first byte of a block */
	YMODEM_READY = 'C', /* the receiver wants a block with a CRC */
};

enum ymodem_limits {
	YMODEM_SHORT_BYTES = 128,
	YMODEM_LONG_BYTES = 1024,
	YMODEM_HEAD_BYTES = 3, /* kind, number, its complement */
	YMODEM_SUM_BYTES = 2,
	YMODEM_BLOCK_MAX = YMODEM_HEAD_BYTES + YMODEM_LONG_BYTES + YMODEM_SUM_BYTES,
};

struct ymodem_block {
	uint8_t bytes[YMODEM_BLOCK_MAX];
	size_t len;
};

/*
 * A block of 128 or 1024 bytes that holds 'len' bytes of data, at most as many, filled up. Its sum
 * is 0, as Particle's own host sends it.
 */
void ymodem_block_data(uint8_t number, const uint8_t *data, size_t len, size_t block_bytes,
		       struct ymodem_block *ret);

/* Block 0 with a file's name and size; a NULL name ends the session. */
void ymodem_block_file(const char *name, size_t file_bytes, struct ymodem_block *ret);

/* The sum made right: CRC-16 with polynomial 0x1021 from 0, high byte first. */
void ymodem_block_seal(struct ymodem_block *block);

#endif
