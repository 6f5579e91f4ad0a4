/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only tests may see of a virtual board: never included by the rig. */
#ifndef VBOARD_VBOARD_TEST_H
#define VBOARD_VBOARD_TEST_H

#include "vboard/state.h"

/*
 * The whole state; changing it is allowed with the board stopped, but flash and code in RAM only
 * before the first run and the first snapshot: neither would be noticed.
 */
struct board_state *vboard_test_state(struct vboard *vb);

/* A hash in the manner of FNV-1a over the whole state: flash, RAM, registers, peripherals, time. */
uint64_t vboard_test_hash(struct vboard *vb);

/* Board off: time, counters and what the chip held begin anew, so that two runs can be compared. */
void vboard_test_begin_time(struct vboard *vb);

/* Whether loops that wait are skipped (spin.h), as they are from the start. */
void vboard_test_skip_waits(struct vboard *vb, bool skip);

/* Begins execution at 'pc' with stack 'sp', as after a reset with these vectors; power is on. */
void vboard_test_start(struct vboard *vb, uint32_t pc, uint32_t sp);

#endif
