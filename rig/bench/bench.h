/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bench: what is wired to what, read from a bench file (docs/bench.md). Plain data; nothing is
 * opened here. Whether something is wired is said by the first member of each part: an empty text
 * or zero is "not there".
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_limits {
	BENCH_NAME_MAX = 32,
	BENCH_TEXT_MAX = 64,	 /* chips, lines, ports, serial numbers */
	BENCH_COMMAND_MAX = 256, /* external commands, device paths */
	BENCH_SLOTS_MAX = 32,
	BENCH_WRAPS_MAX = 4,
	BENCH_FILE_MAX = 65536,
	BENCH_LEDS = 3,	    /* red, green, blue */
	BENCH_PRODUCTS = 2, /* a board shows one id while its system runs, another in DFU mode */
	BENCH_PERMILLE_MAX = 1000,
	BENCH_TRIALS_MAX = 100000, /* a day: more than a relay lives */
	BENCH_SAMPLE_HZ_MIN = 200,
	BENCH_SAMPLE_HZ_MAX = 20000,
};

/* Level of a line at which what it is for is the case. */
enum bench_active { BENCH_ACTIVE_HIGH = 0, BENCH_ACTIVE_LOW = 1 };

/* One line of a GPIO chip. 'line' empty: not wired. */
struct bench_line {
	char chip[BENCH_TEXT_MAX]; /* name ("gpiochip0"), label or path of the chip */
	char line[BENCH_TEXT_MAX]; /* name or number of the line */
	enum bench_active active;
};

enum bench_switch {
	BENCH_SWITCH_NONE = 0,
	BENCH_SWITCH_RELAY = 1,
	BENCH_SWITCH_HIGH_SIDE = 2, /* MOSFET or load switch */
	BENCH_SWITCH_HUB = 3,	    /* a port of a USB hub */
	BENCH_SWITCH_COMMAND = 4,
};

struct bench_power {
	enum bench_switch kind;
	struct bench_line line;	   /* relay, high side */
	char port[BENCH_TEXT_MAX]; /* hub: USB path of the port, "1-1.2" */
	char on[BENCH_COMMAND_MAX];
	char off[BENCH_COMMAND_MAX];
	char query[BENCH_COMMAND_MAX]; /* prints "on" or "off"; may be empty */
	int64_t timeout_us;	       /* of a command, above zero */
	int64_t latency_us;	     /* from the order to no power; known, subtracted when aiming */
	int64_t spread_us;	     /* how far the latency may be off */
	int64_t settle_us;	     /* after on, until the supply is there */
	int64_t discharge_us;	     /* after off, until the rail must have fallen */
	struct bench_line loop_back; /* an input wired to the switch's own line or output */
	struct bench_line rail;	     /* an input that sees the board's rail */
	struct bench_line bleed;     /* drains the rail while power is off */
};

/* Level of the board's pin at which an LED is lit; low with a common anode. */
enum bench_lit { BENCH_LIT_LOW = 0, BENCH_LIT_HIGH = 1 };

struct bench_led {
	struct bench_line lines[BENCH_LEDS]; /* red, green, blue; active low: the stage inverts */
	enum bench_lit lit;
	uint32_t sample_hz; /* 0: edges; else the levels are looked at so often */
};

/* Whether the cable can come off the board or the host. */
enum bench_cable { BENCH_CABLE_LOOSE = 0, BENCH_CABLE_FIXED = 1 };

/*
 * Of 'port' and 'serial' one is there: without a port, the board is looked for by its serial
 * number. The ids are no part of the file: who knows the board's profile fills them in.
 */
struct bench_usb {
	char port[BENCH_TEXT_MAX];   /* path of the port the board is on, "1-1.2"; empty: any */
	char serial[BENCH_TEXT_MAX]; /* serial number the board must have; empty: any */
	enum bench_cable cable;
	struct bench_line vbus; /* switch of the port's supply; without one it is the hub's */
	uint16_t vendor;	/* 0: any */
	uint16_t products[BENCH_PRODUCTS];
	size_t product_count; /* 0: any */
};

