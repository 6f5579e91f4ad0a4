/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot: an opened board position, real or virtual, as small interfaces. What a slot cannot do is
 * a capability bit that is off; a scenario that needs it is refused when it is planned. All times
 * are microseconds of the slot's own clock, which only slot_wait() and delivery move on.
 *
 * Nobody else looks at the ops: the functions below do, and they assert what the callers promise.
 */
#ifndef BENCH_SLOT_H
#define BENCH_SLOT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum slot_capability {
	SLOT_POWER = 1 << 0,	 /* power can be switched */
	SLOT_RAIL = 1 << 1,	 /* the rail can be seen */
	SLOT_VBAT = 1 << 2,	 /* the backup supply can be switched */
	SLOT_RESET = 1 << 3,	 /* RESET can be held */
	SLOT_SETUP = 1 << 4,	 /* SETUP can be held */
	SLOT_LED = 1 << 5,	 /* edges of the LED lines are seen */
	SLOT_CUT = 1 << 6,	 /* a cut by time can be armed ahead */
	SLOT_CUT_EXACT = 1 << 7, /* and one by flash operation or instruction */
	SLOT_STAGE = 1 << 8,	 /* an update can be staged without a download */
	SLOT_STORAGE = 1 << 9,	 /* the board's flash can be kept and put back */
	SLOT_TRACE = 1 << 10,	 /* flash operations are told */
	SLOT_CONSOLE = 1 << 11,	 /* the board's serial line is connected */
};

enum slot_line { SLOT_LINE_RESET = 1, SLOT_LINE_SETUP = 2 };
enum slot_power { SLOT_POWER_OFF = 0, SLOT_POWER_ON = 1 };
enum slot_hold { SLOT_RELEASED = 0, SLOT_HELD = 1 };
enum slot_wait {
	SLOT_WAIT_DEADLINE = 0, /* all time passed, or all was done */
	SLOT_WAIT_CUT = 1,	/* the armed cut happened */
	SLOT_WAIT_REFUSED = 2, /* staging only: the board did not do its part, which is its fault */
};

/* Called from inside slot_wait() and delivery; must not call back into the slot. */
struct slot_listener {
	void *ctx;
	/* An edge of LED line 'channel' (0 red, 1 green, 2 blue): pin level from now on. */
	void (*led)(void *ctx, int64_t t_us, int channel, bool high);
	/* A flash operation at 'address' is over, that began at 't_us' (SLOT_TRACE); may be NULL.
	 */
	void (*flash)(void *ctx, int64_t t_us, uint32_t address);
	/* A byte that the board sent on its serial line (SLOT_CONSOLE); may be NULL. */
	void (*console)(void *ctx, int64_t t_us, uint8_t byte);
};

/* A cut to be armed; counted from the moment of arming. */
struct slot_cut {
	enum slot_cut_by {
		SLOT_CUT_BY_TIME = 1,	     /* 'at' microseconds */
		SLOT_CUT_BY_OPERATION = 2,   /* 'at' flash operations */
		SLOT_CUT_BY_INSTRUCTION = 3, /* 'at' instructions */
	} by;
	uint64_t at;
	enum slot_cut_form { SLOT_CUT_BEFORE = 1, SLOT_CUT_TORN = 2, SLOT_CUT_AFTER = 3 } form;
	uint32_t permille;
};

/*
 * The running system's own code that reads and writes its configuration table: exports of an
 * installed module, or fixed addresses (Thumb bit set) where nothing is exported.
 */
struct slot_config_code {
	uint32_t exports; /* address of the module's table of libraries; 0 = addresses below */
	uint32_t library;
	uint32_t read;
	uint32_t write;
	uint32_t read_address;
	uint32_t write_address;
};

/* What is staged. Borrowed for the call. */
struct slot_update {
	const uint8_t *bytes;
	size_t len;
	uint32_t staging_address;
	uint32_t install_address;
	uint8_t function;
	struct slot_config_code config;
};

/* Counters that anchor a cut (SLOT_CUT_EXACT). */
struct slot_counters {
	uint64_t flash_ops;
	uint64_t instructions;
};

struct slot_power_ops {
	int (*set)(void *backend, enum slot_power power, struct err *err);
	int (*rail_read)(void *backend, bool *ret_up, struct err *err); /* SLOT_RAIL */
	int (*vbat_set)(void *backend, bool present, struct err *err);	/* SLOT_VBAT */
};

struct slot_line_ops {
	int (*hold)(void *backend, enum slot_line line, enum slot_hold hold, struct err *err);
};

struct slot_time_ops {
	int64_t (*now_us)(void *backend);
	int (*wait)(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err);
	void (*listen)(void *backend, const struct slot_listener *listener);
};

