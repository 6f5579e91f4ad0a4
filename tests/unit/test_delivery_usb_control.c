/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates by USB control requests against a device written from the published description alone:
 * whole ones, every act, every way in which the device does not play along, and what it proves.
 */
#include "base/macros.h"
#include "delivery/delivery.h"
#include "delivery/protobuf.h"
#include "delivery/usb_request.h"
#include "lib/module.h"
#include "lib/testing.h"
#include "lib/usb_control_device.h"

#include <string.h>

enum { BODY = 5000, POINTS_MAX = 64, VERSION = 1201 };

/* How modules are named in request 90: bootloader, system part, user part. */
enum module_type { TYPE_BOOTLOADER = 1, TYPE_SYSTEM = 2, TYPE_USER = 3 };

struct desk {
	struct usb_control_device *device;
	struct slot slot;
	struct image image;
	struct delivery_board board;
	struct delivery_options options;
	struct delivery_port *port;
	struct delivery_context context;
	struct delivery_part part;
	struct fuzz_acts acts;
	struct delivery_progress points[POINTS_MAX];
	size_t point_count;
};

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct desk *desk = ctx;

	(void)err;
	ck_assert_uint_lt(desk->point_count, POINTS_MAX);
	desk->points[desk->point_count++] = *progress;
	return 0;
}

static void desk_open(struct desk *desk, const struct usb_control_config *config)
{
	const struct image_header header = {
		.start = 0x08020000,
		.version = VERSION,
		.platform_id = 8,
		.function = IMAGE_FUNCTION_SYSTEM,
		.index = 1,
	};
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len;

	memset(desk, 0, sizeof(*desk));
	bytes = module_make(header, 0, BODY, &len);
	ck_assert_int_eq(image_parse(bytes, len, &desk->image, NULL), 0);
	desk->device = usb_control_device_new(config);
	desk->port = calloc(1, sizeof(*desk->port));
	ck_assert(desk->device && desk->port);
	usb_control_device_slot(desk->device, &desk->slot);
	delivery_port_init(desk->port, &desk->slot);
	desk->board = (struct delivery_board){ .name = "p1",
					       .usb_vendor = USB_CONTROL_VENDOR,
					       .usb_serial = USB_CONTROL_RUNS + 8,
					       .usb_dfu = USB_CONTROL_DFU + 8 };
	desk->context = (struct delivery_context){ .slot = &desk->slot,
						   .board = &desk->board,
						   .options = &desk->options,
						   .port = desk->port };
	desk->part = (struct delivery_part){ .number = 1,
					     .name = "system-part1",
					     .image = &desk->image };
	ck_assert_int_eq(delivery_open(&delivery_usb_control, &desk->context, NULL), 0);
}

