/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unmodified released bootloaders in DFU mode, at the USB port of a virtual bench: they
 * enumerate, tell who they are, are read, written and left.
 */
#include "base/file.h"
#include "bench/virtual/virtual.h"
#include "campaign/campaign.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "usb/dfu.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum {
	ARRIVE_US = 2000000,
	SECOND_US = 1000000,
	SYSTEM_VECTORS = 0x08020000,
};

/* What the descriptors of a released bootloader say (read from its bytes). */
static const struct identity {
	const char *release;
	const char *model;
	const char *file; /* NULL: the release's own bootloader; else a file in its package */
	uint16_t product;
	uint16_t version;
	const char *serial;
	const char *name;
	size_t memories;
} identities[] = {
	{ "particle-1.5.0-p1", "photon", "assets/updates/photon-bootloader@1.5.0+lto.bin", 0xd006,
	  0x0250, "30002f000f47343334353136", "Photon DFU Mode", 2 },
	{ "particle-1.5.0-p1", "p1", NULL, 0xd008, 0x0250, "30002f000f47343334353136",
	  "P1 DFU Mode", 3 },
	{ "particle-0.5.2-p1", "p1", NULL, 0xd008, 0x0200, "00000000010C", "Photon DFU Mode", 3 },
	{ "particle-1.5.2-p1", "p1", NULL, 0xd008, 0x0250, "30002f000f47343334353136",
	  "P1 DFU Mode", 3 },
	{ "particle-2.0.1-p1", "p1", NULL, 0xd008, 0x0250, "30002f000f47343334353136",
	  "P1 DFU Mode", 3 },
};

struct port {
	struct slot slot;
	int came, left;
	uint16_t vendor, product;
	int64_t t_us; /* of the last of them */
};

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	struct port *port = ctx;

	port->came += arrived;
	port->left += !arrived;
	port->vendor = vendor;
	port->product = product;
	port->t_us = t_us;
}

static void open_port(struct port *port, const char *model)
{
	*port = (struct port){ 0 };
	ck_assert_int_eq(virtual_open(model, &port->slot, NULL), 0);
	slot_listen(&port->slot, &(struct slot_listener){ .ctx = port, .usb = on_usb });
}

static void wait_us(const struct port *port, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&port->slot, slot_now_us(&port->slot) + us, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_DEADLINE);
}

/* A board with nothing but the bootloader goes into DFU mode by itself. */
static bool load_bootloader(const struct port *port, const struct identity *who)
{
	AUTO_FREE char *cache = release_cache_dir();
	AUTO_FREE char *path = NULL;
	struct release release;
	const struct image *image;
	uint8_t *bytes = NULL;
	size_t len = 0;
	bool good = true;

	if (!firmware_release(who->release, &release))
		return false;
	image = &release.modules[release_find_module(&release, "bootloader")].image;
	if (!who->file) {
		ck_assert_int_eq(slot_storage_load(&port->slot, image->header.start, image->bytes,
						   image->len, NULL),
				 0);
	} else {
		ck_assert_int_gt(asprintf(&path, "%s/%s-%s/%s", cache, release.package,
					  release.package_version, who->file),
				 0);
		good = file_read(path, IMAGE_BYTES_MAX, &bytes, &len, NULL) == 0;
		if (good)
			ck_assert_int_eq(
				slot_storage_load(&port->slot, 0x08000000, bytes, len, NULL), 0);
		free(bytes);
	}
	release_release(&release);
	return good;
}

static bool start_dfu(struct port *port, const struct identity *who)
{
	open_port(port, who->model);
	if (!load_bootloader(port, who)) {
		slot_close(&port->slot);
		return false;
	}
	ck_assert_int_eq(slot_usb_join(&port->slot, SLOT_USB_JOINED, NULL), 0);
	ck_assert_int_eq(slot_power_set(&port->slot, SLOT_POWER_ON, NULL), 0);
	wait_us(port, ARRIVE_US);
	return true;
}