struct slot_cut_ops {
	int (*arm)(void *backend, const struct slot_cut *cut, struct err *err);
	void (*disarm)(void *backend);
	void (*counters)(void *backend, struct slot_counters *ret); /* SLOT_CUT_EXACT */
};

struct slot_stage_ops {
	/* To the point from which the update counts: the system about to start. */
	int (*prepare)(void *backend, enum slot_wait *ret, struct err *err);
	/* Writes the module to the staging region. */
	int (*write)(void *backend, const struct slot_update *update, enum slot_wait *ret,
		     struct err *err);
	/* Has the firmware enter it in its table of pending updates. */
	int (*commit)(void *backend, const struct slot_update *update, enum slot_wait *ret,
		      struct err *err);
};

struct slot_storage_ops {
	int (*load)(void *backend, uint32_t address, const uint8_t *bytes, size_t len,
		    struct err *err); /* board off */
	int (*keep)(void *backend, unsigned int number, struct err *err);
	int (*put_back)(void *backend, unsigned int number, struct err *err);
	void (*seed)(void *backend, uint64_t seed); /* chance inside the board starts anew */
};

struct slot_console_ops {
	/* Sends what can be sent now; *ret_sent of 'len' bytes. */
	int (*send)(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err);
};

enum slot_limits { SLOT_STORAGE_MAX = 10, SLOT_NAME_MAX = 32 };

struct slot {
	char name[SLOT_NAME_MAX];
	unsigned int capabilities; /* enum slot_capability */
	void *backend;
	const struct slot_time_ops *time;
	const struct slot_power_ops *power;
	const struct slot_line_ops *lines;
	const struct slot_cut_ops *cut;
	const struct slot_stage_ops *stage;
	const struct slot_storage_ops *storage;
	const struct slot_console_ops *console;
	void (*close)(void *backend); /* leaves the board safe: off, lines released */
};

/*
 * All calls: 0, or a negative errno with 'err' of kind ERR_RIG set. Calling one whose capability is
 * off is a bug of the caller.
 */
int64_t slot_now_us(const struct slot *slot);
void slot_listen(const struct slot *slot, const struct slot_listener *listener);

/* The one place where time passes: until 'deadline_us' or until an armed cut has happened. */
int slot_wait(const struct slot *slot, int64_t deadline_us, enum slot_wait *ret,
	      struct err *err) MUST_CHECK;

int slot_power_set(const struct slot *slot, enum slot_power power, struct err *err) MUST_CHECK;
int slot_rail_read(const struct slot *slot, bool *ret_up, struct err *err) MUST_CHECK;
int slot_vbat_set(const struct slot *slot, bool present, struct err *err) MUST_CHECK;
int slot_hold(const struct slot *slot, enum slot_line line, enum slot_hold hold,
	      struct err *err) MUST_CHECK;

/* Arms a cut; it stays armed until it happens or is disarmed. Power is off when it has happened. */
int slot_cut_arm(const struct slot *slot, const struct slot_cut *cut, struct err *err) MUST_CHECK;
void slot_cut_disarm(const struct slot *slot);
void slot_counters(const struct slot *slot, struct slot_counters *ret);

int slot_stage_prepare(const struct slot *slot, enum slot_wait *ret, struct err *err) MUST_CHECK;
int slot_stage_write(const struct slot *slot, const struct slot_update *update, enum slot_wait *ret,
		     struct err *err) MUST_CHECK;
int slot_stage_commit(const struct slot *slot, const struct slot_update *update,
		      enum slot_wait *ret, struct err *err) MUST_CHECK;

int slot_storage_load(const struct slot *slot, uint32_t address, const uint8_t *bytes, size_t len,
		      struct err *err) MUST_CHECK;
int slot_storage_keep(const struct slot *slot, unsigned int number, struct err *err) MUST_CHECK;
int slot_storage_put_back(const struct slot *slot, unsigned int number, struct err *err) MUST_CHECK;
void slot_seed(const struct slot *slot, uint64_t seed);

/*
 * Sends bytes to the board on its serial line. They take their time; *ret_sent says how many were
 * taken, fewer than 'len' when the line is full or the board does not receive now.
 */
int slot_console_send(const struct slot *slot, const uint8_t *bytes, size_t len, size_t *ret_sent,
		      struct err *err) MUST_CHECK;

static inline bool slot_can(const struct slot *slot, unsigned int capabilities)
{
	return (slot->capabilities & capabilities) == capabilities;
}

/* Safe state, then everything is let go. NULL allowed. */
void slot_close(struct slot *slot);

#endif
