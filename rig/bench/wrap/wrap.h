/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slots in front of slots: one that fails at times, one that writes down what happens, one that
 * plays such a record back. A wrapped slot has the name and the capabilities of the one inside.
 */
#ifndef BENCH_WRAP_WRAP_H
#define BENCH_WRAP_WRAP_H

#include "bench/bench.h"
#include "bench/slot.h"

/* What can be made to fail. */
enum wrap_target {
	WRAP_TARGET_POWER = 0,	/* power, VBAT, and the cut (late) */
	WRAP_TARGET_LINE = 1,	/* RESET, SETUP */
	WRAP_TARGET_RAIL = 2,	/* what the rail says */
	WRAP_TARGET_LED = 3,	/* edges */
	WRAP_TARGET_USB = 4,	/* joining, transfers, the programmer */
	WRAP_TARGET_SERIAL = 5, /* bytes of the console, both ways */
	WRAP_TARGETS
};

/* In permille of the calls or events of a target. */
struct wrap_rates {
	uint32_t late;	/* an order is carried out up to 50 ms late */
	uint32_t lost;	/* it is not carried out, or an event not told, and nobody says so */
	uint32_t stuck; /* the same, from then on for ever */
	uint32_t wrong; /* an answer, level or byte is another; an order is an error */
};

struct wrap_fault {
	uint64_t seed;
	struct wrap_rates rates[WRAP_TARGETS];
};

enum wrap_limits { WRAP_LATE_US_MAX = 50000, WRAP_RECORD_BYTES_MAX = 256 << 20 };

/*
 * Each puts a wrapper in front of *slot, which is the wrapped one from then on: slot_close() closes
 * both. On failure *slot is as it was. ERR_RIG, and ERR_IO for a file that cannot be written.
 */
int wrap_fault(struct slot *slot, const struct wrap_fault *fault, struct err *err) MUST_CHECK;

/* Writes every call, its outcome and what was told meanwhile, with times, into the text file. */
int wrap_record(struct slot *slot, const char *path, struct err *err) MUST_CHECK;

/*
 * A slot that is the record: it takes the calls that were recorded, in that order, and answers as
 * was answered then. Another call is an error of kind ERR_RIG with the record's file and line; of
 * calls that have no error, the next tells. ERR_CONFIG for a file that is no record.
 */
int wrap_replay(const char *path, struct slot *ret, struct err *err) MUST_CHECK;

/*
 * Opens a slot with 'open' and puts the wrappers of its bench file in front, in their order; a
 * replay takes the place of the slot. Files are beside the bench file 'path'.
 */
int wrap_open(const struct bench_slot *bench, const char *path,
	      int (*open)(const struct bench_slot *bench, struct slot *ret, struct err *err),
	      struct slot *ret, struct err *err) MUST_CHECK;

#endif