static void desk_close(struct desk *desk)
{
	delivery_close(&delivery_usb_control, &desk->context);
	slot_close(&desk->slot);
	usb_control_device_free(desk->device);
	image_release(&desk->image);
	free(desk->port);
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

	ck_assert_msg(delivery_prepare(&delivery_usb_control, &run, &outcome, &err) == 0, "%s",
		      err.text);
	if (outcome.result != DELIVERY_DONE)
		return outcome;
	ck_assert_msg(delivery_send(&delivery_usb_control, &run, &outcome, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(desk->device->port, SLOT_USB_PARTED);
	return outcome;
}

static bool holds(const struct desk *desk)
{
	return memcmp(desk->device->staging, desk->image.bytes, desk->image.len) == 0;
}

START_TEST(whole_update)
{
	static const uint32_t sizes[] = { 0, 1024, 100, 5000 };
	static const uint32_t used[] = { 1024, 1024, 100, 1024 };
	struct desk desk;
	struct delivery_outcome outcome;
	uint32_t chunks;

	desk_open(&desk, &(struct usb_control_config){ 0 });
	desk.options.chunk_bytes = sizes[_i];
	chunks = (uint32_t)(desk.image.len + used[_i] - 1) / used[_i];
	outcome = desk_send(&desk);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert(holds(&desk));
	ck_assert(desk.device->applied);
	ck_assert_uint_eq(desk.device->applied_module.version, VERSION);
	ck_assert_uint_eq(desk.device->counts.data_messages, chunks);
	ck_assert_uint_eq(desk.device->biggest_data, used[_i]);
	ck_assert_uint_eq(desk.device->counts.stalls, 0);
	ck_assert_uint_eq(desk.point_count, chunks + 4);
	ck_assert_int_eq(desk.points[0].point, DELIVERY_BEGUN);
	ck_assert_int_eq(desk.points[1].point, DELIVERY_READY);
	for (uint32_t i = 0; i < chunks; i++) {
		ck_assert_int_eq(desk.points[2 + i].point, DELIVERY_CHUNK);
		ck_assert_uint_eq(desk.points[2 + i].chunk, i);
	}
	ck_assert_uint_eq(desk.points[1 + chunks].bytes, desk.image.len);
	ck_assert_int_eq(desk.points[2 + chunks].point, DELIVERY_SENT);
	ck_assert_int_eq(desk.points[3 + chunks].point, DELIVERY_TAKEN);
	desk_close(&desk);
}
END_TEST

static const struct misbehaviour {
	struct usb_control_faults faults;
	enum delivery_result result;
	const char *text;
} misbehaviours[] = {
	{ { .busy_count = 5 }, DELIVERY_DONE, "" },
	{ { .no_memory_count = 1 }, DELIVERY_REFUSED, "USB request 253: it found no memory" },
	{ { .stall_service = USB_CONTROL_INIT },
	  DELIVERY_REFUSED,
	  "USB request 250: INIT was refused" },
	{ { .stall_service = USB_CONTROL_SEND },
	  DELIVERY_REFUSED,
	  "USB request 250: SEND was refused" },
	{ { .stall_service = USB_CONTROL_CHECK },
	  DELIVERY_REFUSED,
	  "USB request 250: CHECK was refused" },
	{ { .stall_service = USB_CONTROL_RECV },
	  DELIVERY_REFUSED,
	  "USB request 250: RECV was refused" },
	{ { .lose_type = 253 },
	  DELIVERY_REFUSED,
	  "USB request 253: it was forgotten by the device" },
	{ { .endless_type = 250 }, DELIVERY_REFUSED, "USB request 250: it was not done in time" },
	{ { .fail_type = 250, .fail_result = -1350 },
	  DELIVERY_REFUSED,
	  "the start was refused with -1350: its address is wrong" },
	{ { .fail_type = 251, .fail_result = -1340 },
	  DELIVERY_REFUSED,
	  "the module was refused with -1340: its dependencies are not met" },
	{ { .fail_type = 251, .fail_result = -7 },
	  DELIVERY_REFUSED,
	  "the module was refused with -7" },
	{ { .size_type = 250, .size_error = 5 },
	  DELIVERY_REFUSED,
	  "USB request 250: RECV was refused" },
	{ { .size_type = 250, .size_error = 100000 },
	  DELIVERY_REFUSED,
	  "USB request 250: its reply is too long" },
	{ { .empty_type = 250 },
	  DELIVERY_REFUSED,
	  "the start was answered with an impossible size of chunks" },
	{ { .chunk_bytes = 60000 },
	  DELIVERY_REFUSED,
	  "the start was answered with an impossible size of chunks" },
	{ { .gone_at_data = 3 }, DELIVERY_REFUSED, "USB request 253: CHECK found nobody there" },
	{ { .refuse_data = 2 },
	  DELIVERY_REFUSED,
	  "chunk 1 was refused with -290: the message cannot be read" },
	{ { .updates_disabled = true },
	  DELIVERY_REFUSED,
	  "the start was refused with -1380: updates are disabled" },
	{ { .no_reset = true }, DELIVERY_REFUSED, "it said yes and does not reset" },
	{ { .silent_at = 9 }, DELIVERY_REFUSED, "USB request 250: CHECK was not answered" },
};

START_TEST(device_does_not_play_along)
{
	const struct misbehaviour *row = &misbehaviours[_i];
	struct desk desk;
	struct delivery_outcome outcome;

	desk_open(&desk, &(struct usb_control_config){ .faults = row->faults });
	outcome = desk_send(&desk);
	ck_assert_str_eq(outcome.text, row->text);
	ck_assert_int_eq(outcome.result, row->result);
	desk_close(&desk);
}
END_TEST

static const struct deed {
	struct fuzz_act act;
	enum delivery_result result;
	const char *text;
	unsigned int data_messages;
} deeds[] = {
	{ { FUZZ_DROP, 2, 0 }, DELIVERY_LOST, "the module was refused with -210: not now", 4 },
	{ { FUZZ_TWICE, 1, 0 },
	  DELIVERY_LOST,
	  "chunk 3 was refused with -1350: its address is wrong",
	  5 },
	{ { FUZZ_SWAP, 0, 0 }, DELIVERY_LOST, NULL, 5 },
	{ { FUZZ_SPOIL, 1, 4000 }, DELIVERY_LOST, NULL, 5 },
	{ { FUZZ_SIZE, 0, 10 }, DELIVERY_LOST, "the module was refused with -210: not now", 5 },
	{ { FUZZ_SIZE, 0, 1000000 }, DELIVERY_LOST, NULL, 2 },
	{ { FUZZ_STALL, 2, 0 }, DELIVERY_LOST, "stalled for a minute", 2 },
	{ { FUZZ_ABORT, 3, 0 }, DELIVERY_LOST, "cancelled", 3 },
	{ { FUZZ_ABORT, 5, 0 }, DELIVERY_LOST, "cancelled", 5 },
	{ { FUZZ_AGAIN, 3, 0 }, DELIVERY_LOST, "the module was refused with -210: not now", 5 },
	{ { FUZZ_AGAIN, 0, 0 }, DELIVERY_DONE, "", 5 },
	{ { FUZZ_EARLY, 1, 0 }, DELIVERY_LOST, "the module was refused with -210: not now", 1 },
	{ { FUZZ_ORDER, 2, 0 }, DELIVERY_DONE, "", 5 },
	{ { FUZZ_DELAY, 2, 3000000 }, DELIVERY_DONE, "", 5 },
	{ { FUZZ_HANGUP, 2, 0 }, DELIVERY_LOST, "the USB was parted", 2 },
	{ { FUZZ_JUNK, 2, 7 }, DELIVERY_UNKNOWN, NULL, 6 },
};

START_TEST(acts)
{
	const struct deed *row = &deeds[_i];
	struct desk desk;
	struct delivery_outcome outcome;

	desk_open(&desk, &(struct usb_control_config){ 0 });
	ck_assert(delivery_usb_control.acts >> row->act.kind & 1);
	desk.acts = (struct fuzz_acts){ .items = { row->act }, .count = 1 };
	outcome = desk_send(&desk);
	if (row->text)
		ck_assert_str_eq(outcome.text, row->text);
	if (row->result != DELIVERY_UNKNOWN)
		ck_assert_msg(outcome.result == row->result, "%d: %s", (int)outcome.result,
			      outcome.text);
	ck_assert_uint_eq(desk.device->counts.data_messages, row->data_messages);
	ck_assert(desk.device->applied == (outcome.result == DELIVERY_DONE));
	if (row->act.kind == FUZZ_ORDER)
		ck_assert_uint_gt(desk.device->counts.stalls, 0);
	/* whatever was done to it, it is there for a right one */
	desk.acts.count = 0;
	desk.point_count = 0;
	outcome = desk_send(&desk);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert(holds(&desk));
	desk_close(&desk);
}
END_TEST

static const struct told {
	struct usb_control_module module;
	enum delivery_proof_kind kind;
	const char *text;
} tolds[] = {
	{ { .function = TYPE_SYSTEM, .index = 1, .version = VERSION },
	  DELIVERY_PROOF_INSTALLED,
	  "USB: system-part1 has version 1201" },
	{ { .function = TYPE_SYSTEM, .index = 1, .version = 1200 },
	  DELIVERY_PROOF_OTHER,
	  "USB: system-part1 has version 1200" },
	{ { .function = TYPE_SYSTEM, .index = 1, .version = VERSION, .validity = 2 },
	  DELIVERY_PROOF_BAD,
	  "USB: system-part1 version 1201, failed checks 2" },
	{ { .function = TYPE_SYSTEM, .index = 2, .version = VERSION },
	  DELIVERY_PROOF_BAD,
	  "USB: no module system-part1 is listed" },
	{ { .function = TYPE_USER, .index = 1, .version = VERSION },
	  DELIVERY_PROOF_BAD,
	  "USB: no module system-part1 is listed" },
};

static struct delivery_proof desk_prove(struct desk *desk)
{
	const struct delivery_run run = { .context = &desk->context, .part = &desk->part };
	struct delivery_proof proof;
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prove(&delivery_usb_control, &run, &proof, &err) == 0, "%s",
		      err.text);
	return proof;
}

START_TEST(proof)
{
	struct usb_control_config config = {
		.modules = { { .function = TYPE_BOOTLOADER, .version = 1 }, tolds[_i].module }
	};
	struct delivery_proof told;
	struct desk desk;

	desk_open(&desk, &config);
	told = desk_prove(&desk);
	ck_assert_str_eq(told.text, tolds[_i].text);
	ck_assert_int_eq(told.kind, tolds[_i].kind);
	ck_assert_int_eq(desk.device->port, SLOT_USB_PARTED);
	desk_close(&desk);
}
END_TEST

static const struct mute {
	struct usb_control_faults faults;
	const char *text;
} mutes[] = {
	{ { .fail_type = 90, .fail_result = -120 },
	  "USB: the module information was refused with -120: not supported" },
	{ { .stall_service = USB_CONTROL_INIT }, "USB: USB request 90: INIT was refused" },
	{ { .size_type = 90, .size_error = -1 }, "USB: its module information cannot be read" },
};

START_TEST(no_proof)
{
	struct delivery_proof told;
	struct desk desk;

	desk_open(&desk, &(struct usb_control_config){ .faults = mutes[_i].faults });
	told = desk_prove(&desk);
	ck_assert_str_eq(told.text, mutes[_i].text);
	ck_assert_int_eq(told.kind, DELIVERY_PROOF_NONE);
	desk_close(&desk);
}
END_TEST

START_TEST(varints)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
	uint8_t bytes[64];
	struct protobuf_writer writer = { .bytes = bytes, .size = sizeof(bytes) };
	struct protobuf_reader reader = { .bytes = bytes };
	struct protobuf_field field;

	protobuf_put_number(&writer, 300, values[_i]);
	protobuf_put_bytes(&writer, 2, (const uint8_t *)"abc", 3);
	ck_assert(!writer.bad);
	reader.len = writer.len;
	ck_assert(protobuf_next(&reader, &field));
	ck_assert_uint_eq(field.number, 300);
	ck_assert_int_eq(field.wire, PROTOBUF_NUMBER);
	ck_assert(field.value == values[_i]);
	ck_assert(protobuf_next(&reader, &field));
	ck_assert_int_eq(field.wire, PROTOBUF_BYTES);
	ck_assert_uint_eq(field.len, 3);
	ck_assert_mem_eq(field.bytes, "abc", 3);
	ck_assert(!protobuf_next(&reader, &field));
	ck_assert(!reader.bad);
	for (size_t len = 1; len < writer.len; len++) { /* cut short, it is none or fewer fields */
		size_t count = 0;

		reader = (struct protobuf_reader){ .bytes = bytes, .len = len };
		while (protobuf_next(&reader, &field))
			count++;
		ck_assert(reader.bad || count == 1);
	}
}
END_TEST

