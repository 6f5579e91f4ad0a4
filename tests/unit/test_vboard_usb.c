/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The USB core register by register, with the test as the firmware: a board whose core has locked
 * up on blank flash, and the host's end of the cable. Names of registers: RM0033 29.16.
 */
#include "base/macros.h"
#include "lib/testing.h"
#include "vboard/peripherals.h"
#include "vboard/usb.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum registers {
	GAHBCFG = 0x008,
	GRSTCTL = 0x010,
	GINTSTS = 0x014,
	GINTMSK = 0x018,
	GRXSTSR = 0x01c,
	GRXSTSP = 0x020,
	GRXFSIZ = 0x024,
	DIEPTXF0 = 0x028,
	GCCFG = 0x038,
	DIEPTXF1 = 0x104,
	DCFG = 0x800,
	DCTL = 0x804,
	DSTS = 0x808,
	DIEPMSK = 0x810,
	DOEPMSK = 0x814,
	DAINT = 0x818,
	DAINTMSK = 0x81c,
	DIEPEMPMSK = 0x834,
	DEACHINTMSK = 0x83c,
	DIEPEACHMSK1 = 0x844,
	DIEPCTL = 0x900,
	DIEPINT = 0x908,
	DIEPTSIZ = 0x910,
	DTXFSTS = 0x918,
	DOEPCTL = 0xb00,
	DOEPINT = 0xb08,
	DOEPTSIZ = 0xb10,
	ENDPOINT = 0x20, /* from one endpoint's registers to the next's */
	FIFO = 0x1000,
};

enum bits {
	CONNECT = 1 << 16 | 1 << 21, /* GCCFG: transceiver on, VBUS not sensed */
	SDIS = 1 << 1,
	RXFLVL = 1 << 4,
	OUT_DATA = 2,
	OUT_COMPLETE = 3,
	SETUP_COMPLETE = 4,
	SETUP_DATA = 6,
	BULK = 2 << 18,
	MS = 1000 * VBOARD_CYCLES_PER_US,
};

static const uint8_t get_status[8] = { 0xa1, 3, 0, 0, 0, 0, 6, 0 };
static const uint8_t download[8] = { 0x21, 1, 2, 0, 0, 0, 70, 0 };

static void run_us(struct vboard *vb, uint64_t us)
{
	vboard_run(vb, vboard_cycle(vb) + us * VBOARD_CYCLES_PER_US);
}

/* The pull-up on, FIFOs as the released bootloaders make them. */
static struct vboard *new_connected(enum vboard_model model)
{
	struct vboard *vb = vboard_new(model, 1);

	ck_assert_ptr_nonnull(vb);
	vboard_usb_attach(vb, true);
	vboard_power_on(vb);
	ck_assert(!vboard_usb_is_connected(vb));
	usb_write(vb, GCCFG, CONNECT, UINT32_MAX);
	usb_write(vb, GRXFSIZ, 112, UINT32_MAX);
	usb_write(vb, DIEPTXF0, 32 << 16 | 112, UINT32_MAX);
	usb_write(vb, DIEPTXF1, 112 << 16 | 144, UINT32_MAX);
	ck_assert(vboard_usb_is_connected(vb));
	return vb;
}

static struct vboard *new_running(enum vboard_model model)
{
	struct vboard *vb = new_connected(model);

	vboard_usb_reset(vb);
	run_us(vb, 60000);
	ck_assert(vboard_usb_is_running(vb));
	return vb;
}

static bool begin(struct vboard *vb, uint8_t endpoint, const uint8_t *setup, const void *data,
		  uint32_t length)
{
	struct vboard_usb_transfer transfer = { .endpoint = endpoint,
						.packet_bytes = 64,
						.data = data,
						.length = length,
						.deadline = vboard_cycle(vb) + 100 * MS };

	if (setup)
		memcpy(transfer.setup, setup, 8);
	return vboard_usb_begin(vb, &transfer);
}

static enum vboard_usb_result result(const struct vboard *vb)
{
	uint32_t bytes;

	return vboard_usb_result(vb, &bytes);
}

