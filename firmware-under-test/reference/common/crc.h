/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32 as zlib computes it, by the chip's unit, which takes words and mirrors no bits. */
#ifndef REFERENCE_COMMON_CRC_H
#define REFERENCE_COMMON_CRC_H

#include "reference/common/chip.h"

static inline uint32_t crc_of_words(const uint32_t *words, uint32_t count)
{
	CRC_CR = 1;
	for (uint32_t i = 0; i < count; i++)
		CRC_DR = chip_reverse_bits(words[i]);
	return ~chip_reverse_bits(CRC_DR);
}

#endif
