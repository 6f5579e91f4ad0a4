/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of the decoder share. */
#ifndef VBOARD_DECODE_H
#define VBOARD_DECODE_H

#include "vboard/insn.h"

/* 32-bit encodings; ret->pc and ret->len are set, ret->op is OP_UDF on entry. */
void decode_wide(uint16_t hw1, uint16_t hw2, struct insn *ret);

#endif
