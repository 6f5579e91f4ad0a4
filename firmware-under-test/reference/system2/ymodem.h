/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module that comes by YMODEM, as Particle's system takes one (facts 5.4). */
#ifndef REFERENCE_SYSTEM2_YMODEM_H
#define REFERENCE_SYSTEM2_YMODEM_H

#include "reference/system2/system.h"

enum ymodem_bytes {
	YMODEM_NOTHING_YET = -1,
	YMODEM_SHORT = 0x01, /* SOH: a block of 128 bytes */
	YMODEM_LONG = 0x02,  /* STX: of 1024 */
	YMODEM_END = 0x04,
	YMODEM_ACK = 0x06,
	YMODEM_NAK = 0x15,
	YMODEM_CANCEL = 0x18,
};

/* Receives a file; resets to apply it when it is good, and returns when not. 'first' is a byte that
 * was read already, or YMODEM_NOTHING_YET. */
void ymodem_flash(const struct port *port, int first);

#endif