static bool line(struct vboard *vb, enum irq_number irq)
{
	uint32_t number = EXC_IRQ0 + (uint32_t)irq;

	return vboard_test_state(vb)->chip.nvic.level[number / 32] >> number % 32 & 1;
}

/* Pops a status: its kind and bytes. */
static void expect_status(struct vboard *vb, uint32_t kind, uint32_t bytes, uint32_t endpoint)
{
	uint32_t status;

	ck_assert(usb_read(vb, GINTSTS) & RXFLVL);
	status = usb_read(vb, GRXSTSR);
	ck_assert_uint_eq(usb_read(vb, GRXSTSP), status);
	ck_assert_uint_eq(status >> 17 & 15, kind);
	ck_assert_uint_eq(status >> 4 & 0x7ff, bytes);
	ck_assert_uint_eq(status & 15, endpoint);
}

/* As the firmware's handler takes a SETUP in. */
static void take_setup(struct vboard *vb, const uint8_t setup[8])
{
	uint32_t words[2];

	expect_status(vb, SETUP_DATA, 8, 0);
	words[0] = usb_read(vb, FIFO);
	words[1] = usb_read(vb, FIFO);
	ck_assert_int_eq(memcmp(words, setup, 8), 0);
	ck_assert_uint_eq(usb_read(vb, DOEPINT) & EP_STUP, 0);
	expect_status(vb, SETUP_COMPLETE, 0, 0);
	ck_assert_uint_ne(usb_read(vb, DOEPINT) & EP_STUP, 0);
	usb_write(vb, DOEPINT, EP_STUP, UINT32_MAX);
	ck_assert_uint_eq(usb_read(vb, GINTSTS) & RXFLVL, 0);
}

START_TEST(pull_up_is_what_the_host_sees)
{
	struct vboard *vb = new_connected(VBOARD_MODEL_P1);

	usb_write(vb, DCTL, SDIS, UINT32_MAX);
	ck_assert(!vboard_usb_is_connected(vb));
	usb_write(vb, DCTL, 0, UINT32_MAX);
	ck_assert(vboard_usb_is_connected(vb));
	vboard_usb_attach(vb, false);
	ck_assert(!vboard_usb_is_connected(vb));
	vboard_usb_attach(vb, true);
	ck_assert(vboard_usb_is_connected(vb));
	vboard_line(vb, VBOARD_RESET, true);
	ck_assert(!vboard_usb_is_connected(vb));
	vboard_line(vb, VBOARD_RESET, false); /* nobody has switched it on since */
	ck_assert(!vboard_usb_is_connected(vb));
	usb_write(vb, GCCFG, CONNECT, UINT32_MAX);
	vboard_power_off(vb);
	ck_assert(!vboard_usb_is_connected(vb));
	vboard_free(vb);
}
END_TEST

