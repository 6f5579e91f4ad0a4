/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates by YMODEM against a board on its serial line that was written from the published
 * description alone: both eras, every act, every way in which it does not play along, the proof.
 */
#include "base/macros.h"
#include "delivery/delivery.h"
#include "lib/peer_module.h"
#include "lib/testing.h"
#include "lib/ymodem_device.h"

#include <errno.h>
#include <string.h>

enum { POINTS_MAX = 64, IMAGE_LEN = 1600, BLOCKS = 13, SECOND_US = 1000000, STEP_US = 1000 };

enum line_kind { LINE_PLAIN = 0, LINE_ON_USB = 1 };

/* A slot with nothing but the board's line; on the USB it is there a while after the port is
 * joined. */
struct desk {
	struct slot slot;
	struct ymodem_device *board;
	enum line_kind kind;
	int64_t now_us;
	int64_t joined_us; /* -1 parted */
	int64_t cut_us;	   /* 0 none */
	uint32_t baud;	   /* 0: let go */
	unsigned int holds;

	struct image image;
	struct delivery_board delivery_board;
	struct delivery_options options;
	struct delivery_port port;
	struct delivery_context context;
	struct delivery_part part;
	struct fuzz_acts acts;
	struct delivery_progress points[POINTS_MAX];
	size_t point_count;
};

static int64_t desk_now(void *backend)
{
	struct desk *desk = backend;

	return desk->now_us;
}

/* What the board has said is heard, a little at a time. */
static void hear(struct desk *desk)
{
	size_t ready = ymodem_device_ready(desk->board);

	for (size_t i = 0; i < ready && desk->baud; i++)
		delivery_port_console(&desk->port, desk->board->out[i]);
	ymodem_device_sent(desk->board, ready);
}

static int desk_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	*ret = SLOT_WAIT_DEADLINE;
	do {
		int64_t next_us = ymodem_device_deadline(desk->board);

		hear(desk);
		if (desk->cut_us > 0 && desk->now_us >= desk->cut_us) {
			desk->baud = 0;
			*ret = SLOT_WAIT_CUT;
			return 0;
		}
		if (next_us > deadline_us || next_us < desk->now_us)
			next_us = deadline_us;
		if (next_us > desk->now_us)
			desk->now_us = next_us;
		ymodem_device_step(desk->board, desk->now_us);
		hear(desk);
	} while (desk->now_us < deadline_us);
	return 0;
}

static int desk_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	struct desk *desk = backend;

	(void)line;
	(void)err;
	desk->holds += hold == SLOT_HELD;
	return 0;
}

static bool desk_device(void *backend, struct slot_usb_device *ret)
{
	struct desk *desk = backend;

	if (desk->joined_us < 0 || desk->now_us < desk->joined_us + SECOND_US)
		return false;
	*ret = (struct slot_usb_device){ .vendor = 0x2b04, .product = 0xc008 };
	return true;
}

static int desk_join(void *backend, enum slot_usb_port port, struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	desk->joined_us = port == SLOT_USB_JOINED ? desk->now_us : -1;
	return 0;
}

static int desk_set(void *backend, uint32_t baud, struct err *err)
{
	struct slot_usb_device device;
	struct desk *desk = backend;

	if (baud && desk->kind == LINE_ON_USB && !desk_device(desk, &device))
		return err_set(err, ERR_RIG, -ENODEV, "no such device");
	desk->baud = baud;
	if (baud)
		ymodem_device_set_baud(desk->board, baud, desk->now_us);
	return 0;
}

static int desk_send_bytes(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
			   struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	ck_assert_uint_ne(desk->baud, 0);
	*ret_sent = len < 100 ? len : 100;
	ymodem_device_hear(desk->board, bytes, *ret_sent, desk->now_us);
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = desk_now, .wait = desk_wait };
static const struct slot_line_ops line_ops = { .hold = desk_hold };
static const struct slot_usb_ops usb_ops = { .join = desk_join, .device = desk_device };
static const struct slot_console_ops console_ops = { .set = desk_set, .send = desk_send_bytes };

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct desk *desk = ctx;

	(void)err;
	ck_assert_uint_lt(desk->point_count, POINTS_MAX);
	desk->points[desk->point_count++] = *progress;
	return 0;
}

