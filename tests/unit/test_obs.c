/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"
#include "obs/obs.h"

#include <string.h>

/* Stored in databases: these numbers and names never change. */
static const struct {
	enum obs_kind kind;
	int number;
	const char *name;
} kinds[] = {
	{ OBS_UNKNOWN, 0, "unknown" },
	{ OBS_PHASE, 1, "phase" },
	{ OBS_POWER_COMMANDED, 2, "power-commanded" },
	{ OBS_POWER_CONFIRMED, 3, "power-confirmed" },
	{ OBS_LINE_COMMANDED, 4, "line" },
	{ OBS_LED, 5, "led" },
	{ OBS_DELIVERY, 6, "delivery" },
	{ OBS_CUT_ARMED, 7, "cut-armed" },
	{ OBS_CUT_DELIVERED, 8, "cut-delivered" },
	{ OBS_CUT_MISSED, 9, "cut-missed" },
	{ OBS_RUNG, 10, "rung" },
	{ OBS_ALIVE, 11, "alive" },
	{ OBS_DFU, 12, "dfu" },
	{ OBS_TIMEOUT, 13, "timeout" },
	{ OBS_APPLY, 14, "apply" },
	{ OBS_PROBE, 15, "probe" },
	{ OBS_RIG_FAULT, 16, "rig-fault" },
	{ OBS_NOTE, 17, "note" },
	{ OBS_USB, 18, "usb" },
	{ OBS_REFLASH, 19, "reflash" },
};

START_TEST(kinds_keep_their_numbers_and_names)
{
	ck_assert_uint_ge(OBS_KIND_COUNT, ARRAY_LEN(kinds));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ck_assert_int_eq((int)kinds[i].kind, kinds[i].number);
		ck_assert_str_eq(obs_kind_name(kinds[i].kind), kinds[i].name);
		ck_assert_int_eq(obs_kind_from_name(kinds[i].name), kinds[i].kind);
	}
	for (unsigned int i = 0; i < OBS_KIND_COUNT; i++)
		ck_assert_int_eq(obs_kind_from_name(obs_kind_name((enum obs_kind)i)), i);
}
END_TEST

START_TEST(what_is_no_kind_is_unknown)
{
	static const char *const names[] = { "", "led ", "LED", "ledx", "phas" };

	ck_assert_str_eq(obs_kind_name((enum obs_kind)OBS_KIND_COUNT), "unknown");
	ck_assert_str_eq(obs_kind_name((enum obs_kind) - 1), "unknown");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_int_eq(obs_kind_from_name(names[i]), OBS_UNKNOWN);
}
END_TEST

START_TEST(log_keeps_facts_in_order)
{
	struct obs_log log;
	struct obs_sink sink;

	obs_log_init(&log);
	sink = obs_log_sink(&log);
	for (int i = 0; i < 1000; i++)
		obs_put(&sink, 10 * i, OBS_NOTE, i, -i, "n");
	ck_assert_uint_eq(log.count, 1000);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(log.items[i].t_us, 10 * i);
		ck_assert_int_eq(log.items[i].kind, OBS_NOTE);
		ck_assert_int_eq(log.items[i].code, i);
		ck_assert_int_eq(log.items[i].value, -i);
		ck_assert_str_eq(log.items[i].text, "n");
	}
	ck_assert(!log.truncated);
	obs_log_release(&log);
	ck_assert_uint_eq(log.count, 0);
}
END_TEST

START_TEST(full_log_says_so)
{
	struct obs_log log;
	struct obs_sink sink;

	obs_log_init(&log);
	sink = obs_log_sink(&log);
	for (int i = 0; i < OBS_LOG_MAX; i++)
		obs_put(&sink, i, OBS_NOTE, i, 0, "");
	ck_assert_uint_eq(log.count, OBS_LOG_MAX);
	ck_assert(!log.truncated);
	obs_put(&sink, OBS_LOG_MAX, OBS_NOTE, -1, 0, "");
	ck_assert_uint_eq(log.count, OBS_LOG_MAX);
	ck_assert(log.truncated);
	ck_assert_int_eq(log.items[OBS_LOG_MAX - 1].code, OBS_LOG_MAX - 1);

	obs_log_clear(&log);
	ck_assert_uint_eq(log.count, 0);
	ck_assert(!log.truncated);
	obs_put(&sink, 1, OBS_NOTE, 7, 0, "");
	ck_assert_uint_eq(log.count, 1);
	ck_assert_int_eq(log.items[0].code, 7);
	obs_log_release(&log);
}
END_TEST

START_TEST(text_is_cut_to_fit)
{
	char text[2 * OBS_TEXT_MAX];
	struct obs_log log;
	struct obs_sink sink;

	memset(text, 'x', sizeof(text));
	obs_log_init(&log);
	sink = obs_log_sink(&log);
	obs_put(&sink, 0, OBS_NOTE, 0, 0, NULL);
	text[OBS_TEXT_MAX - 1] = '\0';
	obs_put(&sink, 0, OBS_NOTE, 0, 0, text);
	text[OBS_TEXT_MAX - 1] = 'x';
	text[sizeof(text) - 1] = '\0';
	obs_put(&sink, 0, OBS_NOTE, 0, 0, text);
	ck_assert_str_eq(log.items[0].text, "");
	ck_assert_uint_eq(strlen(log.items[1].text), OBS_TEXT_MAX - 1);
	ck_assert_uint_eq(strlen(log.items[2].text), OBS_TEXT_MAX - 1);
	obs_log_release(&log);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("obs");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, kinds_keep_their_numbers_and_names);
	tcase_add_test(tcase, what_is_no_kind_is_unknown);
	tcase_add_test(tcase, log_keeps_facts_in_order);
	tcase_add_test(tcase, full_log_says_so);
	tcase_add_test(tcase, text_is_cut_to_fit);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
