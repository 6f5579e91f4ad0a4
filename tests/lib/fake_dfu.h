/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DFU device that costs nothing: descriptors, the state machine of DFU 1.1 with ST's commands, a
 * little memory. It keeps every setup packet, and misbehaves as its script says.
 */
#ifndef TESTS_LIB_FAKE_DFU_H
#define TESTS_LIB_FAKE_DFU_H

#include "bench/slot.h"

enum fake_dfu_sizes {
	FAKE_DFU_VENDOR = 0x1234,
	FAKE_DFU_PRODUCT = 0x5678,
	FAKE_DFU_BASE = 0x1000, /* 2 pages of 1 KB read-only, then 6 that may all */
	FAKE_DFU_OPEN = 0x1800,
	FAKE_DFU_PAGE = 1024,
	FAKE_DFU_BYTES = 8 * FAKE_DFU_PAGE,
	FAKE_DFU_BLOCK = 256,
	FAKE_DFU_SETUPS_MAX = 256,
	FAKE_DFU_POLL_MS = 7,
};

struct fake_dfu {
	/* the script, to be set by the test */
	unsigned int fails_at; /* the how manieth DNLOAD, from 1, */
	uint8_t fails_status;  /* ends in dfuERROR with this status; 0: is stalled */
	bool never_done;       /* busy for ever */
	bool stays_in_error;
	unsigned int short_at;	/* the how manieth answer, from 1, lacks its last byte */
	unsigned int silent_at; /* ..., does not come */
	const char *layout;	/* of memory 0; NULL: one that fits */

	/* what became of it */
	struct slot_usb_setup setups[FAKE_DFU_SETUPS_MAX];
	uint8_t first_bytes[FAKE_DFU_SETUPS_MAX][5]; /* of OUT data */
	size_t setup_count;
	uint8_t memory[FAKE_DFU_BYTES];
	unsigned int leaves; /* how often it was told to leave */

	uint8_t state; /* of DFU 1.1; 0 counts as dfuIDLE */
	uint8_t status;
	uint8_t alternate;
	uint32_t pointer;
	unsigned int downloads;
	unsigned int answers; /* to requests in which the device sends */
	bool pending;	      /* a DNLOAD not yet worked off */
	uint16_t block;
	uint16_t block_len;
	uint8_t data[SLOT_USB_BYTES_MAX];
};

/* Answers one control transfer. */
enum slot_usb_result fake_dfu_control(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				      uint8_t *data, uint16_t *ret_len);

#endif
