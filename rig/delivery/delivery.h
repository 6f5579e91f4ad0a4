/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How an update reaches a board: one interface, one table. A delivery says how far it is, at points
 * that a cut can be anchored to. "Transfer done" and "update installed" are two facts: sending ends
 * with the first, and only what the board itself says of its modules proves the second.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "bench/slot.h"
#include "fuzz/acts.h"
#include "delivery/port.h"
#include "image/image.h"
#include "obs/obs.h"

enum delivery_limits {
	DELIVERY_TEXT_MAX = 96,
	DELIVERY_COMMAND_MAX = 256,
	DELIVERY_PATH_MAX = 256,
};

/* One module of an update, and what its way to the board needs to know. All borrowed. */
struct delivery_part {
	uint32_t number; /* 1-based, in order of delivery */
	const char *name;
	const struct image *image;
	uint32_t staging_address;
	uint32_t system_vectors;
	struct slot_config_code config[SLOT_CONFIG_CODES_MAX]; /* of the old and the new release */
};

/* What a way may have to know of the board. Zero: not known, or the board has no such thing. */
struct delivery_board {
	const char *name;
	uint16_t platform_id;
	uint16_t usb_vendor;
	uint16_t usb_serial; /* product id while the system runs */
	uint16_t usb_dfu;
	int64_t reset_pulse_us;
	int64_t setup_dfu_us;	    /* SETUP held over a reset: DFU mode */
	int64_t setup_listening_us; /* SETUP held while the system runs: listening mode */
	int64_t boot_us_max;	    /* until the system runs */
};

enum delivery_mode { DELIVERY_MODE_DEFAULT = 0, DELIVERY_MODE_FAST = 1, DELIVERY_MODE_SLOW = 2 };

/* The sum behind a block that is not always looked at. */
enum delivery_sum { DELIVERY_SUM_DEFAULT = 0, DELIVERY_SUM_ZERO = 1, DELIVERY_SUM_RIGHT = 2 };

/* What a scenario may choose. Zero: the way's own. */
struct delivery_options {
	enum delivery_mode mode;
	uint32_t chunk_bytes;
	enum delivery_sum sum;		    /* ymodem */
	uint32_t baud;			    /* ymodem: of a serial line that knows speeds */
	int64_t timeout_us;		    /* of sending one part */
	char command[DELIVERY_COMMAND_MAX]; /* exec */
	char progress[DELIVERY_TEXT_MAX];   /* exec: an extended regular expression */
	char keys[DELIVERY_PATH_MAX];	    /* cloud: the folder that holds the rig's keys */
	char address[DELIVERY_TEXT_MAX];    /* cloud: where boards reach the rig */
	uint16_t port;
};

/* How far a delivery is, in this order. Stored in trial ids by name: names never change. */
enum delivery_point {
	DELIVERY_POINT_NONE = 0,
	DELIVERY_BEGUN = 1, /* the first message goes out */
	DELIVERY_READY = 2, /* the board takes bytes: erased, asked for the first block */
	DELIVERY_CHUNK = 3, /* one was sent; 'chunk' says which, from 0 */
	DELIVERY_SENT = 4,  /* all were, and the end was said */
	DELIVERY_TAKEN = 5, /* transfer done: the board says that it has all */
};

struct delivery_progress {
	enum delivery_point point;
	uint32_t chunk;
	uint64_t bytes; /* sent so far */
};

enum delivery_result {
	DELIVERY_UNKNOWN = 0,
	DELIVERY_DONE = 1,    /* transfer done; the board restarts with the update pending */
	DELIVERY_CUT = 2,     /* the armed cut happened */
	DELIVERY_REFUSED = 3, /* the board said no, or did not play along: its fault */
	DELIVERY_LOST = 4,    /* what was done to the transfer on purpose ended it */
};

struct delivery_outcome {
	enum delivery_result result;
	char text[DELIVERY_TEXT_MAX]; /* why, when it is neither done nor cut */
};

enum delivery_proof_kind {
	DELIVERY_PROOF_NONE = 0,      /* the board could not be asked, or does not tell */
	DELIVERY_PROOF_INSTALLED = 1, /* the module runs: its version, and its hash where told */
	DELIVERY_PROOF_OTHER = 2,     /* another one does */
	DELIVERY_PROOF_BAD = 3,	      /* it is there, and the board says that it is not sound */
};

struct delivery_proof {
	enum delivery_proof_kind kind;
	uint32_t version;	      /* that the board says; 0 when it says none */
	char text[DELIVERY_TEXT_MAX]; /* how it was told, or why it was not */
};

