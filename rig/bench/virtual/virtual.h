/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot whose board is the virtual one: the same instruments, and shortcuts no real bench has. */
#ifndef BENCH_VIRTUAL_VIRTUAL_H
#define BENCH_VIRTUAL_VIRTUAL_H

#include "bench/slot.h"

struct vboard;

/*
 * Opens a virtual board of the kind 'model' ("p1", "photon"); caller closes with slot_close().
 * ERR_CONFIG for a kind that has no virtual stand-in.
 */
int virtual_open(const char *model, struct slot *ret, struct err *err) MUST_CHECK;

/* The emulator behind a slot, for tests that compare a verdict with the truth. */
struct vboard *virtual_board(const struct slot *slot);

#endif
