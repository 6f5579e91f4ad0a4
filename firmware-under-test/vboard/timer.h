/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TIM2: up-counter with four compare channels; LED dimming and the button's debounce. RM0033 15. */
#ifndef VBOARD_TIMER_H
#define VBOARD_TIMER_H

#include "vboard/state.h"

void timer_reset(struct vboard *vb);
uint32_t timer_read(struct vboard *vb, uint32_t offset);
void timer_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* Cycle of the next compare or overflow; UINT64_MAX when the timer stands. */
uint64_t timer_next(const struct vboard *vb);

/* What happens at 'cycle', which timer_next() named: flags, preloads, interrupt. */
void timer_event(struct vboard *vb, uint64_t cycle);

/* Output of channel 1..4 as of 'cycle': -1 not driven, else the pin level. */
int timer_output(const struct vboard *vb, uint32_t channel, uint64_t cycle);

#endif
