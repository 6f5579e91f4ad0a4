/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The radio, which is the virtual board's (docs/virtual-board.md): a stream of bytes to the cloud.
 * On a board without one nothing is ever in range.
 */
#ifndef REFERENCE_SYSTEM2_RADIO_H
#define REFERENCE_SYSTEM2_RADIO_H

#include "reference/common/chip.h"

enum radio_state {
	RADIO_IN_RANGE = 1 << 0,
	RADIO_ASSOCIATED = 1 << 1,
	RADIO_ADDRESS = 1 << 2,
	RADIO_CONNECTED = 1 << 3,
};

enum radio_wish { RADIO_OFF = 0, RADIO_JOIN = 1, RADIO_JOIN_AND_CONNECT = 3 };

uint32_t radio_state(void); /* enum radio_state */
void radio_ask(enum radio_wish wish);

/* The next byte that has come, -1 for none. */
int radio_take(void);

/* Waits for room; what cannot be sent any more is lost. */
void radio_put(uint8_t byte);

/* Until all bytes have gone out. */
void radio_flush(void);

#endif