static void open_dfu(const struct port *port, struct dfu *dfu)
{
	enum dfu_result result;

	ck_assert_int_eq(dfu_open(dfu, &port->slot, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu->text);
}

static void get_string(const struct port *port, uint16_t index, char *ret, size_t size)
{
	struct slot_usb_setup setup = { 0x80, 6, (uint16_t)(0x300 | index), 0x409, 255 };
	enum slot_usb_result result;
	uint8_t bytes[255];
	uint16_t len = 0;
	size_t n = 0;

	ck_assert_int_eq(
		slot_usb_control(&port->slot, &setup, bytes, SECOND_US, &len, &result, NULL), 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	for (size_t i = 2; i + 1 < len && n + 1 < size; i += 2)
		ret[n++] = (char)bytes[i];
	ret[n] = '\0';
}

START_TEST(enumerates_and_tells_who_it_is)
{
	static const char *const layouts[] = { "Internal Flash", "DCT Flash", "Serial Flash" };
	const struct identity *who = &identities[_i];
	struct slot_usb_device device;
	struct port port;
	char text[64];
	struct dfu dfu;

	if (!start_dfu(&port, who))
		TEST_SKIP("the firmware is not in the cache");
	ck_assert_int_eq(port.came, 1);
	ck_assert(slot_usb_device(&port.slot, &device));
	ck_assert_uint_eq(device.vendor, 0x2b04);
	ck_assert_uint_eq(device.product, who->product);
	ck_assert_uint_eq(port.product, who->product);
	ck_assert_uint_eq(device.release, who->version);
	ck_assert_str_eq(device.serial, who->serial);
	get_string(&port, 1, text, sizeof(text));
	ck_assert_str_eq(text, "Particle");
	get_string(&port, 2, text, sizeof(text));
	ck_assert_str_eq(text, who->name);
	open_dfu(&port, &dfu);
	ck_assert_uint_eq(dfu.interface.transfer_bytes, 4096);
	ck_assert_uint_eq(dfu.interface.attributes, 0x0b);
	ck_assert_uint_eq(dfu.interface.version, 0x011a);
	ck_assert_uint_eq(dfu.interface.memory_count, who->memories);
	for (size_t i = 0; i < who->memories; i++)
		ck_assert_str_eq(dfu.interface.memories[i].name, layouts[i]);
	ck_assert(dfu_grants(dfu.memory, 0x08020000, 0xe0000, DFU_WRITABLE | DFU_ERASABLE));
	ck_assert(!dfu_grants(dfu.memory, 0x0800bfff, 1, DFU_WRITABLE));
	slot_close(&port.slot);
}
END_TEST

START_TEST(what_is_read_is_what_is_there)
{
	enum { FROM = 0x08000000, BYTES = 6000 };
	struct port port;
	struct dfu dfu;
	uint8_t read[BYTES];
	uint8_t there[BYTES];
	enum dfu_result result;

	if (!start_dfu(&port, &identities[_i]))
		TEST_SKIP("the firmware is not in the cache");
	open_dfu(&port, &dfu);
	ck_assert_int_eq(dfu_read(&dfu, FROM, read, BYTES, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert(vboard_flash_read(virtual_board(&port.slot), FROM, there, BYTES));
	ck_assert_int_eq(memcmp(read, there, BYTES), 0);
	slot_close(&port.slot);
}
END_TEST

START_TEST(what_is_written_is_there_and_nothing_else)
{
	enum { AT = 0x080a0000, BYTES = 6001 };
	struct port port;
	struct dfu dfu;
	uint8_t bytes[BYTES];
	uint8_t there[BYTES + 4];
	enum dfu_result result;

	if (!start_dfu(&port, &identities[_i]))
		TEST_SKIP("the firmware is not in the cache");
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)(i * 5 + 2);
	memset(there, 0, sizeof(there));
	ck_assert(vboard_flash_load(virtual_board(&port.slot), AT, there, sizeof(there)));
	open_dfu(&port, &dfu);
	ck_assert_int_eq(dfu_write(&dfu, AT, bytes, BYTES, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert(vboard_flash_read(virtual_board(&port.slot), AT, there, sizeof(there)));
	ck_assert_int_eq(memcmp(bytes, there, BYTES), 0);
	for (size_t i = BYTES; i < sizeof(there); i++)
		ck_assert_uint_eq(there[i], 0xff);
	/* its own first sector is not for writing, and the layout says so */
	ck_assert_int_eq(dfu_write(&dfu, 0x08000000, bytes, 4, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_REFUSED);
	slot_close(&port.slot);
}
END_TEST

/* The whole release but the bootloader, over the USB; then the board boots it. */
START_TEST(a_written_release_boots)
{
	const struct identity *who = &identities[_i];
	struct release release;
	enum dfu_result result;
	struct vboard *vb;
	struct port port;
	struct dfu dfu;

	if (!start_dfu(&port, who))
		TEST_SKIP("the firmware is not in the cache");
	ck_assert(firmware_release(who->release, &release));
	open_dfu(&port, &dfu);
	for (size_t i = 1; i < release.module_count; i++) {
		const struct image *image = &release.modules[i].image;

		ck_assert_int_eq(dfu_write(&dfu, image->header.start, image->bytes, image->len,
					   &result, NULL),
				 0);
		ck_assert_msg(result == DFU_GOOD, "%s: %s", release.modules[i].name, dfu.text);
	}
	ck_assert_int_eq(dfu_leave(&dfu, SYSTEM_VECTORS, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
	ck_assert_int_eq(port.left, 0); /* it takes its time: half a second */
	wait_us(&port, 450000);
	ck_assert_int_eq(port.left, 0);
	wait_us(&port, 100000);
	ck_assert_int_eq(port.left, 1);
	vb = virtual_board(&port.slot);
	ck_assert_int_eq(vboard_run_to_handover(
				 vb, vboard_cycle(vb) + (uint64_t)SECOND_US * VBOARD_CYCLES_PER_US,
				 SYSTEM_VECTORS),
			 VBOARD_STOP_HANDOVER);
	release_release(&release);
	slot_close(&port.slot);
}
END_TEST

/* A sector is erased before the GETSTATUS that asks for it ends: too long for this host. */
START_TEST(a_device_that_works_is_waited_for)
{
	uint8_t erase[] = { 0x41, 0x00, 0x00, 0x02, 0x08 };
	struct slot_usb_setup download = { 0x21, 1, 0, 0, sizeof(erase) };
	struct slot_usb_setup status = { 0xa1, 3, 0, 0, 6 };
	enum slot_usb_result result;
	struct port port;
	uint8_t bytes[8];
	uint16_t len;
	int64_t us;

	if (!start_dfu(&port, &identities[_i]))
		TEST_SKIP("the firmware is not in the cache");
	ck_assert_int_eq(
		slot_usb_control(&port.slot, &download, erase, SECOND_US, &len, &result, NULL), 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	us = slot_now_us(&port.slot);
	ck_assert_int_eq(slot_usb_control(&port.slot, &status, bytes, 100000, &len, &result, NULL),
			 0);
	ck_assert_int_eq(result, SLOT_USB_TIMEOUT);
	ck_assert_int_ge(slot_now_us(&port.slot) - us, 100000);
	/* it is still there, and goes on */
	wait_us(&port, SECOND_US);
	ck_assert_int_eq(
		slot_usb_control(&port.slot, &status, bytes, SECOND_US, &len, &result, NULL), 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	ck_assert_uint_eq(bytes[4], 5);
	ck_assert_int_eq(port.left, 0);
	slot_close(&port.slot);
}
END_TEST

/* Kills a P1 in the middle of the copy of system part 1, and has the rung bring it back. */
START_TEST(a_dead_board_is_brought_back)
{
	struct loaded *loaded = firmware_scenario("p1-power-loss");
	struct err err = ERR_INIT;
	struct verdict verdict;
	struct trial_spec spec;
	struct calib calib;
	struct obs_log log;
	struct obs_sink sink;
	int64_t board_us;
	int usb = 0;

	if (!loaded)
		TEST_SKIP("the firmware is not in the cache");
	loaded->scenario.ladder[0] =
		RUNG_WAIT; /* what lies between does not help, and takes time */
	loaded->scenario.ladder[1] = RUNG_DFU_FLASH;
	loaded->scenario.ladder_count = 2;
	ck_assert_msg(loaded_calibrate(loaded, &calib, &err) == 0, "%s", err.text);
	ck_assert_int_eq(trial_id_parse("p1-power-loss.1.42.1t5287171.600000.l", &spec, &err), 0);
	obs_log_init(&log);
	sink = obs_log_sink(&log);
	ck_assert_msg(trial_run(&loaded->setup, &spec, &sink, &board_us, &err) == 0, "%s",
		      err.text);
	verdict_judge(&spec, &calib, &log, &verdict);
	ck_assert_int_eq(verdict.outcome, OUTCOME_NEEDS_DFU);
	ck_assert_int_eq(verdict.recovered_by, RUNG_DFU_FLASH);
	ck_assert_str_eq(verdict.reason, "the old release, written over DFU, brought it back; a "
					 "second update took");
	for (size_t i = 0; i < log.count; i++)
		usb += log.items[i].kind == OBS_USB && log.items[i].code == 1 &&
		       log.items[i].value == 0x2b04d008;
	ck_assert_int_eq(usb, 1);
	obs_log_release(&log);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		enumerates_and_tells_who_it_is,
		what_is_read_is_what_is_there,
		what_is_written_is_there_and_nothing_else,
		a_device_that_works_is_waited_for,
	};
	Suite *suite = suite_create("usb");
	TCase *tcase = tcase_create("all");
	int last = (int)flow_scale(ARRAY_LEN(identities), 2);

	tcase_set_timeout(tcase, 240);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_loop_test(tcase, tests[i], 0, last);
	tcase_add_loop_test(tcase, a_written_release_boots, 1, last); /* 0 is a bootloader alone */
	tcase_add_test(tcase, a_dead_board_is_brought_back);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
