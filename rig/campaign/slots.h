/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slots that a scenario's trials run on: virtual ones, of which there are as many as anybody
 * wants, or those of a bench that hold the scenario's board. A process has one of them open.
 */
#ifndef CAMPAIGN_SLOTS_H
#define CAMPAIGN_SLOTS_H

#include "campaign/load.h"

/*
 * Which slots of 'bench' (borrowed; NULL: virtual ones) hold the board. ERR_CONFIG naming the bench
 * file when none does.
 */
int slots_choose(struct loaded *loaded, const struct bench *bench, struct err *err) MUST_CHECK;

/* How many trials can run at once; SIZE_MAX: no limit. */
size_t slots_count(const struct loaded *loaded);

/*
 * Opens the i-th slot as loaded->slot. slots_deliver() then opens the delivery on it. ERR_CONFIG
 * for a virtual board that there is none of, ERR_RIG for a real one that does not open.
 */
int slots_take(struct loaded *loaded, size_t i, struct err *err) MUST_CHECK;

int slots_deliver(struct loaded *loaded, struct err *err) MUST_CHECK;

/* What a way of delivery has to know of a board. */
struct delivery_board slots_delivery_board(const struct board *board);

/*
 * Where the board in a slot of the bench finds the rig's cloud: each slot's is a server of its own,
 * at the bench's port plus the slot's place in the file.
 */
struct delivery_options slots_cloud_options(const struct bench *bench,
					    const struct bench_slot *slot);

/* Makes the slot safe and lets it go. Nothing happens when none is open. */
void slots_let_go(struct loaded *loaded);

#endif
