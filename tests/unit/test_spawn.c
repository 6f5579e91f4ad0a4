/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/power.h"
#include "bench/linux/spawn.h"
#include "lib/testing.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { SOON_US = 60000000 };

static const struct {
	const char *command;
	const char *out;   /* NULL: it fails ... */
	int code;	   /* ... with this */
	const char *error; /* and this text */
} commands[] = {
	{ "echo hello", "hello", 0, NULL },
	{ "  echo   a   b  ", "a b", 0, NULL },
	{ "echo 'a   b'  \"c  d\"", "a   b c  d", 0, NULL },
	{ "printf %s| a'b c'd ''", "ab cd||", 0, NULL },
	{ "echo $HOME ; echo `id` > x | cat & #", "$HOME ; echo `id` > x | cat & #", 0, NULL },
	{ "echo 'it said \"on\"'", "it said \"on\"", 0, NULL },
	{ "sh -c 'echo err >&2; echo out'", "out", 0, NULL },
	{ "true", "", 0, NULL },
	{ "false", NULL, -EIO, "command 'false' ended with code 1" },
	{ "sh -c 'echo no such outlet >&2; exit 3'", NULL, -EIO,
	  "command 'sh -c 'echo no such outlet >&2; exit 3'' ended with code 3: no such outlet" },
	{ "sh -c 'echo on stdout; exit 4'", NULL, -EIO,
	  "command 'sh -c 'echo on stdout; exit 4'' ended with code 4: on stdout" },
	{ "sh -c 'echo one; echo two; echo three >&2; echo; exit 5'", NULL, -EIO,
	  "command 'sh -c 'echo one; echo two; echo three >&2; echo; exit 5'' ended with code 5: "
	  "three" },
	{ "sh -c 'seq 5000; echo at last; echo; exit 6'", NULL, -EIO,
	  "command 'sh -c 'seq 5000; echo at last; echo; exit 6'' ended with code 6: at last" },
	{ "sh -c 'kill -9 $$'", NULL, -EIO, "command 'sh -c 'kill -9 $$'' was ended by signal 9" },
	{ "no-such-program-here", NULL, -ENOENT,
	  "cannot run 'no-such-program-here': No such file or directory" },
	{ "", NULL, -EINVAL, "command '' is empty, too long, or has an open quote" },
	{ "   ", NULL, -EINVAL, "command '   ' is empty, too long, or has an open quote" },
	{ "echo 'open", NULL, -EINVAL,
	  "command 'echo 'open' is empty, too long, or has an open quote" },
};

START_TEST(command_runs)
{
	struct err err = ERR_INIT;
	char out[SPAWN_OUT_MAX] = "untouched";
	int r = spawn_run(commands[_i].command, SOON_US, out, &err);

	ck_assert_msg(r == commands[_i].code, "%d: %s", r, err.text);
	if (r == 0) {
		ck_assert_str_eq(out, commands[_i].out);
		return;
	}
	ck_assert_str_eq(out, "untouched");
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, commands[_i].error);
}
END_TEST

START_TEST(much_output_is_cut_off_and_does_not_block)
{
	char out[SPAWN_OUT_MAX];

	ck_assert_int_eq(spawn_run("head -c 300000 /dev/zero", SOON_US, out, NULL), 0);
	ck_assert_int_eq(spawn_run("sh -c 'yes | head -c 300000; yes | head -c 300000 >&2'",
				   SOON_US, out, NULL),
			 0);
	ck_assert_uint_lt(strlen(out), SPAWN_OUT_MAX);
	ck_assert(strncmp(out, "y y y", 5) == 0);
}
END_TEST

/* With all that it started. */
START_TEST(arguments_and_environment_come_along)
{
	const char *const args[] = { "a b", "'c'", "", NULL };
	const char *const env[] = { "OTARIG_SLOT=left", "OTARIG_X=", NULL };
	const char *many[SPAWN_ARGS_MAX + 2];
	struct spawn what = { .command = "sh -c 'printf \"%s|\" \"$@\" $OTARIG_SLOT "
					 "${OTARIG_X-unset} $OTARIG_MINE' name",
			      .args = args,
			      .env = env,
			      .timeout_us = SOON_US };
	char out[SPAWN_OUT_MAX];
	struct err err = ERR_INIT;

	setenv("OTARIG_SLOT", "right", 1);
	setenv("OTARIG_X", "x", 1);
	setenv("OTARIG_MINE", "mine", 1);
	ck_assert_msg(spawn_run_with(&what, out, &err) == 0, "%s", err.text);
	ck_assert_str_eq(out, "a b|'c'||left|mine|");
	for (int i = 0; i <= SPAWN_ARGS_MAX; i++)
		many[i] = "x";
	many[SPAWN_ARGS_MAX + 1] = NULL;
	what.args = many;
	ck_assert_int_eq(spawn_run_with(&what, out, &err), -E2BIG);
	many[SPAWN_ARGS_MAX] = NULL;
	what.command = "true";
	ck_assert_int_eq(spawn_run_with(&what, out, &err), 0);
}
END_TEST

