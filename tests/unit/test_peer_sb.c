/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The board on its serial line against a stock YMODEM sender, sb of lrzsz. They agree on blocks,
 * header and the end. They do not agree on these, which is why the helpers below exist:
 * - before 0.6.1 the board says no 'C' until the first block has come, and sb sends none before;
 * - after the end of a file the board says ACK and no 'C'; sb waits for one before the last header.
 *   The board's 'C' comes when nothing was heard for 5 s;
 * - the board answers the last header with CAN CAN when the image is bad; sb does not mind;
 * - a block that was taken and is repeated is refused, so that sb never gets past a lost ACK.
 */
#include "lib/child.h"
#include "lib/peer_module.h"
#include "lib/testing.h"
#include "lib/ymodem_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WITHIN_US = 30000000, POLL_MS = 200, IMAGE_MAX = 12000, NO_PROGRAM = -1000 };

struct wiring {
	struct ymodem_device *device;
	struct child child;
	int64_t now_us;
	unsigned int jumps; /* over a quiet time, since the last byte from sb */
};

/* Bytes between the two, until there are none; whether there were some. */
static bool carry(struct wiring *wiring)
{
	uint8_t bytes[2048];
	size_t ready = ymodem_device_ready(wiring->device);
	ssize_t n = child_read(&wiring->child, bytes, sizeof(bytes));
	bool moved = n > 0;

	if (n > 0) {
		wiring->jumps = 0;
		ymodem_device_hear(wiring->device, bytes, (size_t)n, wiring->now_us);
	}
	if (ready > 0) {
		n = child_write(&wiring->child, wiring->device->out, ready);
		if (n < 0) /* sb has ended: nobody listens */
			n = (ssize_t)ready;
		ymodem_device_sent(wiring->device, (size_t)n);
		moved |= n > 0;
	}
	return moved;
}

/*
 * The board's time stands still while sb works, so that a slow host is no silence. It goes on to
 * what the board does next when that is not its impatience within a file; and once for the 'C' that
 * sb waits for: a second one, read after the header, would make sb repeat that.
 */
static void pass(struct wiring *wiring)
{
	struct ymodem_device *device = wiring->device;
	int64_t next_us = ymodem_device_deadline(device);
	bool quiet = device->mode == YMODEM_DEVICE_RECEIVING && !device->acks_header &&
		     device->out_held == 0;

	if (next_us == INT64_MAX)
		return;
	if (quiet && (device->expected > 0 || device->block_len > 0 || wiring->jumps > 0))
		return;
	wiring->jumps += quiet;
	if (next_us > wiring->now_us)
		wiring->now_us = next_us;
	ymodem_device_step(device, wiring->now_us);
}

/* Types 'f', then has sb send the file; sb's exit code, NO_PROGRAM when there is no sb. */
static int run(struct wiring *wiring, enum child_wire wire, const char *option, const char *path)
{
	const char *const argv[] = { "sb", option, path, NULL };
	const char first = 'C';
	int r;

	ymodem_device_set_baud(wiring->device, YMODEM_DEVICE_BAUD_LISTEN, 0);
	ymodem_device_hear(wiring->device, (const uint8_t *)"f", 1, 0);
	wiring->now_us = 1000000;
	ymodem_device_step(wiring->device, wiring->now_us);
	ymodem_device_sent(wiring->device, ymodem_device_ready(wiring->device));
	r = child_start(&wiring->child, wire, argv, WITHIN_US);
	if (r == -ENOENT)
		return NO_PROGRAM;
	ck_assert_int_eq(r, 0);
	if (wiring->device->config.era == YMODEM_ERA_052) /* by hand, see above */
		ck_assert_int_eq(child_write(&wiring->child, &first, 1), 1);
	while (child_runs(&wiring->child)) {
		if (carry(wiring))
			continue;
		child_poll(&wiring->child,
			   wiring->device->out_held > 0 || wiring->device->acks_header ? 0
										       : POLL_MS);
		if (!carry(wiring))
			pass(wiring);
	}
	r = child_end(&wiring->child);
	/* the board says its last words, and restarts */
	while (wiring->device->mode == YMODEM_DEVICE_LEAVING)
		pass(wiring);
	return r;
}

