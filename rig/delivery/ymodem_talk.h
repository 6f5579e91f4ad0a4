/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sender's side of YMODEM towards Particle's receiver, step by step; what is done to it on
 * purpose is in ymodem_acts.c. Answers as in delivery/step.h.
 */
#ifndef DELIVERY_YMODEM_TALK_H
#define DELIVERY_YMODEM_TALK_H

#include "delivery/listening.h"
#include "delivery/ymodem_block.h"

struct ymodem_talk {
	struct listening *line;
	const struct delivery_run *run;
	struct delivery_outcome *ret; /* how it ended, when a step is DELIVERY_OVER */
	int64_t deadline_us;	      /* of all of it */
	uint32_t block_bytes;
	uint32_t block_count; /* of data; units of acts: these, then the end, then the close */
	uint32_t skip;	      /* a block that went out before its turn; UINT32_MAX none */
	bool hurt;	      /* something was done to the transfer */
	bool hung_up;	      /* the line is no longer open */
	bool right_sum;
};

/* What the receiver answers; its text is passed over. */
enum ymodem_talk_answer {
	YMODEM_ANSWER_NONE = 0, /* not in time */
	YMODEM_ANSWER_ACK = 1,
	YMODEM_ANSWER_NAK = 2,
	YMODEM_ANSWER_CANCEL = 3, /* twice CAN: it is over */
	YMODEM_ANSWER_ASK = 4,	  /* 'C' */
};

enum ymodem_waits {
	YMODEM_ANSWER_US_MAX = 10000000, /* Particle's host waits as long */
	YMODEM_ERASE_US_MAX = 30000000,	 /* 256 KB of sectors that take 1 to 2 s for 128 KB */
	YMODEM_CHECK_US_MAX = 30000000,	 /* checks, and a bootloader that is replaced at once */
	YMODEM_STALL_US_MAX = 60000000,	 /* the receiver asks 6 times, every 5 s */
};

/* Waits 'us' at most for an answer. */
int ymodem_talk_hear(struct ymodem_talk *talk, int64_t us, enum ymodem_talk_answer *ret_answer,
		     struct err *err) MUST_CHECK;

/* Sends a block once; *ret_answer is what came, within 'us'. */
int ymodem_talk_offer(struct ymodem_talk *talk, const struct ymodem_block *block, int64_t us,
		      enum ymodem_talk_answer *ret_answer, struct err *err) MUST_CHECK;

/*
 * Sends 'first', and where the receiver asks for it again, 'again', a few times, until it is
 * acknowledged within 'us'. 'what' is for the text when it is not.
 */
int ymodem_talk_put(struct ymodem_talk *talk, const struct ymodem_block *first,
		    const struct ymodem_block *again, const char *what, int64_t us,
		    struct err *err) MUST_CHECK;

/* The receiver ended it: reads why, which becomes the outcome. Always over, or an error. */
int ymodem_talk_cancelled(struct ymodem_talk *talk, struct err *err) MUST_CHECK;

/* The board did not play along; always over. */
int ymodem_talk_fail(struct ymodem_talk *talk, const char *text);

/* The same when it does not answer, which may be the rig's fault: see listening_silent(). */
int ymodem_talk_silent(struct ymodem_talk *talk, const char *text, struct err *err) MUST_CHECK;

/* Block 'unit' of the part's data, as it should be. */
void ymodem_talk_unit(const struct ymodem_talk *talk, uint32_t unit, struct ymodem_block *ret);

/* Bytes of the module that are in the first 'units' blocks. */
uint64_t ymodem_talk_sent_bytes(const struct ymodem_talk *talk, uint32_t units);

/* What is done on purpose before a unit is sent; over when that ends the transfer. */
int ymodem_acts_before(struct ymodem_talk *talk, uint32_t unit, struct err *err) MUST_CHECK;

/* Sends a unit of data with what is done to it. */
int ymodem_acts_send(struct ymodem_talk *talk, uint32_t unit, struct err *err) MUST_CHECK;

/* Sends nothing until the board gives up, which ends it. */
int ymodem_acts_stall(struct ymodem_talk *talk, struct err *err) MUST_CHECK;

/* The kinds that these and the sender do, as bits. */
enum {
	YMODEM_ACTS = DELIVERY_ACTS | 1 << FUZZ_DROP | 1 << FUZZ_TWICE | 1 << FUZZ_SWAP |
		      1 << FUZZ_SPOIL | 1 << FUZZ_SEAL | 1 << FUZZ_STALL | 1 << FUZZ_HANGUP |
		      1 << FUZZ_SIZE | 1 << FUZZ_INDEX | 1 << FUZZ_AGAIN | 1 << FUZZ_EARLY |
		      1 << FUZZ_JUNK | 1 << FUZZ_NOISE | 1 << FUZZ_ABORT,
};

#endif
