/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs, corpora and replays on the slots of a bench: linux_open() is a virtual board here, as it
 * comes to a bench (the old release runs on it), which can do what its bench file says and keeps no
 * states. Each worker opens its own.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "bench/linux/linux.h"
#include "bench/linux/tally.h"
#include "bench/virtual/virtual.h"
#include "campaign/campaign.h"
#include "campaign/corpus.h"
#include "cli/command.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCENARIO                                                                               \
	"scenario: slots\nsummary: a bench of virtual boards\nboard: p1\n"                     \
	"from: reference-robust-1.0-p1\nto: reference-robust-1.1-p1\n"                         \
	"deliver: {via: ymodem, parts: [user]}\npower: {off: 1s, vbat: lost}\nladder: [wait, " \
	"reset, dfu-flash]\ncontrols: 1\nseed: 1\npolicy: policy.yaml\n"

enum { LIMIT = 1000 };

#define MEDDLED                                                                       \
	"cut: {strategy: none}\nfuzz: {transfer: [drop, twice, spoil, swap, early], " \
	"per_trial: 2}\ntrials: 6\n"
#define CUT                                                                  \
	"cut: {strategy: list, points: [{part: 1, after: chunk, chunk: 1}, " \
	"{part: 1, after: taken, plus: 200ms}]}\ntrials: 2\n"

#define SLOT(name, gpio)                                                                           \
	"  - name: " name "\n    board: p1\n    power: {switch: relay, gpio: {line: " gpio "0}}\n" \
	"    reset: {line: " gpio "1}\n    setup: {line: " gpio "2}\n"                             \
	"    led: {red: {line: " gpio "3}, green: {line: " gpio "4}, blue: {line: " gpio "5}}\n"   \
	"    usb: {serial: " name "}\n    console: {baud: 115200, serial: " name "}\n"

static const char bench_text[] =
	"bench: desk\nchip: gpiochip0\nslots:\n" SLOT("left", "1") SLOT("right", "2");

/* A board with the old release: what is in the flash of one that was never started. */
static void load_old_release(const struct slot *slot)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_eq(scenario_parse(SCENARIO CUT, "slots", scenario, &err), 0);
	ck_assert_msg(loaded_prepare(scenario, NULL, &loaded, &err) == 0, "%s", err.text);
	for (size_t i = 0; i < loaded->from.module_count; i++) {
		const struct image *image = &loaded->from.modules[i].image;

		ck_assert_int_eq(slot_storage_load(slot, image->header.start, image->bytes,
						   image->len, &err),
				 0);
	}
	loaded_free(loaded);
}

/* Power-ons of the relay are counted as on a real bench, in all processes together. */
static const struct slot_power_ops *virtual_power;
static struct tally *tally;
static uint32_t tally_limit; /* 0: nobody counts */

static int counted_power(void *backend, enum slot_power power, struct err *err)
{
	int r = 0;

	if (power == SLOT_POWER_ON)
		r = tally_add(tally, clock_unix_s(), tally_limit, err);
	return r < 0 ? r : virtual_power->set(backend, power, err);
}

static void count_power(const struct bench_slot *bench, struct slot *slot)
{
	static struct slot_power_ops ops;

	virtual_power = slot->power;
	ops = *slot->power;
	ops.set = counted_power;
	slot->power = &ops;
	tally_close(tally); /* of the slot before, or the parent's */
	ck_assert_int_eq(tally_open(&bench->power.line, &tally, NULL), 0);
}

int linux_open(const struct bench_slot *bench, struct slot *ret, struct err *err)
{
	int r = virtual_open(bench->board, ret, err);

	if (r < 0)
		return r;
	load_old_release(ret);
	ret->capabilities &= bench_wiring(bench);
	text_copy(ret->name, sizeof(ret->name), bench->name);
	if (tally_limit)
		count_power(bench, ret);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	ck_assert_int_eq(file_write(name, text, strlen(text), NULL), 0);
}

/* In a folder of its own, which is the current one from then on. */
static void make_files(const char *rest)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *policy = NULL;
	AUTO_FREE uint8_t *bytes = NULL;
	AUTO_FREE char *text = NULL;
	size_t len;

	ck_assert_int_gt(asprintf(&policy, "%s/scenarios/policies/default.yaml", data), 0);
	ck_assert_int_eq(file_read(policy, 65536, &bytes, &len, NULL), 0);
	ck_assert_int_gt(asprintf(&text, "%s%s", SCENARIO, rest), 0);
	ck_assert_int_eq(chdir(testing_folder()), 0);
	write_file("policy.yaml", (const char *)bytes);
	write_file("s.yaml", text);
	write_file("bench.yaml", bench_text);
}

static int run(const struct command *command, const char *argument, const char *options[][2],
	       struct err *err)
{
	struct command_input input = { .argument = argument };

	for (; (*options)[0]; options++)
		for (size_t i = 0; command->options[i].name; i++)
			if (strcmp(command->options[i].name, (*options)[0]) == 0)
				input.options[i] = (*options)[1];
	return command->run(&input, err);
}

static int run_scenario(const char *seed, const char *jobs, struct err *err)
{
	const char *options[][2] = { { "bench", "bench.yaml" },
				     { "results", "r.db" },
				     { "seed", seed },
				     { "jobs", jobs },
				     { NULL, NULL } };

	return run(&command_run, "s.yaml", options, err);
}