/* What a console's line does when it is let go. */
enum bench_rest { BENCH_REST_CLOSED = 0, BENCH_REST_BREAK = 1 };

/* One of 'port', 'serial' and 'device' is given. */
struct bench_console {
	uint32_t baud;	      /* 0: no console; else what the board speaks */
	uint32_t nth;	      /* which of the device's serial lines, from 0 */
	enum bench_rest rest; /* break: TX is held low, so that it feeds nothing */
	char port[BENCH_TEXT_MAX];
	char serial[BENCH_TEXT_MAX];
	char device[BENCH_COMMAND_MAX];
};

/* 0 = no limit. */
struct bench_safety {
	int64_t on_us_max;     /* power is never on for longer at a stretch */
	int64_t switch_us_min; /* from off to on; power is given only then */
	uint32_t trials_a_day; /* power-ons in 24 hours, of a relay that wears */
};

enum bench_wrap_kind {
	BENCH_WRAP_NONE = 0,
	BENCH_WRAP_FAULT = 1,
	BENCH_WRAP_RECORD = 2,
	BENCH_WRAP_REPLAY = 3,
};

/* A wrapper round the slot (bench/wrap); the first of them is the innermost. */
struct bench_wrap {
	enum bench_wrap_kind kind;
	char file[BENCH_COMMAND_MAX]; /* record: written; replay: read */
	uint64_t seed;		      /* fault: where its chance begins */
	uint32_t late_permille;	      /* fault: of the calls that time has a meaning for */
	uint32_t lost_permille;
	uint32_t stuck_permille;
	uint32_t wrong_permille;
};

struct bench_slot {
	char name[BENCH_NAME_MAX];
	char board[BENCH_NAME_MAX]; /* of a board profile */
	unsigned int board_line;    /* where the file names it */
	struct bench_power power;
	struct bench_line vbat;
	struct bench_line reset; /* open drain: pulled low, or let go */
	struct bench_line setup; /* the same */
	struct bench_led led;
	struct bench_usb usb;
	struct bench_console console;
	struct bench_safety limits;
	/*
	 * An external programmer is attached: flash outside the board profile's regions may be
	 * written, and a board that takes no state over DFU is written with it. The command gets an
	 * address and a file for each piece of flash; empty: there is none.
	 */
	char programmer[BENCH_COMMAND_MAX];
	int64_t programmer_us; /* the longest that it may take */
	struct bench_wrap wraps[BENCH_WRAPS_MAX];
	size_t wrap_count;
};

struct bench {
	char name[BENCH_NAME_MAX];
	char path[BENCH_COMMAND_MAX];
	struct bench_slot slots[BENCH_SLOTS_MAX];
	size_t slot_count;
	char cloud_address[BENCH_TEXT_MAX]; /* of a local device cloud; empty: none */
	uint16_t cloud_port;
};

/*
 * Reads a bench file. ERR_CONFIG with file and line: unknown key, missing part, out of range, a
 * line or USB port that is used twice (with both lines).
 */
int bench_load(const char *path, struct bench *ret, struct err *err) MUST_CHECK;

/* The slot of that name; NULL when there is none. */
const struct bench_slot *bench_slot(const struct bench *bench, const char *name);

/* Whether the board's USB socket is wired to a port of this host. */
static inline bool bench_has_usb(const struct bench_usb *usb)
{
	return usb->port[0] != '\0' || usb->serial[0] != '\0';
}

/* Whether the serial line is the board's own USB device: it is found where the board is. */
bool bench_console_is_usb(const struct bench_slot *slot);

/* What the slot can do, by its file: bits of enum slot_capability (bench/slot.h). Whether a hub can
 * cut one port alone is only seen when it is opened; here it can. */
unsigned int bench_wiring(const struct bench_slot *slot);

static inline bool bench_wired(const struct bench_line *line)
{
	return line->line[0] != '\0';
}

#endif
