/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session between a board and its cloud, from the cloud's side: greeting, events, questions both
 * ways, one update at a time. Without any I/O: bytes that were heard go in, bytes to be sent are
 * taken out, time is told. In clear, or encrypted with a cipher that a handshake gave. Facts:
 * particle-gen2 8.2, 8.3.
 *
 * Whatever a board sends ends in a result with a text; never in a struct err, a crash or a wait
 * without end.
 */
#ifndef CLOUD_SESSION_H
#define CLOUD_SESSION_H

#include "cloud/cipher.h"
#include "cloud/frame.h"
#include "cloud/update.h"

enum session_limits {
	SESSION_OUT_MAX = 8192,
	SESSION_NAME_MAX = 64,	    /* of events, functions, variables; with the NUL */
	SESSION_ARGUMENT_MAX = 256, /* of a function, or an event's data */
	SESSION_ASKED_MAX = 8,	    /* questions without an answer yet */
	SESSION_SUBSCRIPTIONS_MAX = 16,
	SESSION_TEXT_MAX = 160,
	SESSION_ID_BYTES = 12,
};

enum session_times_us {
	SESSION_HELLO_US = 4000000,    /* from the beginning to the board's Hello */
	SESSION_STEP_US = 20000000,    /* an answer, the rest of a message, room for ours */
	SESSION_SILENCE_US = 60000000, /* a board pings every 15 s when it has nothing to say */
};

/* Bits of a Hello: what the board can, and the first how its last update went. */
enum session_hello_flags {
	SESSION_LAST_UPDATE_GOOD = 0x01,
	SESSION_HAS_DIAGNOSTICS = 0x02,
	SESSION_IMMEDIATE_UPDATES = 0x04,
	SESSION_SAYS_GOODBYE = 0x10,
	SESSION_DESCRIBES_ITSELF = 0x20,
	SESSION_COMPRESSED_UPDATES = 0x40,
};

enum session_state {
	SESSION_NONE = 0,
	SESSION_GREETING = 1, /* the board's Hello is awaited */
	SESSION_OPEN = 2,
	SESSION_OVER = 3,
};

/* Why it is over. */
enum session_end {
	SESSION_END_UNKNOWN = 0,
	SESSION_END_NO_HELLO = 1,
	SESSION_END_GARBLED = 2, /* what came cannot be a message */
	SESSION_END_GOODBYE = 3, /* the board said so */
	SESSION_END_SILENT = 4,
	SESSION_END_CLOGGED = 5, /* it does not take what is sent */
	SESSION_END_GONE = 6,	 /* the carrier ended */
	SESSION_END_DROPPED = 7, /* by us */
};

struct session_hello {
	uint16_t product;
	uint16_t product_version;
	uint16_t platform;
	uint8_t flags;
	uint8_t id[SESSION_ID_BYTES];
	size_t id_len; /* 0: not in the Hello */
};

/* Borrowed for the call. */
struct session_event {
	char name[SESSION_NAME_MAX];
	enum session_scope { SESSION_PUBLIC = 1, SESSION_PRIVATE = 2 } scope;
	const uint8_t *data;
	size_t len;
};

struct session_subscription {
	char name[SESSION_NAME_MAX]; /* what events must begin with; empty: all */
	enum session_of { SESSION_OF_ALL = 1, SESSION_OF_MINE = 2 } of;
};

/* What a cloud asks of, or tells a board. */
enum session_ask_kind {
	SESSION_ASK_UNKNOWN = 0,
	SESSION_ASK_PING = 1,
	SESSION_ASK_DESCRIBE =
		2,	      /* number: bits 1 system, 2 application, 4 metrics; 0: the default */
	SESSION_ASK_CALL = 3, /* name, argument; the answer is four bytes */
	SESSION_ASK_READ = 4, /* name; the answer is the variable's value */
	SESSION_ASK_SIGNAL = 5,	    /* number: 1 shows a rainbow, 0 ends it */
	SESSION_ASK_KEY_CHANGE = 6, /* number: 1 drops the session's keys */
	SESSION_ASK_PUBLISH = 7,    /* name, argument: a private event; 0.5.2 does not answer */
};

struct session_question {
	enum session_ask_kind kind;
	const char *name;
	const char *argument;
	uint8_t number;
};

