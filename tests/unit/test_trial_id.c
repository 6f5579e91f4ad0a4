/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "lib/testing.h"
#include "plan/trial_spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM_SPECS = 20000 };

static const char widest_name[] = "a23456789-b23456789-c23456789-d23456789";

static void assert_same_spec(const struct trial_spec *a, const struct trial_spec *b)
{
	char acts[2][FUZZ_ACTS_TEXT_MAX];

	ck_assert_str_eq(a->scenario, b->scenario);
	ck_assert_uint_eq(a->run_seed, b->run_seed);
	ck_assert_uint_eq(a->number, b->number);
	ck_assert_uint_eq(a->cut.part, b->cut.part);
	ck_assert_int_eq(a->cut.by, b->cut.by);
	ck_assert_uint_eq(a->cut.at, b->cut.at);
	ck_assert_int_eq(a->cut.form.form, b->cut.form.form);
	ck_assert_uint_eq(a->cut.form.permille, b->cut.form.permille);
	ck_assert_int_eq(a->off_us, b->off_us);
	ck_assert_int_eq(a->vbat, b->vbat);
	ck_assert_int_eq(a->fall_us, b->fall_us);
	ck_assert_int_eq(a->rise_us, b->rise_us);
	ck_assert_int_eq(a->cut.anchor, b->cut.anchor);
	ck_assert_uint_eq(a->cut.chunk, b->cut.chunk);
	fuzz_acts_format(&a->acts, acts[0]);
	fuzz_acts_format(&b->acts, acts[1]);
	ck_assert_str_eq(acts[0], acts[1]);
	ck_assert_int_eq(a->image.kind, b->image.kind);
	ck_assert_int_eq(a->image.sums, b->image.sums);
	ck_assert_uint_eq(a->image.seed, b->image.seed);
}

#define AT(p, b, a)                         \
	{                                   \
		.part = p, .by = b, .at = a \
	}
#define OPERATION(p, a, f, m)                                                                     \
	{                                                                                         \
		.part = p, .by = CUT_BY_OPERATION, .at = a, .form = { .form = f, .permille = m }, \
	}

#define AFTER(p, n, c, a)                                                         \
	{                                                                         \
		.part = p, .by = CUT_BY_ANCHOR, .at = a, .anchor = n, .chunk = c, \
	}
#define NO_MUTATION       \
	{                 \
		.seed = 0 \
	}
#define NO_ACTS            \
	{                  \
		.count = 0 \
	}

