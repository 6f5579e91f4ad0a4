/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LED lines of the virtual board: edges of GPIO and of TIM2's PWM, at the right cycles. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/pins.h"
#include "vboard/timer.h"

enum {
	MAX_EDGES = 64,
	GPIOA_MODER = 0x00,
	GPIOA_BSRR = 0x18,
	GPIOA_AFRL = 0x20,
	MODE_OUTPUT_GREEN = 1 << 4, /* PA2 */
	MODE_PWM_GREEN = 2 << 4,
	AF1_GREEN = 1 << 8,
	CR1 = 0x00,
	EGR = 0x14,
	CCMR2 = 0x1c,
	CCER = 0x20,
	PSC = 0x28,
	ARR = 0x2c,
	CCR3 = 0x3c,
	PWM1_PRELOAD = 0x68, /* channel 3: active below CCR, preloaded */
	PWM1_AT_ONCE = 0x60,
	CHANNEL3_ON = 1 << 8,
	CHANNEL3_ON_LOW = 3 << 8,
	PERIOD_TICKS = 100,
	TICK = 20, /* cycles: 60 MHz divided by 10 */
	PERIOD = PERIOD_TICKS * TICK,
};

struct edges {
	uint32_t count;
	struct edge {
		uint64_t cycle;
		enum vboard_led led;
		bool high;
	} rows[MAX_EDGES];
};

static void note_edge(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct edges *edges = ctx;

	ck_assert_uint_lt(edges->count, MAX_EDGES);
	edges->rows[edges->count++] = (struct edge){ cycle, led, high };
}

static void write_timer(struct vboard *vb, uint32_t offset, uint32_t value)
{
	timer_write(vb, offset, value, UINT32_MAX);
}

/* Runs "b ." and tells the edges. */
static struct vboard *led_board(struct edges *edges)
{
	static const uint16_t code[] = { 0xe7fe };
	const struct vboard_listener listener = { .ctx = edges, .led = note_edge };
	struct vboard *vb = bare_new();

	bare_code(vb, BARE_CODE, code, 1);
	*edges = (struct edges){ 0 };
	vboard_listen(vb, &listener);
	return vb;
}

/* Green as PWM on channel 3, begun now: high below 'compare'. */
static void start_pwm(struct vboard *vb, uint32_t compare, uint32_t ccmr, uint32_t ccer)
{
	write_timer(vb, PSC, TICK / 2 - 1);
	write_timer(vb, ARR, PERIOD_TICKS - 1);
	write_timer(vb, CCMR2, ccmr);
	write_timer(vb, CCR3, compare);
	write_timer(vb, CCER, ccer);
	write_timer(vb, EGR, 1);
	write_timer(vb, CR1, 1);
	gpio_write(vb, 0, GPIOA_AFRL, AF1_GREEN, UINT32_MAX);
	gpio_write(vb, 0, GPIOA_MODER, MODE_PWM_GREEN, UINT32_MAX);
}

START_TEST(output_mode)
{
	struct edges edges;
	struct vboard *vb = led_board(&edges);

	bare_run(vb, 10);
	ck_assert(vboard_led_high(vb, VBOARD_LED_GREEN));
	gpio_write(vb, 0, GPIOA_MODER, MODE_OUTPUT_GREEN, UINT32_MAX);
	bare_run(vb, 10);
	gpio_write(vb, 0, GPIOA_BSRR, 1 << 2, UINT32_MAX);
	gpio_write(vb, 0, GPIOA_BSRR, 1 << 1, UINT32_MAX); /* red: still an input */
	bare_run(vb, 10);
	gpio_write(vb, 0, GPIOA_BSRR, 1u << 18, UINT32_MAX);
	ck_assert_uint_eq(edges.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(edges.rows[i].led, VBOARD_LED_GREEN);
		ck_assert_uint_eq(edges.rows[i].cycle, 10 * (i + 1));
		ck_assert(edges.rows[i].high == (i == 1));
	}
	vboard_free(vb);
}
END_TEST

struct pwm_row {
	const char *name;
	uint32_t compare, ccer;
	bool first_high; /* level in the first part of a period */
	bool edges;	 /* false: never changes */
};

static const struct pwm_row pwm_rows[] = {
	{ "30 of 100", 30, CHANNEL3_ON, true, true },
	{ "30 of 100, inverted", 30, CHANNEL3_ON_LOW, false, true },
	{ "never", 0, CHANNEL3_ON, false, false },
	{ "always", PERIOD_TICKS, CHANNEL3_ON, true, false },
	{ "channel off", 30, 0, true, false },
};

START_TEST(pwm_edges)
{
	const struct pwm_row *row = &pwm_rows[_i];
	struct edges edges;
	struct vboard *vb = led_board(&edges);
	uint32_t first;

	start_pwm(vb, row->compare, PWM1_PRELOAD, row->ccer);
	ck_assert_msg(vboard_led_high(vb, VBOARD_LED_GREEN) == row->first_high, "%s", row->name);
	first = edges.count;
	bare_run(vb, 5 * PERIOD + 1);
	if (!row->edges) {
		ck_assert_msg(edges.count == first, "%s", row->name);
		vboard_free(vb);
		return;
	}
	ck_assert_msg(edges.count == first + 10, "%s: %u", row->name, edges.count);
	for (uint32_t i = 0; i < 10; i++) {
		const struct edge *edge = &edges.rows[first + i];
		uint64_t due = i / 2 * PERIOD + (i % 2 ? PERIOD : row->compare * TICK);

		ck_assert_msg(edge->cycle == due, "%s: edge %u at %llu", row->name, i,
			      (unsigned long long)edge->cycle);
		ck_assert(edge->high == ((i % 2 != 0) == row->first_high));
	}
	vboard_free(vb);
}
END_TEST

