/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual bench whose serial line is the board's own device on the USB (CDC ACM), as a host's
 * driver drives one: there while that device is, with transfers of its bulk endpoints. Everything
 * else is the slot's that it stands before.
 */
#ifndef TESTS_LIB_CDC_SLOT_H
#define TESTS_LIB_CDC_SLOT_H

#include "bench/slot.h"
#include "vboard/vboard.h"

struct cdc_slot {
	struct slot inner; /* taken over */
	struct vboard *vb;
	struct slot_listener listener;
	uint16_t product;  /* of the serial port's device */
	uint32_t baud;	   /* 0: let go */
	int64_t linger_us; /* so long the host lists the port after the USB was parted */
	int64_t listed_until_us;
};

/* Puts 'cdc' before the virtual slot, which is in 'slot' and replaced there. */
void cdc_slot_open(struct cdc_slot *cdc, uint16_t product, struct slot *slot);

#endif
