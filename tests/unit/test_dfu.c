/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DFU client against a device that keeps every setup packet (lib/fake_dfu.h): the bytes are
 * those that dfu-util sends for "-a 0 -s ADDRESS:leave -D FILE" and for "-U" (its dfuse.c).
 */
#include "lib/fake_slot.h"
#include "lib/testing.h"
#include "usb/dfu.h"

#include <string.h>

enum { WAIT_US = 2000000, PACKETS_MAX = 2048 };

/* A fake board in DFU mode with its device on the USB. */
struct desk {
	struct fake_board board;
	struct slot slot;
	struct dfu dfu;
	enum dfu_result result;
};

static struct desk *new_desk(const struct fake_dfu *script)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct slot_usb_device device;
	enum slot_wait why;

	ck_assert_ptr_nonnull(desk);
	fake_slot_open(&desk->board, &desk->slot);
	if (script)
		desk->board.dfu = *script;
	ck_assert_int_eq(slot_usb_join(&desk->slot, SLOT_USB_JOINED, NULL), 0);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_wait(&desk->slot, WAIT_US, &why, NULL), 0);
	ck_assert(slot_usb_device(&desk->slot, &device));
	ck_assert_uint_eq(device.product, FAKE_DFU_PRODUCT);
	return desk;
}

static struct desk *new_open_desk(const struct fake_dfu *script)
{
	struct desk *desk = new_desk(script);

	ck_assert_int_eq(dfu_open(&desk->dfu, &desk->slot, &desk->result, NULL), 0);
	ck_assert_msg(desk->result == DFU_GOOD, "%s", desk->dfu.text);
	desk->board.dfu.setup_count = 0;
	return desk;
}

/* "21 01 0000 0000 0005 2100180000": type, request, value, index, length, first data. */
static void tell_packets(const struct fake_dfu *dfu, char ret[PACKETS_MAX])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < dfu->setup_count; i++) {
		const struct slot_usb_setup *s = &dfu->setups[i];

		ck_assert_uint_lt(len + 48, PACKETS_MAX);
		len += (size_t)snprintf(ret + len, PACKETS_MAX - len, "%02x %02x %04x %04x %04x",
					s->type, s->request, s->value, s->index, s->length);
		if (!(s->type & 0x80) && s->length > 0)
			len += (size_t)snprintf(ret + len, PACKETS_MAX - len,
						" %02x%02x%02x%02x%02x", dfu->first_bytes[i][0],
						dfu->first_bytes[i][1], dfu->first_bytes[i][2],
						dfu->first_bytes[i][3], dfu->first_bytes[i][4]);
		ret[len++] = '\n';
		ret[len] = '\0';
	}
}

#define STATUS "a1 03 0000 0000 0006\n"
#define ABORT  "21 06 0000 0000 0000\n" STATUS

static void fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 3 + 1);
}

