/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board as its cloud sees it, small, for tests and benchmarks of rig/cloud: handshake or in
 * clear, Hello, pings, description, and updates slow and fast in both eras (facts 8.1 to 8.3).
 * Without I/O, or over TCP. What it does wrong is said by its fields.
 */
#ifndef TESTS_LIB_CLOUD_BOARD_H
#define TESTS_LIB_CLOUD_BOARD_H

#include "cloud/cipher.h"
#include "cloud/coap.h"
#include "cloud/frame.h"

enum cloud_board_limits {
	CLOUD_BOARD_CHUNKS_MAX = 4096,
	CLOUD_BOARD_FILE_MAX = 1 << 20,
	CLOUD_BOARD_BUFFER = 16384,
	CLOUD_BOARD_DER_MAX = 300,
	CLOUD_BOARD_NONCE_BYTES = 40,
	CLOUD_BOARD_REPLY_BYTES = 384,
};

enum cloud_board_era { CLOUD_BOARD_052 = 1, CLOUD_BOARD_15 = 2 };

struct cloud_board {
	enum cloud_board_era era;
	uint8_t id[12];
	/* what it does wrong, or unusual */
	uint8_t refuses;       /* this code instead of taking an update */
	bool never_ready;      /* takes UpdateBegin and says nothing more */
	bool mute;	       /* answers nothing at all, once it has said Hello */
	bool forgets_answer;   /* nothing to UpdateDone */
	int loses;	       /* that many chunks are lost, the first ones ... */
	int calls_bad;	       /* ... or that many called bad (slow) */
	bool asks_early;       /* for a chunk, instead of being ready */
	bool asks_beyond;      /* for chunks that there are none of */
	bool asks_for_ever;    /* for the first chunk, whatever came */
	const char *result;    /* payload of the answer to UpdateDone; NULL: none */
	const char *describes; /* its description */
	/* what it has seen */
	bool online;
	bool ended; /* an update is over for it */
	unsigned int chunks, begins, dones, pings, functions;
	uint32_t file_len;
	uint8_t *file;
	uint64_t file_bytes; /* of all updates */
	char called[32], called_with[32];
	/* inner */
	enum { CLOUD_BOARD_CLEAR, CLOUD_BOARD_NONCE, CLOUD_BOARD_REPLY, CLOUD_BOARD_SESSION } stage;
	void *key; /* EVP_PKEY */
	uint8_t server_der[CLOUD_BOARD_DER_MAX];
	size_t server_der_len;
	struct cipher *cipher;
	uint8_t raw[CLOUD_BOARD_REPLY_BYTES];
	size_t raw_len;
	struct frame_reader reader;
	uint8_t *out;
	size_t out_len;
	uint16_t id_last;
	bool on, fast, asked;
	uint16_t chunk_bytes;
	uint32_t count, next;
	uint8_t seen[CLOUD_BOARD_CHUNKS_MAX];
	int fd;
};

/* In clear when 'server_der' is NULL, else with a key of its own; freed with cloud_board_end(). */
void cloud_board_begin(struct cloud_board *board, enum cloud_board_era era, uint8_t number,
		       const uint8_t *server_der, size_t len);
void cloud_board_end(struct cloud_board *board);

/* The carrier is up: in clear it greets, else it waits for the nonce. */
void cloud_board_up(struct cloud_board *board);

/* What the cloud sent; the answers gather in out[0 .. out_len], which the caller empties. */
void cloud_board_heard(struct cloud_board *board, const uint8_t *bytes, size_t len);

/* Puts out a message of its own. */
void cloud_board_say(struct cloud_board *board, struct coap *coap);
void cloud_board_event(struct cloud_board *board, const char *name, const char *data);

/* TCP: connects to a port of this host; hears and sends what can be. False: the stream has ended.
 */
void cloud_board_connect(struct cloud_board *board, uint16_t port);
/* A new connection with the same key, as after a power cut; the old one is the caller's. */
void cloud_board_again(struct cloud_board *board, uint16_t port);
bool cloud_board_pump(struct cloud_board *board);

#endif
