/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/signature.h"
#include "lib/testing.h"

#include <stdio.h>

/* A trial as logs have it; each row of a change makes another log of it. */
static const struct obs base[] = {
	{ 0, OBS_PHASE, 0, 0, "baseline" },
	{ 1, OBS_POWER_COMMANDED, 1, 0, "" },
	{ 2, OBS_PHASE, 0, 0, "deliver" },
	{ 3, OBS_DELIVERY, 1, 0, "begin" },
	{ 4, OBS_LED, 7, 100000, "listening" },
	{ 5, OBS_LED, 8, 100000, "downloading" },
	{ 6, OBS_NOTE, 0, 0, "drop at 3" },
	{ 7, OBS_DELIVERY, 1, 512, "stage" },
	{ 8, OBS_PHASE, 0, 0, "recover" },
	{ 9, OBS_RUNG, RUNG_WAIT, 0, "wait" },
	{ 10, OBS_LED, 9, 100000, "normal" },
	{ 11, OBS_ALIVE, 1, 12345, "" },
	{ 12, OBS_MODULE, OBS_MODULE_OTHER, 7, "told by describe" },
};

static uint64_t sign(const struct verdict *verdict, const struct obs *items, size_t count)
{
	struct obs copy[ARRAY_LEN(base) + 2];
	struct obs_log log = { .items = copy, .count = count };

	ck_assert_uint_le(count, ARRAY_LEN(copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = items[i];
	return signature_of(verdict, &log);
}

static const struct verdict reverted = { .outcome = OUTCOME_REVERTED, .recovered_by = RUNG_WAIT };

/* One fact replaced, or put in before it. */
static const struct {
	const char *what;
	size_t at;
	bool is_put_in;
	struct obs obs;
	bool is_new;
} rows[] = {
	{ "another time", 11, false, { 99, OBS_ALIVE, 1, 12345, "" }, false },
	{ "another value", 11, false, { 11, OBS_ALIVE, 1, 999, "" }, false },
	{ "more bytes", 7, false, { 7, OBS_DELIVERY, 1, 9999, "stage" }, false },
	{ "another note", 6, false, { 6, OBS_NOTE, 0, 0, "twice at 3" }, false },
	{ "a note more", 6, true, { 6, OBS_NOTE, 0, 0, "something" }, false },
	{ "a flicker", 5, true, { 5, OBS_LED, 0, 0, "unknown" }, false },
	{ "a state again", 6, true, { 6, OBS_LED, 7, 100000, "listening" }, false },
	{ "the same twice", 7, true, { 7, OBS_DELIVERY, 1, 100, "stage" }, false },
	{ "power", 1, false, { 1, OBS_POWER_CONFIRMED, 1, 0, "" }, false },
	{ "a line", 6, true, { 6, OBS_LINE_COMMANDED, 1, 0, "setup" }, false },
	{ "a version", 12, false, { 12, OBS_MODULE, OBS_MODULE_OTHER, 8, "by i" }, false },
	{ "a device", 6, true, { 6, OBS_USB, 1, 5, "2b04:c008" }, false },
	{ "a missed button before", 2, true, { 1, OBS_TIMEOUT, 0, 5, "dfu" }, false },
	{ "a state before", 2, true, { 1, OBS_LED, 9, 100000, "panic" }, false },
	{ "the programmer before", 2, true, { 1, OBS_NOTE, OBS_NOTE_PROGRAMMER, 0, "x" }, false },
	{ "a reflash before", 2, true, { 1, OBS_REFLASH, OBS_REFLASH_LEFT, 0, "" }, false },
	{ "another phase", 8, false, { 8, OBS_PHASE, 0, 0, "off" }, true },
	{ "another point", 7, false, { 7, OBS_DELIVERY, 1, 512, "refused by the board" }, true },
	{ "another part", 7, false, { 7, OBS_DELIVERY, 2, 512, "stage" }, true },
	{ "another state", 10, false, { 10, OBS_LED, 9, 100000, "panic" }, true },
	{ "a state more", 10, true, { 10, OBS_LED, 9, 100000, "panic" }, true },
	{ "a state in another stretch", 10, true, { 9, OBS_LED, 7, 1, "listening" }, true },
	{ "another rung", 9, false, { 9, OBS_RUNG, RUNG_RESET, 0, "reset" }, true },
	{ "no life", 11, false, { 11, OBS_TIMEOUT, 0, 5, "alive" }, true },
	{ "a symptom", 10, true, { 10, OBS_NOTE, OBS_NOTE_SYMPTOM, 0, "symptom x" }, true },
	{ "a module", 12, false, { 12, OBS_MODULE, OBS_MODULE_NEW, 7, "" }, true },
	{ "an update applied", 11, true, { 11, OBS_APPLY, 1, 500, "" }, true },
	{ "power while it was off", 8, true, { 8, OBS_FED, 0, 0, "the LED stayed lit" }, true },
};

START_TEST(what_counts_and_what_does_not)
{
	struct obs items[ARRAY_LEN(base) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(base); i++) {
		if (i == rows[_i].at)
			items[count++] = rows[_i].obs;
		if (i != rows[_i].at || rows[_i].is_put_in)
			items[count++] = base[i];
	}
	ck_assert_msg((sign(&reverted, items, count) != sign(&reverted, base, ARRAY_LEN(base))) ==
			      rows[_i].is_new,
		      "%s", rows[_i].what);
}
END_TEST

START_TEST(states_count_in_no_order)
{
	struct obs items[ARRAY_LEN(base)];

	for (size_t i = 0; i < ARRAY_LEN(base); i++)
		items[i] = base[i];
	items[4] = base[5];
	items[5] = base[4];
	ck_assert_uint_eq(sign(&reverted, items, ARRAY_LEN(base)),
			  sign(&reverted, base, ARRAY_LEN(base)));
}
END_TEST

START_TEST(more_states_than_are_looked_at)
{
	struct obs items[SIGNATURE_STATES_MAX * 2];
	struct obs_log log = { .items = items, .count = ARRAY_LEN(items) };
	uint64_t all;

	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		items[i] = (struct obs){ .kind = OBS_LED };
		snprintf(items[i].text, sizeof(items[i].text), "state-%02zu", i);
	}
	all = signature_of(&reverted, &log);
	log.count = SIGNATURE_STATES_MAX;
	ck_assert_uint_eq(signature_of(&reverted, &log), all);
	log.count--;
	ck_assert_uint_ne(signature_of(&reverted, &log), all);
}
END_TEST

START_TEST(the_verdict_counts)
{
	struct verdict verdict = reverted;
	struct obs items[ARRAY_LEN(base)];
	struct obs_log log = { .items = items, .count = ARRAY_LEN(base), .truncated = true };
	uint64_t before = sign(&verdict, base, ARRAY_LEN(base));

	for (size_t i = 0; i < ARRAY_LEN(base); i++)
		items[i] = base[i];
	ck_assert_uint_ne(before, 0);
	ck_assert_uint_eq(signature_of(&verdict, &log), 0); /* not all was seen */
	snprintf(verdict.reason, sizeof(verdict.reason), "in other words");
	ck_assert_uint_eq(sign(&verdict, base, ARRAY_LEN(base)), before);
	verdict.recovered_by = RUNG_RESET;
	ck_assert_uint_ne(sign(&verdict, base, ARRAY_LEN(base)), before);
	verdict.recovered_by = RUNG_WAIT;
	for (int outcome = OUTCOME_UNKNOWN; outcome < OUTCOME_COUNT; outcome++) {
		verdict.outcome = (enum outcome)outcome;
		if (outcome_is_void(verdict.outcome))
			ck_assert_uint_eq(sign(&verdict, base, ARRAY_LEN(base)), 0);
		else if (outcome != OUTCOME_REVERTED)
			ck_assert_uint_ne(sign(&verdict, base, ARRAY_LEN(base)), before);
	}
}
END_TEST

/* Corpora hold signatures: whoever changes what goes in makes all of their entries new. */
START_TEST(it_is_the_same_for_ever)
{
	ck_assert_uint_eq(sign(&reverted, base, ARRAY_LEN(base)), 9931080190183026787ull);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signature");
	TCase *tcase = tcase_create("logs");

	tcase_add_loop_test(tcase, what_counts_and_what_does_not, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, states_count_in_no_order);
	tcase_add_test(tcase, more_states_than_are_looked_at);
	tcase_add_test(tcase, the_verdict_counts);
	tcase_add_test(tcase, it_is_the_same_for_ever);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
