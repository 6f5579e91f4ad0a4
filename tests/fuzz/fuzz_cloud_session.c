/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Anything a board may do in a session, in clear or encrypted: bytes, messages, silence; while the
 * cloud asks, updates and tampers. The input is a list of what happens, a byte what and a byte how
 * much, then data. At the end nobody says anything more, and the session must come to an end by
 * itself.
 */
#include "cloud/session.h"

#include <assert.h>
#include <string.h>

enum {
	STEPS_MAX = 10000,
	FILE_BYTES = 5000,
	US_A_STEP = 250000,
	FLAG_ENCRYPTED = 1,
	FLAG_TAMPERS = 2,
	FLAG_FAST = 4,
	FLAG_STOPS = 8,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct session session;
	struct cipher *board;
	uint8_t flags;
	int64_t now_us;
	uint8_t chance;
	bool over;
	uint32_t answered;
	uint8_t file[FILE_BYTES];
};

static void on_event(void *ctx, const struct session_event *event)
{
	(void)ctx;
	assert(memchr(event->name, '\0', sizeof(event->name)));
}

static void on_answer(void *ctx, const struct session_answer *answer)
{
	struct world *world = ctx;

	assert(answer->number != 0 && answer->reply != SESSION_REPLY_UNKNOWN);
	world->answered++;
}

static void on_over(void *ctx, enum session_end end, const char *text)
{
	struct world *world = ctx;

	assert(!world->over && end != SESSION_END_UNKNOWN && text[0]);
	world->over = true;
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct world *world = ctx;

	assert(progress->chunk <= progress->chunks && progress->bytes <= FILE_BYTES);
	return world->flags & FLAG_STOPS && progress->chunk == world->chance % 16 ? UPDATE_STOP
										  : UPDATE_GO_ON;
}

/* Another thing each time. */
static void on_message(void *ctx, const struct tamper_message *message, struct tamper_plan *plan)
{
	struct world *world = ctx;
	struct tamper_message copy = *message;

	world->chance = (uint8_t)(world->chance * 5 + 1);
	if (world->chance & 1)
		copy.data_len = world->chance * 6;
	if (world->chance & 2)
		copy.index = (uint16_t)(world->chance * 257);
	if (world->chance & 4)
		tamper_send_raw(plan, world->file, 1 + world->chance, world->chance * 1000);
	for (int i = world->chance >> 4; i > 0; i--)
		tamper_send(plan, &copy, world->chance * 100);
	plan->then = world->chance == 77   ? TAMPER_DISCONNECT
		     : world->chance == 78 ? TAMPER_STALL
					   : TAMPER_GO_ON;
}

static void begin(struct world *world)
{
	static const uint8_t credentials[CIPHER_CREDENTIALS_BYTES] = { 1 };
	struct session_setup setup = {
		.window_bytes = world->flags & FLAG_FAST ? 0 : 1,
		.listener = { .ctx = world,
			      .event = on_event,
			      .answer = on_answer,
			      .over = on_over },
	};

	if (world->flags & FLAG_ENCRYPTED) {
		assert(cipher_new(credentials, &setup.cipher, NULL) == 0);
		assert(cipher_new(credentials, &world->board, NULL) == 0);
	}
	session_begin(&world->session, &setup, 0);
}

/* A whole message, encrypted when the session is. */
static void hear_message(struct world *world, const uint8_t *data, size_t len)
{
	uint8_t sealed[256 + CIPHER_BLOCK_BYTES];
	uint8_t head[FRAME_HEAD_BYTES];

	if (len == 0)
		return;
	if (world->board) {
		len = cipher_seal(world->board, data, len, sealed);
		data = sealed;
	}
	frame_head(len, head);
	session_heard(&world->session, head, sizeof(head), world->now_us);
	session_heard(&world->session, data, len, world->now_us);
}

static void update(struct world *world)
{
	struct update_setup setup = { .bytes = world->file,
				      .len = FILE_BYTES - world->chance,
				      .mode = world->flags & FLAG_FAST ? UPDATE_FAST : UPDATE_SLOW,
				      .chunk_bytes = world->chance & 1 ? 100 : 0,
				      .padding =
					      world->chance & 2 ? UPDATE_PADDED : UPDATE_UNPADDED,
				      .progress = on_progress,
				      .ctx = world };

	if (world->flags & FLAG_TAMPERS)
		setup.tamper = (struct tamper){ .ctx = world, .message = on_message };
	if (!session_update(&world->session, &setup, world->now_us))
		assert(world->session.state != SESSION_OPEN ||
		       update_is_on(&world->session.update));
}

static void ask(struct world *world, uint8_t kind)
{
	const struct session_question question = {
		.kind = (enum session_ask_kind)(kind % (SESSION_ASK_PUBLISH + 2)),
		.name = "name",
		.argument = "argument",
		.number = kind,
	};

	(void)session_ask(&world->session, &question, world->now_us);
}

static void take(struct world *world, size_t most)
{
	size_t len;

	session_out(&world->session, &len);
	assert(len <= SESSION_OUT_MAX);
	session_sent(&world->session, len < most ? len : most, world->now_us);
}

/* What is left of the input after one thing happened. */
static size_t happen(struct world *world, const uint8_t *data, size_t size)
{
	size_t len = data[1] < size - 2 ? data[1] : size - 2;

	world->chance = (uint8_t)(world->chance + data[1]);
	switch (data[0] % 8) {
	case 0: session_heard(&world->session, data + 2, len, world->now_us); return 2 + len;
	case 1:
	case 2: hear_message(world, data + 2, len); return 2 + len;
	case 3: world->now_us += data[1] * (int64_t)US_A_STEP; break;
	case 4: ask(world, data[1]); break;
	case 5: update(world); break;
	case 6: take(world, data[1] * 16u); break;
	case 7: break;
	}
	session_step(&world->session, world->now_us);
	return 2;
}

static void run_out(struct world *world)
{
	for (int i = 0; world->session.state != SESSION_OVER; i++) {
		int64_t due_us = session_due_us(&world->session);

		assert(i < STEPS_MAX);
		if (due_us != INT64_MAX && due_us > world->now_us)
			world->now_us = due_us;
		session_step(&world->session, world->now_us);
		take(world, SESSION_OUT_MAX);
	}
	assert(world->over && !update_is_on(&world->session.update));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world;

	if (size < 1)
		return 0;
	world = calloc(1, sizeof(*world));
	assert(world);
	world->flags = data[0];
	begin(world);
	data++;
	size--;
	while (size > 2) {
		size_t used = happen(world, data, size);

		data += used;
		size -= used;
	}
	run_out(world);
	cipher_free(world->session.setup.cipher);
	cipher_free(world->board);
	free(world);
	return 0;
}
