/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/carrier.h"

#include <string.h>

void carrier_begin(struct carrier *carrier, const struct slot *slot,
		   const struct session_setup *setup)
{
	memset(carrier, 0, sizeof(*carrier));
	carrier->slot = slot;
	carrier->setup = *setup;
	carrier->setup.cipher = NULL;
	if (carrier->setup.window_bytes == 0)
		carrier->setup.window_bytes = 1;
}

void carrier_heard(struct carrier *carrier, int64_t t_us, uint8_t byte)
{
	carrier->heard_bytes++;
	session_heard(&carrier->session, &byte, 1, t_us);
}

void carrier_linked(struct carrier *carrier, int64_t t_us, bool connected)
{
	carrier->link = connected ? CARRIER_UP : CARRIER_DOWN;
	/* an old one goes first: its update and its questions must hear of it */
	session_gone(&carrier->session, SESSION_END_GONE, "the board's stream ended", t_us);
	if (!connected)
		return;
	carrier->links++;
	session_begin(&carrier->session, &carrier->setup, t_us);
}

/* The board's stream is closed by taking the peer away for a moment. */
static int close_stream(struct carrier *carrier, struct err *err)
{
	int r = slot_radio_set(carrier->slot, SLOT_RADIO_NETWORK, err);

	return r < 0 ? r : slot_radio_set(carrier->slot, SLOT_RADIO_PEER, err);
}

int carrier_step(struct carrier *carrier, struct err *err)
{
	struct session *session = &carrier->session;
	int64_t now_us = slot_now_us(carrier->slot);

	if (carrier->link != CARRIER_UP)
		return 0;
	for (;;) {
		const uint8_t *bytes;
		size_t sent = 0;
		size_t len;
		int r;

		session_step(session, now_us);
		bytes = session_out(session, &len);
		if (len == 0)
			break;
		r = slot_radio_send(carrier->slot, bytes, len, &sent, err);
		if (r < 0)
			return r;
		session_sent(session, sent, now_us);
		carrier->sent_bytes += sent;
		if (sent < len)
			break;
	}
	return session->state == SESSION_OVER ? close_stream(carrier, err) : 0;
}
