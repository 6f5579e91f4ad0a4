/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of the decoder share. */
#ifndef VBOARD_DECODE_H
#define VBOARD_DECODE_H

#include "vboard/insn.h"

/* 'count' bits of an encoding from bit 'low' on; count < 32. */
static inline uint32_t bits(uint32_t x, unsigned int low, unsigned int count)
{
	return (x >> low) & ((1u << count) - 1u);
}

/* 32-bit encodings; ret->pc and ret->len are set, ret->op is OP_UDF on entry. */
void decode_wide(uint16_t hw1, uint16_t hw2, struct insn *ret);

#endif
