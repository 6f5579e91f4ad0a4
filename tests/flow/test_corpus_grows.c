/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From run to run: a firmware that takes no update any more after one over the air is found out,
 * the trial is kept as small as it can be, and the next run tries it first.
 */
#include "base/file.h"
#include "campaign/corpus_use.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

#define SCENARIO                                                                        \
	"scenario: grows\nsummary: one update over the air, meddled with\nboard: p1\n"  \
	"from: %s\nto: reference-robust-1.1-p1\ndeliver: {via: cloud, parts: [user]}\n" \
	"cut: {strategy: none}\nfuzz: {transfer: [%s], per_trial: 3}\n"                 \
	"power: {off: 1s, vbat: lost}\nladder: [wait]\ntrials: 8\ncontrols: 2\nseed: %d\n"

enum { FILE_MAX = 1 << 20 };

/* One run on what the corpus file holds, and what it held after. */
struct night {
	struct corpus_growth growth;
	struct corpus corpus;
	char *text;    /* of the file */
	char *planned; /* the ids of the first two trials of the plan */
	enum outcome first_outcome;
	uint64_t first_signature;
};

static const char all_kinds[] = "drop, twice, swap, spoil, seal, size, junk";

static struct loaded *open_scenario(const char *from, const char *kinds, int seed)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *text = NULL;
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&text, SCENARIO, from, kinds, seed), 0);
	ck_assert_msg(scenario_parse(text, "grows", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	return loaded;
}

static char *two_ids(const struct plan *plan)
{
	char first[TRIAL_ID_MAX];
	char second[TRIAL_ID_MAX];
	char *text;

	trial_id_format(&plan->specs[0], first);
	trial_id_format(&plan->specs[1], second);
	ck_assert_int_gt(asprintf(&text, "%s %s", first, second), 0);
	return text;
}

static void run_night(struct loaded *loaded, const char *file, unsigned int jobs, struct night *ret)
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	AUTO_FREE struct campaign_mark *marks = NULL;
	struct campaign_options options = { .jobs = jobs };
	struct night night = { 0 };
	struct store *store;
	struct err err = ERR_INIT;
	struct plan plan;
	int64_t run_id;
	size_t len;

	ck_assert_int_eq(store_open(":memory:", STORE_WRITE, &store, &err), 0);
	ck_assert_msg(corpus_load(file, &night.corpus, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	ck_assert_int_eq(plan_make(&loaded->scenario, calib, 0, NULL, &plan, &err), 0);
	ck_assert_int_eq(corpus_lead(&night.corpus, loaded, calib, &plan, &err), 0);
	options.marks = marks = calloc(plan.count, sizeof(*marks));
	ck_assert_msg(campaign_run(loaded, calib, &plan, &options, store, &run_id, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(corpus_grow(&night.corpus, file, loaded, calib, &plan, marks, NULL,
				  &night.growth, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(file_read(file, FILE_MAX, (uint8_t **)&night.text, &len, &err), 0);
	night.planned = two_ids(&plan);
	night.first_outcome = marks[1].outcome;
	night.first_signature = marks[1].signature;
	plan_release(&plan);
	store_close(store);
	*ret = night;
}

static void end_night(struct night *night)
{
	corpus_release(&night->corpus);
	free(night->text);
	free(night->planned);
}

static char *corpus_path(const char *name)
{
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/%s.corpus", testing_folder(), name), 0);
	return path;
}

/* The first entry that ended so. */
static const struct corpus_entry *find_outcome(const struct corpus *corpus, enum outcome outcome)
{
	for (size_t i = 0; i < corpus->count; i++)
		if (corpus->entries[i].outcome == outcome)
			return &corpus->entries[i];
	return NULL;
}

START_TEST(what_was_found_is_tried_first_the_next_night)
{
	AUTO_FREE char *file = corpus_path("nights");
	struct loaded *loaded = open_scenario("reference-dfu-only-p1", all_kinds, 1);
	const struct corpus_entry *found;
	char control[TRIAL_ID_MAX];
	char id[TRIAL_ID_MAX];
	AUTO_FREE char *expected = NULL;
	struct night first;
	struct night second;

	run_night(loaded, file, 2, &first);
	ck_assert_uint_gt(first.growth.found, 1);
	ck_assert_uint_gt(first.growth.smaller, 0);
	ck_assert_uint_eq(first.growth.unsteady, 0);
	ck_assert_uint_eq(first.growth.found, first.corpus.count);
	found = find_outcome(&first.corpus, OUTCOME_DEGRADED);
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->spec.acts.count, 1); /* three were drawn */
	ck_assert_uint_eq(found->spec.acts.items[0].unit, 0);
	loaded_free(loaded);

	loaded = open_scenario("reference-dfu-only-p1", all_kinds, 2);
	run_night(loaded, file, 2, &second);
	trial_id_format(
		&(struct trial_spec){ .scenario = "grows", .run_seed = 2, .vbat = VBAT_LOST },
		control);
	trial_id_format(&first.corpus.entries[0].spec, id);
	ck_assert_int_gt(asprintf(&expected, "%s %s", control, id), 0);
	ck_assert_str_eq(second.planned, expected);
	ck_assert_int_eq(second.first_outcome, first.corpus.entries[0].outcome);
	ck_assert_uint_eq(second.first_signature, first.corpus.entries[0].signature);
	ck_assert_uint_eq(second.growth.changed, 0);
	/* what was there stays, in its place */
	ck_assert_int_eq(strncmp(second.text, first.text, strlen(first.text)), 0);
	loaded_free(loaded);
	end_night(&first);
	end_night(&second);
}
END_TEST

/* One worker or several, today or tomorrow: what is kept depends on the seed alone. */
START_TEST(same_seed_same_bytes)
{
	AUTO_FREE char *one = corpus_path("one");
	AUTO_FREE char *two = corpus_path("two");
	struct loaded *loaded = open_scenario("reference-dfu-only-p1", all_kinds, 3);
	struct night a;
	struct night b;

	run_night(loaded, one, 1, &a);
	run_night(loaded, two, 3, &b); /* on the same board, whatever the last trial left in it */
	ck_assert_str_eq(a.text, b.text);
	ck_assert_uint_gt(a.corpus.count, 1);
	end_night(&a);
	end_night(&b);
	loaded_free(loaded);
}
END_TEST

/* A firmware without the defect: the same trials, and the file says what they lead to now. */
START_TEST(entries_say_what_their_trials_lead_to_now)
{
	AUTO_FREE char *file = corpus_path("mended");
	struct loaded *loaded = open_scenario("reference-dfu-only-p1", all_kinds, 1);
	struct night before;
	struct night after;

	run_night(loaded, file, 2, &before);
	ck_assert_ptr_nonnull(find_outcome(&before.corpus, OUTCOME_DEGRADED));
	loaded_free(loaded);
	loaded = open_scenario("reference-robust-1.0-p1", all_kinds, 1);
	run_night(loaded, file, 2, &after);
	ck_assert_uint_gt(after.growth.changed, 0);
	ck_assert_ptr_null(find_outcome(&after.corpus, OUTCOME_DEGRADED));
	for (size_t i = 0; i < before.corpus.count; i++)
		ck_assert_ptr_nonnull(
			corpus_find_trial(&after.corpus, &before.corpus.entries[i].spec));
	loaded_free(loaded);
	end_night(&before);
	end_night(&after);
}
END_TEST

/* Entries of other scenarios, of parts and acts that are not known here, stay and are not tried. */
START_TEST(what_does_not_belong_is_left_alone)
{
	static const char text[] = "otarig-corpus 1\n"
				   "0000000000000001 hung other.1.1.1n.1000000.l.fuzz-drop0\n"
				   "0000000000000002 hung grows.1.1.2n.1000000.l.fuzz-drop0\n"
				   "0000000000000003 hung grows.1.1.1n.1000000.l.fuzz-noise0\n"
				   "0000000000000004 hung grows.1.1.1achunk999p0.1000000.l\n"
				   "0000000000000005 hung grows.1.1.1n.1000000.l.fuzz-twice1\n";
	struct loaded *loaded = open_scenario("reference-robust-1.0-p1", "drop", 1);
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct err err = ERR_INIT;
	struct corpus corpus;
	struct plan plan;

	ck_assert_int_eq(corpus_parse(text, strlen(text), "x", &corpus, &err), 0);
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	ck_assert_int_eq(plan_make(&loaded->scenario, calib, 0, NULL, &plan, &err), 0);
	ck_assert_uint_eq(plan.count, 10);
	ck_assert_int_eq(corpus_lead(&corpus, loaded, calib, &plan, &err), 0);
	ck_assert_uint_eq(plan.count, 11);
	ck_assert_int_eq(plan.specs[1].acts.items[0].kind, FUZZ_TWICE);
	plan_release(&plan);
	corpus_release(&corpus);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("corpus grows");
	TCase *tcase = tcase_create("nights");

	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, what_was_found_is_tried_first_the_next_night);
	tcase_add_test(tcase, same_seed_same_bytes);
	tcase_add_test(tcase, entries_say_what_their_trials_lead_to_now);
	tcase_add_test(tcase, what_does_not_belong_is_left_alone);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
