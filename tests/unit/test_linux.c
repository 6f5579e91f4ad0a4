/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slot of a real bench on lines in memory: what it orders, in which order, and what it says of
 * lines that do not do as they are told. Real time passes, but nothing is said about how much.
 */
#include "base/clock.h"
#include "base/text.h"
#include "bench/linux/linux.h"
#include "lib/fake_bench.h"
#include "lib/fake_gpio.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

enum { SOON_US = 2000, LATE_US = 5000000, HEARD_MAX = 4096 };

struct heard {
	char text[HEARD_MAX]; /* "r0" red low, "l1" lost and red high */
	int64_t last_us;
};

struct desk {
	struct bench_slot bench;
	struct slot slot;
	struct heard heard;
};

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	struct heard *heard = ctx;
	size_t len = strlen(heard->text);

	ck_assert_int_ge(t_us, heard->last_us);
	heard->last_us = t_us;
	snprintf(heard->text + len, sizeof(heard->text) - len, "%c%d", "rgb"[channel], high);
}

static void on_lost(void *ctx, int64_t t_us, const bool high[3])
{
	struct heard *heard = ctx;
	size_t len = strlen(heard->text);

	ck_assert_int_ge(t_us, heard->last_us);
	heard->last_us = t_us;
	snprintf(heard->text + len, sizeof(heard->text) - len, "l%d", high[0]);
}

static void wire(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	fake_bench_wire(&desk->bench);
}

static void open_desk(struct desk *desk)
{
	struct err err = ERR_INIT;

	ck_assert_msg(linux_open(&desk->bench, &desk->slot, &err) == 0, "%s", err.text);
	slot_listen(&desk->slot, &(struct slot_listener){
					 .ctx = &desk->heard, .led = on_led, .led_lost = on_lost });
}

static void power(struct desk *desk, enum slot_power state)
{
	ck_assert_int_eq(slot_power_set(&desk->slot, state, NULL), 0);
}

static enum slot_wait wait_us(struct desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
	return why;
}

static void arm(struct desk *desk, uint64_t at_us)
{
	const struct slot_cut cut = { .by = SLOT_CUT_BY_TIME, .at = at_us, .form = SLOT_CUT_TORN };

	ck_assert_int_eq(slot_cut_arm(&desk->slot, &cut, NULL), 0);
}

START_TEST(takes_all_lines_safe_and_gives_them_back_in_reverse)
{
	struct desk desk;

	wire(&desk);
	open_desk(&desk);
	ck_assert_str_eq(fake_gpio_notes(), "+gi +hi +ii +ji +ki +d1 +oe1 +of1 +c0 +a0 ");
	ck_assert_uint_eq(desk.slot.capabilities, SLOT_POWER | SLOT_RAIL | SLOT_VBAT | SLOT_RESET |
							  SLOT_SETUP | SLOT_LED | SLOT_CUT);
	ck_assert_str_eq(desk.slot.name, "left");
	fake_gpio_forget();
	slot_close(&desk.slot);
	ck_assert_str_eq(fake_gpio_notes(), "a0 -a c0 -c f1 -f e1 -e d1 -d -g -h -i -j -k ");
}
END_TEST

