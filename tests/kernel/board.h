/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One virtual board that lives in the kernel's time. Its clock follows CLOCK_MONOTONIC and never
 * runs ahead of it. What the rig does to a line falls on the board's cycle that belongs to the
 * kernel's time of the event, however late it is learnt, also inside a flash operation, which is
 * torn then; what the board does to a line shows a fixed delay later, so that edges keep their
 * distances. A board whose work takes longer than the time that passes falls behind; when it is too
 * far behind, its clock is put back, and the journal says so.
 */
#ifndef TESTS_KERNEL_BOARD_H
#define TESTS_KERNEL_BOARD_H

#include "kernel/adapter.h"
#include "kernel/cable.h"
#include "kernel/gpio.h"
#include "kernel/uart.h"

enum board_line {
	BOARD_POWER = 0, /* the rig drives these */
	BOARD_RESET = 1,
	BOARD_SETUP = 2,
	BOARD_VBUS = 3, /* high: its USB cable is in */
	BOARD_VBAT = 4, /* high: its backup supply is there */
	BOARD_INPUTS = 5,
	BOARD_RED = 0, /* the board drives these; as enum vboard_led */
	BOARD_GREEN = 1,
	BOARD_BLUE = 2,
	BOARD_RAIL = 3, /* high while the supply is up */
	BOARD_LOOP = 4, /* a wire from the power line back */
	BOARD_OUTPUTS = 5,
};

enum board_limits {
	BOARD_NAME_MAX = 16,
	BOARD_EVENTS_MAX = 256,
	BOARD_EDGES_MAX = 4096,
	BOARD_KEPT_MAX = 4,
	BOARD_DELAY_NS = 5000000,  /* from a board's edge to the line's */
	BOARD_PERIOD_NS = 4000000, /* in which a board wants to be run; less than the delay */
	BOARD_ASKED_NS = 1000000,  /* the same while the bus waits for its answer */
	BOARD_LAG_NS_MAX = 20000000,
	BOARD_SLICE_US = 4500, /* run at a time, when it is alone: a snapshot each */
	BOARD_SLICE_US_MIN = 1500,
	BOARD_SHARE_NS = 3000000, /* of the process's time in a row, when it is behind */
};

enum board_supply { BOARD_BY_RELAY = 0, BOARD_BY_PORT = 1 };

/* A fault of the wiring: an input that does not reach the board, an output that does not move. */
enum board_stuck { BOARD_FREE = 0, BOARD_STUCK_LOW = 1, BOARD_STUCK_HIGH = 2 };

struct board_event {
	int64_t ns;
	enum board_line line;
	enum gpio_level level;
};

struct board_edge {
	int64_t due_ns;
	enum board_line line;
	enum gpio_level level;
};

struct board {
	char name[BOARD_NAME_MAX];
	struct vboard *vb;
	struct journal *journal;
	struct cable cable;
	struct adapter *adapter; /* NULL: nothing is wired to its serial port */
	int64_t origin_ns;	 /* of cycle 0 */
	int64_t slipped_ns;	 /* by which the clock was put back, in all */
	int64_t slip_told_ns;
	int64_t lag_ns_max;
	struct board_event events[BOARD_EVENTS_MAX]; /* a ring */
	unsigned int event_first, event_count;
	struct board_edge edges[BOARD_EDGES_MAX]; /* a ring */
	unsigned int edge_first, edge_count;
	uint64_t edges_lost;
	enum board_supply supply;
	enum gpio_level inputs[BOARD_INPUTS]; /* as the rig drives them */
	enum gpio_level power_on_level;
	enum board_stuck stuck_inputs[BOARD_INPUTS];
	int outputs[BOARD_OUTPUTS]; /* file descriptors, -1 not wired */
	int uart;		    /* what its USART1 is wired to; -1: nothing */
	enum board_stuck stuck_outputs[BOARD_OUTPUTS];
	enum gpio_level output_levels[BOARD_OUTPUTS];
	bool port_lit;
	bool vbus_wired; /* else commands say whether the cable is in */
	bool vbat_wired; /* the same of the backup supply */
	bool on;	 /* as the board was told last */
	bool rail_up;
	void *kept[BOARD_KEPT_MAX];
	struct vboard_snapshot *before; /* as it was before it was last run */
	bool unfinished;		/* it has not been run up to now */
	bool spoken_to;			/* its cable or serial line has something for it */
	bool overran; /* that run went beyond its end: a flash operation is done in one go */
};

/* NULL on lack of memory. Off, the cable not joined. */
struct board *board_new(const char *name, enum vboard_model model, uint64_t seed, unsigned int port,
			struct journal *journal);
void board_free(struct board *board);

/* The rig's line changed, at host time 'ns'. */
void board_line(struct board *board, enum board_line line, enum gpio_level level, int64_t ns);

/* The power of its USB port changed, now. */
void board_port(struct board *board, bool lit);

/* Sets a fault, or takes it away. */
void board_stick_input(struct board *board, enum board_line line, enum board_stuck stuck);
void board_stick_output(struct board *board, enum board_line line, enum board_stuck stuck);

/* Wires an adapter on the host's port 'port' to the board's serial port. Negative errno. */
int board_adapter(struct board *board, unsigned int port);

/* Looks at all inputs anew: after wiring, or another kind of supply. */
void board_settle(struct board *board);

/*
 * Lets the board live until 'now_ns', 'slice_us' of it at most. True when it is not there yet: to
 * be called again, after other boards' lines have moved that are due. Does nothing while it is not
 * due: a run begins with a snapshot, and other boards' edges wake us, too.
 */
bool board_run(struct board *board, int64_t now_ns, unsigned int slice_us);

/* A board that cannot keep up gets a slower clock: to be called when it has had its share. */
void board_slip(struct board *board, int64_t now_ns);

/* Moves the lines whose time has come. */
void board_emit(struct board *board, int64_t now_ns);

/* When it next wants board_run() or board_emit(). */
int64_t board_due_ns(const struct board *board, int64_t now_ns);

/* Keeps and puts back what outlives power; false when there is none or the board is on. */
bool board_keep(struct board *board, unsigned int number);
bool board_put_back(struct board *board, unsigned int number);

#endif
