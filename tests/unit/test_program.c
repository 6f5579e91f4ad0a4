/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The external programmer of a real slot: a script that is really run, on a slot whose power is a
 * file that is there or not, and whose lines are in memory.
 */
#include "base/file.h"
#include "base/text.h"
#include "bench/linux/linux.h"
#include "lib/fake_gpio.h"
#include "lib/testing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 240, LONG_US = 60000000, SHORT_US = 200000, ON_US = 3000000 };

struct desk {
	struct bench_slot bench;
	struct slot slot;
	char folder[PATH_BYTES / 2];
	char is_on[PATH_BYTES - 40];
	char tmp[PATH_BYTES]; /* where the slot makes its files */
};

static void write_script(const struct desk *desk, const char *text)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/flash", desk->folder);
	ck_assert_int_eq(file_write(path, text, strlen(text), NULL), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static void open_desk(struct desk *desk, const char *script)
{
	struct bench_slot *bench = &desk->bench;
	struct err err = ERR_INIT;

	fake_gpio_reset();
	memset(desk, 0, sizeof(*desk));
	text_copy(desk->folder, sizeof(desk->folder), testing_folder());
	snprintf(desk->is_on, sizeof(desk->is_on), "%s/is-on", desk->folder);
	snprintf(desk->tmp, sizeof(desk->tmp), "%s/tmp", desk->folder);
	ck_assert_int_eq(mkdir(desk->tmp, 0700), 0);
	setenv("TMPDIR", desk->tmp, 1);
	setenv("DESK", desk->folder, 1);
	write_script(desk, script);
	text_copy(bench->name, sizeof(bench->name), "left");
	text_copy(bench->board, sizeof(bench->board), "p1");
	bench->power.kind = BENCH_SWITCH_COMMAND;
	bench->power.timeout_us = LONG_US;
	snprintf(bench->power.on, sizeof(bench->power.on), "touch '%s'", desk->is_on);
	snprintf(bench->power.off, sizeof(bench->power.off), "rm -f '%s'", desk->is_on);
	snprintf(bench->programmer, sizeof(bench->programmer), "'%s/flash' -b 'x y'", desk->folder);
	bench->programmer_us = LONG_US;
	bench->reset = (struct bench_line){ .chip = "/fake", .line = "e" };
	ck_assert_msg(linux_open(bench, &desk->slot, &err) == 0, "%s", err.text);
}

static int program(struct desk *desk, struct err *err)
{
	static const uint8_t first[] = "first", second[] = "second piece";
	const struct slot_piece pieces[] = { { 0x08000000, first, sizeof(first) - 1 },
					     { 0x080c0000, second, sizeof(second) - 1 } };

	return slot_program(&desk->slot, pieces, ARRAY_LEN(pieces), err);
}

/* Off, nothing held, and no files left, whatever became of the command. */
static void close_desk(struct desk *desk)
{
	ck_assert_int_ne(access(desk->is_on, F_OK), 0);
	ck_assert_int_eq(fake_gpio_level('e'), GPIO_HIGH);
	ck_assert_int_eq(rmdir(desk->tmp), 0);
	slot_close(&desk->slot);
}

static char *said(const struct desk *desk)
{
	char path[PATH_BYTES];
	uint8_t *bytes;
	size_t len;

	snprintf(path, sizeof(path), "%s/said", desk->folder);
	ck_assert_int_eq(file_read(path, 4096, &bytes, &len, NULL), 0);
	return (char *)bytes;
}

START_TEST(the_command_gets_addresses_and_files)
{
	struct desk desk;
	struct err err = ERR_INIT;
	char *text;

	open_desk(&desk, "#!/bin/sh\n"
			 "[ -e \"$DESK/is-on\" ] || exit 9\n"
			 "{\n"
			 "echo \"$OTARIG_SLOT $OTARIG_BOARD $1 $2\"\n"
			 "shift 2\n"
			 "while [ $# -gt 0 ]; do echo \"$1 $(cat \"$2\")\"; shift 2; done\n"
			 "} >\"$DESK/said\"\n");
	ck_assert_int_eq(slot_hold(&desk.slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
	ck_assert_msg(program(&desk, &err) == 0, "%s", err.text);
	text = said(&desk);
	ck_assert_str_eq(text, "left p1 -b x y\n0x08000000 first\n0x080c0000 second piece\n");
	free(text);
	close_desk(&desk);
}
END_TEST

static const struct {
	const char *script; /* empty: it is not there */
	int64_t programmer_us, on_us;
	int code;
	const char *text; /* of the error, from the command on */
} failures[] = {
	{ "#!/bin/sh\necho open; echo no target found >&2; exit 3\n", LONG_US, 0, -EIO,
	  "' -b 'x y'' ended with code 3: no target found" },
	{ "#!/bin/sh\nkill -9 $$\n", LONG_US, 0, -EIO, "' -b 'x y'' was ended by signal 9" },
	{ "#!/bin/sh\nsleep 60\n", SHORT_US, 0, -ETIMEDOUT, "' -b 'x y'' took longer than 200ms" },
	/* longer than power may be on: some of that is gone already */
	{ "#!/bin/sh\nsleep 60\n", LONG_US, ON_US, -ETIMEDOUT, "' -b 'x y'' took longer than " },
	{ "", LONG_US, 0, -ENOENT, "' -b 'x y'': No such file or directory" },
};

START_TEST(a_command_that_fails_leaves_the_slot_safe)
{
	struct desk desk;
	struct err err = ERR_INIT;
	char path[PATH_BYTES];

	open_desk(&desk, failures[_i].script);
	slot_close(&desk.slot);
	desk.bench.programmer_us = failures[_i].programmer_us;
	desk.bench.limits.on_us_max = failures[_i].on_us;
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, NULL), 0);
	snprintf(path, sizeof(path), "%s/flash", desk.folder);
	if (!failures[_i].script[0])
		ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(program(&desk, &err), failures[_i].code);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_msg(strncmp(err.text, "programmer of slot 'left': c", 28) == 0, "%s", err.text);
	ck_assert_msg(strstr(err.text, failures[_i].text) != NULL, "%s", err.text);
	close_desk(&desk);
}
END_TEST

START_TEST(files_that_cannot_be_made)
{
	struct desk desk;
	struct err err = ERR_INIT;

	open_desk(&desk, "#!/bin/sh\ntouch \"$DESK/said\"\n");
	setenv("TMPDIR", "/nowhere/at/all", 1);
	ck_assert_int_eq(program(&desk, &err), -ENOENT);
	ck_assert_str_eq(err.text, "programmer of slot 'left': cannot make a folder in "
				   "'/nowhere/at/all': No such file or directory");
	close_desk(&desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("programmer");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_command_gets_addresses_and_files);
	tcase_add_loop_test(tcase, a_command_that_fails_leaves_the_slot_safe, 0,
			    ARRAY_LEN(failures));
	tcase_add_test(tcase, files_that_cannot_be_made);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