static char *write_file(const uint8_t *bytes, size_t len)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/user.bin", testing_folder());
	file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

/* -k: blocks of 1024 bytes; -q: as it is without, 128 */
static const struct {
	enum ymodem_device_era era;
	enum child_wire wire;
	const char *option;
	size_t bytes;
	unsigned int refuse;
} transfers[] = {
	{ YMODEM_ERA_08, CHILD_SOCKET, "-q", 1300, 0 },
	{ YMODEM_ERA_08, CHILD_PTY, "-q", 1300, 0 },
	{ YMODEM_ERA_061, CHILD_SOCKET, "-k", IMAGE_MAX, 0 },
	{ YMODEM_ERA_052, CHILD_SOCKET, "-k", 1024, 0 },
	{ YMODEM_ERA_052, CHILD_PTY, "-q", 1280, 0 },
	{ YMODEM_ERA_08, CHILD_SOCKET, "-k", 5000, 3 }, /* a NAK: sb sends the block again */
};

START_TEST(a_file_arrives_as_it_was)
{
	struct ymodem_device_config config = { .era = transfers[_i].era,
					       .faults = { .refuse = transfers[_i].refuse } };
	struct wiring wiring = { .device = ymodem_device_new(&config) };
	uint8_t image[IMAGE_MAX];
	size_t len = transfers[_i].bytes;
	int r;

	ck_assert_ptr_nonnull(wiring.device);
	peer_module_make(image, len, 8, 5);
	r = run(&wiring, transfers[_i].wire, transfers[_i].option, write_file(image, len));
	if (r == NO_PROGRAM) {
		ymodem_device_free(wiring.device);
		TEST_SKIP("there is no sb (Debian package lrzsz)");
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(wiring.device->name, "user.bin");
	ck_assert_uint_eq(wiring.device->file_bytes, len);
	ck_assert_mem_eq(wiring.device->staging, image, len);
	ck_assert_uint_eq(wiring.device->bad_sums, 0); /* sb does send right ones */
	ck_assert_uint_eq(wiring.device->naks, transfers[_i].refuse > 0);
	ck_assert_uint_eq(wiring.device->updates_good, 1);
	ck_assert_int_eq(wiring.device->gone, YMODEM_GONE_UPDATE);
	ymodem_device_free(wiring.device);
}
END_TEST

/*
 * The board says CAN CAN: to a block, which sb notices; or to the last header because the image is
 * bad, after which sb ends as if all was well.
 */
static const struct {
	struct ymodem_device_faults faults;
	bool noticed;
} ends[] = {
	{ { .cancel = 4 }, true },
	{ { .cancel = 1 }, true },
	{ { .validation_fails = true }, false },
};

START_TEST(the_board_gives_up)
{
	struct ymodem_device_config config = { .era = YMODEM_ERA_08, .faults = ends[_i].faults };
	struct wiring wiring = { .device = ymodem_device_new(&config) };
	uint8_t image[1300];
	int r;

	ck_assert_ptr_nonnull(wiring.device);
	peer_module_make(image, sizeof(image), 8, 5);
	r = run(&wiring, CHILD_SOCKET, "-q", write_file(image, sizeof(image)));
	if (r == NO_PROGRAM) {
		ymodem_device_free(wiring.device);
		TEST_SKIP("there is no sb (Debian package lrzsz)");
	}
	ck_assert_int_eq(r != 0, ends[_i].noticed);
	ck_assert(!wiring.child.killed);
	ck_assert_uint_eq(wiring.device->cans, 1);
	ck_assert_int_eq(wiring.device->mode, YMODEM_DEVICE_CONSOLE);
	ymodem_device_free(wiring.device);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_sb");
	TCase *tcase = tcase_create("sb");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_file_arrives_as_it_was, 0,
			    sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_loop_test(tcase, the_board_gives_up, 0, sizeof(ends) / sizeof(ends[0]));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