static struct desk *desk_new(const struct ymodem_device_config *config)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	uint8_t bytes[IMAGE_LEN];

	ck_assert_ptr_nonnull(desk);
	desk->board = ymodem_device_new(config);
	ck_assert_ptr_nonnull(desk->board);
	peer_module_make(bytes, sizeof(bytes), 8, 5);
	ck_assert_int_eq(image_parse(bytes, sizeof(bytes), &desk->image, NULL), 0);
	desk->joined_us = -1;
	desk->slot =
		(struct slot){ .name = "desk",
			       .capabilities = SLOT_RESET | SLOT_SETUP | SLOT_USB | SLOT_CONSOLE,
			       .backend = desk,
			       .time = &time_ops,
			       .lines = &line_ops,
			       .usb = &usb_ops,
			       .console = &console_ops };
	delivery_port_init(&desk->port, &desk->slot);
	desk->delivery_board = (struct delivery_board){ .name = "p1",
							.usb_vendor = 0x2b04,
							.usb_serial = 0xc008,
							.setup_listening_us = 3 * SECOND_US };
	desk->context = (struct delivery_context){ .slot = &desk->slot,
						   .board = &desk->delivery_board,
						   .options = &desk->options,
						   .port = &desk->port };
	desk->part = (struct delivery_part){ .number = 1, .name = "user", .image = &desk->image };
	return desk;
}

static void desk_free(struct desk *desk)
{
	delivery_close(&delivery_ymodem, &desk->context);
	ymodem_device_free(desk->board);
	image_release(&desk->image);
	free(desk);
}

static struct delivery_outcome desk_send(struct desk *desk)
{
	const struct delivery_run run = { .context = &desk->context,
					  .part = &desk->part,
					  .progress = on_progress,
					  .progress_ctx = desk,
					  .acts = &desk->acts };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_open(&delivery_ymodem, &desk->context, &err) == 0, "%s", err.text);
	ck_assert_msg(delivery_prepare(&delivery_ymodem, &run, &outcome, &err) == 0, "%s",
		      err.text);
	if (outcome.result == DELIVERY_DONE)
		ck_assert_msg(delivery_send(&delivery_ymodem, &run, &outcome, &err) == 0, "%s",
			      err.text);
	ck_assert_uint_eq(desk->baud, 0); /* the line is let go */
	ck_assert_int_eq(desk->joined_us, -1);
	return outcome;
}

static bool holds(const struct desk *desk)
{
	return memcmp(desk->board->staging, desk->image.bytes, desk->image.len) == 0;
}

static const struct whole {
	enum ymodem_device_era era;
	enum line_kind kind;
	uint32_t block;
	enum delivery_sum sum;
} wholes[] = {
	{ YMODEM_ERA_052, LINE_PLAIN, 0, DELIVERY_SUM_DEFAULT },
	{ YMODEM_ERA_061, LINE_PLAIN, 128, DELIVERY_SUM_ZERO },
	{ YMODEM_ERA_08, LINE_ON_USB, 1024, DELIVERY_SUM_RIGHT },
	{ YMODEM_ERA_052, LINE_ON_USB, 128, DELIVERY_SUM_RIGHT },
};

