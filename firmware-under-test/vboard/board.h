/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the chip ask of the board around them: time, resets, events. Internal. */
#ifndef VBOARD_BOARD_H
#define VBOARD_BOARD_H

#include "vboard/state.h"

/*
 * Why the chip was reset: bits of RCC_CSR (RM0033 5.3.20). Every reset pulls the pin, so PINRSTF is
 * set by all of them. A power reset, brown-out included, clears the flags of earlier ones (5.1.2);
 * the others add theirs until RMVF is written. Window watchdog and standby are not modelled.
 */
enum reset_cause {
	RESET_BROWN_OUT = 1u << 25,	   /* BORRSTF */
	RESET_PIN = 1u << 26,		   /* PINRSTF */
	RESET_POWER = 1u << 27 | 1u << 25, /* PORRSTF: power-on and power-down set both */
	RESET_SOFTWARE = 1u << 28,	   /* SFTRSTF */
	RESET_IWDG = 1u << 29,		   /* IWDGRSTF */
};

/* Instructions so far, for those inside the board. */
static inline uint64_t board_insns(const struct vboard *vb)
{
	return vb->s.cycles - vb->s.idle_cycles;
}

/* The chip will be reset before the next instruction. */
void board_request_reset(struct vboard *vb, enum reset_cause cause);

/* Lets all events up to now happen: for what must see them in the middle of an instruction. */
void board_catch_up(struct vboard *vb);

/* The whole state was replaced: what is derived from it is worked out anew, no cut is armed. */
void board_state_replaced(struct vboard *vb);

/* The state was changed as a whole: what is derived from it must be looked at anew. */
void board_look_again(struct vboard *vb);

/* A peripheral's next event may have moved: look again. */
void board_schedule(struct vboard *vb);

/* LED pins follow registers and timer: tells the listener what changed, as of 'cycle'. */
void board_update_leds(struct vboard *vb, uint64_t cycle);

/* The rail is too low for the chip: it stands in power reset. 'by_cut' ends the run. */
void board_power_bad(struct vboard *vb, bool by_cut);

/* The rail is high enough again: the chip starts; 'lost' says that its RAM did not hold. */
void board_power_good(struct vboard *vb, bool lost);

/* All events up to now, in order. */
void board_run_events(struct vboard *vb);

/* Next number of the board's seeded chance: what tears. */
uint64_t board_chance(struct vboard *vb);

/*
 * Next number of the random number generator that firmware reads. It begins anew whenever power
 * comes, the same for every trial: what firmware does is not to depend on what tore.
 */
uint32_t board_random(struct vboard *vb);

#endif