START_TEST(programs_are_looked_for)
{
	static const struct {
		const char *command;
		int code;
		const char *error;
	} rows[] = {
		{ "sh", 0, "" },
		{ "  'sh' -c 'exit 1'", 0, "" },
		{ "/bin/sh -x", 0, "" },
		{ "no-such-program-here -x", -ENOENT,
		  "there is no program 'no-such-program-here' in PATH" },
		{ "/bin/no-such", -ENOENT, "cannot run '/bin/no-such': No such file or directory" },
		{ "/etc/passwd", -EACCES, "cannot run '/etc/passwd': Permission denied" },
		{ "sh 'x", -EINVAL, "command 'sh 'x' is empty, too long, or has an open quote" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		ck_assert_int_eq(spawn_look(rows[i].command, &err), rows[i].code);
		ck_assert_str_eq(err.text, rows[i].error);
	}
	setenv("PATH", "/nowhere::/etc", 1);
	ck_assert_int_eq(spawn_look("sh", NULL), -ENOENT);
	ck_assert_int_eq(spawn_look("passwd", NULL), -ENOENT);
}
END_TEST

START_TEST(what_takes_too_long_is_killed)
{
	char command[400];
	char path[256];
	char out[SPAWN_OUT_MAX];
	struct err err = ERR_INIT;
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/pid", testing_folder());
	snprintf(command, sizeof(command), "sh -c 'sleep 600 & echo $! >%s; wait'", path);
	ck_assert_int_eq(spawn_run(command, 300000, out, &err), -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(err.text, "took longer than 300ms"));
	file = fopen(path, "re");
	if (!file) /* the host was too busy for the shell to get so far */
		return;
	if (fscanf(file, "%d", &pid) == 1) {
		for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
			usleep(10000); /* until init has buried it */
		ck_assert_int_ne(kill(pid, 0), 0);
	}
	fclose(file);
}
END_TEST

START_TEST(a_child_that_is_left_behind_is_not_waited_for)
{
	char out[SPAWN_OUT_MAX];

	ck_assert_int_eq(spawn_run("sh -c 'sleep 2 & echo done'", SOON_US, out, NULL), 0);
	ck_assert_str_eq(out, "done");
}
END_TEST

static struct bench_slot switched_by(const char *on, const char *off, const char *query)
{
	struct bench_slot slot = { .name = "left", .power = { .kind = BENCH_SWITCH_COMMAND } };

	snprintf(slot.power.on, sizeof(slot.power.on), "%s", on);
	snprintf(slot.power.off, sizeof(slot.power.off), "%s", off);
	snprintf(slot.power.query, sizeof(slot.power.query), "%s", query);
	slot.power.timeout_us = SOON_US;
	return slot;
}

START_TEST(a_switch_by_command)
{
	char on[256];
	char off[256];
	char query[256];
	enum slot_power state = SLOT_POWER_ON;
	const char *folder = testing_folder();
	struct bench_slot slot;
	struct power power;

	snprintf(on, sizeof(on), "sh -c 'echo on >%s/s'", folder);
	snprintf(off, sizeof(off), "sh -c 'echo off >%s/s'", folder);
	snprintf(query, sizeof(query), "cat %s/s", folder);
	slot = switched_by(on, off, query);
	ck_assert_int_eq(power_open(&slot, "test", &power, NULL), 0);
	ck_assert_str_eq(power.no_cut, "");
	ck_assert_int_eq(power.ops->query(power.ctx, &state, NULL), 0);
	ck_assert_int_eq(state, SLOT_POWER_OFF);
	ck_assert_int_eq(power.ops->set(power.ctx, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(power.ops->query(power.ctx, &state, NULL), 0);
	ck_assert_int_eq(state, SLOT_POWER_ON);
	power.ops->close(power.ctx);
	ck_assert_int_eq(power_open(&slot, "test", &power, NULL), 0);
	power.ops->close(power.ctx);
}
END_TEST

START_TEST(a_command_that_fails_or_lies)
{
	struct bench_slot slot = switched_by("true", "false", "");
	enum slot_power state = SLOT_POWER_ON;
	struct err err = ERR_INIT;
	struct power power;

	ck_assert_int_eq(power_open(&slot, "test", &power, &err), -EIO);
	ck_assert_str_eq(err.text, "command 'false' ended with code 1");
	slot = switched_by("true", "true", "echo maybe");
	ck_assert_int_eq(power_open(&slot, "test", &power, NULL), 0);
	ck_assert_int_eq(power.ops->query(power.ctx, &state, &err), -EPROTO);
	ck_assert_str_eq(err.text, "command 'echo maybe' says 'maybe', and must say 'on' or 'off'");
	power.ops->close(power.ctx);
	slot = switched_by("true", "true", "");
	ck_assert_int_eq(power_open(&slot, "test", &power, NULL), 0);
	ck_assert(!power.ops->query);
	power.ops->close(power.ctx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spawn");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, command_runs, 0, ARRAY_LEN(commands));
	tcase_add_test(tcase, much_output_is_cut_off_and_does_not_block);
	tcase_add_test(tcase, arguments_and_environment_come_along);
	tcase_add_test(tcase, programs_are_looked_for);
	tcase_add_test(tcase, what_takes_too_long_is_killed);
	tcase_add_test(tcase, a_child_that_is_left_behind_is_not_waited_for);
	tcase_add_test(tcase, a_switch_by_command);
	tcase_add_test(tcase, a_command_that_fails_or_lies);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
