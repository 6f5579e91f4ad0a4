/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the delivery "cloud" works with: a session of rig/cloud with the slot's board, over the
 * slot's radio when it has one (in clear), else over TCP (with the board's handshake and cipher).
 * Time passes in one place, cloud_way_turn(). Internal to the room.
 */
#ifndef DELIVERY_CLOUD_WAY_H
#define DELIVERY_CLOUD_WAY_H

#include "cloud/session.h"
#include "delivery/delivery.h"

enum cloud_way_times_us {
	CLOUD_WAY_CONNECT_US = 60000000, /* from a network being there to an open session */
	/* Over TCP a board whose power was cut leaves a session that looks open: it is pinged. */
	CLOUD_WAY_PING_US = 5000000,
	CLOUD_WAY_ANSWER_US =
		SESSION_STEP_US + 1000000, /* the session's own deadline comes first */
};

struct cloud_way;

/*
 * The options' folder of keys, address and port are for TCP; without them: the folder "cloud" below
 * the user's data, 0.0.0.0, 5683. ERR_CONFIG, ERR_IO of these.
 */
int cloud_way_open(const struct delivery_context *context, struct cloud_way **ret,
		   struct err *err) MUST_CHECK;
void cloud_way_close(struct cloud_way *way); /* NULL allowed */

/*
 * Whether there is a network for the board. Over TCP that is not ours to say. Without one a board
 * of the radio shows what it shows alone, which is what all else in a trial waits for.
 */
int cloud_way_air(struct cloud_way *way, enum slot_radio_air air, struct err *err) MUST_CHECK;

/* The board's open session, NULL when there is none now. Valid until the next turn. */
struct session *cloud_way_session(struct cloud_way *way);

/* Now, in the time of the session. */
int64_t cloud_way_now_us(const struct cloud_way *way);

/* Lets a little time pass, in which both sides get on; *ret is SLOT_WAIT_CUT when power was cut. */
int cloud_way_turn(struct cloud_way *way, enum slot_wait *ret, struct err *err) MUST_CHECK;

/* Turns until there is an open session, over TCP with a board that answers, for
 * CLOUD_WAY_CONNECT_US of the slot's time. Look at cloud_way_session() afterwards. */
int cloud_way_connect(struct cloud_way *way, enum slot_wait *ret, struct err *err) MUST_CHECK;

/* Why there is no session, as far as that is known. */
const char *cloud_way_trouble(const struct cloud_way *way);

/* The answer to the last question that was asked; kept until the next one. NULL: not yet. */
struct cloud_way_answer {
	enum session_reply reply;
	size_t len;
	char text[COAP_BYTES_MAX];
};
const struct cloud_way_answer *cloud_way_answer(const struct cloud_way *way);
void cloud_way_forget(struct cloud_way *way);

/* The folder that holds the cloud's keys, and the port of its server. Caller frees the folder. */
char *cloud_keys_folder(const struct delivery_options *options);
uint16_t cloud_port(const struct delivery_options *options);

#endif