/* A way that was opened on a slot. The pointers are borrowed and outlive it. */
struct delivery_context {
	const struct slot *slot;
	const struct delivery_board *board;
	const struct delivery_options *options;
	struct delivery_port *port; /* what the board says on its serial line and radio */
	void *state;		    /* the way's own, between open and close */
};

/* One part's delivery. */
struct delivery_run {
	struct delivery_context *context;
	const struct delivery_part *part;
	const struct obs_sink *sink; /* slot's clock */
	/* Told at every point, outside of a wait: may arm a cut. NULL: nobody is. */
	int (*progress)(void *ctx, const struct delivery_progress *progress, struct err *err);
	void *progress_ctx;
	/*
	 * Told when the board's USB device is not there although it should be, before anything more
	 * is done to the board: who sees its light can tell whether the rig lost it. Then a
	 * negative errno with 'err' set; 0: what follows is the board's fault. An armed cut may be
	 * disarmed, and the USB is parted. NULL: it always is the board's fault.
	 */
	int (*absent)(void *ctx, struct err *err);
	void *absent_ctx;
	const struct fuzz_acts *acts; /* done to the transfer on purpose; NULL: nothing */
};

struct delivery {
	const char *name;
	unsigned int needs;    /* enum slot_capability */
	bool by_bootloader;    /* it installs what comes, so a bootloader cannot come */
	unsigned int acts;     /* which kinds of acts it can do: bits 1 << enum fuzz_act_kind */
	unsigned int harmless; /* of these, what is dangerous elsewhere and not by this way */
	/* Once before all parts of all trials of a slot; NULL when there is nothing to open. */
	int (*open)(struct delivery_context *context, struct err *err);
	void (*close)(struct delivery_context *context);
	/* Brings the running board to where the part's delivery begins: time 0 of a cut. */
	int (*prepare)(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err);
	/* Sends it; with DELIVERY_DONE the board is restarting with the update pending. */
	int (*send)(const struct delivery_run *run, struct delivery_outcome *ret, struct err *err);
	/*
	 * Asks the running board, in whatever way, which module it has in place of the part's. NULL
	 * when the way knows none. Whatever state the board was asked in, it is left running.
	 */
	int (*prove)(const struct delivery_run *run, struct delivery_proof *ret, struct err *err);
};

/* The way of that name, NULL when there is none. */
const struct delivery *delivery_find(const char *name);

/* The names of all ways, for messages: "staged, dfu, ...". */
void delivery_names(char *buf, size_t size);

/* The name of a point, "chunk"; DELIVERY_POINT_NONE for a name that is none. */
const char *delivery_point_name(enum delivery_point point);
enum delivery_point delivery_point_from_name(const char *name);

/*
 * As the ops above: 0, or a negative errno with 'err' when the rig failed. What the board does
 * wrong is in *ret. delivery_close() also takes a context that was never opened.
 */
int delivery_open(const struct delivery *delivery, struct delivery_context *context,
		  struct err *err) MUST_CHECK;
void delivery_close(const struct delivery *delivery, struct delivery_context *context);
int delivery_prepare(const struct delivery *delivery, const struct delivery_run *run,
		     struct delivery_outcome *ret, struct err *err) MUST_CHECK;
int delivery_send(const struct delivery *delivery, const struct delivery_run *run,
		  struct delivery_outcome *ret, struct err *err) MUST_CHECK;
int delivery_prove(const struct delivery *delivery, const struct delivery_run *run,
		   struct delivery_proof *ret, struct err *err) MUST_CHECK;

/*
 * For the ways: says that a point is reached, as an observation (but for chunks, which are too
 * many) and to whoever follows. The observation's text is the phase that begins there: "begin",
 * "stage", "slot", "apply".
 */
int delivery_reach(const struct delivery_run *run, enum delivery_point point, uint32_t chunk,
		   uint64_t bytes, struct err *err) MUST_CHECK;

/* For the ways: sets the outcome, with a line of text. */
void delivery_end(struct delivery_outcome *ret, enum delivery_result result, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* For the ways: what the part's image says of version 'version' and, when not NULL, its SHA-256. */
void delivery_judge_proof(const struct delivery_run *run, uint32_t version, const uint8_t *sha256,
			  const char *how, struct delivery_proof *ret);

/* The ways; what each one does is told in docs/delivery.md and at the top of its file. */
extern const struct delivery delivery_staged;
extern const struct delivery delivery_ymodem;
extern const struct delivery delivery_dfu;
extern const struct delivery delivery_dfu_staged;
extern const struct delivery delivery_usb_control;
extern const struct delivery delivery_exec;

/* Cloud: over the air, by the rig's own device cloud; on the slot's radio, or over TCP. */
extern const struct delivery delivery_cloud;

#endif
