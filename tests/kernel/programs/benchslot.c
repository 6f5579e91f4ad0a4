/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot of a bench file, used by hand from a script: reads a command a line, and ends with 1 at
 *the first that does not come out as it says.
 *
 *	benchslot FILE SLOT
 *
 *	power on|off
 *	hold reset|setup, release reset|setup
 *	console BAUD                  0: let go
 *	refused BAUD TEXT             that is an error, with this text
 *	say TEXT
 *	heard TEXT SECONDS            it comes in that time, since the last 'say' or 'console'
 *	silent SECONDS                nothing comes
 *	wait SECONDS
 *	cut SECONDS                   arms a cut and waits until it has happened
 *	run COMMAND                   of a shell, which must end well
 */
#include "base/macros.h"
#include "bench/bench.h"
#include "bench/linux/linux.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 512, HEARD_MAX = 4096, STEP_US = 20000 };

struct desk {
	struct slot slot;
	char heard[HEARD_MAX];
	size_t count;
	struct err err;
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;

	(void)t_us;
	if (desk->count + 1 < HEARD_MAX && byte)
		desk->heard[desk->count++] = (char)byte;
	desk->heard[desk->count] = '\0';
}

static void forget(struct desk *desk)
{
	desk->count = 0;
	desk->heard[0] = '\0';
}

static bool pass(struct desk *desk, int64_t us, enum slot_wait *ret)
{
	return slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, ret, &desk->err) == 0;
}

static int64_t in_us(const char *seconds)
{
	return (int64_t)(strtod(seconds, NULL) * 1e6);
}

static bool do_power(struct desk *desk, char *rest)
{
	enum slot_power power = strcmp(rest, "on") == 0 ? SLOT_POWER_ON : SLOT_POWER_OFF;

	return slot_power_set(&desk->slot, power, &desk->err) == 0;
}

static bool set_line(struct desk *desk, const char *name, enum slot_hold hold)
{
	enum slot_line line = strcmp(name, "reset") == 0 ? SLOT_LINE_RESET : SLOT_LINE_SETUP;

	return slot_hold(&desk->slot, line, hold, &desk->err) == 0;
}

static bool do_hold(struct desk *desk, char *rest)
{
	return set_line(desk, rest, SLOT_HELD);
}

static bool do_release(struct desk *desk, char *rest)
{
	return set_line(desk, rest, SLOT_RELEASED);
}

static bool do_console(struct desk *desk, char *rest)
{
	forget(desk);
	return slot_console_set(&desk->slot, (uint32_t)strtoul(rest, NULL, 10), &desk->err) == 0;
}

static bool do_refused(struct desk *desk, char *rest)
{
	const char *baud = strsep(&rest, " ");

	if (!rest || do_console(desk, (char *)(uintptr_t)baud))
		return false;
	printf("  %s\n", desk->err.text);
	return strstr(desk->err.text, rest) != NULL;
}

static bool do_say(struct desk *desk, char *rest)
{
	size_t sent = 0;

	forget(desk);
	return slot_console_send(&desk->slot, (const uint8_t *)rest, strlen(rest), &sent,
				 &desk->err) == 0 &&
	       sent == strlen(rest);
}

static bool do_heard(struct desk *desk, char *rest)
{
	char *seconds = strrchr(rest, ' ');
	enum slot_wait why;
	int64_t left_us;

	if (!seconds)
		return false;
	*seconds++ = '\0';
	for (left_us = in_us(seconds); left_us > 0 && !strstr(desk->heard, rest);
	     left_us -= STEP_US)
		if (!pass(desk, STEP_US, &why))
			return false;
	printf("  heard '%s'\n", desk->heard);
	return strstr(desk->heard, rest) != NULL;
}

static bool do_wait(struct desk *desk, char *rest)
{
	enum slot_wait why;

	return pass(desk, in_us(rest), &why) && why == SLOT_WAIT_DEADLINE;
}

static bool do_silent(struct desk *desk, char *rest)
{
	forget(desk);
	return do_wait(desk, rest) && desk->count == 0;
}

static bool do_cut(struct desk *desk, char *rest)
{
	const struct slot_cut cut = { .by = SLOT_CUT_BY_TIME,
				      .at = (uint64_t)in_us(rest),
				      .form = SLOT_CUT_BEFORE };
	enum slot_wait why = SLOT_WAIT_DEADLINE;

	return slot_cut_arm(&desk->slot, &cut, &desk->err) == 0 &&
	       pass(desk, in_us(rest) + 1000000, &why) && why == SLOT_WAIT_CUT;
}

static bool do_run(struct desk *desk, char *rest)
{
	(void)desk;
	fflush(stdout);
	return system(rest) == 0;
}

static const struct {
	const char *verb;
	bool (*carry_out)(struct desk *desk, char *rest);
} verbs[] = {
	{ "power", do_power },	   { "hold", do_hold }, { "release", do_release },
	{ "console", do_console }, { "say", do_say },	{ "refused", do_refused },
	{ "heard", do_heard },	   { "wait", do_wait }, { "silent", do_silent },
	{ "cut", do_cut },	   { "run", do_run },
};

static bool command(struct desk *desk, char *line)
{
	char *rest = line;
	const char *verb;

	line[strcspn(line, "\n")] = '\0';
	printf("> %s\n", line);
	verb = strsep(&rest, " ");
	desk->err = (struct err)ERR_INIT;
	for (size_t i = 0; i < ARRAY_LEN(verbs) && rest; i++)
		if (strcmp(verbs[i].verb, verb) == 0)
			return verbs[i].carry_out(desk, rest);
	return false;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	static struct desk desk;
	const struct bench_slot *slot = NULL;
	char line[LINE_MAX_BYTES];
	bool good;

	setvbuf(stdout, NULL, _IOLBF, 0);
	good = argc == 3 && bench_load(argv[1], &bench, &desk.err) == 0;
	if (good)
		slot = bench_slot(&bench, argv[2]);
	good = slot && linux_open(slot, &desk.slot, &desk.err) == 0;
	if (!good) {
		printf("cannot open: %s\n", desk.err.text);
		return 2;
	}
	slot_listen(&desk.slot, &(struct slot_listener){ .ctx = &desk, .console = on_byte });
	while (good && fgets(line, sizeof(line), stdin))
		good = command(&desk, line);
	if (!good)
		printf("failed: %s\n", desk.err.text);
	slot_close(&desk.slot);
	return good ? 0 : 1;
}