START_TEST(only_the_wired_core_is_there)
{
	static const struct {
		enum vboard_model model;
		uint32_t wired, other;
	} rows[] = { { VBOARD_MODEL_P1, 0x50000000, 0x40040000 },
		     { VBOARD_MODEL_PHOTON, 0x40040000, 0x50000000 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vboard *vb = vboard_new(rows[i].model, 1);

		vboard_power_on(vb);
		ck_assert_uint_eq(peripherals_read(vb, rows[i].wired + GRSTCTL), 0x80000000);
		ck_assert_uint_eq(peripherals_read(vb, rows[i].other + GRSTCTL), 0);
		peripherals_write(vb, rows[i].other + GCCFG, CONNECT, UINT32_MAX);
		ck_assert_uint_eq(peripherals_read(vb, rows[i].other + GCCFG), 0);
		vboard_free(vb);
	}
}
END_TEST

START_TEST(reset_then_speed_then_frames)
{
	struct vboard *vb = new_connected(VBOARD_MODEL_P1);

	usb_write(vb, DCFG, 5 << 4, UINT32_MAX);
	ck_assert(!begin(vb, 0, get_status, NULL, 6)); /* the bus does not run */
	vboard_usb_reset(vb);
	ck_assert_uint_ne(usb_read(vb, GINTSTS) & GINTSTS_USBRST, 0);
	ck_assert_uint_eq(usb_read(vb, GINTSTS) & GINTSTS_ENUMDNE, 0);
	ck_assert_uint_eq(usb_read(vb, DCFG) >> 4 & 0x7f, 0);
	run_us(vb, 60000);
	ck_assert_uint_ne(usb_read(vb, GINTSTS) & GINTSTS_ENUMDNE, 0);
	usb_write(vb, GINTSTS, GINTSTS_ENUMDNE, UINT32_MAX);
	ck_assert_uint_eq(usb_read(vb, GINTSTS) & GINTSTS_ENUMDNE, 0);
	ck_assert_uint_ne(usb_read(vb, GINTSTS) & GINTSTS_USBRST, 0);
	ck_assert_uint_eq(usb_read(vb, DSTS) >> 1 & 3, 3);
	ck_assert_uint_eq(usb_read(vb, DSTS) >> 8, 10);
	run_us(vb, 1000);
	ck_assert_uint_eq(usb_read(vb, DSTS) >> 8, 11);
	ck_assert(!line(vb, IRQ_OTG_FS)); /* nothing is let through yet */
	usb_write(vb, GINTMSK, GINTSTS_SOF, UINT32_MAX);
	usb_write(vb, GAHBCFG, 1, UINT32_MAX);
	run_us(vb, 1000);
	ck_assert(line(vb, IRQ_OTG_FS));
	usb_write(vb, GINTSTS, GINTSTS_SOF, UINT32_MAX);
	ck_assert(!line(vb, IRQ_OTG_FS));
	run_us(vb, 1000);
	ck_assert(line(vb, IRQ_OTG_FS));
	vboard_free(vb);
}
END_TEST

START_TEST(control_read)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);
	uint8_t bytes[6];

	usb_write(vb, DIEPCTL, EP_STALL, UINT32_MAX); /* a SETUP ends it */
	ck_assert(begin(vb, 0, get_status, NULL, 6));
	run_us(vb, 1000);
	ck_assert_uint_eq(usb_read(vb, DIEPCTL) & EP_STALL, 0);
	ck_assert_uint_ne(usb_read(vb, DIEPCTL) & EP_NAKSTS, 0);
	take_setup(vb, get_status);
	ck_assert_int_eq(result(vb), VBOARD_USB_BUSY);

	/* enabled without data in the FIFO: still not ready */
	usb_write(vb, DIEPTSIZ, 1 << 19 | 6, UINT32_MAX);
	usb_write(vb, DIEPCTL, EP_EPENA | EP_CNAK, UINT32_MAX);
	ck_assert_uint_eq(usb_read(vb, DTXFSTS), 32);
	run_us(vb, 1000);
	ck_assert_uint_eq(usb_read(vb, DIEPINT) & EP_XFRC, 0);
	usb_write(vb, FIFO, 0x33221100, UINT32_MAX);
	usb_write(vb, FIFO, 0x00005544, UINT32_MAX);
	ck_assert_uint_eq(usb_read(vb, DTXFSTS), 30);
	run_us(vb, 1000);
	ck_assert_uint_ne(usb_read(vb, DIEPINT) & EP_XFRC, 0);
	ck_assert_uint_eq(usb_read(vb, DIEPCTL) & EP_EPENA, 0);
	ck_assert_uint_eq(usb_read(vb, DIEPTSIZ), 0);

	/* the status stage waits for the firmware as well */
	ck_assert_int_eq(result(vb), VBOARD_USB_BUSY);
	usb_write(vb, DOEPTSIZ, 1 << 19 | 64, UINT32_MAX);
	usb_write(vb, DOEPCTL, EP_EPENA | EP_CNAK, UINT32_MAX);
	run_us(vb, 1000);
	ck_assert_int_eq(result(vb), VBOARD_USB_DONE);
	vboard_usb_received(vb, bytes, sizeof(bytes));
	ck_assert_int_eq(memcmp(bytes, "\x00\x11\x22\x33\x44\x55", 6), 0);
	vboard_free(vb);
}
END_TEST

