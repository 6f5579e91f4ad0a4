/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done to an update over the air on purpose: a trial's list of acts (fuzz/acts.h) as the
 * hook of rig/cloud. Units are chunks, from 0. Internal to the room.
 */
#ifndef DELIVERY_CLOUD_ACTS_H
#define DELIVERY_CLOUD_ACTS_H

#include "cloud/tamper.h"
#include "fuzz/acts.h"

/* The kinds that the hook can do, as struct delivery wants them. */
enum {
	CLOUD_ACTS = 1u << FUZZ_DROP | 1u << FUZZ_TWICE | 1u << FUZZ_SWAP | 1u << FUZZ_SPOIL |
		     1u << FUZZ_SEAL | 1u << FUZZ_DELAY | 1u << FUZZ_STALL | 1u << FUZZ_HANGUP |
		     1u << FUZZ_SIZE | 1u << FUZZ_INDEX | 1u << FUZZ_AGAIN | 1u << FUZZ_EARLY |
		     1u << FUZZ_JUNK | 1u << FUZZ_OPTIONS | 1u << FUZZ_ADDRESS | 1u << FUZZ_SUM,
};

struct cloud_acts {
	const struct fuzz_acts *acts;
	uint32_t done; /* bits of acts->items that were done: each is done once */
	bool holds;    /* a chunk that is to go after the next one */
	struct tamper_message begin;
	struct tamper_message held;
};

/* 'acts' is borrowed, NULL for none. Large: not for the stack. */
void cloud_acts_begin(struct cloud_acts *state, const struct fuzz_acts *acts);

/* The hook over 'state'. Without acts it is none. */
struct tamper cloud_acts_hook(struct cloud_acts *state);

#endif