static const struct none {
	uint8_t bytes[12];
	size_t len;
} nones[] = {
	{ { 0x80 }, 1 },		   /* a tag that does not end */
	{ { 0x00, 0x01 }, 2 },		   /* field 0 */
	{ { 0x0b }, 1 },		   /* a group */
	{ { 0x0f, 0x00 }, 2 },		   /* no such wire type */
	{ { 0x0a, 0x05, 'a', 'b' }, 4 },   /* bytes that are not there */
	{ { 0x0d, 0x01, 0x02, 0x03 }, 4 }, /* nor these of a fixed one */
	{ { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02 }, 11 }, /* 2^64 */
};

START_TEST(no_message)
{
	struct protobuf_reader reader = { .bytes = nones[_i].bytes, .len = nones[_i].len };
	struct protobuf_field field;

	ck_assert(!protobuf_next(&reader, &field));
	ck_assert(reader.bad);
	ck_assert(!protobuf_next(&reader, &field));
}
END_TEST

START_TEST(full_buffer)
{
	uint8_t bytes[4];
	struct protobuf_writer writer = { .bytes = bytes, .size = sizeof(bytes) };

	protobuf_put_number(&writer, 1, 1);
	protobuf_put_bytes(&writer, 1, (const uint8_t *)"abc", 3);
	ck_assert(writer.bad);
	ck_assert_uint_le(writer.len, sizeof(bytes));
}
END_TEST