START_TEST(whole_update)
{
	const struct whole *row = &wholes[_i];
	const struct ymodem_device_config config = { .era = row->era };
	struct desk *desk = desk_new(&config);
	uint32_t block = row->block ? row->block : 128;
	uint32_t blocks = (IMAGE_LEN + block - 1) / block;
	struct delivery_outcome outcome;

	desk->kind = row->kind;
	desk->options.chunk_bytes = row->block;
	desk->options.sum = row->sum;
	outcome = desk_send(desk);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert(holds(desk));
	ck_assert_int_eq(desk->board->gone, YMODEM_GONE_UPDATE);
	ck_assert_str_eq(desk->board->name, "binary");
	ck_assert_uint_eq(desk->board->file_bytes, IMAGE_LEN);
	ck_assert_uint_eq(desk->board->blocks, blocks + 2);
	ck_assert_uint_eq(desk->board->naks, 0);
	ck_assert_uint_eq(desk->board->writes_outside, 0);
	ck_assert((desk->board->bad_sums == 0) == (row->sum == DELIVERY_SUM_RIGHT));
	ck_assert_uint_eq(desk->holds, 0); /* listening began by the speed */
	ck_assert_uint_eq(desk->point_count, blocks + 4);
	for (uint32_t i = 0; i < blocks; i++)
		ck_assert_uint_eq(desk->points[2 + i].chunk, i);
	ck_assert_int_eq(desk->points[blocks + 3].point, DELIVERY_TAKEN);
	desk_free(desk);
}
END_TEST

static const struct misbehaviour {
	struct ymodem_device_faults faults;
	enum ymodem_device_era era;
	enum delivery_result result;
	const char *text;
} misbehaviours[] = {
	{ { .deaf = true },
	  YMODEM_ERA_08,
	  DELIVERY_REFUSED,
	  "it does not listen on its serial line" },
	{ { .refuse = 3 }, YMODEM_ERA_08, DELIVERY_DONE, "" }, /* sent again */
	{ { .lose_block = 3 }, YMODEM_ERA_08, DELIVERY_DONE, "" },
	{ { .lose_ack = 3 },
	  YMODEM_ERA_08,
	  DELIVERY_REFUSED,
	  "block 1 was not answered in time" }, /* its 'C' is lost as well */
	{ { .cancel = 4 },
	  YMODEM_ERA_08,
	  DELIVERY_REFUSED,
	  "cancelled by the board: Failed to receive the file!" },
	{ { .mute = 5 }, YMODEM_ERA_08, DELIVERY_REFUSED, "block 3 was not answered in time" },
	{ { .mute = 1 },
	  YMODEM_ERA_052,
	  DELIVERY_REFUSED,
	  "the file's name was not answered in time" },
	{ { .noise = 4 }, YMODEM_ERA_08, DELIVERY_DONE, "" },
	{ { .validation_fails = true },
	  YMODEM_ERA_061,
	  DELIVERY_REFUSED,
	  "refused by the board with -1330: its sum is wrong" },
	{ { .validation_fails = true }, YMODEM_ERA_052, DELIVERY_DONE, "" },
	{ { .no_reset = true }, YMODEM_ERA_08, DELIVERY_DONE, "" },
};

START_TEST(board_does_not_play_along)
{
	const struct misbehaviour *row = &misbehaviours[_i];
	const struct ymodem_device_config config = { .era = row->era, .faults = row->faults };
	struct desk *desk = desk_new(&config);
	struct delivery_outcome outcome = desk_send(desk);

	ck_assert_msg(strcmp(outcome.text, row->text) == 0, "%d: %s", (int)outcome.result,
		      outcome.text);
	ck_assert_int_eq(outcome.result, row->result);
	desk_free(desk);
}
END_TEST

