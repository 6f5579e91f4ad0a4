/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How an update reaches a board: one interface, one table. "Transfer done" and "update installed"
 * are two facts: delivery only ever reports the first.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "bench/slot.h"
#include "image/image.h"
#include "obs/obs.h"

/* One module of an update, and what its way to the board needs to know. All borrowed. */
struct delivery_part {
	uint32_t number; /* 1-based, in order of delivery */
	const char *name;
	const struct image *image;
	uint32_t staging_address;
	uint32_t system_vectors;
	struct slot_config_code config[SLOT_CONFIG_CODES_MAX]; /* of the old and the new release */
};

struct delivery {
	const char *name;
	unsigned int needs; /* enum slot_capability */
	/* Brings the running board to where the part's delivery begins: time 0 of a cut. */
	int (*prepare)(const struct slot *slot, const struct delivery_part *part,
		       enum slot_wait *ret, struct err *err);
	/* Delivers it; on return the board is restarting with the update pending. */
	int (*send)(const struct slot *slot, const struct delivery_part *part,
		    const struct obs_sink *sink, enum slot_wait *ret, struct err *err);
};

/* The way of that name, NULL when there is none. */
const struct delivery *delivery_find(const char *name);

/* As the ops above: 0, or a negative errno with 'err'; *ret is SLOT_WAIT_CUT when power was cut,
 * SLOT_WAIT_REFUSED when the board did not take it. */
int delivery_prepare(const struct delivery *delivery, const struct slot *slot,
		     const struct delivery_part *part, enum slot_wait *ret,
		     struct err *err) MUST_CHECK;
int delivery_send(const struct delivery *delivery, const struct slot *slot,
		  const struct delivery_part *part, const struct obs_sink *sink,
		  enum slot_wait *ret, struct err *err) MUST_CHECK;

/* Staged: put where a download would have put it (virtual board). */
extern const struct delivery delivery_staged;

#endif
