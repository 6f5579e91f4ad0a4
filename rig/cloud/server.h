/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local device cloud as boards find it: a TCP port, and many boards at once, each with its
 * handshake, cipher and session. One thread, no blocking call but poll(2). Facts: particle-gen2 8.
 *
 * A peer that does not play along is dropped with a reason, told to the listener. struct err is for
 * what the host refuses: the port, the folder of keys.
 */
#ifndef CLOUD_SERVER_H
#define CLOUD_SERVER_H

#include "cloud/handshake.h"
#include "cloud/session.h"

enum server_limits {
	SERVER_PORT = 5683,	/* where Photon and P1 look */
	SERVER_BOARDS_MAX = 64, /* at once; more are turned away */
	SERVER_TURN_BYTES =
		65536,	       /* read of, and sent to, one board before the next has its turn */
	SERVER_PEER_TEXT = 32, /* "192.168.100.200:65535" */
	SERVER_TEXT_MAX = 200,
};

enum { SERVER_HANDSHAKE_US = 20000000 };

struct server;

/* All may be NULL. 'id' is the board's, KEYS_ID_BYTES. Told from inside server_step(). */
struct server_listener {
	void *ctx;
	void (*hello)(void *ctx, const uint8_t *id, const struct session_hello *hello);
	void (*event)(void *ctx, const uint8_t *id, const struct session_event *event);
	void (*answer)(void *ctx, const uint8_t *id, const struct session_answer *answer);
	/* A peer is gone or was dropped; 'id' is NULL when it never said who it is. */
	void (*gone)(void *ctx, const uint8_t *id, const char *peer, const char *text);
};

struct server_setup {
	const char *address; /* "127.0.0.1"; "0.0.0.0" for boards outside */
	uint16_t port;	     /* 0: any that is free, see server_port() */
	struct keys *keys;   /* borrowed until server_close() */
	enum handshake_trust trust;
	struct server_listener listener;
	/* The time that all deadlines are of, microseconds; NULL: clock_now_us(). The network's own
	 * time is the host's in any case. */
	int64_t (*now_us)(void *ctx);
	void *now_ctx;
};

struct server_counts {
	unsigned int accepted;
	unsigned int turned_away; /* there were SERVER_BOARDS_MAX already */
	unsigned int sessions;	  /* that got through their handshake */
	unsigned int dropped;
};

/*
 * Opens the port. Caller closes. ERR_CONFIG for an address that is none, ERR_IO when it is in use
 * or cannot be had, naming it.
 */
int server_open(const struct server_setup *setup, struct server **ret, struct err *err) MUST_CHECK;
void server_close(struct server *server); /* NULL allowed; boards see their stream end */

uint16_t server_port(const struct server *server);
struct server_counts server_counts(const struct server *server);

/*
 * One turn: waits until a board or a deadline of ours wants something, until 'deadline_us' (of
 * the setup's time; one that has passed: not at all) at most, and does it. Call it in a loop.
 * ERR_IO when the host refuses to go on.
 */
int server_step(struct server *server, int64_t deadline_us, struct err *err) MUST_CHECK;

/* The open session of that board, NULL when there is none. Valid until the next server_step(). */
struct session *server_find(struct server *server, const uint8_t id[KEYS_ID_BYTES]);

/* The n-th board that has a session, as it came; false when there are fewer. */
bool server_board(const struct server *server, size_t n, uint8_t ret_id[KEYS_ID_BYTES]);

#endif