START_TEST(control_write)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);
	uint8_t bytes[70];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ck_assert(begin(vb, 0, download, bytes, sizeof(bytes)));
	run_us(vb, 1000);
	take_setup(vb, download);
	for (uint32_t len = 64; len; len = len == 64 ? 6 : 0) {
		usb_write(vb, DOEPTSIZ, 1 << 19 | 64, UINT32_MAX);
		usb_write(vb, DOEPCTL, EP_EPENA | EP_CNAK, UINT32_MAX);
		run_us(vb, 1000);
		ck_assert_uint_eq(usb_read(vb, DOEPCTL) & EP_EPENA, 0);
		ck_assert_uint_eq(usb_read(vb, DOEPTSIZ), 64 - len);
		expect_status(vb, OUT_DATA, len, 0);
		ck_assert_uint_eq(usb_read(vb, FIFO), len == 64 ? 0x03020100 : 0x43424140);
		ck_assert_uint_eq(usb_read(vb, DOEPINT) & EP_XFRC, 0);
		expect_status(vb, OUT_COMPLETE, 0, 0); /* what was not read of the data is gone */
		ck_assert_uint_ne(usb_read(vb, DOEPINT) & EP_XFRC, 0);
		usb_write(vb, DOEPINT, EP_XFRC, UINT32_MAX);
	}
	ck_assert_int_eq(result(vb), VBOARD_USB_BUSY);
	usb_write(vb, DIEPTSIZ, 1 << 19, UINT32_MAX);
	usb_write(vb, DIEPCTL, EP_EPENA | EP_CNAK, UINT32_MAX);
	run_us(vb, 1000);
	ck_assert_int_eq(result(vb), VBOARD_USB_DONE);
	vboard_free(vb);
}
END_TEST

START_TEST(stall_timeout_and_wrong_address)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);

	ck_assert(begin(vb, 0, get_status, NULL, 6));
	run_us(vb, 1000);
	take_setup(vb, get_status);
	usb_write(vb, DIEPCTL, EP_STALL, UINT32_MAX);
	run_us(vb, 1000);
	ck_assert_int_eq(result(vb), VBOARD_USB_STALL);
	ck_assert(begin(vb, 0, get_status, NULL, 6));
	run_us(vb, 99000);
	ck_assert_int_eq(result(vb), VBOARD_USB_BUSY);
	run_us(vb, 2000);
	ck_assert_int_eq(result(vb), VBOARD_USB_TIMEOUT);
	take_setup(vb, get_status);
	usb_write(vb, DCFG, 5 << 4, UINT32_MAX); /* the host asks for address 0 */
	ck_assert(begin(vb, 0, get_status, NULL, 6));
	run_us(vb, 101000);
	ck_assert_int_eq(result(vb), VBOARD_USB_TIMEOUT);
	ck_assert_uint_eq(usb_read(vb, GINTSTS) & RXFLVL, 0);
	vboard_free(vb);
}
END_TEST

START_TEST(leaving_ends_a_transfer)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);

	ck_assert(begin(vb, 0, get_status, NULL, 6));
	run_us(vb, 1000);
	vboard_power_off(vb);
	ck_assert_int_eq(result(vb), VBOARD_USB_GONE);
	ck_assert(!vboard_usb_is_running(vb));
	vboard_free(vb);
}
END_TEST