START_TEST(answers_of_the_service)
{
	static const uint8_t all[] = {
		15, 0, 0, 0, 2, 0, 7, 1, 4, 3, 2, 1, 0xff, 0xff, 0xff, 0xff
	};
	static const uint8_t some[] = { 9, 0, 0, 0, 0, 0, 0xec, 0xfa, 0xff, 0xff };
	struct usb_request_answer answer;

	ck_assert(usb_request_parse(all, sizeof(all), &answer));
	ck_assert_uint_eq(answer.status, USB_REQUEST_STATUS_PENDING);
	ck_assert_uint_eq(answer.id, 0x0107);
	ck_assert_uint_eq(answer.size, 0x01020304);
	ck_assert_int_eq(answer.result, -1);
	ck_assert(usb_request_parse(some, sizeof(some), &answer));
	ck_assert_int_eq(answer.result, -1300);
	for (size_t len = 0; len < sizeof(all); len++)
		ck_assert(!usb_request_parse(all, len, &answer));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by USB control requests");
	TCase *tcase = tcase_create("usb-control");

	tcase_add_loop_test(tcase, whole_update, 0, 4);
	tcase_add_loop_test(tcase, device_does_not_play_along, 0, ARRAY_LEN(misbehaviours));
	tcase_add_loop_test(tcase, acts, 0, ARRAY_LEN(deeds));
	tcase_add_loop_test(tcase, proof, 0, ARRAY_LEN(tolds));
	tcase_add_loop_test(tcase, no_proof, 0, ARRAY_LEN(mutes));
	tcase_add_loop_test(tcase, varints, 0, 8);
	tcase_add_loop_test(tcase, no_message, 0, ARRAY_LEN(nones));
	tcase_add_test(tcase, full_buffer);
	tcase_add_test(tcase, answers_of_the_service);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
