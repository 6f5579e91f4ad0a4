/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every peripheral address of the chip, by block; and the small peripherals themselves. */
#ifndef VBOARD_PERIPHERALS_H
#define VBOARD_PERIPHERALS_H

#include "vboard/state.h"

/* All peripherals as a chip reset leaves them. */
void peripherals_reset(struct vboard *vb);

/* Aligned words; addresses from PERIPHERAL_BASE to the end of the peripheral space. */
uint32_t peripherals_read(struct vboard *vb, uint32_t address);
/* 'mask' has ones for the bytes that are written. */
void peripherals_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask);

/* Clocks and reset causes (rcc.c). */
void rcc_reset(struct vboard *vb, uint32_t csr);
uint32_t rcc_read(struct vboard *vb, uint32_t offset);
void rcc_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* Power control, real-time clock and backup registers (backup.c). */
uint32_t pwr_read(const struct vboard *vb, uint32_t offset);
void pwr_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);
uint32_t backup_sram_read(const struct vboard *vb, uint32_t offset);
void backup_sram_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);
uint32_t rtc_read(const struct vboard *vb, uint32_t offset);
void rtc_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* Independent watchdog (iwdg.c): cycle of its reset, UINT64_MAX when it does not run. */
void iwdg_reset(struct vboard *vb);
uint32_t iwdg_read(const struct vboard *vb, uint32_t offset);
void iwdg_write(struct vboard *vb, uint32_t offset, uint32_t value);
uint64_t iwdg_next(const struct vboard *vb);

#endif