START_TEST(opening_reads_descriptors_and_makes_idle)
{
	struct desk *desk = new_desk(NULL);
	char packets[PACKETS_MAX];

	desk->board.dfu.state = 5; /* somebody stopped in the middle */
	ck_assert_int_eq(dfu_open(&desk->dfu, &desk->slot, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GOOD);
	tell_packets(&desk->board.dfu, packets);
	ck_assert_str_eq(packets, "80 06 0200 0000 0200\n"
				  "80 06 0304 0409 00ff\n"
				  "80 06 0305 0409 00ff\n"
				  "01 0b 0000 0000 0000\n" STATUS ABORT);
	ck_assert_uint_eq(desk->dfu.interface.memory_count, 2);
	ck_assert_uint_eq(desk->dfu.interface.transfer_bytes, FAKE_DFU_BLOCK);
	ck_assert_uint_eq(desk->dfu.interface.attributes, 0x0b);
	ck_assert_uint_eq(desk->dfu.interface.version, 0x011a);
	ck_assert_str_eq(desk->dfu.memory->name, "Fake Flash");
	ck_assert_str_eq(desk->dfu.interface.memories[1].name, "not a layout");
	ck_assert_uint_eq(desk->dfu.interface.memories[1].segment_count, 0);
	free(desk);
}
END_TEST

START_TEST(an_error_before_is_cleared)
{
	static const struct fake_dfu in_error = { .state = 10, .status = 8 };
	static const struct fake_dfu for_ever = { .state = 10,
						  .status = 8,
						  .stays_in_error = true };
	struct desk *desk = new_desk(&in_error);

	ck_assert_int_eq(dfu_open(&desk->dfu, &desk->slot, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GOOD);
	ck_assert_uint_eq(desk->board.dfu.status, 0);
	free(desk);
	desk = new_desk(&for_ever);
	ck_assert_int_eq(dfu_open(&desk->dfu, &desk->slot, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_REFUSED);
	ck_assert_str_eq(desk->dfu.text, "the device does not become idle");
	free(desk);
}
END_TEST

START_TEST(writing_sends_what_a_stock_host_sends)
{
	struct desk *desk = new_open_desk(NULL);
	char packets[PACKETS_MAX];
	uint8_t bytes[600];

	fill(bytes, sizeof(bytes));
	memset(desk->board.dfu.memory, 0, sizeof(desk->board.dfu.memory));
	/* from the last 88 bytes of a page on: two pages, three blocks */
	ck_assert_int_eq(dfu_write(&desk->dfu, 0x1ba8, bytes, sizeof(bytes), &desk->result, NULL),
			 0);
	ck_assert_msg(desk->result == DFU_GOOD, "%s", desk->dfu.text);
	tell_packets(&desk->board.dfu, packets);
	ck_assert_str_eq(packets, "21 01 0000 0000 0005 41a81b0000\n" STATUS STATUS
				  "21 01 0000 0000 0005 41001c0000\n" STATUS STATUS
				  "21 01 0000 0000 0005 21a81b0000\n" STATUS STATUS
				  "21 01 0002 0000 0100 0104070a0d\n" STATUS STATUS
				  "21 01 0000 0000 0005 21a81c0000\n" STATUS STATUS
				  "21 01 0002 0000 0100 0104070a0d\n" STATUS STATUS
				  "21 01 0000 0000 0005 21a81d0000\n" STATUS STATUS
				  "21 01 0002 0000 0058 0104070a0d\n" STATUS STATUS ABORT);
	ck_assert_int_eq(memcmp(desk->board.dfu.memory + 0xba8, bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(desk->board.dfu.memory[0x7ff], 0);	/* the page before */
	ck_assert_uint_eq(desk->board.dfu.memory[0x800], 0xff); /* erased, not written */
	ck_assert_uint_eq(desk->board.dfu.memory[0x1000], 0);	/* the page after */
	free(desk);
}
END_TEST

START_TEST(poll_timeouts_are_waited_for)
{
	struct desk *desk = new_open_desk(NULL);
	int64_t begin_us = slot_now_us(&desk->slot);

	ck_assert_int_eq(dfu_erase(&desk->dfu, FAKE_DFU_OPEN, 1, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GOOD);
	ck_assert_int_ge(slot_now_us(&desk->slot) - begin_us, 1000 * FAKE_DFU_POLL_MS);
	free(desk);
}
END_TEST

START_TEST(reading_gives_what_is_there)
{
	struct desk *desk = new_open_desk(NULL);
	char packets[PACKETS_MAX];
	uint8_t bytes[700];

	fill(desk->board.dfu.memory, sizeof(desk->board.dfu.memory));
	ck_assert_int_eq(dfu_read(&desk->dfu, 0x1010, bytes, sizeof(bytes), &desk->result, NULL),
			 0);
	ck_assert_msg(desk->result == DFU_GOOD, "%s", desk->dfu.text);
	ck_assert_int_eq(memcmp(desk->board.dfu.memory + 0x10, bytes, sizeof(bytes)), 0);
	tell_packets(&desk->board.dfu, packets);
	ck_assert_str_eq(packets, "21 01 0000 0000 0005 2110100000\n" STATUS STATUS ABORT
				  "a1 02 0002 0000 0100\n"
				  "a1 02 0003 0000 0100\n"
				  "a1 02 0004 0000 00bc\n" ABORT);
	free(desk);
}
END_TEST

START_TEST(leaving_is_an_empty_download)
{
	struct desk *desk = new_open_desk(NULL);
	struct slot_usb_device device;
	char packets[PACKETS_MAX];

	ck_assert_int_eq(dfu_leave(&desk->dfu, FAKE_DFU_OPEN, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GOOD);
	tell_packets(&desk->board.dfu, packets);
	ck_assert_str_eq(packets, "21 01 0000 0000 0005 2100180000\n" STATUS STATUS
				  "21 01 0002 0000 0000\n" STATUS);
	ck_assert_uint_eq(desk->board.dfu.leaves, 1);
	ck_assert(!slot_usb_device(&desk->slot, &device));
	ck_assert_int_eq(dfu_erase(&desk->dfu, FAKE_DFU_OPEN, 1, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GONE);
	ck_assert_str_eq(desk->dfu.text, "ERASE found the device gone");
	free(desk);
}
END_TEST

static const struct {
	struct fake_dfu script;
	uint32_t address;
	size_t len;
	enum dfu_result result;
	const char *text;
} refusals[] = {
	{ { 0 }, 0x17ff, 8, DFU_REFUSED, "the layout lets nobody write 0x000017ff, 8 bytes" },
	{ { 0 }, 0x2ffd, 4, DFU_REFUSED, "the layout lets nobody write 0x00002ffd, 4 bytes" },
	{ { 0 }, 0xfffffffe, 4, DFU_REFUSED, "the layout lets nobody write 0xfffffffe, 4 bytes" },
	{ { .fails_at = 1 }, 0x1800, 4, DFU_REFUSED, "ERASE was refused" },
	{ { .fails_at = 2 }, 0x1800, 4, DFU_REFUSED, "SET_ADDRESS was refused" },
	{ { .fails_at = 3 }, 0x1800, 4, DFU_REFUSED, "DNLOAD was refused" },
	{ { .fails_at = 3, .fails_status = 3 },
	  0x1800,
	  4,
	  DFU_REFUSED,
	  "DNLOAD failed, status 3, state 10" },
	{ { .never_done = true }, 0x1800, 4, DFU_SILENT, "ERASE does not end, state 4" },
};

START_TEST(refusals_say_what_was_refused)
{
	struct desk *desk = new_open_desk(&refusals[_i].script);
	const uint8_t bytes[8] = { 0 };

	ck_assert_int_eq(dfu_write(&desk->dfu, refusals[_i].address, bytes, refusals[_i].len,
				   &desk->result, NULL),
			 0);
	ck_assert_int_eq(desk->result, refusals[_i].result);
	ck_assert_str_eq(desk->dfu.text, refusals[_i].text);
	free(desk);
}
END_TEST

START_TEST(other_ways_to_be_refused)
{
	struct desk *desk = new_open_desk(NULL);

	ck_assert_int_eq(dfu_mass_erase(&desk->dfu, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_REFUSED);
	ck_assert_str_eq(desk->dfu.text, "mass erase failed, status 15, state 10");
	ck_assert_int_eq(dfu_select(&desk->dfu, 9, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_REFUSED);
	ck_assert_int_eq(dfu_select(&desk->dfu, 1, &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_GOOD);
	ck_assert_uint_eq(desk->board.dfu.alternate, 1);
	free(desk);
}
END_TEST

static const struct {
	struct fake_dfu script; /* counted from when it was opened */
	enum dfu_result result;
	const char *text;
} poor_answers[] = {
	{ { .short_at = 1 }, DFU_REFUSED, "GETSTATUS was answered with too few bytes" },
	{ { .short_at = 4 }, DFU_REFUSED, "UPLOAD was answered with too few bytes" },
	{ { .silent_at = 1 }, DFU_SILENT, "GETSTATUS was not answered" },
	{ { .silent_at = 4 }, DFU_SILENT, "UPLOAD was not answered" },
};

START_TEST(short_and_missing_answers)
{
	struct desk *desk = new_open_desk(NULL);
	uint8_t bytes[FAKE_DFU_BLOCK];

	desk->board.dfu.answers = 0;
	desk->board.dfu.short_at = poor_answers[_i].script.short_at;
	desk->board.dfu.silent_at = poor_answers[_i].script.silent_at;
	ck_assert_int_eq(
		dfu_read(&desk->dfu, FAKE_DFU_OPEN, bytes, sizeof(bytes), &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, poor_answers[_i].result);
	ck_assert_str_eq(desk->dfu.text, poor_answers[_i].text);
	free(desk);
}
END_TEST

START_TEST(a_cut_ends_it)
{
	struct slot_cut cut = { .by = SLOT_CUT_BY_TIME, .at = 4100, .form = SLOT_CUT_BEFORE };
	struct desk *desk = new_open_desk(NULL);
	uint8_t bytes[600];

	fill(bytes, sizeof(bytes));
	ck_assert_int_eq(slot_cut_arm(&desk->slot, &cut, NULL), 0);
	ck_assert_int_eq(
		dfu_write(&desk->dfu, FAKE_DFU_OPEN, bytes, sizeof(bytes), &desk->result, NULL), 0);
	ck_assert_int_eq(desk->result, DFU_CUT);
	free(desk);
}
END_TEST

static const struct {
	const char *text;
	const char *name; /* NULL: no layout */
	size_t segments;
	uint32_t address; /* in a segment with this page and access */
	uint32_t page_bytes;
	unsigned int access;
} layouts[] = {
	/* as released (Photon and P1, all bootloaders) */
	{ "@Internal Flash   /0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg", "Internal Flash", 4,
	  0x080fffff, 128 * 1024, 7 },
	{ "@Internal Flash   /0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg", "Internal Flash", 4,
	  0x0800bfff, 16 * 1024, 1 },
	{ "@DCT Flash   /0x00000000/01*016Kg", "DCT Flash", 1, 0x3fff, 16 * 1024, 7 },
	{ "@Serial Flash   /0x00000000/256*004Kg", "Serial Flash", 1, 0xfffff, 4096, 7 },
	/* as ST's own boot ROM has them */
	{ "@Option Bytes  /0x1FFFC000/01*016 e", "Option Bytes", 1, 0x1fffc00f, 16, 5 },
	{ "@OTP Memory /0x1FFF7800/01*512 e,01*016 e", "OTP Memory", 2, 0x1fff7a0f, 16, 5 },
	{ "@X/0x10/1*2Bb/0x20/1*1Mc", "X", 2, 0x10001f, 1024 * 1024, 3 },
	{ "", NULL, 0, 0, 0, 0 },
	{ "Internal Flash /0x08000000/03*016Ka", NULL, 0, 0, 0, 0 },
	{ "@Internal Flash", NULL, 0, 0, 0, 0 },
	{ "@A/", NULL, 0, 0, 0, 0 },
	{ "@A/08000000/1*1Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x/1*1Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x123456789/1*1Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*1K", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*1Kh", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*1Ga", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/0*1Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*0Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*1Ka,", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*1Ka junk", NULL, 0, 0, 0, 0 },
	{ "@A/0xffffff00/1*1Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/99999*99999Ka", NULL, 0, 0, 0, 0 },
	{ "@A/0x0/1*99999999Ma", NULL, 0, 0, 0, 0 },
};

START_TEST(layout_strings)
{
	struct dfu_memory memory = { .alternate = 3, .string = 9, .name = "before" };
	const struct dfu_segment *segment;

	ck_assert_int_eq(dfu_parse_layout(layouts[_i].text, &memory), layouts[_i].name != NULL);
	ck_assert_uint_eq(memory.alternate, 3);
	ck_assert_uint_eq(memory.string, 9);
	ck_assert_str_eq(memory.name, layouts[_i].name ? layouts[_i].name : "before");
	ck_assert_uint_eq(memory.segment_count, layouts[_i].segments);
	if (!layouts[_i].name)
		return;
	segment = dfu_segment_at(&memory, layouts[_i].address);
	ck_assert_ptr_nonnull(segment);
	ck_assert_uint_eq(segment->page_bytes, layouts[_i].page_bytes);
	ck_assert_uint_eq(segment->access, layouts[_i].access);
}
END_TEST

START_TEST(access_holds_for_every_byte)
{
	struct dfu_memory memory = { 0 };

	ck_assert(dfu_parse_layout("@A/0x1000/2*1Ka,1*1Kg,1*1Kc/0x3000/1*1Kg", &memory));
	ck_assert(dfu_grants(&memory, 0x1000, 0x1000, DFU_READABLE));
	ck_assert(!dfu_grants(&memory, 0x1000, 0x1001, DFU_READABLE));
	ck_assert(!dfu_grants(&memory, 0x0fff, 2, DFU_READABLE));
	ck_assert(dfu_grants(&memory, 0x1800, 0x400, DFU_WRITABLE));
	ck_assert(!dfu_grants(&memory, 0x1800, 0x401, DFU_WRITABLE));
	ck_assert(dfu_grants(&memory, 0x1800, 0x800, DFU_ERASABLE));
	ck_assert(!dfu_grants(&memory, 0x17ff, 2, DFU_ERASABLE));
	ck_assert(dfu_grants(&memory, 0x3000, 0x400, DFU_WRITABLE | DFU_ERASABLE));
}
END_TEST

/* As the released P1 bootloader 1.5.0 tells it. */
static const uint8_t p1_configuration[] = {
	0x09, 0x02, 0x2d, 0x00, 0x01, 0x01, 0x02, 0xc0, 0x32, 0x09, 0x04, 0x00, 0x00, 0x00, 0xfe,
	0x01, 0x02, 0x06, 0x09, 0x04, 0x00, 0x01, 0x00, 0xfe, 0x01, 0x02, 0x07, 0x09, 0x04, 0x00,
	0x02, 0x00, 0xfe, 0x01, 0x02, 0x08, 0x09, 0x21, 0x0b, 0xff, 0x00, 0x00, 0x10, 0x1a, 0x01,
};

START_TEST(configuration_of_a_p1)
{
	struct dfu_interface interface;

	ck_assert(dfu_parse_configuration(p1_configuration, sizeof(p1_configuration), &interface));
	ck_assert_uint_eq(interface.memory_count, 3);
	ck_assert_uint_eq(interface.transfer_bytes, 4096);
	ck_assert_uint_eq(interface.memories[2].alternate, 2);
	ck_assert_uint_eq(interface.memories[2].string, 8);
}
END_TEST

static const struct {
	size_t at;
	uint8_t value;
} spoilers[] = {
	{ 1, 1 },     /* no configuration */
	{ 2, 0x2e },  /* longer than what there is */
	{ 2, 0x2c },  /* ends inside a descriptor */
	{ 9, 1 },     /* a descriptor of one byte */
	{ 9, 0 },     /* of none */
	{ 20, 1 },    /* one interface with two numbers */
	{ 37, 0x22 }, /* no functional descriptor */
	{ 42, 0 },    /* transfers of 0 bytes */
	{ 36, 0x0a }, /* beyond the end */
};

START_TEST(spoiled_configurations)
{
	struct dfu_interface interface = { .number = 77 };
	uint8_t bytes[sizeof(p1_configuration)];

	memcpy(bytes, p1_configuration, sizeof(bytes));
	bytes[spoilers[_i].at] = spoilers[_i].value;
	ck_assert(!dfu_parse_configuration(bytes, sizeof(bytes), &interface));
	for (size_t len = 0; len < sizeof(bytes); len++)
		ck_assert(!dfu_parse_configuration(p1_configuration, len, &interface));
	ck_assert_uint_eq(interface.number, 77);
}
END_TEST

START_TEST(a_serial_port_is_no_dfu_device)
{
	static const uint8_t bytes[] = { 9, 2, 18, 0, 1, 1, 0, 0xc0, 50, /* */
					 9, 4, 0,  0, 2, 2, 2, 1,    0 };
	struct dfu_interface interface;

	ck_assert(!dfu_parse_configuration(bytes, sizeof(bytes), &interface));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dfu");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, opening_reads_descriptors_and_makes_idle);
	tcase_add_test(tcase, an_error_before_is_cleared);
	tcase_add_test(tcase, writing_sends_what_a_stock_host_sends);
	tcase_add_test(tcase, poll_timeouts_are_waited_for);
	tcase_add_test(tcase, reading_gives_what_is_there);
	tcase_add_test(tcase, leaving_is_an_empty_download);
	tcase_add_loop_test(tcase, refusals_say_what_was_refused, 0, ARRAY_LEN(refusals));
	tcase_add_test(tcase, other_ways_to_be_refused);
	tcase_add_loop_test(tcase, short_and_missing_answers, 0, ARRAY_LEN(poor_answers));
	tcase_add_test(tcase, a_cut_ends_it);
	tcase_add_loop_test(tcase, layout_strings, 0, ARRAY_LEN(layouts));
	tcase_add_test(tcase, access_holds_for_every_byte);
	tcase_add_test(tcase, configuration_of_a_p1);
	tcase_add_loop_test(tcase, spoiled_configurations, 0, ARRAY_LEN(spoilers));
	tcase_add_test(tcase, a_serial_port_is_no_dfu_device);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