/* At block 3 of 13, or at the end (13) and the close (14). */
static const struct deed {
	struct fuzz_act act;
	enum delivery_result result;
	const char *text; /* NULL: not the same for all eras */
} deeds[] = {
	{ { FUZZ_DELAY, 3, 2 * SECOND_US }, DELIVERY_DONE, "" },
	{ { FUZZ_RESET, 3, 100 }, DELIVERY_DONE, "" }, /* this board has no buttons */
	{ { FUZZ_SETUP, 3, 100 }, DELIVERY_DONE, "" },
	{ { FUZZ_DROP, 3, 0 }, DELIVERY_LOST, "block 4 was refused again and again" },
	{ { FUZZ_DROP, 12, 0 }, DELIVERY_LOST, NULL },
	{ { FUZZ_TWICE, 3, 0 }, DELIVERY_DONE, "" },
	{ { FUZZ_TWICE, 12, 0 }, DELIVERY_DONE, "" },
	{ { FUZZ_SWAP, 3, 0 }, DELIVERY_LOST, "block 5 was refused again and again" },
	{ { FUZZ_SPOIL, 3, 77 }, DELIVERY_LOST, NULL },
	{ { FUZZ_SEAL, 3, 77 }, DELIVERY_LOST, NULL },
	{ { FUZZ_SIZE, 3, 50 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_SIZE, 3, 300 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_INDEX, 3, 200 }, DELIVERY_DONE, "" }, /* asked for again, and right then */
	{ { FUZZ_AGAIN, 3, 0 }, DELIVERY_DONE, "" },
	{ { FUZZ_EARLY, 3, 0 }, DELIVERY_LOST, NULL },
	{ { FUZZ_STALL, 3, 0 }, DELIVERY_LOST, NULL },
	{ { FUZZ_STALL, 14, 0 }, DELIVERY_LOST, NULL },
	{ { FUZZ_ABORT, 0, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_ABORT, 3, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_ABORT, 13, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_ABORT, 14, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_HANGUP, 3, 0 }, DELIVERY_LOST, "the line was let go" },
	{ { FUZZ_HANGUP, 13, 0 }, DELIVERY_LOST, "the line was let go" },
	{ { FUZZ_NOISE, 3, 5 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_NOISE, 14, 6 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_JUNK, 3, 5 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_DROP, 13, 0 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_DROP, 14, 0 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_TWICE, 13, 0 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_TWICE, 14, 0 }, DELIVERY_UNKNOWN, NULL },
};

START_TEST(acts)
{
	const struct deed *row = &deeds[_i];
	const struct ymodem_device_config config = { .era = YMODEM_ERA_08 };
	struct desk *desk = desk_new(&config);
	struct delivery_outcome outcome;

	ck_assert(delivery_ymodem.acts >> row->act.kind & 1);
	desk->acts = (struct fuzz_acts){ .items = { row->act }, .count = 1 };
	outcome = desk_send(desk);
	ck_assert_int_ne(outcome.result, DELIVERY_REFUSED);
	if (row->result != DELIVERY_UNKNOWN)
		ck_assert_msg(outcome.result == row->result, "%d: %s", (int)outcome.result,
			      outcome.text);
	if (row->text)
		ck_assert_str_eq(outcome.text, row->text);
	ck_assert((outcome.text[0] == '\0') == (outcome.result == DELIVERY_DONE));
	/* what is done is whole, and what is not done left nothing behind */
	ck_assert_int_eq(desk->board->gone,
			 outcome.result == DELIVERY_DONE ? YMODEM_GONE_UPDATE : YMODEM_GONE_NONE);
	if (outcome.result == DELIVERY_DONE)
		ck_assert(holds(desk));
	else if (row->act.kind != FUZZ_HANGUP)
		ck_assert_int_eq(desk->board->mode, YMODEM_DEVICE_RUNNING);
	desk_free(desk);
}
END_TEST

START_TEST(cut_while_it_erases)
{
	const struct ymodem_device_config config = { .era = YMODEM_ERA_08,
						     .erase_us = 5 * SECOND_US };
	struct desk *desk = desk_new(&config);
	struct delivery_outcome outcome;

	desk->cut_us = 4 * SECOND_US;
	outcome = desk_send(desk);
	ck_assert_int_eq(outcome.result, DELIVERY_CUT);
	ck_assert_uint_eq(desk->point_count, 1);
	desk_free(desk);
}
END_TEST

