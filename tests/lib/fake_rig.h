/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole set-up for trials around the fake slot: an update of some parts, ready to run. */
#ifndef TESTS_LIB_FAKE_RIG_H
#define TESTS_LIB_FAKE_RIG_H

#include "lib/fake_slot.h"
#include "trial/trial.h"

enum fake_rig_sizes { FAKE_RIG_MODULE_BYTES = 1500 };

struct fake_rig {
	struct fake_board fake;
	struct slot slot;
	struct board board;
	struct scenario scenario; /* every rung, random cuts by time */
	struct image image;
	struct release from; /* one module, where the fake DFU device has room */
	uint8_t from_bytes[FAKE_RIG_MODULE_BYTES];
	struct trial_setup setup;
	struct delivery_board delivery_board;
	struct delivery_options options;
	struct delivery_port port;
	struct delivery_context context;
	struct calib calib; /* by fake_rig_learn() */
};

/* With 'parts' parts (1..SCENARIO_PARTS_MAX); NULL on lack of memory. Freed with free(). */
struct fake_rig *fake_rig_new(size_t parts);

/* Baseline and calibration; 0 or a negative errno. */
int fake_rig_learn(struct fake_rig *rig, struct err *err);

/* A trial with power cut 'at_us' into the delivery of 'part'; part 0 is a control. */
struct trial_spec fake_rig_spec(uint32_t part, uint64_t at_us);

#endif
