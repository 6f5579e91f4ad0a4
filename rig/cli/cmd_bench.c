/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bench by itself: is it as its file says, make it safe, how fast does it switch. */
#include "base/rng.h"
#include "campaign/bench_boards.h"
#include "cli/bench_print.h"
#include "cli/command.h"
#include "cli/common.h"

#include <errno.h>
#include <string.h>

enum check_option { CHECK_SLOT, CHECK_FORMAT };
enum safe_option { SAFE_SLOT };
enum calibrate_option { CALIBRATE_SLOT, CALIBRATE_TIMES, CALIBRATE_FORMAT };

enum {
	CALIBRATE_TIMES_DEFAULT = 30,
	CALIBRATE_ON_US = 50000, /* a relay's contacts have come to rest */
	CALIBRATE_AHEAD_US = 5000,
	CALIBRATE_JITTER_US = 2000, /* so that nothing else is hit in step */
	CALIBRATE_LATE_US = 1000000,
};

static int take_format(const char *text, enum bench_format *ret, struct err *err)
{
	*ret = BENCH_FORMAT_TEXT;
	if (!text || strcmp(text, "text") == 0)
		return 0;
	if (strcmp(text, "json") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, "unknown format '%s', known: text, json",
			       text);
	*ret = BENCH_FORMAT_JSON;
	return 0;
}

/* A bench can be made safe whatever became of its boards' profiles. */
enum boards { BOARDS_KNOWN, BOARDS_ANY };

/* Loads the file and sees that the slot that is asked for is there. Caller frees *ret. */
static int load(const struct command_input *input, const char *slot, enum boards boards,
		struct bench **ret, struct err *err)
{
	struct bench *bench = malloc(sizeof(*bench));
	int r = bench ? bench_load(input->argument, bench, err)
		      : err_set(err, ERR_IO, -ENOMEM, "no memory");

	if (r == 0 && boards == BOARDS_KNOWN)
		r = bench_boards_fill(bench, err);
	if (r == 0 && slot && !bench_slot(bench, slot))
		r = err_set(err, ERR_USAGE, -EINVAL, "bench '%s' has no slot '%s'", bench->name,
			    slot);
	if (r < 0)
		free(bench);
	else
		*ret = bench;
	return r;
}

static bool is_wanted(const struct bench_slot *slot, const char *name)
{
	return !name || strcmp(slot->name, name) == 0;
}

static int cmd_check(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	const char *only = input->options[CHECK_SLOT];
	struct bench_rows rows = { 0 };
	const struct check_sink sink = { &rows, bench_rows_put };
	enum bench_format format;
	int bad = 0;
	int r = take_format(input->options[CHECK_FORMAT], &format, err);

	if (r == 0)
		r = load(input, only, BOARDS_KNOWN, &bench, err);
	for (size_t i = 0; r == 0 && i < bench->slot_count; i++) {
		if (!is_wanted(&bench->slots[i], only))
			continue;
		rows.slot = bench->slots[i].name;
		bad += check_slot(&bench->slots[i], bench, &sink);
	}
	if (r == 0)
		r = bench_rows_print(&rows, format, err);
	bench_rows_release(&rows);
	if (r < 0)
		return r;
	return bad ? EXIT_RIG : EXIT_ACCEPTED;
}

static int cmd_list(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	int r = load(input, NULL, BOARDS_KNOWN, &bench, err);

	if (r == 0)
		bench_list_print(bench);
	return r;
}

/* All slots are tried; the first error is told at the end, the others at once. */
static int cmd_safe(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	const char *only = input->options[SAFE_SLOT];
	int first = load(input, only, BOARDS_ANY, &bench, err);

	if (first < 0)
		return first;
	for (size_t i = 0; i < bench->slot_count; i++) {
		struct err found = ERR_INIT;
		int r = is_wanted(&bench->slots[i], only) ? linux_safe(&bench->slots[i], &found)
							  : 0;

		if (r < 0 && first < 0)
			fprintf(stderr, "otarig: %s\n", found.text);
		if (r < 0 && first == 0) {
			first = r;
			*err = found;
		}
	}
	return first;
}