static size_t attempts(struct store_attempt **ret, int64_t run_id)
{
	struct store *store = NULL;
	size_t count = 0;

	ck_assert_int_eq(store_open("r.db", STORE_READ, &store, NULL), 0);
	ck_assert_int_eq(store_attempts_get(store, run_id, ret, &count, NULL), 0);
	store_close(store);
	return count;
}

START_TEST(a_stored_trial_is_replayed)
{
	const char *options[][2] = {
		{ "bench", "bench.yaml" }, { "results", "r.db" }, { "times", "2" }, { NULL, NULL }
	};
	AUTO_FREE struct store_attempt *list = NULL;
	struct err err = ERR_INIT;
	size_t count;

	make_files(CUT);
	ck_assert_msg(run_scenario("1", "2", &err) >= 0, "%s", err.text);
	count = attempts(&list, 1);
	ck_assert_uint_eq(count, 3);
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(outcome_is_good(list[i].verdict.outcome), "%s: %s: %s",
			      list[i].trial_id, outcome_name(list[i].verdict.outcome),
			      list[i].verdict.reason);
		ck_assert_msg(run(&command_replay, list[i].trial_id, options, &err) == 0, "%s",
			      err.text);
	}
}
END_TEST

static bool was_tried(const struct store_attempt *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].trial_id, id) == 0 && list[i].ended)
			return true;
	return false;
}

START_TEST(a_corpus_grows_and_leads)
{
	AUTO_FREE struct store_attempt *list = NULL;
	struct corpus first, second;
	struct err err = ERR_INIT;
	char id[TRIAL_ID_MAX];
	size_t count;

	make_files(MEDDLED);
	ck_assert_msg(run_scenario("1", "2", &err) >= 0, "%s", err.text);
	ck_assert_msg(corpus_load("r.corpus", &first, &err) == 0, "%s", err.text);
	ck_assert_uint_gt(first.count, 0);
	ck_assert_msg(run_scenario("2", "2", &err) >= 0, "%s", err.text);
	ck_assert_int_eq(corpus_load("r.corpus", &second, &err), 0);
	ck_assert_uint_ge(second.count, first.count);
	count = attempts(&list, 2);
	ck_assert_uint_eq(count, 7 + first.count);
	for (size_t i = 0; i < first.count; i++) {
		/* what was found is tried, and leads to what it led to */
		trial_id_format(&first.entries[i].spec, id);
		ck_assert_msg(was_tried(list, count, id), "%s", id);
		ck_assert_msg(second.entries[i].signature == first.entries[i].signature,
			      "%s: %s, before %s", id, outcome_name(second.entries[i].outcome),
			      outcome_name(first.entries[i].outcome));
	}
	corpus_release(&first);
	corpus_release(&second);
}
END_TEST

/* So often was the relay on that line switched on. */
static uint32_t power_ons(const char *line)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/otarig/power-ons/gpiochip0.%s", getenv("XDG_STATE_HOME"),
		 line);
	ck_assert_int_eq(stat(path, &st), 0);
	return (uint32_t)(st.st_size / 11);
}

/* The day's power-ons are used up in the middle of a run; of one slot, so that the trials are its.
 */
START_TEST(a_worn_relay_ends_the_run)
{
	const char *options[][2] = { { "bench", "bench.yaml" }, { NULL, NULL } };
	AUTO_FREE struct store_attempt *list = NULL;
	struct err err = ERR_INIT;
	size_t count, ended = 0;

	setenv("XDG_STATE_HOME", testing_folder(), 1);
	make_files(CUT);
	tally_limit = LIMIT;
	ck_assert_msg(run(&command_plan, "s.yaml", options, &err) == 0, "%s", err.text);
	/* as many once more for the calibration, and some for a trial */
	tally_limit = 2 * power_ons("10") + 4;
	ck_assert_int_eq(run_scenario("1", "1", &err), -EDQUOT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, " times in 24 hours, its limit "
					       "(limits.trials_a_day); the next may be in "));
	ck_assert_ptr_nonnull(strstr(err.text, " of 3 trials are stored in 'r.db'"));
	count = attempts(&list, 1);
	for (size_t i = 0; i < count; i++)
		ended += list[i].ended;
	ck_assert_uint_gt(ended, 0);
	ck_assert_uint_lt(ended, 3);
}
END_TEST

/* ... and when what was found is made smaller: the run is over, and what it found is kept. */
START_TEST(a_worn_relay_keeps_what_was_found)
{
	struct err err = ERR_INIT;
	struct corpus corpus;
	uint32_t all;

	setenv("XDG_STATE_HOME", testing_folder(), 1);
	make_files(MEDDLED);
	tally_limit = LIMIT;
	ck_assert_msg(run_scenario("1", "1", &err) >= 0, "%s", err.text);
	all = power_ons("10"); /* of the left slot, whose board makes them smaller */
	ck_assert_int_eq(unlink("r.corpus"), 0);
	setenv("XDG_STATE_HOME", testing_folder(), 1);
	tally_limit = all - 2;
	ck_assert_msg(run_scenario("1", "1", &err) >= 0, "%s", err.text);
	ck_assert_uint_eq(power_ons("10"), all - 2);
	ck_assert_msg(corpus_load("r.corpus", &corpus, &err) == 0, "%s", err.text);
	ck_assert_uint_gt(corpus.count, 0);
	corpus_release(&corpus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bench slots");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, a_stored_trial_is_replayed);
	tcase_add_test(tcase, a_corpus_grows_and_leads);
	tcase_add_test(tcase, a_worn_relay_ends_the_run);
	tcase_add_test(tcase, a_worn_relay_keeps_what_was_found);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
