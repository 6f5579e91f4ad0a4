/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/board_link.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 4096 };

struct board_link *board_link_new(int fd, const char *peer, const struct server_setup *setup,
				  int64_t now_us, struct err *err)
{
	struct board_link *link = calloc(1, sizeof(*link));
	uint8_t random[HANDSHAKE_RANDOM_BYTES];

	/* secrets of a session are not the chance of a trial: they come from the host */
	if (!link || RAND_bytes(random, sizeof(random)) != 1) {
		err_set(err, ERR_RIG, -ENOMEM, "no memory or no random bytes for a board's link");
		free(link);
		close(fd);
		return NULL;
	}
	link->fd = fd;
	link->since_us = now_us;
	link->listener = &setup->listener;
	text_copy(link->peer, sizeof(link->peer), peer);
	handshake_begin(&link->handshake, setup->keys, setup->trust, random);
	return link;
}

bool board_link_is_known(const struct board_link *link)
{
	return link->handshake.result == HANDSHAKE_DONE;
}

void board_link_drop(struct board_link *link, const char *text, int64_t now_us)
{
	if (link->is_closed)
		return;
	link->is_closed = true;
	text_copy(link->text, sizeof(link->text), text);
	session_gone(&link->session, SESSION_END_GONE, text, now_us);
}

void board_link_free(struct board_link *link)
{
	const struct server_listener *listener = link->listener;

	if (listener->gone)
		listener->gone(listener->ctx, board_link_is_known(link) ? link->handshake.id : NULL,
			       link->peer, link->text);
	close(link->fd);
	cipher_free(link->cipher);
	free(link);
}

static void on_hello(void *ctx, const struct session_hello *hello)
{
	struct board_link *link = ctx;

	if (link->listener->hello)
		link->listener->hello(link->listener->ctx, link->handshake.id, hello);
}

static void on_event(void *ctx, const struct session_event *event)
{
	struct board_link *link = ctx;

	if (link->listener->event)
		link->listener->event(link->listener->ctx, link->handshake.id, event);
}

static void on_answer(void *ctx, const struct session_answer *answer)
{
	struct board_link *link = ctx;

	if (link->listener->answer)
		link->listener->answer(link->listener->ctx, link->handshake.id, answer);
}

/* The handshake is through: from here on all is encrypted. */
static int begin_session(struct board_link *link, int64_t now_us, struct err *err)
{
	struct session_setup setup = {
		.first_id = cipher_first_id(link->handshake.credentials),
		.unix_s = clock_unix_s(),
		.listener = { .ctx = link,
			      .hello = on_hello,
			      .event = on_event,
			      .answer = on_answer },
	};
	int r = cipher_new(link->handshake.credentials, &link->cipher, err);

	if (r < 0)
		return r;
	setup.cipher = link->cipher;
	session_begin(&link->session, &setup, now_us);
	return 0;
}

static int heard(struct board_link *link, const uint8_t *bytes, size_t len, int64_t now_us,
		 struct err *err)
{
	size_t taken = 0;
	int r;

	if (link->handshake.result == HANDSHAKE_WAITS) {
		r = handshake_heard(&link->handshake, bytes, len, &taken, err);
		if (r < 0)
			return r;
		if (link->handshake.result == HANDSHAKE_DONE) {
			link->greeted_bytes = 0;
			r = begin_session(link, now_us, err);
			if (r < 0)
				return r;
		} else if (link->handshake.result != HANDSHAKE_WAITS) {
			board_link_drop(link, link->handshake.text, now_us);
			return 0;
		}
	}
	session_heard(&link->session, bytes + taken, len - taken, now_us);
	/* why it ended counts, and not that the board then also closes the connection */
	if (link->session.state == SESSION_OVER)
		board_link_drop(link, link->session.text, now_us);
	return 0;
}

static int read_some(struct board_link *link, int64_t now_us, struct err *err)
{
	uint8_t bytes[READ_BYTES];
	size_t total = 0;

	while (!link->is_closed && total < SERVER_TURN_BYTES) {
		ssize_t got = recv(link->fd, bytes, sizeof(bytes), 0);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			board_link_drop(link,
					got == 0 ? "the board closed the connection"
						 : "the connection broke",
					now_us);
			break;
		}
		r = heard(link, bytes, (size_t)got, now_us, err);
		if (r < 0)
			return r;
		total += (size_t)got;
	}
	return 0;
}

/* How many of the bytes were taken; 0 when none can be now, or the connection broke. */
static size_t send_some(struct board_link *link, const uint8_t *bytes, size_t len, int64_t now_us)
{
	ssize_t sent;

	do
		sent = send(link->fd, bytes, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN)
		board_link_drop(link, "the connection broke", now_us);
	return sent < 0 ? 0 : (size_t)sent;
}

/* The handshake's bytes, which go before the session's. False: they are not all sent. */
static bool send_greeting(struct board_link *link, int64_t now_us)
{
	size_t left = link->handshake.out_len - link->greeted_bytes;

	if (left > 0)
		link->greeted_bytes +=
			send_some(link, link->handshake.out + link->greeted_bytes, left, now_us);
	return link->greeted_bytes == link->handshake.out_len;
}

static void send_session(struct board_link *link, int64_t now_us)
{
	size_t total = 0;

	while (!link->is_closed && total < SERVER_TURN_BYTES) {
		const uint8_t *bytes;
		size_t sent;
		size_t len;

		session_step(&link->session, now_us);
		bytes = session_out(&link->session, &len);
		if (len == 0)
			break;
		sent = send_some(link, bytes, len, now_us);
		session_sent(&link->session, sent, now_us);
		total += sent;
		if (sent < len)
			break;
	}
}

int board_link_run(struct board_link *link, int64_t now_us, struct err *err)
{
	int r = read_some(link, now_us, err);

	if (r < 0 || link->is_closed)
		return r;
	if (send_greeting(link, now_us) && board_link_is_known(link))
		send_session(link, now_us);
	if (!board_link_is_known(link) && now_us >= link->since_us + SERVER_HANDSHAKE_US)
		board_link_drop(link, "no handshake within 20 s", now_us);
	if (link->session.state == SESSION_OVER)
		board_link_drop(link, link->session.text, now_us);
	return 0;
}

bool board_link_wants_to_send(const struct board_link *link)
{
	size_t len;

	session_out(&link->session, &len);
	return len > 0 || link->greeted_bytes < link->handshake.out_len;
}

int64_t board_link_due_us(const struct board_link *link)
{
	if (!board_link_is_known(link))
		return link->since_us + SERVER_HANDSHAKE_US;
	if (link->session.state == SESSION_OVER)
		return 0; /* it is to be dropped */
	return session_due_us(&link->session);
}
