/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario: what update is done to which board, where power is cut, what is tried to bring the
 * board back, how many times. YAML, strict: an unknown key is an error with file and line.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "base/err.h"
#include "fuzz/acts.h"
#include "image/mutate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scenario_limits {
	SCENARIO_LED_MAX = 6,
	SCENARIO_STATE_MAX = 32,
	SCENARIO_SYMPTOMS_MAX = 6,
	SCENARIO_NAME_MAX = 40, /* [a-z0-9-]+, also the first word of a trial id */
	SCENARIO_TEXT_MAX = 200,
	SCENARIO_COMMAND_MAX = 256,
	SCENARIO_PATTERN_MAX = 96,
	SCENARIO_CHUNK_MAX = 65535,
	SCENARIO_PARTS_MAX = 8,
	SCENARIO_PHASES_MAX = 16,
	SCENARIO_RUNGS_MAX = 12,
	SCENARIO_FORMS_MAX = 16,
	SCENARIO_POINTS_MAX = 256,
	SCENARIO_TRIALS_MAX = 1000000,
	SCENARIO_BYTES_MAX = 65536,
	SCENARIO_RAMP_US_MAX = 10000000, /* longest fall and rise of the supply */
	CUT_PERMILLE_MAX = 999,		 /* a torn operation has neither begun nor ended */
};

/* Ways to bring a board back, cheapest first. Stored: numbers never change. */
#define RUNG_LIST(X)                                                                         \
	X(NONE, 0, "none")                                                                   \
	X(WAIT, 1, "wait")   /* power returned, nothing else done */                         \
	X(RESET, 2, "reset") /* pulse on the RESET line */                                   \
	X(POWER_CYCLE, 3, "power-cycle")                                                     \
	X(LONG_OFF, 4, "long-off")	 /* off long enough to drain everything, VBAT too */ \
	X(DFU_BUTTONS, 5, "dfu-buttons") /* SETUP held over reset until DFU shows */         \
	X(DFU_FLASH, 6, "dfu-flash")	 /* the same, then the old modules are written over USB */

enum rung {
#define X(name, number, text) RUNG_##name = (number),
	RUNG_LIST(X)
#undef X
		RUNG_COUNT
};

const char *rung_name(enum rung rung);
enum rung rung_from_name(const char *name); /* RUNG_NONE when the text names none */

enum cut_strategy {
	CUT_STRATEGY_UNKNOWN = 0,
	CUT_STRATEGY_NONE = 1,	     /* no cuts: only controls */
	CUT_STRATEGY_RANDOM = 2,     /* uniform over the chosen phases */
	CUT_STRATEGY_LIST = 3,	     /* the points given */
	CUT_STRATEGY_LINEAR = 4,     /* every stride-th operation (or equal steps of time) */
	CUT_STRATEGY_EXHAUSTIVE = 5, /* every operation; loaded as by operation, with stride 1 */
};

/* In what a cut is placed. Stored in trial ids. */
enum cut_by {
	CUT_BY_NONE = 0,
	CUT_BY_TIME = 1,	/* microseconds since the part's delivery began */
	CUT_BY_OPERATION = 2,	/* flash operation since the part's delivery began, from 0 */
	CUT_BY_INSTRUCTION = 3, /* instruction since the part's delivery began, from 0 */
	CUT_BY_ANCHOR = 4,	/* microseconds after a point that the delivery reaches */
};

/*
 * Points of a part's delivery (struct delivery_progress), and what comes after it. Stood for by
 * their words in trial ids. X(NAME, number, "word"); no word begins with another.
 */
#define CUT_ANCHOR_LIST(X)                                                   \
	X(BEGUN, 1, "begun")	     /* the first message goes out */        \
	X(READY, 2, "ready")	     /* the board takes bytes */             \
	X(CHUNK, 3, "chunk")	     /* the chunk of that number was sent */ \
	X(SENT, 4, "sent")	     /* all were, and the end was said */    \
	X(TAKEN, 5, "taken")	     /* transfer done */                     \
	X(INSTALLED, 6, "installed") /* the board runs again: before the next part */

enum cut_anchor {
	CUT_ANCHOR_NONE = 0,
#define X(name, number, text) CUT_ANCHOR_##name = (number),
	CUT_ANCHOR_LIST(X)
#undef X
		CUT_ANCHOR_COUNT
};

const char *cut_anchor_name(enum cut_anchor anchor);

enum scenario_transfer {
	SCENARIO_TRANSFER_DEFAULT = 0,
	SCENARIO_TRANSFER_FAST = 1, /* all at once */
	SCENARIO_TRANSFER_SLOW = 2, /* one chunk after the other's answer */
};

/* Sums of blocks that a receiver may not look at. */
enum scenario_sum { SCENARIO_SUM_DEFAULT = 0, SCENARIO_SUM_ZERO = 1, SCENARIO_SUM_RIGHT = 2 };

/* What becomes of the flash operation that the cut falls on. */
enum cut_form {
	CUT_FORM_NONE = 0,   /* cut by time or instruction: time decides */
	CUT_FORM_BEFORE = 1, /* the operation does not happen */
	CUT_FORM_TORN = 2,   /* interrupted after a fraction of its duration */
	CUT_FORM_AFTER = 3,  /* complete, then cut */
};