enum session_reply {
	SESSION_REPLY_UNKNOWN = 0,
	SESSION_REPLY_GOOD = 1,
	SESSION_REPLY_REFUSED = 2, /* 'code' says how */
	SESSION_REPLY_TIMEOUT = 3,
	SESSION_REPLY_GONE = 4, /* the session ended first */
};

/* Borrowed for the call. */
struct session_answer {
	uint32_t number; /* what session_ask() gave */
	enum session_ask_kind kind;
	enum session_reply reply;
	uint8_t code;
	const uint8_t *data;
	size_t len;
};

/* Told from inside session_heard(), session_step() and session_gone(); each may be NULL. */
struct session_listener {
	void *ctx;
	void (*hello)(void *ctx, const struct session_hello *hello);
	void (*event)(void *ctx, const struct session_event *event);
	void (*answer)(void *ctx, const struct session_answer *answer);
	void (*over)(void *ctx, enum session_end end, const char *text);
};

struct session_setup {
	struct cipher *cipher; /* borrowed; NULL: in clear */
	uint16_t first_id;     /* our messages are numbered after it */
	int64_t unix_s;	       /* the time of day at the beginning, which boards ask for */
	/* Chunks of an update are put out while fewer bytes than that wait to be sent: 1 for a
	 * carrier that should say exactly what it has taken. 0: half of SESSION_OUT_MAX. */
	size_t window_bytes;
	struct session_listener listener;
};

struct session_counts {
	unsigned int hellos;
	unsigned int events;
	unsigned int subscribes;
	unsigned int times;
	unsigned int pings;	/* the board's */
	unsigned int unknown;	/* whole messages that are none of ours to understand, and ... */
	unsigned int malformed; /* what is no CoAP; 'trouble' tells of the last of both */
};

struct session_asked {
	uint32_t number; /* 0: free */
	enum session_ask_kind kind;
	uint16_t id;
	uint8_t token;
	int64_t deadline_us;
};

/* Read what you like; changed only by the functions below. */
struct session {
	enum session_state state;
	enum session_end end;
	char text[SESSION_TEXT_MAX]; /* why it is over */
	struct session_hello hello;
	struct session_counts counts;
	char trouble[SESSION_TEXT_MAX];
	struct session_subscription subscriptions[SESSION_SUBSCRIPTIONS_MAX];
	size_t subscription_count;
	struct update update; /* the last one, or the one under way */
	/* inner state */
	struct session_setup setup;
	int64_t begun_us, heard_us, drained_us;
	uint16_t id;
	uint8_t token;
	uint32_t asked_number;
	struct session_asked asked[SESSION_ASKED_MAX];
	struct frame_reader reader;
	int64_t message_us; /* when the message that is not whole began */
	uint8_t plain[FRAME_BYTES_MAX];
	uint8_t out[SESSION_OUT_MAX];
	size_t out_at, out_len;
};

/* The carrier is up: from now on the board has SESSION_HELLO_US. */
void session_begin(struct session *session, const struct session_setup *setup, int64_t now_us);

/* Bytes of the board, any number of them at a time. */
void session_heard(struct session *session, const uint8_t *bytes, size_t len, int64_t now_us);

/* Looks at the deadlines and puts out what is due. Now and then, and at session_due_us(). */
void session_step(struct session *session, int64_t now_us);

/* When session_step() has something to do although nothing is heard or sent: a time that may have
 * passed; INT64_MAX: never. */
int64_t session_due_us(const struct session *session);

/* Bytes to be sent, of which the first 'len' were: then they are forgotten. */
const uint8_t *session_out(const struct session *session, size_t *ret_len);
void session_sent(struct session *session, size_t len, int64_t now_us);

/* The carrier has ended, or (with SESSION_END_DROPPED) we end it. */
void session_gone(struct session *session, enum session_end end, const char *text, int64_t now_us);

/*
 * Asks; the answer comes to the listener under the number returned. 0: not now (no session, too
 * many questions, no room), or a name or argument is too long.
 */
uint32_t session_ask(struct session *session, const struct session_question *question,
		     int64_t now_us);

/* Begins an update; false when there is no open session or one is under way. */
bool session_update(struct session *session, const struct update_setup *setup,
		    int64_t now_us) MUST_CHECK;

/* Any bytes as a message, for who wants to see what a board does with them. False: no room. */
bool session_send_raw(struct session *session, const void *bytes, size_t len) MUST_CHECK;

/* "goodbye" ...: a word for the end. */
const char *session_end_name(enum session_end end);

#endif
