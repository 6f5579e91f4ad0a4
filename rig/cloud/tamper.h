/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hook for what a cloud should not do: it sees every message that an update is about to send,
 * decoded, and says what is sent instead: nothing, the same, the same twice, others, bytes that are
 * no message; each after a delay; and whether the update goes on after it.
 *
 * A message holds its data itself, so a hook can keep one for later (to send it after the next,
 * say) by copying the struct. The update goes on as if it had sent the original.
 */
#ifndef CLOUD_TAMPER_H
#define CLOUD_TAMPER_H

#include "cloud/coap.h"

enum tamper_limits {
	TAMPER_DATA_MAX = 1536,			 /* of a chunk; what boards take is 1024 at most */
	TAMPER_FRAME_MAX = TAMPER_DATA_MAX + 32, /* a whole message */
	TAMPER_FRAMES_MAX = 8,			 /* sent instead of one */
};

enum tamper_kind { TAMPER_UNKNOWN = 0, TAMPER_BEGIN = 1, TAMPER_CHUNK = 2, TAMPER_DONE = 3 };

/* What UpdateBegin says. Facts: particle-gen2 8.3. */
struct tamper_begin {
	uint8_t flags; /* bit 0: fast */
	uint16_t chunk_bytes;
	uint32_t file_bytes;
	uint8_t store;
	/* Added to the staging region's address by the board, unchecked: anything but 0 may have a
	 * real board erase its bootloader (facts 2.2). */
	uint32_t address;
};

struct tamper_message {
	enum tamper_kind kind;
	enum coap_type type;
	uint16_t id;
	uint8_t token;
	struct tamper_begin begin; /* TAMPER_BEGIN */
	/* TAMPER_CHUNK */
	enum tamper_index { TAMPER_INDEX_IMPLICIT = 1, TAMPER_INDEX_SENT = 2 } has_index;
	uint16_t index; /* slow updates do not send it */
	uint32_t crc;
	size_t data_len;
	uint8_t data[TAMPER_DATA_MAX];
};

/* What becomes of the update after the frames. */
enum tamper_then {
	TAMPER_GO_ON = 0,
	TAMPER_STALL = 1,      /* nothing is sent any more */
	TAMPER_DISCONNECT = 2, /* the session is dropped */
};

struct tamper_frame {
	int64_t delay_us; /* after the frame before it, or after the hook was asked */
	size_t len;
	uint8_t bytes[TAMPER_FRAME_MAX];
};

/* Empty when the hook is asked: if it stays so, nothing is sent. */
struct tamper_plan {
	size_t count;
	struct tamper_frame frames[TAMPER_FRAMES_MAX];
	enum tamper_then then;
};

struct tamper {
	void *ctx;
	void (*message)(void *ctx, const struct tamper_message *message, struct tamper_plan *plan);
};

/* Appends a message as it stands, its CRC too. False when the plan is full; then it is as before.
 */
bool tamper_send(struct tamper_plan *plan, const struct tamper_message *message, int64_t delay_us);

/* Appends any bytes as one message, TAMPER_FRAME_MAX at most. False when they do not fit. */
bool tamper_send_raw(struct tamper_plan *plan, const void *bytes, size_t len, int64_t delay_us);

/* Makes the CRC of a chunk that of its data. */
void tamper_fix_crc(struct tamper_message *message);

/* The message as CoAP; its length, 0 when it does not fit. */
size_t tamper_encode(const struct tamper_message *message, uint8_t *bytes, size_t size) MUST_CHECK;

#endif
