/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often a relay was switched on in the last 24 hours, kept in a file so that all runs and all
 * programs of a user count together:
 *
 *	$XDG_STATE_HOME/otarig/power-ons/CHIP.LINE	(or below ~/.local/state)
 *
 * one line for each time: seconds since 1970, ten digits. The relay is its line's, not its slot's:
 * a slot may be named anew. Deleting the file starts anew, after the relay was replaced for one.
 */
#ifndef BENCH_LINUX_TALLY_H
#define BENCH_LINUX_TALLY_H

#include "bench/bench.h"

struct tally;

enum tally_times { TALLY_SPAN_S = 24 * 60 * 60 };

/*
 * Opens the tally of the line's relay, made when it is not there. Caller closes. ERR_RIG when there
 * is no folder for it: neither variable is set, or it cannot be written.
 */
int tally_open(const struct bench_line *line, struct tally **ret, struct err *err) MUST_CHECK;

/* NULL allowed. */
void tally_close(struct tally *tally);

/*
 * Counts one more at 'now_s', seconds since 1970, unless there were 'limit' (above zero) in the 24
 * hours around it already: -EDQUOT with ERR_RIG, which says when the next may be. Other processes
 * that count meanwhile wait. ERR_RIG as well for a file that is no tally, with the byte.
 */
int tally_add(struct tally *tally, int64_t now_s, uint32_t limit, struct err *err) MUST_CHECK;

#endif