START_TEST(time_of_all_is_limited)
{
	const struct ymodem_device_config config = { .era = YMODEM_ERA_08,
						     .erase_us = 5 * SECOND_US };
	struct desk *desk = desk_new(&config);
	struct delivery_outcome outcome;

	desk->options.timeout_us = 3 * SECOND_US;
	outcome = desk_send(desk);
	ck_assert_int_eq(outcome.result, DELIVERY_REFUSED);
	ck_assert_str_eq(outcome.text, "the file's name was not answered in time");
	desk_free(desk);
}
END_TEST

static const struct told {
	const char *info;
	bool deaf;
	enum delivery_proof_kind kind;
	const char *text;
} tolds[] = {
	{ "\"p\":8,\"m\":[{\"l\":\"m\",\"f\":\"u\",\"n\":\"1\",\"v\":6,\"vc\":30,\"vv\":30}]",
	  false, DELIVERY_PROOF_OTHER, "console: user has version 6" },
	{ "\"p\":8,\"m\":[{\"l\":\"m\",\"f\":\"u\",\"n\":\"1\",\"v\":6,\"vc\":30,\"vv\":28}]",
	  false, DELIVERY_PROOF_BAD, "console: user version 6, of checks 30 passed 28" },
	{ "\"p\":8,\"m\":[]", false, DELIVERY_PROOF_BAD, "console: no module user is listed" },
	{ "\"p\":8,\"m\":7", false, DELIVERY_PROOF_NONE, "console: there is no list of modules" },
	{ "nonsense", false, DELIVERY_PROOF_NONE, "console: no JSON at byte 9" },
	{ "", true, DELIVERY_PROOF_NONE, "console: it does not listen on its serial line" },
};

START_TEST(proof)
{
	const struct ymodem_device_config config = { .era = YMODEM_ERA_052,
						     .module_info = tolds[_i].info,
						     .faults = { .deaf = tolds[_i].deaf } };
	struct desk *desk = desk_new(&config);
	const struct delivery_run run = { .context = &desk->context, .part = &desk->part };
	struct delivery_proof told;
	struct err err = ERR_INIT;

	ck_assert_int_eq(delivery_open(&delivery_ymodem, &desk->context, NULL), 0);
	ck_assert_msg(delivery_prove(&delivery_ymodem, &run, &told, &err) == 0, "%s", err.text);
	ck_assert_str_eq(told.text, tolds[_i].text);
	ck_assert_int_eq(told.kind, tolds[_i].kind);
	ck_assert_uint_eq(desk->baud, 0);
	if (!tolds[_i].deaf)
		ck_assert_int_eq(desk->board->mode, YMODEM_DEVICE_RUNNING);
	desk_free(desk);
}
END_TEST

START_TEST(mistakes_of_the_user)
{
	const struct ymodem_device_config config = { .era = YMODEM_ERA_08 };
	struct desk *desk = desk_new(&config);
	struct err err = ERR_INIT;

	desk->options.chunk_bytes = 512;
	ck_assert_int_lt(delivery_open(&delivery_ymodem, &desk->context, &err), 0);
	ck_assert_str_eq(err.text, "ymodem has blocks of 128 or 1024 bytes, not of 512");
	desk->options.chunk_bytes = 0;
	desk->slot.capabilities = SLOT_CONSOLE;
	ck_assert_int_lt(delivery_open(&delivery_ymodem, &desk->context, &err), 0);
	ck_assert_str_eq(err.text, "slot 'desk' has neither a USB port nor SETUP to bring board "
				   "'p1' into listening mode");
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by ymodem, against a peer");
	TCase *tcase = tcase_create("ymodem");

	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(wholes));
	tcase_add_loop_test(tcase, board_does_not_play_along, 0, ARRAY_LEN(misbehaviours));
	tcase_add_loop_test(tcase, acts, 0, ARRAY_LEN(deeds));
	tcase_add_test(tcase, cut_while_it_erases);
	tcase_add_test(tcase, time_of_all_is_limited);
	tcase_add_loop_test(tcase, proof, 0, ARRAY_LEN(tolds));
	tcase_add_test(tcase, mistakes_of_the_user);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
