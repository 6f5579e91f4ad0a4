/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small process that outlives this one by a moment: when this one ends without having said so,
 * however that came about (a crash, SIGKILL), the guard makes the slot safe. Children that this
 * process forks keep the guard quiet until they have ended too.
 */
#ifndef BENCH_LINUX_GUARD_H
#define BENCH_LINUX_GUARD_H

#include "base/err.h"

struct guard;

/*
 * Starts the guard; call before there are threads. 'safe' runs in it, once, with 'ctx' as it was at
 * the start; it may be called again while it fails, for the dying process still holds lines.
 * ERR_RIG.
 */
int guard_start(int (*safe)(void *ctx, struct err *err), void *ctx, struct guard **ret,
		struct err *err) MUST_CHECK;

/* All is in order: the guard goes without doing anything. NULL allowed. */
void guard_dismiss(struct guard *guard);

#endif
