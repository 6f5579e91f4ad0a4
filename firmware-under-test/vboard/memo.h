/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs remembered. A campaign does nearly the same thing hundreds of thousands of times: boards
 * whose flash differs in one word boot alike until somebody reads that word. So stretches of
 * execution are recorded with everything they depended on (record.h), and when the board stands in
 * such a state again the stretch is told again instead of run: the same LED edges at the same
 * times, the same flash operations, the same end.
 *
 * Nothing is guessed: a stretch is taken only when the core, all peripherals, and every word of RAM
 * and flash that it read are as they were. A test runs campaigns with and without and compares.
 *
 * Stretches begin at landmarks: a reset, an erased sector, MSR MSP (a bootloader about to jump), a
 * line that changed, a call by the bench, the end of a checksum. While one is told, the board's
 * state stays the one it had when the stretch began, except for the time, the LED and what was
 * told; memo_settle() brings it up to now.
 */
#ifndef VBOARD_MEMO_H
#define VBOARD_MEMO_H

#include "vboard/state.h"

/* Remembers from now on, in at most about 'bytes_max' bytes. False on lack of memory. */
bool memo_new(struct vboard *vb, size_t bytes_max);
void memo_free(struct vboard *vb);

/* Marks the present moment, or one soon, as a place where a stretch may begin. */
static inline void memo_landmark(struct vboard *vb)
{
	if (!vb->memo)
		return;
	vb->landmark = true;
	vb->stop_cycle = 0;
}

/* At a landmark, between two instructions: tells a stretch from here on, or begins to record. */
void memo_enter(struct vboard *vb);

/* Whether a stretch is being told. */
bool memo_is_telling(const struct vboard *vb);

/*
 * Goes on telling until 'cycle', the armed cut, or the end of the stretch; then the board's state
 * is what it is there, or vb->stop says what happened.
 */
void memo_tell(struct vboard *vb, uint64_t cycle);

/*
 * Before anything from outside touches the board or looks into it: the state is made that of now,
 * and an open recording ends here.
 */
void memo_settle(struct vboard *vb);

/* The same before power goes: only what outlives power has to be right. */
void memo_settle_storage(struct vboard *vb);

/* What was shown up to now is told, when power fails inside a stretch; true when one is being told.
 */
bool memo_tell_events(struct vboard *vb);

/* A call returned or the bootloader handed over: a recording ends with that. */
void memo_stopped(struct vboard *vb);

/* Power failed while recording. */
void memo_drop(struct vboard *vb);

/* Before a checksum loop over [address, address + bytes): recordings do not read modules whole. */
void memo_before_bulk(struct vboard *vb, uint32_t address, uint32_t bytes);
void memo_after_bulk(struct vboard *vb);

/* Since memo_new(); for tests and benches. */
struct memo_counts {
	uint64_t stretches; /* recorded */
	uint64_t told;	    /* taken, whole or in part */
	uint64_t refused;   /* seen states whose words were others */
	uint64_t settled; /* had to be run all the same, because somebody wanted the state inside */
	uint64_t bytes;
};

void memo_count(const struct vboard *vb, struct memo_counts *ret);

#endif
