/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trial led to, in one number: equal for trials of which nothing different can be said.
 * Pure. Stored in corpora: what goes into it changes only with good reason, for every entry of
 * every corpus is then new once more.
 *
 * What counts, in the order in which it happened:
 *   the outcome and the rung that helped; not the reason, which only says the same in words
 *   phase, rung, cut-delivered, cut-missed, alive, dfu, apply, timeout, fed, probe, and reflash and
 *   module by their codes: what was done with the board, and what it did
 *   delivery, by its text and part: the points that the transfer came to, and how it ended
 *   notes with a code: symptoms, and whether the LED went through what is expected
 *   led: of each stretch between two phases or rungs, which named states were seen in it. Not
 *   their order or number, for a real LED shows what lies between two states differently each time
 * What does not: the baseline, which depends on how the trial before left the board; times, counts
 * of bytes, versions and other values; plain notes, which tell what was done and where; LED states
 * without a name; power, lines and the arming of a cut, which the rig did as the trial says; what
 * is on the USB, which comes a little earlier or later each time, and what comes of it is said by
 * delivery and reflash; what repeats what went before.
 */
#ifndef CAMPAIGN_SIGNATURE_H
#define CAMPAIGN_SIGNATURE_H

#include "verdict/verdict.h"

enum signature_limits {
	SIGNATURE_STATES_MAX = 32, /* LED states of one stretch; more are not looked at */
};

/*
 * 0: the trial says nothing of the board (a void outcome), or not all of it was seen. Any other
 * number, which is never 0, is its signature.
 */
uint64_t signature_of(const struct verdict *verdict, const struct obs_log *log);

#endif
