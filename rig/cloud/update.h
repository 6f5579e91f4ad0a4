/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One update over the air, as the cloud sends it: UpdateBegin, chunk after chunk, UpdateDone, and
 * what the board answers to each. Pure: messages go in and out, time is told. Facts: particle-gen2
 * 2.2, 8.3.
 *
 * "Done" means that the board has all chunks. Whether it will install them is in its answer (from
 * 0.7 on), and whether it did shows only after its reset.
 */
#ifndef CLOUD_UPDATE_H
#define CLOUD_UPDATE_H

#include "cloud/tamper.h"

enum update_limits {
	UPDATE_CHUNK_DEFAULT = 512,
	UPDATE_CHUNK_MAX = 1024,
	UPDATE_BYTES_MAX = 1 << 20, /* the whole flash; boards stage 256 KB */
	UPDATE_CHUNKS_MAX = 65535,  /* an index has 16 bits, and 65535 is refused */
	UPDATE_AGAIN_MAX = 64,	    /* chunks asked for in one message: boards list 50 at most */
	UPDATE_ROUNDS_MAX = 256,    /* of "chunks are missing", and of beginning anew */
	UPDATE_REFUSALS_MAX = 16,   /* of one chunk, in a row */
	UPDATE_ANSWER_MAX = 256,
	UPDATE_TEXT_MAX = 160,
};

enum update_times_us {
	UPDATE_STEP_US = 20000000, /* for the answer to a message: boards wait as long */
	/* For UpdateReady: systems to 1.1 may wait 30 s for leave to update, then up to 10 s pass
	 * erasing. */
	UPDATE_READY_US = 45000000,
	/* A 0.5.2 asks again every 3 s for what it misses and ends by itself; then it is asked. */
	UPDATE_OWN_END_US = 4000000,
	/* "Chunks are missing", and no word which: asked again. */
	UPDATE_MISSED_US = 5000000,
};

enum update_mode { UPDATE_SLOW = 1, UPDATE_FAST = 2 };

/* The last chunk: as long as what is left, or filled up with zeros as Particle's server has it. */
enum update_padding { UPDATE_UNPADDED = 0, UPDATE_PADDED = 1 };

enum update_result {
	UPDATE_UNKNOWN = 0, /* it goes on */
	UPDATE_DONE = 1,    /* the board has all chunks */
	UPDATE_REFUSED = 2, /* the board does not want it */
	UPDATE_TIMEOUT = 3,
	UPDATE_GONE = 4,    /* the session ended */
	UPDATE_CUT = 5,	    /* the caller, or the tamper hook, broke it off */
	UPDATE_GARBLED = 6, /* the board's answers make no sense */
};

/* What the board's checks of the whole said; in its answer to UpdateDone, from 0.7 on. */
enum update_checks { UPDATE_CHECKS_UNKNOWN = 0, UPDATE_CHECKS_GOOD = 1, UPDATE_CHECKS_BAD = 2 };

enum update_step_kind {
	UPDATE_STEP_UNKNOWN = 0,
	UPDATE_STEP_BEGIN = 1,	/* UpdateBegin is on its way */
	UPDATE_STEP_READY = 2,	/* the board has erased */
	UPDATE_STEP_SENT = 3,	/* a chunk is on its way */
	UPDATE_STEP_TAKEN = 4,	/* slow: the board has it */
	UPDATE_STEP_MISSED = 5, /* the board asks for chunks; 'chunk' is the first */
	UPDATE_STEP_ASKED = 6,	/* UpdateDone is on its way */
	UPDATE_STEP_OVER = 7,	/* there is a result */
};

struct update;

struct update_progress {
	const struct update
		*update; /* borrowed for the call; with its result at UPDATE_STEP_OVER */
	enum update_step_kind step;
	uint32_t chunk;
	uint32_t chunks; /* of the whole */
	uint32_t bytes;	 /* of the file that are sent (fast) or taken (slow) for sure */
	int64_t t_us;
};

enum update_go { UPDATE_GO_ON = 1, UPDATE_STOP = 2 };

