/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials made smaller against boards that are rules: which trials have the signature. */
#include "campaign/minimise.h"
#include "lib/testing.h"

#include <string.h>

enum { SIGNATURE = 77, OTHER = 78, RUNS = 200 };

struct rule {
	bool (*holds)(const struct trial_spec *spec);
	unsigned int runs;
};

static uint64_t run(void *ctx, const struct trial_spec *spec)
{
	struct rule *rule = ctx;

	ck_assert(!trial_spec_is_control(spec));
	rule->runs++;
	return rule->holds(spec) ? SIGNATURE : OTHER;
}

static bool drops(const struct trial_spec *spec)
{
	for (size_t i = 0; i < spec->acts.count; i++)
		if (spec->acts.items[i].kind == FUZZ_DROP)
			return true;
	return false;
}

static bool drops_late(const struct trial_spec *spec)
{
	for (size_t i = 0; i < spec->acts.count; i++)
		if (spec->acts.items[i].kind == FUZZ_DROP && spec->acts.items[i].unit >= 10)
			return true;
	return false;
}

static bool drops_and_is_cut(const struct trial_spec *spec)
{
	return drops(spec) && spec->cut.by == CUT_BY_TIME;
}

static bool is_cut_again(const struct trial_spec *spec)
{
	return trial_spec_cuts_again(spec);
}

static bool has_changed_module(const struct trial_spec *spec)
{
	return spec->image.kind == IMAGE_MUTATION_TRUNCATE;
}

static bool waits_long(const struct trial_spec *spec)
{
	for (size_t i = 0; i < spec->acts.count; i++)
		if (spec->acts.items[i].kind == FUZZ_DELAY && spec->acts.items[i].value >= 1000)
			return true;
	return false;
}

static bool always(const struct trial_spec *spec)
{
	(void)spec;
	return true;
}

static bool never(const struct trial_spec *spec)
{
	(void)spec;
	return false;
}

static const char whole[] =
	"s.5.9.2t3000-4b.100.l.0.20000.fuzz-twice3-drop40-delay90v9000.image-truncate.3";

static const struct {
	bool (*holds)(const struct trial_spec *spec);
	const char *minimal;
	enum minimise_result result;
} rows[] = {
	{ drops, "s.5.9.2n.100.l.fuzz-drop0", MINIMISE_DONE },
	{ drops_late, "s.5.9.2n.100.l.fuzz-drop10", MINIMISE_DONE },
	{ drops_and_is_cut, "s.5.9.2t3000.100.l.fuzz-drop0", MINIMISE_DONE },
	{ is_cut_again, "s.5.9.2t3000-4b.100.l", MINIMISE_DONE },
	{ has_changed_module, "s.5.9.2n.100.l.image-truncate.3", MINIMISE_DONE },
	{ waits_long, "s.5.9.2n.100.l.fuzz-delay0v1125", MINIMISE_DONE },
	{ always, "s.5.9.2t3000.100.l", MINIMISE_DONE },
	{ never, whole, MINIMISE_UNSTEADY },
};

START_TEST(what_does_not_matter_goes)
{
	struct rule rule = { .holds = rows[_i].holds };
	const struct minimise_runner runner = { .ctx = &rule, .run = run };
	unsigned int runs = RUNS;
	struct trial_spec spec;
	struct err err = ERR_INIT;
	char id[TRIAL_ID_MAX];

	ck_assert_msg(trial_id_parse(whole, &spec, &err) == 0, "%s", err.text);
	ck_assert_int_eq(minimise(&runner, SIGNATURE, &runs, &spec), rows[_i].result);
	trial_id_format(&spec, id);
	ck_assert_str_eq(id, rows[_i].minimal);
	ck_assert_uint_eq(rule.runs, RUNS - runs);
	ck_assert_uint_lt(rule.runs, MINIMISE_RUNS_MAX);
}
END_TEST

/* However few runs there are: never more than that, and what comes out has the signature. */
START_TEST(runs_are_counted)
{
	for (unsigned int most = 0; most < 12; most++) {
		struct rule rule = { .holds = drops_late };
		const struct minimise_runner runner = { .ctx = &rule, .run = run };
		unsigned int runs = most;
		struct trial_spec spec;
		struct err err = ERR_INIT;
		enum minimise_result result;

		ck_assert_int_eq(trial_id_parse(whole, &spec, &err), 0);
		result = minimise(&runner, SIGNATURE, &runs, &spec);
		ck_assert_uint_eq(rule.runs + runs, most);
		ck_assert_int_eq(result, runs == 0 ? MINIMISE_ENDED : MINIMISE_DONE);
		ck_assert(drops_late(&spec));
	}
}
END_TEST

/* Two of a kind that would meet at one unit stay apart: a list with both has no spelling. */
START_TEST(acts_do_not_fall_together)
{
	struct rule rule = { .holds = always };
	const struct minimise_runner runner = { .ctx = &rule, .run = run };
	unsigned int runs = RUNS;
	struct trial_spec spec;
	struct trial_spec back;
	struct err err = ERR_INIT;
	char id[TRIAL_ID_MAX];

	ck_assert_int_eq(trial_id_parse("s.5.9.2n.100.l.fuzz-drop0-drop8", &spec, &err), 0);
	ck_assert_int_eq(minimise(&runner, SIGNATURE, &runs, &spec), MINIMISE_DONE);
	ck_assert_uint_eq(spec.acts.count, 1);
	trial_id_format(&spec, id);
	ck_assert_int_eq(trial_id_parse(id, &back, &err), 0);
	ck_assert_str_eq(id, "s.5.9.2n.100.l.fuzz-drop0");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("minimise");
	TCase *tcase = tcase_create("rules");

	tcase_add_loop_test(tcase, what_does_not_matter_goes, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, runs_are_counted);
	tcase_add_test(tcase, acts_do_not_fall_together);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