/* Endpoint 1, 100 bytes each way in packets of 64: what a serial port over USB needs. */
START_TEST(bulk_both_ways)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);
	uint8_t bytes[100];
	uint8_t back[100];
	uint32_t count;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(3 * i);
	usb_write(vb, DIEPCTL + ENDPOINT, EP_USBAEP | BULK | 1 << 22 | 64, UINT32_MAX);
	usb_write(vb, DIEPTSIZ + ENDPOINT, 2 << 19 | 100, UINT32_MAX);
	usb_write(vb, DIEPCTL + ENDPOINT, EP_USBAEP | BULK | 1 << 22 | 64 | EP_EPENA | EP_CNAK,
		  UINT32_MAX);
	for (size_t i = 0; i < sizeof(bytes); i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, 4);
		usb_write(vb, 2 * FIFO, word, UINT32_MAX);
	}
	ck_assert(begin(vb, 0x81, NULL, NULL, sizeof(back)));
	run_us(vb, 1000);
	ck_assert_int_eq(vboard_usb_result(vb, &count), VBOARD_USB_DONE);
	ck_assert_uint_eq(count, 100);
	vboard_usb_received(vb, back, sizeof(back));
	ck_assert_int_eq(memcmp(bytes, back, sizeof(bytes)), 0);

	usb_write(vb, DOEPTSIZ + ENDPOINT, 2 << 19 | 128, UINT32_MAX);
	usb_write(vb, DOEPCTL + ENDPOINT, EP_USBAEP | BULK | 64 | EP_EPENA | EP_CNAK, UINT32_MAX);
	ck_assert(begin(vb, 0x01, NULL, bytes, sizeof(bytes)));
	run_us(vb, 1000);
	ck_assert_int_eq(result(vb), VBOARD_USB_DONE);
	expect_status(vb, OUT_DATA, 64, 1);
	expect_status(vb, OUT_DATA, 36, 1);
	expect_status(vb, OUT_COMPLETE, 0, 1);
	/* an endpoint that is not active does not answer */
	ck_assert(begin(vb, 0x02, NULL, bytes, 4));
	run_us(vb, 101000);
	ck_assert_int_eq(result(vb), VBOARD_USB_TIMEOUT);
	vboard_free(vb);
}
END_TEST

START_TEST(interrupts_follow_flags_and_masks)
{
	struct vboard *vb = new_running(VBOARD_MODEL_PHOTON);

	usb_write(vb, GINTSTS, UINT32_MAX, UINT32_MAX);
	usb_write(vb, GAHBCFG, 1, UINT32_MAX);
	usb_write(vb, GINTMSK, 1 << 18 | RXFLVL, UINT32_MAX);
	ck_assert(!line(vb, IRQ_OTG_HS));
	/* an empty FIFO is told only when asked for, and can not be cleared */
	usb_write(vb, DAINTMSK, 1, UINT32_MAX);
	usb_write(vb, DIEPEMPMSK, 1, UINT32_MAX);
	ck_assert(line(vb, IRQ_OTG_HS));
	usb_write(vb, DIEPINT, EP_TXFE, UINT32_MAX);
	ck_assert(line(vb, IRQ_OTG_HS));
	ck_assert_uint_eq(usb_read(vb, DAINT), 1);
	usb_write(vb, DIEPEMPMSK, 0, UINT32_MAX);
	ck_assert(!line(vb, IRQ_OTG_HS));
	/* endpoint 1 of this core has a line of its own */
	usb_write(vb, DEACHINTMSK, 1 << 1, UINT32_MAX);
	usb_write(vb, DIEPEMPMSK, 1 << 1, UINT32_MAX);
	ck_assert(line(vb, IRQ_OTG_HS_EP1_IN));
	ck_assert(!line(vb, IRQ_OTG_HS));
	ck_assert(!line(vb, IRQ_OTG_HS_EP1_OUT));
	usb_write(vb, GAHBCFG, 0, UINT32_MAX);
	ck_assert(!line(vb, IRQ_OTG_HS_EP1_IN));
	vboard_free(vb);
}
END_TEST

START_TEST(parts_of_registers)
{
	struct vboard *vb = new_running(VBOARD_MODEL_P1);

	usb_write(vb, GRXFSIZ, 0x00000200, 0x0000ff00);
	ck_assert_uint_eq(usb_read(vb, GRXFSIZ), 0x0270);
	/* writing one byte of flags clears none in the others */
	usb_write(vb, GINTSTS, 0xff, 0xff);
	ck_assert_uint_ne(usb_read(vb, GINTSTS) & GINTSTS_USBRST, 0);
	usb_write(vb, GINTSTS, GINTSTS_USBRST, 0xff00);
	ck_assert_uint_eq(usb_read(vb, GINTSTS) & GINTSTS_USBRST, 0);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		pull_up_is_what_the_host_sees,
		only_the_wired_core_is_there,
		reset_then_speed_then_frames,
		control_read,
		control_write,
		stall_timeout_and_wrong_address,
		leaving_ends_a_transfer,
		bulk_both_ways,
		interrupts_follow_flags_and_masks,
		parts_of_registers,
	};
	Suite *suite = suite_create("vboard usb");
	TCase *tcase = tcase_create("all");

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
