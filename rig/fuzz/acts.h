/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done to a transfer on purpose: a short list of acts, each at one unit of it (a chunk, a
 * block, a request; counted from 0) and with one number that it may need. A list is plain data,
 * said in a trial's id, so that it can be replayed; each way of delivery does the kinds it knows.
 */
#ifndef FUZZ_ACTS_H
#define FUZZ_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fuzz_acts_limits {
	FUZZ_ACTS_MAX = 4,	  /* in one trial */
	FUZZ_ACTS_TEXT_MAX = 168, /* of a list in words with the widest numbers there are */
	FUZZ_ACT_NAME_MAX = 16,
};

/*
 * X(NAME, number, "word", danger). Words are of letters alone: they stand in trial ids before a
 * number. Numbers are never stored. 'danger' names what can destroy a real board, which is refused
 * on a slot without a programmer; NULL: none.
 *   drop, twice        the unit is not sent, or sent two times
 *   swap               it is sent after the one that follows it
 *   spoil              'value' picks a bit that is flipped; the sum stays as it was
 *   seal               the same, and the sum is made right again
 *   delay              'value' microseconds before it
 *   stall              nothing more is sent until the board gives up
 *   hangup             the connection is ended at it
 *   size               'value' bytes are said or sent instead of the right number
 *   index              'value' is sent as the unit's number
 *   again              the transfer is begun a second time before it
 *   early              the end is said before it
 *   junk               a message that means nothing, 'value' seeds it
 *   options            a message whose options are malformed, 'value' seeds it
 *   noise              'value' seeds bytes that are put on the line before it
 *   abort              the abort that the protocol has
 *   order              the unit's requests are made out of order
 *   traffic            other messages of an application meanwhile: one of each kind that there is
 *   reset, setup       the board's button is pressed for 'value' milliseconds; a transfer over the
 *                      air goes on meanwhile, others wait
 *   address            the begin says address 'value'
 *   sum                the unit's sum is wrong, not what it is of; 'value' picks a bit of it
 *   rekey              the board is told to drop the session's keys
 */
#define FUZZ_ACT_LIST(X)                                                                       \
	X(DROP, 1, "drop", NULL)                                                               \
	X(TWICE, 2, "twice", NULL)                                                             \
	X(SWAP, 3, "swap", NULL)                                                               \
	X(SPOIL, 4, "spoil", NULL)                                                             \
	X(SEAL, 5, "seal", NULL)                                                               \
	X(DELAY, 6, "delay", NULL)                                                             \
	X(STALL, 7, "stall", NULL)                                                             \
	X(HANGUP, 8, "hangup", NULL)                                                           \
	X(SIZE, 9, "size", NULL)                                                               \
	X(INDEX, 10, "index", "a chunk's index is not checked: it is written where it points") \
	X(AGAIN, 11, "again", NULL)                                                            \
	X(EARLY, 12, "early", NULL)                                                            \
	X(JUNK, 13, "junk", NULL)                                                              \
	X(OPTIONS, 14, "options", NULL)                                                        \
	X(NOISE, 15, "noise", NULL)                                                            \
	X(ABORT, 16, "abort", NULL)                                                            \
	X(ORDER, 17, "order", NULL)                                                            \
	X(TRAFFIC, 18, "traffic", NULL)                                                        \
	X(RESET, 19, "reset", NULL)                                                            \
	X(SETUP, 20, "setup", NULL)                                                            \
	X(ADDRESS, 21, "address",                                                              \
	  "the begin's address is not checked: it can reach the bootloader")                   \
	X(SUM, 22, "sum", NULL)                                                                \
	X(REKEY, 23, "rekey", NULL)

enum fuzz_act_kind {
	FUZZ_NONE = 0,
#define X(name, number, text, danger) FUZZ_##name = (number),
	FUZZ_ACT_LIST(X)
#undef X
		FUZZ_COUNT
};

struct fuzz_act {
	enum fuzz_act_kind kind;
	uint32_t unit;
	uint64_t value;
};

struct fuzz_acts {
	struct fuzz_act items[FUZZ_ACTS_MAX]; /* by unit, then as listed */
	size_t count;
};

const char *fuzz_act_name(enum fuzz_act_kind kind);
enum fuzz_act_kind fuzz_act_from_name(const char *name); /* FUZZ_NONE: none */

/* Why the kind can destroy a real board; NULL when it cannot. */
const char *fuzz_act_danger(enum fuzz_act_kind kind);

/* The act of that kind at that unit; NULL when there is none. 'acts' may be NULL. */
const struct fuzz_act *fuzz_act_at(const struct fuzz_acts *acts, uint32_t unit,
				   enum fuzz_act_kind kind);

/*
 * Puts an act into its place by unit, behind others at the same. False, and nothing changed, when
 * that kind is at that unit already or the list is full.
 */
bool fuzz_acts_put(struct fuzz_acts *acts, const struct fuzz_act *act);

/* "drop137-spoil9v512": words that a trial's id can hold, [a-z0-9-]. Empty for no act. */
void fuzz_acts_format(const struct fuzz_acts *acts, char ret[FUZZ_ACTS_TEXT_MAX]);

/*
 * Reads what fuzz_acts_format() writes, 'len' characters of it. One spelling for each list:
 * other ones are refused. False with *ret_at, the character that is wrong (from 0), and why.
 */
bool fuzz_acts_parse(const char *text, size_t len, struct fuzz_acts *ret, size_t *ret_at,
		     const char **ret_why);

#endif
