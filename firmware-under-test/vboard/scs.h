/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System control space and DWT: SysTick, NVIC, SCB, cycle counter (DDI 0403E B3). */
#ifndef VBOARD_SCS_H
#define VBOARD_SCS_H

#include "vboard/state.h"

void scs_reset(struct vboard *vb);

/* Aligned words; 'address' counts from the begin of the private peripheral bus, 0xe0000000. */
uint32_t scs_read(struct vboard *vb, uint32_t address);
/* 'mask' has ones for the bytes that are written. */
void scs_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask);

enum systick_register { SYSTICK_CSR, SYSTICK_RVR, SYSTICK_CVR };

uint32_t systick_read(struct vboard *vb, enum systick_register which);
void systick_write(struct vboard *vb, enum systick_register which, uint32_t value);

/* The next cycle at which SysTick reaches zero; UINT64_MAX when it does not run. */
uint64_t systick_next(const struct vboard *vb);
/* Lets everything up to now happen. */
void systick_run(struct vboard *vb);

#endif