/* A preloaded compare value counts from the next period on, the other at once. */
START_TEST(preload)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		struct edges edges;
		struct vboard *vb = led_board(&edges);

		start_pwm(vb, 30, at_once ? PWM1_AT_ONCE : PWM1_PRELOAD, CHANNEL3_ON);
		edges.count = 0;
		bare_run(vb, 10 * TICK);
		write_timer(vb, CCR3, 60);
		bare_run(vb, 2 * PERIOD);
		ck_assert_uint_ge(edges.count, 3);
		ck_assert_uint_eq(edges.rows[0].cycle, (at_once ? 60 : 30) * TICK);
		ck_assert_uint_eq(edges.rows[2].cycle, PERIOD + 60 * TICK);
		vboard_free(vb);
	}
}
END_TEST

/* The timer's reset through RCC switches its channels off. */
START_TEST(timer_reset_darkens)
{
	struct edges edges;
	struct vboard *vb = led_board(&edges);

	start_pwm(vb, 30, PWM1_PRELOAD, CHANNEL3_ON);
	bare_run(vb, 50 * TICK);
	ck_assert(!vboard_led_high(vb, VBOARD_LED_GREEN));
	timer_reset(vb);
	bare_run(vb, PERIOD);
	ck_assert_uint_eq(timer_next(vb), UINT64_MAX);
	vboard_free(vb);
}
END_TEST

/* The core stands still in a flash operation, the timer does not. */
START_TEST(edges_in_a_flash_stall)
{
	struct edges edges;
	struct vboard *vb = led_board(&edges);

	write_timer(vb, PSC, 59999); /* 1 ms a tick: ten periods of 100 ms in an erase of 1 s */
	start_pwm(vb, 30, PWM1_PRELOAD, CHANNEL3_ON);
	write_timer(vb, PSC, 59999);
	write_timer(vb, EGR, 1);
	edges.count = 0;
	ck_assert_int_eq(vboard_flash_erase(vb, 0x08020000), VBOARD_STOP_DEADLINE);
	vboard_run(vb, vboard_cycle(vb) + 1);
	ck_assert_uint_eq(edges.count, 20);
	for (uint32_t i = 0; i < 20; i++)
		ck_assert_uint_eq(edges.rows[i].cycle,
				  (i / 2 * 100 + (i % 2 ? 100 : 30)) * 120000ull);
	vboard_free(vb);
}
END_TEST

/* Power fails inside the operation: the edges up to then are told, then all is dark. */
START_TEST(edges_in_a_torn_operation)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = 250 };
	struct edges edges;
	struct vboard *vb = led_board(&edges);

	start_pwm(vb, 30, PWM1_PRELOAD, CHANNEL3_ON);
	write_timer(vb, PSC, 59999);
	write_timer(vb, EGR, 1);
	edges.count = 0;
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_flash_erase(vb, 0x08020000), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), 250 * 120000ull);
	ck_assert_uint_eq(edges.count, 6);
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_uint_eq(edges.rows[i].cycle,
				  (i / 2 * 100 + (i % 2 ? 100 : 30)) * 120000ull);
	ck_assert_uint_eq(edges.rows[5].cycle, 250 * 120000ull);
	ck_assert(edges.rows[5].high);
	vboard_free(vb);
}
END_TEST

START_TEST(dark_when_off)
{
	struct edges edges;
	struct vboard *vb = led_board(&edges);

	gpio_write(vb, 0, GPIOA_MODER, 0x54, UINT32_MAX); /* all three low: white */
	ck_assert_uint_eq(edges.count, 3);
	bare_run(vb, 100);
	vboard_power_off(vb);
	ck_assert_uint_eq(edges.count, 6);
	for (int led = 0; led < 3; led++) {
		ck_assert(vboard_led_high(vb, (enum vboard_led)led));
		ck_assert_uint_eq(edges.rows[3 + led].cycle, 100);
		ck_assert(edges.rows[3 + led].high);
	}
	bare_run(vb, 100);
	vboard_power_on(vb);
	ck_assert_uint_eq(edges.count, 6);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_led");
	TCase *tcase = tcase_create("edges");

	tcase_add_test(tcase, output_mode);
	tcase_add_loop_test(tcase, pwm_edges, 0, (int)(sizeof(pwm_rows) / sizeof(pwm_rows[0])));
	tcase_add_test(tcase, preload);
	tcase_add_test(tcase, timer_reset_darkens);
	tcase_add_test(tcase, edges_in_a_flash_stall);
	tcase_add_test(tcase, edges_in_a_torn_operation);
	tcase_add_test(tcase, dark_when_off);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
