/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every slot promises (bench/slot.h), apart from where the slots come from. A suite is a list
 * of cases that know slots alone; an opener makes a slot with the suite's firmware on its board,
 * and lets a case look at that board from behind. tests/contract/test_*.c ask suites over the
 * virtual bench, tests/kernel/programs/contract.c over the real one in the kernel lab.
 *
 * Which cases a slot is asked is decided by its capabilities alone, and said on stdout.
 */
#ifndef TESTS_CONTRACT_CONTRACT_H
#define TESTS_CONTRACT_CONTRACT_H

#include "bench/slot.h"
#include "lib/wrapped.h"

#include <check.h>

/* How good a bench is at telling the time of what happens. */
struct contract_bounds {
	/* How late it does what it is told, tells what happened on a line, or ends a wait. 0: its
	 * clock stands still between waits, and everything is at its microsecond. */
	int64_t late_us;
	int64_t edge_us;     /* how far off the distance of two edges may be told */
	int64_t arrive_us;   /* within this a device is on the USB, or has left it */
	int64_t watch_us;    /* long enough to see the board do something several times */
	int64_t blink_us;    /* how fast the bare program blinks */
	int64_t transfer_us; /* no control transfer is done sooner */
};

/* What the serial line is. */
enum contract_line {
	CONTRACT_LINE_NONE = 0,
	CONTRACT_LINE_PADS = 1, /* wired to pads of the board */
	CONTRACT_LINE_USB = 2,	/* a device on the board's USB */
};

struct contract_opener {
	const char *name;
	/* WRAPPED_RECORD: each case is asked twice, recorded and then played back. */
	enum wrapped how;
	enum contract_line line;
	struct contract_bounds bounds;
	const void *bench; /* the opener's own */
	/*
	 * Opens the nth slot of the running case (from 0), wrapped as 'how' says, whose board has
	 * no power and its firmware untouched. False when that firmware is not there.
	 */
	bool (*open)(const struct contract_opener *opener, enum wrapped how, unsigned int nth,
		     struct slot *ret, void **ret_behind);
	/* Copies out of the board's flash. */
	void (*look)(void *behind, uint32_t address, void *bytes, size_t len);
	/* Asserts that the board of a slot that was closed is safe; may be NULL. */
	void (*closed)(void *behind);
};

/* A slot of the running case. */
struct contract_board {
	const struct contract_opener *opener;
	enum wrapped how;
	struct slot slot;
	void *behind; /* NULL when it is played back */
};

/* False, and counted as a skip, when its firmware is not there. */
bool contract_open(int opener, struct contract_board *ret);
void contract_close(struct contract_board *board);

void contract_look(const struct contract_board *board, uint32_t address, void *bytes, size_t len);

/* Asserts that 'at_us' is 'us', or later by as much as the bench may be. */
void contract_is_at(const struct contract_board *board, int64_t at_us, int64_t us);

/* slot_wait() for so long, and asserts that it ended when it must. */
enum slot_wait contract_wait(const struct contract_board *board, int64_t us);

/* Waits until what the board did by now has been told; no time on a bench that is exact. */
void contract_settle(const struct contract_board *board);

/* As the calls of the slot, and asserts that they succeed. */
void contract_power(const struct contract_board *board, enum slot_power state);
void contract_hold(const struct contract_board *board, enum slot_line line, enum slot_hold state);
void contract_join(const struct contract_board *board, enum slot_usb_port port);
void contract_arm(const struct contract_board *board, enum slot_cut_by by, uint64_t at,
		  enum slot_cut_form form);

struct contract_case {
	const TTest *test;	 /* its argument is an opener's number, for contract_open() */
	unsigned int needs;	 /* enum slot_capability */
	enum contract_line line; /* only with such a one */
};

struct contract_suite {
	const char *name;
	/* The nth case; false after the last. */
	bool (*nth)(size_t n, struct contract_case *ret);
};

/* suites, one a subject */
extern const struct contract_suite contract_slot_suite; /* the bare program, see slot_desk.h */
extern const struct contract_suite contract_cut_suite;	/* the same */
extern const struct contract_suite contract_usb_suite; /* a board that comes to the USB by itself */
extern const struct contract_suite contract_console_suite; /* the reference firmware */
extern const struct contract_suite contract_radio_suite;   /* the same */

/* Adds the cases that slots of these openers (static) can be asked, and says which they are. */
void contract_add(Suite *to, const struct contract_suite *suite,
		  const struct contract_opener *openers, size_t count);

/* The bare program, and where it belongs. */
enum { CONTRACT_PROGRAM_ADDRESS = 0x08000000, CONTRACT_PROGRAM_BYTES = 200 };
void contract_program(int64_t blink_us, uint8_t ret[CONTRACT_PROGRAM_BYTES]);

#endif
