/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long the flash takes: STM32F205 data sheet DS6329, table "Flash memory programming", without
 * VPP. The times of a store do not depend on PSIZE. The data sheet has no figure for option bytes;
 * they are a sector that is erased and programmed, so the time of the smallest sector is taken.
 */
#include "vboard/state.h"

enum { LSI_HZ_TYPICAL = 32000, MS = 1000 };

static const struct vboard_timing typical = {
	.program_us = { 16, 16, 16 },
	.erase_16k_us = { 400 * MS, 300 * MS, 250 * MS },
	.erase_64k_us = { 1200 * MS, 700 * MS, 550 * MS },
	.erase_128k_us = { 2000 * MS, 1300 * MS, 1000 * MS },
	.mass_erase_us = { 16000 * MS, 11000 * MS, 8000 * MS },
	.options_us = 250 * MS,
	.lsi_hz = LSI_HZ_TYPICAL,
};

static const struct vboard_timing longest = {
	.program_us = { 100, 100, 100 },
	.erase_16k_us = { 800 * MS, 600 * MS, 500 * MS },
	.erase_64k_us = { 2400 * MS, 1400 * MS, 1100 * MS },
	.erase_128k_us = { 4000 * MS, 2600 * MS, 2000 * MS },
	.mass_erase_us = { 32000 * MS, 22000 * MS, 16000 * MS },
	.options_us = 500 * MS,
	.lsi_hz = LSI_HZ_TYPICAL,
};

const struct vboard_timing *vboard_timing_of(enum vboard_timing_corner corner)
{
	switch (corner) {
	case VBOARD_TIMING_TYPICAL: return &typical;
	case VBOARD_TIMING_MAX: return &longest;
	}
	return NULL;
}

void vboard_set_timing(struct vboard *vb, const struct vboard_timing *timing)
{
	vb->s.timing = *timing;
	if (vb->s.timing.lsi_hz < VBOARD_LSI_HZ_MIN)
		vb->s.timing.lsi_hz = VBOARD_LSI_HZ_MIN;
	if (vb->s.timing.lsi_hz > VBOARD_LSI_HZ_MAX)
		vb->s.timing.lsi_hz = VBOARD_LSI_HZ_MAX;
}