START_TEST(can_do_what_is_wired)
{
	struct desk desk;

	wire(&desk);
	text_copy(desk.bench.programmer, BENCH_COMMAND_MAX, "openocd");
	desk.bench.power.rail.line[0] = '\0';
	desk.bench.setup.line[0] = '\0';
	desk.bench.led = (struct bench_led){ .sample_hz = 0 };
	open_desk(&desk);
	ck_assert_uint_eq(desk.slot.capabilities,
			  SLOT_POWER | SLOT_VBAT | SLOT_RESET | SLOT_CUT | SLOT_PROGRAMMER);
	slot_close(&desk.slot);
	desk.bench.power.kind = BENCH_SWITCH_NONE;
	open_desk(&desk);
	ck_assert_uint_eq(desk.slot.capabilities, SLOT_VBAT | SLOT_RESET | SLOT_PROGRAMMER);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(closes_safe_from_any_state)
{
	struct desk desk;

	wire(&desk);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_eq(slot_hold(&desk.slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
	ck_assert_int_eq(slot_hold(&desk.slot, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	ck_assert_int_eq(slot_vbat_set(&desk.slot, true, NULL), 0);
	arm(&desk, 1000000000);
	ck_assert_str_eq(fake_gpio_notes(), "+gi +hi +ii +ji +ki +d1 +oe1 +of1 +c0 +a0 "
					    "c0 a1 e0 f0 d0 ");
	slot_close(&desk.slot);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
	ck_assert_int_eq(fake_gpio_level('e'), GPIO_HIGH);
	ck_assert_int_eq(fake_gpio_level('f'), GPIO_HIGH);
	ck_assert_int_eq(fake_gpio_level('d'), GPIO_HIGH);
}
END_TEST

/* Each line in its turn is held by another; what was taken before is given back safe. */
static const struct {
	char line;
	const char *notes;
} held[] = {
	{ 'g', "" },
	{ 'k', "+gi +hi +ii +ji -g -h -i -j " },
	{ 'f', "+gi +hi +ii +ji +ki +d1 +oe1 e1 -e d1 -d -g -h -i -j -k " },
	{ 'a', "+gi +hi +ii +ji +ki +d1 +oe1 +of1 +c0 c0 -c f1 -f e1 -e d1 -d -g -h -i -j -k " },
};

START_TEST(a_line_that_another_holds)
{
	struct err err = ERR_INIT;
	struct desk desk;
	char text[128];

	wire(&desk);
	fake_gpio_hold(held[_i].line, "gpiomon");
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), -EBUSY);
	snprintf(text, sizeof(text),
		 "slot 'left': line '%c' of GPIO chip '/fake' is held by 'gpiomon'", held[_i].line);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, text);
	ck_assert_str_eq(fake_gpio_notes(), held[_i].notes);
}
END_TEST

START_TEST(a_line_or_chip_that_is_not_there)
{
	struct err err = ERR_INIT;
	struct desk desk;

	wire(&desk);
	text_copy(desk.bench.setup.line, BENCH_TEXT_MAX, "z");
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), -ENOENT);
	ck_assert_str_eq(err.text,
			 "slot 'left': GPIO chip '/fake' has no line 'z': it has 16, numbered from "
			 "0, and names a, b, c, d, e, f, g, h, ...");
	text_copy(desk.bench.setup.line, BENCH_TEXT_MAX, "16");
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, NULL), -ENOENT);
	text_copy(desk.bench.setup.line, BENCH_TEXT_MAX, "15"); /* by number */
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), 0);
	slot_close(&desk.slot);
	text_copy(desk.bench.setup.chip, BENCH_TEXT_MAX, "/none");
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), -ENOENT);
	ck_assert_str_eq(err.text,
			 "slot 'left': cannot open GPIO chip '/none': No such file or directory");
}
END_TEST