struct update_setup {
	const uint8_t *bytes; /* borrowed until the update is over */
	size_t len;	      /* 1 to UPDATE_BYTES_MAX */
	enum update_mode mode;
	enum update_padding padding;
	uint16_t chunk_bytes; /* 0: the boards' default; UPDATE_CHUNK_MAX at most */
	uint8_t store;	      /* 0 is firmware */
	uint32_t address;     /* 0, see struct tamper_begin */
	struct tamper tamper; /* message == NULL: none */
	/* Told of every step; may be NULL. What it says breaks the update off or not. */
	enum update_go (*progress)(void *ctx, const struct update_progress *progress);
	void *ctx;
};

enum update_phase {
	UPDATE_PHASE_NONE = 0,
	UPDATE_PHASE_BEGIN,  /* UpdateBegin is to be sent */
	UPDATE_PHASE_READY,  /* UpdateReady is awaited */
	UPDATE_PHASE_CHUNKS, /* chunks are to be sent */
	UPDATE_PHASE_CHUNK,  /* slow: the answer to one is awaited */
	UPDATE_PHASE_DONE,   /* UpdateDone is to be sent */
	UPDATE_PHASE_ANSWER, /* its answer is awaited */
	UPDATE_PHASE_MISSED, /* some are missing: which? */
	UPDATE_PHASE_OWN,    /* the board may end by itself */
	UPDATE_PHASE_OVER,
};

/* Read what you like; changed only by the functions below. */
struct update {
	struct update_setup setup;
	enum update_result result;
	char text[UPDATE_TEXT_MAX]; /* why, with a result other than done */
	enum update_checks checks;
	char answer[UPDATE_ANSWER_MAX]; /* payload of the answer to UpdateDone */
	uint8_t code;			/* of the answer that ended it; 0: none did */
	uint32_t chunks;
	uint32_t sent;	   /* chunks that went out, repeated ones too */
	uint32_t refusals; /* chunks that the board called bad (slow) */
	uint32_t missed;   /* chunks that it asked for again (fast) */
	uint32_t rounds;
	enum update_mode mode; /* as the board's UpdateReady says */
	enum update_ended_by {
		UPDATE_ENDED_BY_NOBODY = 0,
		UPDATE_ENDED_BY_CLOUD = 1,
		UPDATE_ENDED_BY_BOARD = 2, /* it sent UpdateDone itself */
	} ended_by;
	/* inner state */
	enum update_phase phase;
	uint8_t token; /* of UpdateBegin; the next two are for chunks and UpdateDone */
	uint16_t last_id;
	uint32_t next;
	uint32_t chunk_refusals;
	uint16_t again[UPDATE_AGAIN_MAX];
	uint32_t again_at, again_count;
	enum update_era {
		UPDATE_ERA_UNKNOWN = 0,
		UPDATE_ERA_ENDS_ITSELF = 1,
		UPDATE_ERA_IS_ASKED = 2
	} era;
	int64_t deadline_us;
	struct tamper_plan plan;
	size_t plan_at;
	int64_t plan_due_us;
};

enum { UPDATE_TOKENS = 3 }; /* that an update uses: 'token' and the ones after it */

/* Nothing under way: what a session starts with. */
void update_init(struct update *update);

/* Begins. What the setup says must be within the limits (ours to know). */
void update_begin(struct update *update, const struct update_setup *setup, uint8_t token,
		  int64_t now_us);

/* True while there is no result. */
bool update_is_on(const struct update *update);

/* A message of the board; true when it belongs to the update. */
bool update_heard(struct update *update, const struct coap *coap, int64_t now_us);

/*
 * The next message to be sent now, as CoAP; its length, 0 when there is none. Asked for only as
 * fast as the carrier takes messages: this is what bounds a fast update. *id is the number of the
 * last message sent, and counted on. 'size' is TAMPER_FRAME_MAX at least.
 */
size_t update_next(struct update *update, uint16_t *id, int64_t now_us, uint8_t *bytes,
		   size_t size);

/* Looks at the deadlines. */
void update_step(struct update *update, int64_t now_us);

/* When update_next() or update_step() have something to do without a message: 0 for at once,
 * INT64_MAX for never. */
int64_t update_due_us(const struct update *update);

/* The session ended, or the caller's power cut came: a result, if there is none yet. */
void update_end(struct update *update, enum update_result result, const char *text, int64_t now_us);

/* "refused" ...: a word for a result. */
const char *update_result_name(enum update_result result);

#endif
