/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A radio that the chip has not: a stream of bytes to one peer, with the link's states. It stands
 * in for a Wi-Fi chip and all that is above it up to a TCP socket, so nothing is lost and nothing
 * is reordered: what the board does not read waits. Described in docs/virtual-board.md.
 *
 * Words at RADIO_BASE, where RM0033 table 1 has nothing (APB2, behind TIM11); its interrupt is line
 * 61, which is the Ethernet's on the F207 and nobody's on the F205 (RM0033 table 61).
 */
#ifndef VBOARD_RADIO_H
#define VBOARD_RADIO_H

#include "vboard/state.h"

enum radio_registers {
	RADIO_BASE = 0x40016000,
	RADIO_ID = 0x00, /* reads RADIO_ID_VALUE; where there is no radio, 0 */
	RADIO_STATUS = 0x04,
	RADIO_CONTROL = 0x08,
	RADIO_DATA = 0x0c,   /* the next byte in (0 for none), the next byte out */
	RADIO_LEVELS = 0x10, /* bytes that can be read; in the upper half, room for bytes out */
	RADIO_ID_VALUE = 0x52414449,
};

enum radio_status {
	RADIO_IN_RANGE = 1 << 0,   /* there is a network */
	RADIO_ASSOCIATED = 1 << 1, /* the board is on it */
	RADIO_ADDRESS = 1 << 2,	   /* and has an address */
	RADIO_CONNECTED = 1 << 3,  /* the stream to the peer is open */
	RADIO_CAN_READ = 1 << 4,
	RADIO_CAN_WRITE = 1 << 5,
	RADIO_ALL_SENT = 1 << 6,
	RADIO_CHANGED = 1 << 7, /* the link went up or down; written 1: seen */
	RADIO_LINK = RADIO_ASSOCIATED | RADIO_ADDRESS | RADIO_CONNECTED,
};

enum radio_control {
	RADIO_ON = 1 << 0,	/* associate, and get an address */
	RADIO_CONNECT = 1 << 1, /* open the stream; cleared: closes it */
	/* interrupts, at the bits of the states that they are for */
	RADIO_IRQ_CAN_READ = RADIO_CAN_READ,
	RADIO_IRQ_CAN_WRITE = RADIO_CAN_WRITE,
	RADIO_IRQ_CHANGED = RADIO_CHANGED,
	RADIO_IRQS = RADIO_CAN_READ | RADIO_CAN_WRITE | RADIO_CHANGED,
};

/* How long each step of the link takes. */
enum radio_times_us {
	RADIO_ASSOCIATE_US = 1000000,
	RADIO_ADDRESS_US = 400000,
	RADIO_CONNECT_US = 600000,
};

/* Numbers by which a recording (record.h) knows what a radio says, beside those of serial ports. */
enum radio_voices { RADIO_VOICE_BYTE = 8, RADIO_VOICE_LINK = 9 };

/* As a chip reset leaves it: off, the stream gone. */
void radio_reset(struct vboard *vb);

uint32_t radio_read(struct vboard *vb, uint32_t offset);
void radio_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* Cycle of the next step of the link or byte in or out; UINT64_MAX for none. */
uint64_t radio_next(const struct vboard *vb);

/* What has happened by now. */
void radio_run(struct vboard *vb);

/* The chip has lost power: what was connected is not. */
void radio_power_bad(struct vboard *vb);

/* Tells the listener what a radio said, now or in a recording. */
void radio_tell(const struct vboard *vb, uint64_t cycle, unsigned int voice, uint8_t value);

#endif
