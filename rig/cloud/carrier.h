/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session in clear over a slot's radio (bench/slot.h, SLOT_RADIO): the same messages without
 * handshake and cipher, for a board whose radio is the bench's. One session follows the other as
 * the board's stream opens and closes.
 */
#ifndef CLOUD_CARRIER_H
#define CLOUD_CARRIER_H

#include "bench/slot.h"
#include "cloud/session.h"

struct carrier {
	const struct slot *slot;
	struct session_setup setup;
	struct session session; /* SESSION_NONE until the stream opened once */
	enum carrier_link { CARRIER_NEVER = 0, CARRIER_UP = 1, CARRIER_DOWN = 2 } link;
	unsigned int links; /* how often the stream was opened */
	uint64_t heard_bytes;
	uint64_t sent_bytes;
};

/*
 * For the board in 'slot', whose radio the caller sets and whose listener calls the two functions
 * below. setup->cipher is not used; window_bytes 0 means here: a chunk is put out when the radio
 * has taken the one before it.
 */
void carrier_begin(struct carrier *carrier, const struct slot *slot,
		   const struct session_setup *setup);

/* From the slot's listener: nothing of the slot is called, but the session's listener is. */
void carrier_heard(struct carrier *carrier, int64_t t_us, uint8_t byte);
void carrier_linked(struct carrier *carrier, int64_t t_us, bool connected);

/*
 * Sends what is to be sent, looks at deadlines; a session that is over while the stream is open has
 * the stream closed. Now and then from outside of slot_wait(), every millisecond of the board for
 * the radio's full speed. ERR_RIG of the slot.
 */
int carrier_step(struct carrier *carrier, struct err *err) MUST_CHECK;

#endif
