/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 120 MHz, and a tick each millisecond. */
#ifndef REFERENCE_COMMON_CLOCK_H
#define REFERENCE_COMMON_CLOCK_H

#include "reference/common/chip.h"

/* The core from the crystal (26 MHz) by the PLL, flash wait states, clocks of what is used. */
void clock_init(void);

/* Starts or stops SysTick's interrupt, once a millisecond. */
void clock_tick_start(void);
void clock_tick_stop(void);

#endif
