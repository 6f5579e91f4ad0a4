/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a check of a real slot finds, on lines in memory. */
#include "base/text.h"
#include "bench/linux/check.h"
#include "lib/fake_bench.h"
#include "lib/fake_gpio.h"
#include "lib/testing.h"

#include <string.h>

enum { LATE_US = 5000000 };

static void on_row(void *ctx, const struct check_row *row)
{
	char *text = ctx;
	size_t len = strlen(text);

	if (row->result == CHECK_BAD)
		snprintf(text + len, 256 - len, "%s ", row->part);
}

static void expect_bad(const struct bench_slot *bench, const char *bad)
{
	static const struct bench no_others;
	char found[256] = "";

	check_slot(bench, &no_others, &(struct check_sink){ found, on_row });
	ck_assert_str_eq(found, bad);
}

/* What is bad in a check, when a line is tied to power in some way. */
static const struct {
	enum fake_gpio_tie tie;
	char line;
	enum bench_active active; /* of the rail */
	const char *bad;
} checks[] = {
	{ FAKE_GPIO_SAME, 'g', BENCH_ACTIVE_HIGH, "" },
	{ FAKE_GPIO_OPPOSITE, 'g', BENCH_ACTIVE_LOW, "" },
	{ FAKE_GPIO_SAME, 'g', BENCH_ACTIVE_LOW, "rail " },
	{ FAKE_GPIO_OPPOSITE, 'g', BENCH_ACTIVE_HIGH, "rail " },
	{ FAKE_GPIO_SAME, 'p', BENCH_ACTIVE_HIGH, "rail " }, /* the switch does nothing */
};

START_TEST(check_looks_for_the_programmer)
{
	static const struct {
		const char *command, *bad;
	} rows[] = { { "sh -c 'exit 1'", "" }, { "/no/such/flash -x", "programmer " } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench_slot bench;

		fake_bench_wire(&bench);
		bench.power.loop_back = (struct bench_line){ .chip = "" };
		text_copy(bench.programmer, BENCH_COMMAND_MAX, rows[i].command);
		expect_bad(&bench, rows[i].bad);
	}
}
END_TEST

START_TEST(check_finds_wrong_polarity)
{
	struct bench_slot bench;

	fake_bench_wire(&bench);
	bench.power.loop_back = (struct bench_line){ .chip = "" };
	bench.power.rail.active = checks[_i].active;
	fake_gpio_tie('a', checks[_i].line, checks[_i].tie);
	expect_bad(&bench, checks[_i].bad);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
}
END_TEST

/* What is bad when a switch by command is asked. */
static const struct {
	const char *query;
	const char *bad;
} queries[] = {
	{ "", "" },
	{ "cat %s/s", "" },
	{ "echo off", "power " },
	{ "echo on", "power " },
	{ "false", "power " },
	{ "echo maybe", "power " },
};

START_TEST(check_asks_the_switch)
{
	const char *folder = testing_folder();
	struct bench_power power = { .kind = BENCH_SWITCH_COMMAND, .timeout_us = LATE_US };
	struct bench_slot bench;

	fake_bench_wire(&bench);
	snprintf(power.on, sizeof(power.on), "sh -c 'echo on >%s/s'", folder);
	snprintf(power.off, sizeof(power.off), "sh -c 'echo off >%s/s'", folder);
	text_copy(power.query, sizeof(power.query), queries[_i].query);
	if (strchr(power.query, '%'))
		snprintf(power.query, sizeof(power.query), "cat %s/s", folder);
	bench.power = power;
	expect_bad(&bench, queries[_i].bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("linux: check");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, check_looks_for_the_programmer);
	tcase_add_loop_test(tcase, check_finds_wrong_polarity, 0, ARRAY_LEN(checks));
	tcase_add_loop_test(tcase, check_asks_the_switch, 0, ARRAY_LEN(queries));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
