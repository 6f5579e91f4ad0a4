/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/cloud_way.h"
#include "base/clock.h"
#include "base/text.h"
#include "cloud/carrier.h"
#include "cloud/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	STEP_US = DELIVERY_PORT_STEP_US,
	TAKE_BYTES = 1024,
	/* What a board on the slot's radio is told when it asks for the time at the beginning: one
	 * date for all runs, so that a trial is the same whenever it is run. */
	RADIO_UNIX_S = 1445385600,
};

struct cloud_way {
	const struct delivery_context *context;
	bool has_radio;
	/* radio */
	struct carrier carrier;
	bool linked;
	unsigned int links;
	/* TCP */
	struct keys *keys;
	struct server *server;
	char trouble[SERVER_TEXT_MAX];
	bool answered;
	struct cloud_way_answer answer;
};

static void keep_answer(struct cloud_way *way, const struct session_answer *answer)
{
	way->answered = true;
	way->answer.reply = answer->reply;
	way->answer.len = answer->len;
	if (answer->len >= sizeof(way->answer.text))
		way->answer.len = sizeof(way->answer.text) - 1;
	if (way->answer.len > 0)
		memcpy(way->answer.text, answer->data, way->answer.len);
	way->answer.text[way->answer.len] = '\0';
}

static void on_answer(void *ctx, const struct session_answer *answer)
{
	keep_answer(ctx, answer);
}

static void on_over(void *ctx, enum session_end end, const char *text)
{
	struct cloud_way *way = ctx;

	(void)end;
	text_copy(way->trouble, sizeof(way->trouble), text);
}

static void on_board_answer(void *ctx, const uint8_t *id, const struct session_answer *answer)
{
	(void)id;
	keep_answer(ctx, answer);
}

static void on_gone(void *ctx, const uint8_t *id, const char *peer, const char *text)
{
	struct cloud_way *way = ctx;

	(void)id;
	(void)peer;
	text_copy(way->trouble, sizeof(way->trouble), text);
}

/* Where keys lie when nobody says: XDG's folder for a user's data. */
static char *default_folder(void)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int len;

	if (data && data[0])
		len = asprintf(&path, "%s/otarig/cloud", data);
	else
		len = asprintf(&path, "%s/.local/share/otarig/cloud", home ? home : ".");
	return len < 0 ? NULL : path;
}

char *cloud_keys_folder(const struct delivery_options *options)
{
	return options->keys[0] ? strdup(options->keys) : default_folder();
}

uint16_t cloud_port(const struct delivery_options *options)
{
	return options->port ? options->port : SERVER_PORT;
}

static int open_server(struct cloud_way *way, struct err *err)
{
	const struct delivery_options *options = way->context->options;
	AUTO_FREE char *folder = cloud_keys_folder(options);
	struct server_setup setup = {
		.address = options->address[0] ? options->address : "0.0.0.0",
		.port = cloud_port(options),
		.trust = HANDSHAKE_TRUST_FIRST,
		.listener = { .ctx = way, .answer = on_board_answer, .gone = on_gone },
	};
	int r;

	if (!folder)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the delivery");
	r = keys_open(folder, &way->keys, err);
	if (r < 0)
		return r;
	setup.keys = way->keys;
	return server_open(&setup, &way->server, err);
}

/* Boards connect when they like, and keep asking whether we are there. */
static int serve(void *ctx, struct err *err)
{
	struct cloud_way *way = ctx;

	return server_step(way->server, clock_now_us(), err);
}

int cloud_way_open(const struct delivery_context *context, struct cloud_way **ret, struct err *err)
{
	struct cloud_way *way = calloc(1, sizeof(*way));
	struct session_setup setup = {
		.unix_s = RADIO_UNIX_S,
		.listener = { .ctx = way, .answer = on_answer, .over = on_over },
	};
	int r = 0;

	if (!way)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the delivery");
	way->context = context;
	way->has_radio = slot_can(context->slot, SLOT_RADIO);
	text_copy(way->trouble, sizeof(way->trouble), "the board did not connect");
	if (way->has_radio) {
		carrier_begin(&way->carrier, context->slot, &setup);
	} else {
		r = open_server(way, err);
		context->port->idle = serve;
		context->port->idle_ctx = way;
	}
	if (r < 0)
		cloud_way_close(way);
	else
		*ret = way;
	return r;
}