static const struct {
	const char *id;
	struct trial_spec spec;
} known[] = {
	{ "p1-power-loss.1.42.1t3401233.500000.l",
	  { "p1-power-loss",
	    1,
	    42,
	    AT(1, CUT_BY_TIME, 3401233),
	    500000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.0.0.none.0.k", { "a", 0, 0, { 0 }, 0, VBAT_KEPT, 0, 0, { 0 }, NO_ACTS, NO_MUTATION } },
	{ "a.7.1.2i10941480.1000.l",
	  { "a",
	    7,
	    1,
	    AT(2, CUT_BY_INSTRUCTION, 10941480),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1o0b.1000.l",
	  { "a",
	    7,
	    1,
	    OPERATION(1, 0, CUT_FORM_BEFORE, 0),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.8o66246a.1000.l",
	  { "a",
	    7,
	    1,
	    OPERATION(8, 66246, CUT_FORM_AFTER, 0),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1o6645t300.1000.k",
	  { "a",
	    7,
	    1,
	    OPERATION(1, 6645, CUT_FORM_TORN, 300),
	    1000,
	    VBAT_KEPT,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1t5.1000.k.20000.0",
	  { "a",
	    7,
	    1,
	    AT(1, CUT_BY_TIME, 5),
	    1000,
	    VBAT_KEPT,
	    20000,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1t5.1000.l.0.10000000",
	  { "a",
	    7,
	    1,
	    AT(1, CUT_BY_TIME, 5),
	    1000,
	    VBAT_LOST,
	    0,
	    SCENARIO_RAMP_US_MAX,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1o5b-66100t250.1000.l",
	  { "a",
	    7,
	    1,
	    OPERATION(1, 5, CUT_FORM_BEFORE, 0),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 66100, { CUT_FORM_TORN, 250 } },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.2t5-0a.1000.l.9.0",
	  { "a",
	    7,
	    1,
	    AT(2, CUT_BY_TIME, 5),
	    1000,
	    VBAT_LOST,
	    9,
	    0,
	    { 0, { CUT_FORM_AFTER, 0 } },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.2areadyp0.1000.l",
	  { "a",
	    7,
	    1,
	    AFTER(2, CUT_ANCHOR_READY, 0, 0),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.1achunk137p300.1000.l",
	  { "a",
	    7,
	    1,
	    AFTER(1, CUT_ANCHOR_CHUNK, 137, 300),
	    1000,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    NO_MUTATION } },
	{ "a.7.1.3n.0.l.fuzz-drop5",
	  { "a",
	    7,
	    1,
	    { .part = 3 },
	    0,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    { { { FUZZ_DROP, 5, 0 } }, 1 },
	    NO_MUTATION } },
	{ "a.7.1.1t5.1000.k.20000.0.fuzz-drop5-seal7v9",
	  { "a",
	    7,
	    1,
	    AT(1, CUT_BY_TIME, 5),
	    1000,
	    VBAT_KEPT,
	    20000,
	    0,
	    { 0 },
	    { { { FUZZ_DROP, 5, 0 }, { FUZZ_SEAL, 7, 9 } }, 2 },
	    NO_MUTATION } },
	{ "a.7.1.3n.0.l.image-bit-flip.12345",
	  { "a",
	    7,
	    1,
	    { .part = 3 },
	    0,
	    VBAT_LOST,
	    0,
	    0,
	    { 0 },
	    NO_ACTS,
	    { .kind = IMAGE_MUTATION_BIT_FLIP, .seed = 12345 } } },
	{ "a.7.1.1t5.1000.k.fuzz-drop5.image-truncate.7.sealed",
	  { "a",
	    7,
	    1,
	    AT(1, CUT_BY_TIME, 5),
	    1000,
	    VBAT_KEPT,
	    0,
	    0,
	    { 0 },
	    { { { FUZZ_DROP, 5, 0 } }, 1 },
	    { .kind = IMAGE_MUTATION_TRUNCATE, .sums = IMAGE_SUMS_SEALED, .seed = 7 } } },
};

START_TEST(known_ids)
{
	char id[TRIAL_ID_MAX];
	struct trial_spec spec;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		trial_id_format(&known[i].spec, id);
		ck_assert_str_eq(id, known[i].id);
		ck_assert_msg(trial_id_parse(id, &spec, &err) == 0, "%s", err.text);
		assert_same_spec(&spec, &known[i].spec);
	}
}
END_TEST

START_TEST(widest_spec_fits)
{
	static const char tail[] = ".18446744073709551615.18446744073709551615."
				   "8o18446744073709551615t999.9223372036854775807.k"
				   ".10000000.10000000";
	struct trial_spec spec = {
		.run_seed = UINT64_MAX,
		.number = UINT64_MAX,
		.cut = OPERATION(SCENARIO_PARTS_MAX, UINT64_MAX, CUT_FORM_TORN, 999),
		.off_us = INT64_MAX,
		.vbat = VBAT_KEPT,
		.fall_us = SCENARIO_RAMP_US_MAX,
		.rise_us = SCENARIO_RAMP_US_MAX,
	};
	char want[TRIAL_ID_MAX];
	char id[TRIAL_ID_MAX];
	struct trial_spec back;

	memcpy(spec.scenario, widest_name, sizeof(widest_name));
	snprintf(want, sizeof(want), "%s%s", widest_name, tail);
	trial_id_format(&spec, id);
	ck_assert_str_eq(id, want);
	ck_assert_int_eq(trial_id_parse(id, &back, NULL), 0);
	assert_same_spec(&spec, &back);
}
END_TEST

/* Numbers of every length, as people's numbers are. */
static uint64_t random_number(struct rng *rng)
{
	return rng_next(rng) >> rng_below(rng, 64);
}

static void random_acts(struct rng *rng, struct fuzz_acts *ret)
{
	uint32_t unit = 0;

	ret->count = 1 + rng_below(rng, FUZZ_ACTS_MAX);
	for (size_t i = 0; i < ret->count; i++) {
		unit += (uint32_t)rng_below(rng, 1u << 20);
		ret->items[i] =
			(struct fuzz_act){ (enum fuzz_act_kind)(1 + rng_below(rng, FUZZ_COUNT - 1)),
					   unit, rng_below(rng, 2) ? random_number(rng) : 0 };
	}
}

static struct trial_spec random_spec(struct rng *rng)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	struct trial_spec spec = {
		.run_seed = random_number(rng),
		.number = random_number(rng),
		.cut.by = (enum cut_by)rng_below(rng, CUT_BY_ANCHOR + 1),
		.off_us = (int64_t)(random_number(rng) >> 1),
		.vbat = rng_below(rng, 2) ? VBAT_KEPT : VBAT_LOST,
		.fall_us = rng_below(rng, 2) ? (int64_t)rng_below(rng, SCENARIO_RAMP_US_MAX) : 0,
		.rise_us = rng_below(rng, 2) ? (int64_t)rng_below(rng, SCENARIO_RAMP_US_MAX) : 0,
	};
	size_t len = 1 + rng_below(rng, SCENARIO_NAME_MAX - 1);

	for (size_t i = 0; i < len; i++)
		spec.scenario[i] = alphabet[rng_below(rng, sizeof(alphabet) - 1)];
	if (spec.cut.by == CUT_BY_NONE)
		return spec;
	spec.cut.part = (uint32_t)(1 + rng_below(rng, SCENARIO_PARTS_MAX));
	if (rng_below(rng, 3) == 0)
		random_acts(rng, &spec.acts);
	if (rng_below(rng, 3) == 0)
		spec.image = (struct image_mutation){
			.kind = (enum image_mutation_kind)(
				1 + rng_below(rng, IMAGE_MUTATION_COUNT - 1)),
			.sums = (enum image_mutation_sums)rng_below(rng, 3),
			.seed = random_number(rng),
		};
	spec.cut.at = random_number(rng);
	if (spec.cut.by == CUT_BY_ANCHOR) {
		spec.cut.at >>= 1;
		spec.cut.anchor = (enum cut_anchor)(1 + rng_below(rng, CUT_ANCHOR_COUNT - 1));
		spec.cut.chunk = spec.cut.anchor == CUT_ANCHOR_CHUNK ? (uint32_t)rng_next(rng) : 0;
	}
	if (spec.cut.by == CUT_BY_OPERATION)
		spec.cut.form.form = (enum cut_form)(1 + rng_below(rng, 3));
	if (spec.cut.form.form == CUT_FORM_TORN)
		spec.cut.form.permille = (uint32_t)(1 + rng_below(rng, 999));
	return spec;
}

START_TEST(every_spec_round_trips)
{
	struct rng rng;
	struct err err = ERR_INIT;

	rng_init(&rng, 2024);
	for (int i = 0; i < RANDOM_SPECS; i++) {
		struct trial_spec spec = random_spec(&rng);
		struct trial_spec back;
		char id[TRIAL_ID_MAX];

		trial_id_format(&spec, id);
		ck_assert_uint_eq(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-."), strlen(id));
		ck_assert_msg(trial_id_parse(id, &back, &err) == 0, "%s", err.text);
		assert_same_spec(&spec, &back);
	}
}
END_TEST

/* Text that parses is the one spelling of what it means, whatever was done to it. */
START_TEST(damaged_ids_are_refused_or_canonical)
{
	static const char bytes[] = "0123456789abtiolknpfuzdrsch.-+ _AZ\xff\n";
	struct rng rng;
	unsigned int refused = 0;

	rng_init(&rng, 7);
	for (int i = 0; i < RANDOM_SPECS; i++) {
		struct trial_spec spec = random_spec(&rng);
		struct err err = ERR_INIT;
		char id[TRIAL_ID_MAX];
		char again[TRIAL_ID_MAX];

		trial_id_format(&spec, id);
		id[rng_below(&rng, strlen(id))] = bytes[rng_below(&rng, sizeof(bytes))];
		if (trial_id_parse(id, &spec, &err) == 0) {
			trial_id_format(&spec, again);
			ck_assert_str_eq(again, id);
			continue;
		}
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_ptr_nonnull(strstr(err.text, "': character "));
		refused++;
	}
	ck_assert_uint_gt(refused, RANDOM_SPECS / 10);
}
END_TEST

static const struct {
	const char *id;
	unsigned int position;
	const char *wrong;
} malformed[] = {
	{ "", 1, "expected a scenario's name" },
	{ ".1.2.none.0.l", 1, "expected a scenario's name" },
	{ "P1.1.2.none.0.l", 1, "expected a scenario's name" },
	{ "p_1.1.2.none.0.l", 2, "expected '.' after the scenario" },
	{ "a23456789-b23456789-c23456789-d23456789x.1.2.none.0.l", 40,
	  "scenario's name is longer than 39" },
	{ "a", 2, "expected '.' after the scenario" },
	{ "a.", 3, "expected a digit" },
	{ "a.01.2.none.0.l", 3, "a number has no leading zeros" },
	{ "a.00.2.none.0.l", 3, "a number has no leading zeros" },
	{ "a.+1.2.none.0.l", 3, "expected a digit" },
	{ "a.-1.2.none.0.l", 3, "expected a digit" },
	{ "a. 1.2.none.0.l", 3, "expected a digit" },
	{ "a.0x1.2.none.0.l", 4, "expected '.' after the seed" },
	{ "a.18446744073709551616.2.none.0.l", 3, "not in 0..18446744073709551615" },
	{ "a.184467440737095516160.2.none.0.l", 3, "not in 0..18446744073709551615" },
	{ "a.99999999999999999999999.2.none.0.l", 3, "not in 0..18446744073709551615" },
	{ "a.1", 4, "expected '.' after the seed" },
	{ "a.1..none.0.l", 5, "expected a digit" },
	{ "a.1.18446744073709551616.none.0.l", 5, "not in 0..18446744073709551615" },
	{ "a.1.2", 6, "expected '.' after the number" },
	{ "a.1.2.", 7, "expected 'none' or a part's number" },
	{ "a.1.2.nones.0.l", 11, "expected '.' after the cut" },
	{ "a.1.2.non.0.l", 7, "expected 'none' or a part's number" },
	{ "a.1.2.t5.0.l", 7, "expected 'none' or a part's number" },
	{ "a.1.2.0t5.0.l", 7, "not in 1..8" },
	{ "a.1.2.9t5.0.l", 7, "not in 1..8" },
	{ "a.1.2.01t5.0.l", 7, "a number has no leading zeros" },
	{ "a.1.2.1.0.l", 8, "expected 't', 'i', 'o', 'a' or 'n' after the part" },
	{ "a.1.2.1x5.0.l", 8, "expected 't', 'i', 'o', 'a' or 'n' after the part" },
	{ "a.1.2.1t.0.l", 9, "expected a digit" },
	{ "a.1.2.1t05.0.l", 9, "a number has no leading zeros" },
	{ "a.1.2.1t5b.0.l", 10, "expected '.' after the cut" },
	{ "a.1.2.1i18446744073709551616.0.l", 9, "not in 0..18446744073709551615" },
	{ "a.1.2.1o5.0.l", 10, "expected 'b', 'a' or 't' after the operation" },
	{ "a.1.2.1o5t.0.l", 11, "expected a digit" },
	{ "a.1.2.1o5t0.0.l", 11, "not in 1..999" },
	{ "a.1.2.1o5t1000.0.l", 11, "not in 1..999" },
	{ "a.1.2.1o5b1.0.l", 11, "expected '.' after the cut" },
	{ "a.1.2.none", 11, "expected '.' after the cut" },
	{ "a.1.2.none.", 12, "expected a digit" },
	{ "a.1.2.none.9223372036854775808.l", 12, "not in 0..9223372036854775807" },
	{ "a.1.2.none.0", 13, "expected '.' after the off time" },
	{ "a.1.2.none.0.", 14, "expected 'l' or 'k'" },
	{ "a.1.2.none.0.r", 14, "expected 'l' or 'k'" },
	{ "a.1.2.none.0.l.", 15, "nothing may follow" },
	{ "a.1.2.1aredy0.0.l", 9, "expected a point of the delivery" },
	{ "a.1.2.1aready.0.l", 14, "expected 'p' after the point" },
	{ "a.1.2.1achunkp0.0.l", 14, "expected a digit" },
	{ "a.1.2.1areadyp01.0.l", 15, "a number has no leading zeros" },
	{ "a.1.2.1n.0.l", 13, "neither a cut nor anything done to the update" },
	{ "a.1.2.none.0.l.fuzz-drop1", 21, "nothing is done to the transfers of a control" },
	{ "a.1.2.1n.0.l.fuzz-", 19, "expected what is done to the transfer" },
	{ "a.1.2.1n.0.l.fuzz-drop1-drip2", 25, "nothing that is done to a transfer is called so" },
	{ "a.1.2.1n.0.l.fuzz-drop1.x", 24, "nothing may follow" },
	{ "a.1.2.none.0.l.image-pad.1", 22, "nothing is done to the modules of a control" },
	{ "a.1.2.none.0.l.5", 17, "expected '.' after the fall time" },
	{ "a.1.2.none.0.l.5.", 18, "expected a digit" },
	{ "a.1.2.none.0.l.05.0", 16, "a number has no leading zeros" },
	{ "a.1.2.none.0.l.10000001.0", 16, "not in 0..10000000" },
	{ "a.1.2.none.0.l.0.10000001", 18, "not in 0..10000000" },
	{ "a.1.2.none.0.l.0.0", 15, "without fall and rise time is not spelled" },
	{ "a.1.2.none.0.l.5.6.", 19, "nothing may follow" },
	{ "a.1.2.none.0.l\n", 15, "nothing may follow" },
};

START_TEST(malformed_ids_say_where_and_why)
{
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		struct trial_spec spec = { .number = 77 };
		struct err err = ERR_INIT;
		char want[32];

		snprintf(want, sizeof(want), "character %u: ", malformed[i].position);
		ck_assert_msg(trial_id_parse(malformed[i].id, &spec, &err) == -EINVAL,
			      "'%s' was taken", malformed[i].id);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_msg(strstr(err.text, want) && strstr(err.text, malformed[i].wrong),
			      "'%s' gave: %s", malformed[i].id, err.text);
		ck_assert_uint_eq(spec.number, 77);
	}
}
END_TEST

START_TEST(an_endless_id_still_says_what_is_wrong)
{
	char id[4 * ERR_TEXT_MAX];
	struct trial_spec spec;
	struct err err = ERR_INIT;

	memset(id, '9', sizeof(id) - 1);
	id[0] = 'a';
	id[1] = '.';
	id[sizeof(id) - 1] = '\0';
	ck_assert_int_eq(trial_id_parse(id, &spec, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "character 3: number is not in 0.."));
}
END_TEST

START_TEST(seeds_of_trials_differ_and_stay)
{
	struct trial_spec spec = known[0].spec;
	uint64_t seed = trial_spec_seed(&spec);

	spec.off_us++;
	spec.cut.at++;
	ck_assert_uint_eq(trial_spec_seed(&spec), seed);
	spec.number++;
	ck_assert_uint_ne(trial_spec_seed(&spec), seed);
	spec = known[0].spec;
	spec.run_seed++;
	ck_assert_uint_ne(trial_spec_seed(&spec), seed);
	ck_assert_uint_ne(rng_derive(known[0].spec.run_seed, known[0].spec.number), seed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trial_id");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, known_ids);
	tcase_add_test(tcase, widest_spec_fits);
	tcase_add_test(tcase, every_spec_round_trips);
	tcase_add_test(tcase, damaged_ids_are_refused_or_canonical);
	tcase_add_test(tcase, malformed_ids_say_where_and_why);
	tcase_add_test(tcase, an_endless_id_still_says_what_is_wrong);
	tcase_add_test(tcase, seeds_of_trials_differ_and_stay);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
