/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is pending, how urgent it is, and what runs: the part of the exception model that only
 * counts (DDI 0403E B1.5.4). Entry and return are in exception.c.
 */
#ifndef VBOARD_EXCEPTION_H
#define VBOARD_EXCEPTION_H

#include "vboard/state.h"

enum exception_priorities {
	PRIORITY_NONE = 256, /* thread code without masks */
	PRIORITY_HARDFAULT = -1,
};

/* Bits of a set of exceptions, by number. */
static inline bool exception_bit(const uint32_t *bits, uint32_t number)
{
	return bits[number / 32] >> (number % 32) & 1;
}

static inline void exception_set_bit(uint32_t *bits, uint32_t number, bool on)
{
	if (on)
		bits[number / 32] |= 1u << (number % 32);
	else
		bits[number / 32] &= ~(1u << (number % 32));
}

/* Group priority of an exception: what decides preemption; lower is more urgent. */
int32_t exception_priority(const struct vboard *vb, uint32_t number);

/* Priority at which the core runs now, all masks included. */
int32_t exception_running_priority(const struct vboard *vb);

/* The same as if PRIMASK were 0: what an exception must beat to end WFI (B1.5.19). */
int32_t exception_priority_to_wake(const struct vboard *vb);

/*
 * The most urgent pending and enabled exception and its group priority, EXC_NONE for none. Equal
 * groups are told apart by subpriority, then by number.
 */
uint32_t exception_most_urgent(const struct vboard *vb, int32_t *ret_priority);

/* How many exceptions are active. */
uint32_t exception_active_count(const struct vboard *vb);

#endif
