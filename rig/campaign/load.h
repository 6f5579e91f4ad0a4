/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything a campaign needs, from files into one set-up that trials share. */
#ifndef CAMPAIGN_LOAD_H
#define CAMPAIGN_LOAD_H

#include "bench/bench.h"
#include "release/release.h"
#include "trial/trial.h"

/* A scenario with all it names. Owns what it loaded; 'setup' borrows from it. */
struct loaded {
	struct scenario scenario;
	struct board board;
	struct release from;
	struct release to;
	const struct bench *bench;			       /* borrowed; NULL: virtual slots */
	const struct bench_slot *bench_slots[BENCH_SLOTS_MAX]; /* those that hold the board */
	size_t bench_slot_count;
	struct slot slot; /* the one that this process has open */
	bool slot_is_open;
	size_t slot_at; /* which of bench_slots it is */
	struct trial_setup setup;
	struct delivery_board delivery_board;
	struct delivery_options delivery_options;
	struct delivery_port port;
	struct delivery_context context;
};

/*
 * Loads the scenario's board profile and releases from the data folder (the one that holds
 * firmware-under-test/), checks that they fit together, and with the slots of 'bench' that hold the
 * board (borrowed, it must outlive the result; NULL: virtual slots). Nothing is opened. 'scenario'
 * is taken over. ERR_CONFIG for what the files say wrong or what a slot cannot do or must not be
 * asked for. loaded_free() after.
 */
int loaded_prepare(struct scenario *scenario, const struct bench *bench, struct loaded **ret,
		   struct err *err) MUST_CHECK;

/*
 * Opens the i-th of the slots with the delivery on it, as loaded->slot. ERR_RIG for a slot that
 * does not open, ERR_CONFIG for one that cannot do what its bench file promises.
 */
int loaded_open_slot(struct loaded *loaded, size_t i, struct err *err) MUST_CHECK;

/* Both, with the first slot. */
int loaded_open_on(struct scenario *scenario, const struct bench *bench, struct loaded **ret,
		   struct err *err) MUST_CHECK;

/* The same on a virtual slot. */
int loaded_open(struct scenario *scenario, struct loaded **ret, struct err *err) MUST_CHECK;

/* NULL allowed. */
void loaded_free(struct loaded *loaded);

/* State 0 and the calibration, on the open slot. */
int loaded_calibrate(struct loaded *loaded, struct calib *ret, struct err *err) MUST_CHECK;

/*
 * The folder with firmware-under-test/ and scenarios/: $OTARIG_DATA, else the nearest one above the
 * program that has them, else the working directory. Caller frees; NULL on lack of memory.
 */
char *data_dir(void);

#endif