START_TEST(a_cut_is_commanded_and_confirmed)
{
	struct slot_cut_report report;
	struct linux_cut cut;
	struct desk desk;
	bool up = false;
	int64_t begin_us;

	wire(&desk);
	desk.bench.power.latency_us = 300;
	fake_gpio_tie('a', 'h', FAKE_GPIO_OPPOSITE);
	open_desk(&desk);
	ck_assert(!slot_cut_report(&desk.slot, &report));
	power(&desk, SLOT_POWER_ON);
	begin_us = slot_now_us(&desk.slot);
	arm(&desk, SOON_US);
	ck_assert_int_eq(wait_us(&desk, LATE_US), SLOT_WAIT_CUT);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
	ck_assert_int_eq(fake_gpio_level('c'), GPIO_HIGH); /* drained */
	ck_assert(linux_last_cut(&desk.slot, &cut));
	ck_assert_int_ge(cut.aimed_us, begin_us + SOON_US - 300);
	ck_assert_int_ge(cut.commanded_us, cut.aimed_us);
	ck_assert_int_ge(cut.loop_back_us, cut.commanded_us);
	ck_assert_int_le(cut.loop_back_us, cut.done_us);
	ck_assert_int_eq(cut.rail_us, SLOT_CUT_UNSEEN); /* the tie went to the other line */
	ck_assert(slot_cut_report(&desk.slot, &report));
	ck_assert_int_eq(report.commanded_us, cut.commanded_us);
	ck_assert_int_eq(report.confirmed_us, SLOT_CUT_UNSEEN);
	ck_assert_int_eq(wait_us(&desk, SOON_US), SLOT_WAIT_DEADLINE); /* it is spent */
	fake_gpio_put('g', GPIO_HIGH, FAKE_GPIO_TOLD);
	fake_gpio_put('g', GPIO_LOW, FAKE_GPIO_TOLD); /* too late to be its proof */
	ck_assert_int_eq(wait_us(&desk, SOON_US), SLOT_WAIT_DEADLINE);
	ck_assert(linux_last_cut(&desk.slot, &cut));
	ck_assert_int_eq(cut.rail_us, SLOT_CUT_UNSEEN);

	fake_gpio_tie('a', 'g', FAKE_GPIO_SAME);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_eq(fake_gpio_level('c'), GPIO_LOW);
	arm(&desk, 0);
	ck_assert_int_eq(wait_us(&desk, LATE_US), SLOT_WAIT_CUT);
	ck_assert(slot_cut_report(&desk.slot, &report));
	ck_assert_int_ge(report.confirmed_us, report.commanded_us);
	ck_assert_int_eq(slot_rail_read(&desk.slot, &up, NULL), 0);
	ck_assert(!up);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(a_cut_that_is_disarmed_does_not_come)
{
	struct desk desk;

	wire(&desk);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	arm(&desk, 1000000);
	slot_cut_disarm(&desk.slot);
	slot_cut_disarm(&desk.slot);
	ck_assert_int_eq(wait_us(&desk, SOON_US), SLOT_WAIT_DEADLINE);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_HIGH);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(a_switch_that_fails_is_an_error)
{
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	struct err err = ERR_INIT;
	struct desk desk;

	wire(&desk);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	fake_gpio_break('a', -EIO);
	arm(&desk, 0);
	ck_assert_int_eq(slot_wait(&desk.slot, slot_now_us(&desk.slot) + LATE_US, &why, &err),
			 -EIO);
	ck_assert_str_eq(err.text, "slot 'left' could not be cut: cannot set GPIO line '/fake:a': "
				   "Input/output error");
	fake_gpio_break('a', 0);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(a_rail_that_stays_up_is_seen)
{
	struct desk desk;
	bool up = false;

	wire(&desk);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_eq(slot_rail_read(&desk.slot, &up, NULL), 0);
	ck_assert(up);
	fake_gpio_tie('a', 'p', FAKE_GPIO_SAME); /* something else feeds the board */
	power(&desk, SLOT_POWER_OFF);
	ck_assert_int_eq(slot_rail_read(&desk.slot, &up, NULL), 0);
	ck_assert(up);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(led_edges_are_told_while_there_is_power)
{
	struct desk desk;

	wire(&desk);
	desk.bench.power.discharge_us = LATE_US;
	open_desk(&desk);
	fake_gpio_put('i', GPIO_LOW, FAKE_GPIO_TOLD); /* no power: the pins fall */
	wait_us(&desk, SOON_US);
	ck_assert_str_eq(desk.heard.text, "");
	fake_gpio_put('i', GPIO_HIGH, FAKE_GPIO_TOLD);
	power(&desk, SLOT_POWER_ON);
	wait_us(&desk, SOON_US);
	fake_gpio_put('j', GPIO_LOW, FAKE_GPIO_TOLD);
	fake_gpio_put('i', GPIO_LOW, FAKE_GPIO_TOLD);
	fake_gpio_put('j', GPIO_HIGH, FAKE_GPIO_TOLD);
	wait_us(&desk, SOON_US);
	ck_assert_str_eq(desk.heard.text, "g0r0g1");  /* in the order of their times */
	fake_gpio_put('j', GPIO_LOW, FAKE_GPIO_TOLD); /* before the end, although not looked at */
	power(&desk, SLOT_POWER_OFF);
	ck_assert_str_eq(desk.heard.text, "g0r0g1g0r1g1");
	fake_gpio_put('k', GPIO_LOW, FAKE_GPIO_TOLD);
	wait_us(&desk, SOON_US);
	ck_assert_str_eq(desk.heard.text, "g0r0g1g0r1g1");
	slot_close(&desk.slot);
}
END_TEST

static void wait_until_heard(struct desk *desk, const char *text)
{
	for (int i = 0; i < 1000 && strcmp(desk->heard.text, text) != 0; i++)
		wait_us(desk, SOON_US);
	ck_assert_str_eq(desk->heard.text, text);
}

/* A common anode's pins, low a while after power went. */
static void open_drained(struct desk *desk)
{
	wire(desk);
	open_desk(desk);
	power(desk, SLOT_POWER_ON);
	power(desk, SLOT_POWER_OFF);
	for (char led = 'i'; led <= 'k'; led++)
		fake_gpio_put(led, GPIO_LOW, FAKE_GPIO_LOST);
	wait_us(desk, desk->bench.power.discharge_us + SOON_US);
}

/* A common anode: pins that fall are no light, pins that move have power from somewhere. */
START_TEST(an_led_that_moves_without_power_is_lit)
{
	struct desk desk;

	open_drained(&desk);
	ck_assert_str_eq(desk.heard.text, "");
	fake_gpio_put('j', GPIO_HIGH, FAKE_GPIO_TOLD); /* it blinks, and is dark now */
	wait_until_heard(&desk, "g0");
	fake_gpio_put('j', GPIO_LOW, FAKE_GPIO_TOLD);
	fake_gpio_put('j', GPIO_HIGH, FAKE_GPIO_TOLD);
	wait_us(&desk, SOON_US);
	ck_assert_str_eq(desk.heard.text, "g0");
	power(&desk, SLOT_POWER_ON);
	wait_until_heard(&desk, "g0r0g1b0"); /* as the pins are */
	slot_close(&desk.slot);
}
END_TEST

/* More edges than the kernel holds are edges, too. */
START_TEST(an_led_whose_edges_are_lost_without_power_is_lit)
{
	struct desk desk;

	open_drained(&desk);
	wait_us(&desk, SOON_US);
	wait_us(&desk, SOON_US);
	ck_assert_str_eq(desk.heard.text, "");
	fake_gpio_put('j', GPIO_HIGH, FAKE_GPIO_LOST);
	wait_until_heard(&desk, "r0g0b0");
	slot_close(&desk.slot);
}
END_TEST

START_TEST(an_led_that_is_high_without_power_is_lit)
{
	struct desk desk;

	wire(&desk);
	desk.bench.led.lit = BENCH_LIT_HIGH;
	for (char led = 'i'; led <= 'k'; led++)
		fake_gpio_put(led, GPIO_LOW, FAKE_GPIO_LOST);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	power(&desk, SLOT_POWER_OFF);
	fake_gpio_put('k', GPIO_HIGH, FAKE_GPIO_LOST);
	wait_us(&desk, desk.bench.power.discharge_us + SOON_US);
	wait_until_heard(&desk, "b1");
	slot_close(&desk.slot);
}
END_TEST

START_TEST(edges_that_are_lost_are_told)
{
	struct desk desk;

	wire(&desk);
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	wait_us(&desk, SOON_US);
	fake_gpio_put('i', GPIO_LOW, FAKE_GPIO_TOLD);
	wait_us(&desk, SOON_US);
	fake_gpio_put('i', GPIO_HIGH, FAKE_GPIO_LOST);
	wait_us(&desk, SOON_US);
	wait_us(&desk, SOON_US);
	ck_assert_msg(strncmp(desk.heard.text, "r0l0", 4) == 0, "'%s'", desk.heard.text);
	ck_assert_str_eq(desk.heard.text + strlen(desk.heard.text) - 2, "l1");
	slot_close(&desk.slot);
}
END_TEST

START_TEST(sampled_lines_are_told_as_well)
{
	struct desk desk;

	wire(&desk);
	desk.bench.led.sample_hz = BENCH_SAMPLE_HZ_MAX;
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	wait_us(&desk, SOON_US);
	fake_gpio_put('i', GPIO_LOW, FAKE_GPIO_TOLD);
	for (int i = 0; i < 1000 && !desk.heard.text[0]; i++)
		wait_us(&desk, SOON_US);
	slot_close(&desk.slot);
	/* on a host that is busy a look may come too late, which is told as well */
	ck_assert_msg(strncmp(desk.heard.text, "r0", 2) == 0 ||
			      strncmp(desk.heard.text, "l", 1) == 0,
		      "'%s'", desk.heard.text);
}
END_TEST

START_TEST(power_is_not_on_for_ever)
{
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	struct err err = ERR_INIT;
	struct desk desk;

	wire(&desk);
	desk.bench.limits = (struct bench_safety){ .on_us_max = SOON_US };
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_eq(slot_wait(&desk.slot, slot_now_us(&desk.slot) + LATE_US, &why, &err),
			 -ETIME);
	ck_assert_str_eq(err.text,
			 "slot 'left' was on for longer than 2ms (limits.on): it is off now");
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
	slot_close(&desk.slot);
}
END_TEST

/* Power does not come back sooner, whoever switched it off: a cut, an order, a program before. */
START_TEST(power_stays_away_for_a_while)
{
	enum { BETWEEN_US = 30000 };
	struct slot_cut_report report;
	struct desk desk;
	int64_t since_us;

	wire(&desk);
	desk.bench.limits = (struct bench_safety){ .switch_us_min = BETWEEN_US };
	since_us = clock_now_us();
	open_desk(&desk);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_ge(slot_now_us(&desk.slot) - since_us, BETWEEN_US);
	since_us = clock_now_us();
	power(&desk, SLOT_POWER_OFF);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_ge(slot_now_us(&desk.slot) - since_us, BETWEEN_US);
	ck_assert_int_eq(fake_gpio_level('a'), GPIO_HIGH);
	arm(&desk, 0);
	ck_assert_int_eq(wait_us(&desk, LATE_US), SLOT_WAIT_CUT);
	ck_assert(slot_cut_report(&desk.slot, &report));
	power(&desk, SLOT_POWER_ON);
	ck_assert_int_ge(slot_now_us(&desk.slot) - report.commanded_us, BETWEEN_US);
	slot_close(&desk.slot);
}
END_TEST

/* The relay's days are counted over runs, and whatever the slot is called. */
START_TEST(a_relay_is_not_worn_out)
{
	struct err err = ERR_INIT;
	struct desk desk;

	setenv("XDG_STATE_HOME", testing_folder(), 1);
	for (int run = 0; run < 2; run++) {
		wire(&desk);
		desk.bench.limits = (struct bench_safety){ .trials_a_day = 3 };
		text_copy(desk.bench.name, BENCH_NAME_MAX, run ? "right" : "left");
		open_desk(&desk);
		power(&desk, SLOT_POWER_ON);
		power(&desk, SLOT_POWER_ON); /* it is on */
		power(&desk, SLOT_POWER_OFF);
		if (run == 1) {
			power(&desk, SLOT_POWER_ON);
			power(&desk, SLOT_POWER_OFF);
			ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, &err), -EDQUOT);
			ck_assert_msg(strncmp(err.text,
					      "slot 'right': switched on 3 times in 24 "
					      "hours, its limit (limits.trials_a_day); ",
					      80) == 0,
				      "%s", err.text);
			ck_assert_int_eq(fake_gpio_level('a'), GPIO_LOW);
		}
		slot_close(&desk.slot);
	}
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), -ENOENT);
	desk.bench.limits.trials_a_day = 0; /* nobody counts */
	ck_assert_int_eq(linux_open(&desk.bench, &desk.slot, &err), 0);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(safe_does_what_it_can)
{
	struct err err = ERR_INIT;
	struct desk desk;

	wire(&desk);
	ck_assert_int_eq(linux_safe(&desk.bench, &err), 0);
	ck_assert_str_eq(fake_gpio_notes(), "+d1 +oe1 +of1 +c0 +a0 a0 -a c0 -c f1 -f e1 -e d1 -d ");
	fake_gpio_forget();
	fake_gpio_hold('d', "somebody");
	fake_gpio_hold('f', "else");
	ck_assert_int_eq(linux_safe(&desk.bench, &err), -EBUSY);
	ck_assert_str_eq(err.text,
			 "slot 'left': line 'd' of GPIO chip '/fake' is held by 'somebody'");
	ck_assert_str_eq(fake_gpio_notes(), "+oe1 +c0 +a0 a0 -a c0 -c e1 -e ");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		takes_all_lines_safe_and_gives_them_back_in_reverse,
		can_do_what_is_wired,
		closes_safe_from_any_state,
		a_line_or_chip_that_is_not_there,
		a_cut_is_commanded_and_confirmed,
		a_cut_that_is_disarmed_does_not_come,
		a_switch_that_fails_is_an_error,
		a_rail_that_stays_up_is_seen,
		led_edges_are_told_while_there_is_power,
		an_led_that_moves_without_power_is_lit,
		an_led_whose_edges_are_lost_without_power_is_lit,
		an_led_that_is_high_without_power_is_lit,
		edges_that_are_lost_are_told,
		sampled_lines_are_told_as_well,
		power_is_not_on_for_ever,
		power_stays_away_for_a_while,
		a_relay_is_not_worn_out,
		safe_does_what_it_can,
	};
	Suite *suite = suite_create("linux");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, a_line_that_another_holds, 0, ARRAY_LEN(held));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
