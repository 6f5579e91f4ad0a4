/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the ways over DFU share (facts: particle-gen2 6): a board in DFU mode on the joined USB, a
 * module written block by block with what is done to it on purpose, and the way back. Answers as in
 * delivery/step.h.
 */
#ifndef DELIVERY_DFU_SESSION_H
#define DELIVERY_DFU_SESSION_H

#include "delivery/step.h"
#include "usb/dfu.h"

enum dfu_session_facts {
	DFU_SESSION_FLASH = 0, /* alternate settings */
	DFU_SESSION_TABLE = 1, /* the configuration table, by offsets */
};

struct dfu_session {
	const struct delivery_run *run;
	struct delivery_outcome *ret; /* how it ended, when a step is DELIVERY_OVER */
	struct dfu dfu;
	int64_t deadline_us;
	uint32_t block_bytes;
	uint32_t block_count; /* units of acts: the blocks, then what follows them */
	uint32_t address;     /* where the module goes */
	uint32_t skip;	      /* a block that went out before its turn; UINT32_MAX none */
	bool hurt;	      /* something was done to the transfer */
	bool early;	      /* and it was to end before its end */
};

/* Opens the DFU device that is on the port. */
int dfu_session_begin(struct dfu_session *session, const struct delivery_run *run,
		      struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/*
 * Erases and writes the part's module to 'address'; tells the points "ready" and "chunk". A board
 * that does not play along ends it.
 */
int dfu_session_write(struct dfu_session *session, uint32_t address, struct err *err) MUST_CHECK;

/* Writes to the configuration table and reads it back: some bootloaders do not tell of failures. */
int dfu_session_table(struct dfu_session *session, uint32_t offset, const uint8_t *bytes,
		      size_t len, struct err *err) MUST_CHECK;

/* Selects a memory and reads from it. */
int dfu_session_read(struct dfu_session *session, uint8_t alternate, uint32_t address,
		     uint8_t *ret_bytes, size_t len, struct err *err) MUST_CHECK;

/* What is done on purpose at a unit after the blocks; over when that ends it. */
int dfu_session_act(struct dfu_session *session, uint32_t unit, struct err *err) MUST_CHECK;

/* Tells the board to leave DFU mode, and waits until it has left the bus. */
int dfu_session_leave(struct dfu_session *session, struct err *err) MUST_CHECK;

/*
 * For the end, whatever 'step' is: a board that is still in DFU mode is reset or told to leave, and
 * the USB is parted. Returns 'step', or the errno when that failed.
 */
int dfu_session_end(struct dfu_session *session, int step, struct err *err) MUST_CHECK;

/* Into DFU mode: the prepare of these ways. */
int dfu_session_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			struct err *err) MUST_CHECK;

/* Reads the module in place of the part's back, in DFU mode: the prove of these ways. */
int dfu_session_prove(const struct delivery_run *run, struct delivery_proof *ret,
		      struct err *err) MUST_CHECK;

/* ERR_CONFIG for options and slots that do not do: their open. */
int dfu_session_open(struct delivery_context *context, struct err *err) MUST_CHECK;

/* The kinds of acts, as bits. */
enum {
	DFU_SESSION_ACTS = DELIVERY_ACTS | 1 << FUZZ_DROP | 1 << FUZZ_TWICE | 1 << FUZZ_SWAP |
			   1 << FUZZ_SPOIL | 1 << FUZZ_SIZE | 1 << FUZZ_INDEX | 1 << FUZZ_AGAIN |
			   1 << FUZZ_EARLY | 1 << FUZZ_JUNK | 1 << FUZZ_ABORT | 1 << FUZZ_ORDER |
			   1 << FUZZ_HANGUP,
};

#endif