struct cut_form_at {
	enum cut_form form;
	uint32_t permille; /* of the operation's duration; only for CUT_FORM_TORN, from 1 */
};

enum vbat_mode {
	VBAT_UNKNOWN = 0,
	VBAT_LOST = 1,	 /* backup registers are lost with the rail */
	VBAT_KEPT = 2,	 /* a cell keeps them */
	VBAT_RANDOM = 3, /* drawn for each trial */
};

/* A point given by hand ("list"). */
struct cut_point {
	uint32_t part; /* 1-based */
	enum cut_by by;
	uint64_t at;
	struct cut_form_at form;
	enum cut_anchor anchor; /* by anchor */
	uint32_t chunk;		/* CUT_ANCHOR_CHUNK: which, from 0 */
};

/* LED states one after the other, by their names in the board's profile. */
struct scenario_led {
	char names[SCENARIO_LED_MAX][SCENARIO_STATE_MAX];
	size_t count;
};

/* Something to look for that has a name, and is neither good nor bad for the verdict. */
struct scenario_symptom {
	char name[SCENARIO_STATE_MAX];
	struct scenario_led led;
	struct scenario_led without; /* none of these before, since the board was started */
};

struct scenario {
	char path[ERR_FILE_MAX]; /* as given by the user; empty when read from a database */
	char *text;		 /* owned: the whole file, stored with a run */
	char name[SCENARIO_NAME_MAX];
	char summary[SCENARIO_TEXT_MAX];
	char board[SCENARIO_NAME_MAX];
	char from[SCENARIO_NAME_MAX + 16]; /* release names */
	char to[SCENARIO_NAME_MAX + 16];
	char via[SCENARIO_NAME_MAX]; /* how it is delivered: "staged" */
	char parts[SCENARIO_PARTS_MAX][SCENARIO_NAME_MAX];
	size_t part_count; /* 0: all that differ, in the order of their needs */
	struct {
		enum scenario_transfer mode;
		enum scenario_sum sum;
		uint32_t chunk_bytes;		     /* 0: the way's own */
		int64_t timeout_us;		     /* of one part; 0: the way's own */
		char command[SCENARIO_COMMAND_MAX];  /* what "exec" runs */
		char progress[SCENARIO_PATTERN_MAX]; /* how far it is, in its output */
	} deliver;
	struct {
		enum cut_strategy strategy;
		enum cut_by by;
		char phases[SCENARIO_PHASES_MAX][SCENARIO_NAME_MAX]; /* prefixes; none = all */
		size_t phase_count;
		struct cut_form_at
			forms[SCENARIO_FORMS_MAX]; /* for operations; none = torn, drawn */
		size_t form_count;
		struct cut_point points[SCENARIO_POINTS_MAX];
		size_t point_count;
		uint64_t stride; /* linear */
		/* Power is cut again in the boot that follows, at one of its first operations. */
		uint64_t again_within; /* 0: it is not */
		uint64_t again_stride; /* every so manieth of them; 0: one, drawn */
	} cut;
	struct {
		int64_t off_us_min; /* power returns after a time drawn from [min, max] */
		int64_t off_us_max;
		enum vbat_mode vbat;
		int64_t fall_us_min; /* the supply falls and rises in times drawn from these */
		int64_t fall_us_max;
		int64_t rise_us_min;
		int64_t rise_us_max;
		bool weak_cells; /* torn flash reads differently each time */
	} power;
	/* What is done to the update itself: kinds that each trial draws from. */
	struct {
		enum fuzz_act_kind transfer[FUZZ_COUNT];
		size_t transfer_count;
		uint32_t per_trial; /* acts on the transfer in one trial */
		enum image_mutation_kind image[IMAGE_MUTATION_COUNT];
		size_t image_count;
	} fuzz;
	enum rung ladder[SCENARIO_RUNGS_MAX];
	size_t ladder_count;
	struct scenario_led expect_led;
	struct scenario_symptom symptoms[SCENARIO_SYMPTOMS_MAX];
	size_t symptom_count;
	uint32_t trials;
	uint32_t controls;
	uint64_t seed;
	char policy[ERR_FILE_MAX]; /* gate policy file, relative to the scenario's folder */
};

/*
 * Reads a scenario file. ERR_CONFIG with file and line for anything unknown, missing, doubled,
 * out of range or contradictory. Caller releases *ret.
 */
int scenario_load(const char *path, struct scenario *ret, struct err *err) MUST_CHECK;

/* The same from memory ('name' is used in messages): a scenario stored with a run. */
int scenario_parse(const char *text, const char *name, struct scenario *ret,
		   struct err *err) MUST_CHECK;

void scenario_release(struct scenario *scenario);

/* Something is done to the update itself in each trial that is no control. */
static inline bool scenario_meddles(const struct scenario *scenario)
{
	return scenario->fuzz.transfer_count > 0 || scenario->fuzz.image_count > 0;
}

/*
 * For what is found wrong later, against other files: sets 'err' to ERR_CONFIG with the scenario's
 * file and the line of the value at 'path' ("deliver.parts[1]"), of the deepest part of the path
 * that is there. No line when the scenario has no text. Returns the code for "return".
 */
int scenario_fail(const struct scenario *scenario, struct err *err, const char *path,
		  const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