void cloud_way_close(struct cloud_way *way)
{
	if (!way)
		return;
	way->context->port->idle = NULL;
	server_close(way->server);
	keys_close(way->keys);
	free(way);
}

/* What the board said on its radio, and whether its stream is another than before. */
static void hear(struct cloud_way *way)
{
	struct delivery_port *port = way->context->port;
	int64_t now_us = slot_now_us(way->context->slot);
	uint8_t bytes[TAKE_BYTES];
	size_t len;

	if (way->links != port->links || (way->linked && !port->linked)) {
		way->links = port->links;
		way->linked = port->linked;
		carrier_linked(&way->carrier, now_us, port->linked);
	}
	while ((len = delivery_bytes_take(&port->radio, bytes, sizeof(bytes))) > 0)
		for (size_t i = 0; i < len; i++)
			carrier_heard(&way->carrier, now_us, bytes[i]);
}

int cloud_way_air(struct cloud_way *way, enum slot_radio_air air, struct err *err)
{
	int r;

	if (!way->has_radio)
		return 0;
	r = slot_radio_set(way->context->slot, air, err);
	if (r == 0)
		hear(way);
	return r;
}

struct session *cloud_way_session(struct cloud_way *way)
{
	uint8_t id[KEYS_ID_BYTES];

	if (!way->has_radio)
		return server_board(way->server, 0, id) ? server_find(way->server, id) : NULL;
	return way->carrier.session.state == SESSION_OPEN ? &way->carrier.session : NULL;
}

int64_t cloud_way_now_us(const struct cloud_way *way)
{
	return way->has_radio ? slot_now_us(way->context->slot) : clock_now_us();
}

int cloud_way_turn(struct cloud_way *way, enum slot_wait *ret, struct err *err)
{
	struct delivery_port *port = way->context->port;
	int r;

	/* what there is to say is said before time passes */
	r = way->has_radio ? carrier_step(&way->carrier, err)
			   : server_step(way->server, clock_now_us(), err);
	if (r == 0)
		r = delivery_port_wait(port, way->has_radio ? &port->radio : NULL,
				       slot_now_us(port->slot) + STEP_US, ret, err);
	if (r == 0 && way->has_radio)
		hear(way);
	return r;
}

/* Whether the board of the session is there: asked once, and given CLOUD_WAY_PING_US. */
enum ping { PING_NOT_ASKED = 0, PING_ASKED = 1, PING_ANSWERED = 2 };

static enum ping ping(struct cloud_way *way, enum ping before, int64_t *deadline_us)
{
	static const struct session_question question = { .kind = SESSION_ASK_PING };
	struct session *session = cloud_way_session(way);
	int64_t now_us = cloud_way_now_us(way);

	if (way->has_radio)
		return session ? PING_ANSWERED : PING_NOT_ASKED; /* a cut ends its stream */
	if (way->answered && before == PING_ASKED)
		return way->answer.reply == SESSION_REPLY_GOOD ? PING_ANSWERED : PING_NOT_ASKED;
	if (session && before == PING_ASKED && now_us >= *deadline_us) {
		session_gone(session, SESSION_END_DROPPED, "the board does not answer", now_us);
		return PING_NOT_ASKED;
	}
	if (before == PING_ASKED || !session)
		return before;
	cloud_way_forget(way);
	*deadline_us = now_us + CLOUD_WAY_PING_US;
	return session_ask(session, &question, now_us) ? PING_ASKED : PING_NOT_ASKED;
}

int cloud_way_connect(struct cloud_way *way, enum slot_wait *ret, struct err *err)
{
	int64_t deadline_us = slot_now_us(way->context->slot) + CLOUD_WAY_CONNECT_US;
	enum ping state = PING_NOT_ASKED;
	int64_t ping_us = 0;
	int r = 0;

	*ret = SLOT_WAIT_DEADLINE;
	while (r == 0 && *ret == SLOT_WAIT_DEADLINE) {
		state = ping(way, state, &ping_us);
		if (state == PING_ANSWERED || slot_now_us(way->context->slot) >= deadline_us)
			break;
		r = cloud_way_turn(way, ret, err);
	}
	return r;
}

const char *cloud_way_trouble(const struct cloud_way *way)
{
	return way->trouble;
}

const struct cloud_way_answer *cloud_way_answer(const struct cloud_way *way)
{
	return way->answered ? &way->answer : NULL;
}

void cloud_way_forget(struct cloud_way *way)
{
	way->answered = false;
}