static int wait_us(const struct slot *slot, int64_t us, enum slot_wait *ret, struct err *err)
{
	return slot_wait(slot, slot_now_us(slot) + us, ret, err);
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int one_cut(const struct slot *slot, struct bench_cuts *cuts, struct rng *rng,
		   struct err *err)
{
	const struct bench_power *power = &cuts->slot->power;
	struct slot_cut cut = { .by = SLOT_CUT_BY_TIME, .form = SLOT_CUT_TORN };
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	struct linux_cut seen;
	int r = slot_power_set(slot, SLOT_POWER_ON, err);

	if (r == 0)
		r = wait_us(slot, longer(power->settle_us, CALIBRATE_ON_US), &why, err);
	cut.at = (uint64_t)(power->latency_us + CALIBRATE_AHEAD_US) +
		 rng_below(rng, CALIBRATE_JITTER_US);
	if (r == 0)
		r = slot_cut_arm(slot, &cut, err);
	if (r == 0)
		r = wait_us(slot, (int64_t)cut.at + CALIBRATE_LATE_US, &why, err);
	if (r == 0 && (why != SLOT_WAIT_CUT || !linux_last_cut(slot, &seen)))
		r = err_set(err, ERR_RIG, -ETIMEDOUT, "slot '%s': the cut did not happen",
			    cuts->slot->name);
	if (r < 0)
		return r;
	cuts->cuts[cuts->count++] = seen;
	return wait_us(slot, longer(power->discharge_us, cuts->slot->limits.switch_us_min), &why,
		       err);
}

static int cannot_cut(const struct slot *slot, struct err *err)
{
	char lacks[SLOT_LACKS_MAX];

	slot_lacks(slot, SLOT_CUT, lacks);
	return err_set(err, ERR_RIG, -ENOTSUP, "slot '%s' cannot %s", slot->name, lacks);
}

static int calibrate(const struct bench_slot *bench, uint64_t times, enum bench_format format,
		     struct err *err)
{
	AUTO_FREE struct bench_cuts *cuts = calloc(1, sizeof(*cuts));
	struct rng rng;
	struct slot slot;
	int r = cuts ? linux_open(bench, &slot, err) : err_set(err, ERR_IO, -ENOMEM, "no memory");

	if (r < 0)
		return r;
	cuts->slot = bench;
	rng_init(&rng, times);
	if (!slot_can(&slot, SLOT_CUT))
		r = cannot_cut(&slot, err);
	else if (!bench_wired(&bench->power.rail) && !bench_wired(&bench->power.loop_back))
		r = err_set(err, ERR_RIG, -ENOTSUP,
			    "slot '%s' has neither 'rail' nor 'loop_back' to measure with",
			    bench->name);
	for (uint64_t i = 0; i < times && r == 0; i++)
		r = one_cut(&slot, cuts, &rng, err);
	slot_close(&slot);
	return r < 0 ? r : bench_cuts_print(cuts, format, err);
}

static int cmd_calibrate(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	const char *only = input->options[CALIBRATE_SLOT];
	enum bench_format format;
	uint64_t times = 0;
	int r = take_format(input->options[CALIBRATE_FORMAT], &format, err);

	if (r == 0)
		r = cli_count("times", input->options[CALIBRATE_TIMES], BENCH_CUTS_MAX,
			      CALIBRATE_TIMES_DEFAULT, &times, err);
	if (r == 0)
		r = load(input, only, BOARDS_KNOWN, &bench, err);
	for (size_t i = 0; r == 0 && i < bench->slot_count; i++)
		if (is_wanted(&bench->slots[i], only))
			r = calibrate(&bench->slots[i], times, format, err);
	return r;
}

const struct command command_bench_check = {
	.name = "bench check",
	.argument = "FILE",
	.summary = "see whether a bench is as its file says",
	.options = {
		[CHECK_SLOT] = { "slot", "NAME", "only this slot" },
		[CHECK_FORMAT] = { "format", "FORMAT", "text (default) or json" },
	},
	.run = cmd_check,
};

const struct command command_bench_list = {
	.name = "bench list",
	.argument = "FILE",
	.summary = "what a bench file says, in a table",
	.run = cmd_list,
};

const struct command command_bench_safe = {
	.name = "bench safe",
	.argument = "FILE",
	.summary = "switch everything off, also when another program left it on",
	.options = { [SAFE_SLOT] = { "slot", "NAME", "only this slot" } },
	.run = cmd_safe,
};

const struct command command_bench_calibrate = {
	.name = "bench calibrate",
	.argument = "FILE",
	.summary = "measure how fast a bench switches power off",
	.options = {
		[CALIBRATE_SLOT] = { "slot", "NAME", "only this slot" },
		[CALIBRATE_TIMES] = { "times", "N", "cuts a slot (default 30)" },
		[CALIBRATE_FORMAT] = { "format", "FORMAT", "text (default) or json" },
	},
	.run = cmd_calibrate,
};
