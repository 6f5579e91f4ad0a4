/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot that keeps no states, as no real one does: the board is brought back to the old release
 * over DFU before each trial, and what is told of flash is told by light. The same cuts must come
 * to the same ends as on a slot that keeps them.
 */
#include "campaign/campaign.h"
#include "lib/firmware.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

#define SCENARIO                                                                             \
	"scenario: states\nsummary: the same cuts with and without kept states\nboard: p1\n" \
	"from: reference-era-%c-1.0-p1\nto: reference-era-%c-1.1-p1\n"                       \
	"deliver: {via: staged, parts: [system-part1, user]}\n"                              \
	"cut: {strategy: none}\npower: {off: 1s, vbat: lost}\n"                              \
	"ladder: [wait, reset, dfu-flash]\ntrials: 0\ncontrols: 1\nseed: 1\n"

enum { SEEDS = 3 };

struct seen {
	enum outcome outcome;
	enum rung recovered_by;
};

static struct loaded *open_rig(char era)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *text = NULL;
	struct loaded *loaded;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&text, SCENARIO, era, era), 0);
	ck_assert_msg(scenario_parse(text, "states", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	return loaded;
}

static struct seen try(struct loaded *loaded, const struct calib *calib,
		       const struct trial_spec *spec)
{
	struct verdict verdict;
	struct err err = ERR_INIT;
	struct obs_log log;
	int64_t board_us;

	obs_log_init(&log);
	ck_assert_msg(campaign_run_one(loaded, calib, spec, &log, &verdict, &board_us, &err) == 0,
		      "%s", err.text);
	obs_log_release(&log);
	return (struct seen){ verdict.outcome, verdict.recovered_by };
}

/* Places of cuts, by phases of the calibration that knows them best. */
static const struct {
	const char *phase;
	unsigned int percent; /* of the way through it */
} places[] = {
	{ "1.stage", 50 },
	{ "1.apply.system-part1", 30 },
	{ "1.apply.system-part1", 80 },
	{ "1.start", 60 },
	{ "2.stage", 90 },
	{ "2.apply.user", 50 },
};

static struct trial_spec spec_at(const struct calib *calib, size_t place, uint64_t seed)
{
	struct trial_spec spec = { .scenario = "states",
				   .run_seed = seed,
				   .number = place,
				   .off_us = 1000000,
				   .vbat = VBAT_LOST };

	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];

		if (strcmp(window->phase, places[place].phase) != 0)
			continue;
		spec.cut = (struct cut_point){
			.part = window->part,
			.by = CUT_BY_TIME,
			.at = (uint64_t)(window->begin_us + (window->end_us - window->begin_us) *
								    places[place].percent / 100),
		};
	}
	ck_assert_msg(spec.cut.part > 0, "no phase %s", places[place].phase);
	return spec;
}

static void forget_states(struct loaded *loaded)
{
	loaded->slot.capabilities &= ~(unsigned int)(SLOT_STORAGE | SLOT_TRACE | SLOT_CUT_EXACT |
						     SLOT_SUPPLY | SLOT_FAULTS | SLOT_PROGRAMMER);
}

/* A board as it comes to a bench: the old release runs on it. */
static void load_old_release(struct loaded *loaded)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_power_set(&loaded->slot, SLOT_POWER_OFF, &err), 0);
	for (size_t i = 0; i < loaded->from.module_count; i++) {
		const struct image *image = &loaded->from.modules[i].image;

		ck_assert_int_eq(slot_storage_load(&loaded->slot, image->header.start, image->bytes,
						   image->len, &err),
				 0);
	}
}

static void lose_bootloader(struct loaded *loaded)
{
	static uint8_t blank[0x4000];
	struct err err = ERR_INIT;

	memset(blank, 0xff, sizeof(blank));
	ck_assert_int_eq(slot_power_set(&loaded->slot, SLOT_POWER_OFF, &err), 0);
	ck_assert_int_eq(loaded->slot.storage->load(loaded->slot.backend, 0x08000000, blank,
						    sizeof(blank), &err),
			 0);
}

static size_t notes(const struct obs_log *log)
{
	size_t count = 0;

	for (size_t i = 0; i < log->count; i++)
		count +=
			log->items[i].kind == OBS_NOTE && log->items[i].code == OBS_NOTE_PROGRAMMER;
	return count;
}

/* Real code on a board without its bootloader: no DFU brings that back, the programmer does. */
START_TEST(a_board_without_a_bootloader)
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct loaded *loaded = open_rig('b');
	struct trial_spec control = { .scenario = "states", .vbat = VBAT_LOST };
	struct verdict verdict;
	struct err err = ERR_INIT;
	struct obs_log log;
	int64_t board_us;

	obs_log_init(&log);
	load_old_release(loaded);
	forget_states(loaded);
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	lose_bootloader(loaded);
	ck_assert_int_eq(campaign_run_one(loaded, calib, &control, &log, &verdict, &board_us, &err),
			 -ETIMEDOUT);
	ck_assert_str_eq(err.text, "the board does not come into DFU mode, which its old release "
				   "is written in");
	loaded->slot.capabilities |= SLOT_PROGRAMMER;
	ck_assert_msg(campaign_run_one(loaded, calib, &control, &log, &verdict, &board_us, &err) ==
			      0,
		      "%s", err.text);
	ck_assert_uint_eq(notes(&log), 1);
	ck_assert_int_eq(verdict.outcome, OUTCOME_UPDATED);
	/* the next one needs it no more */
	ck_assert_msg(campaign_run_one(loaded, calib, &control, &log, &verdict, &board_us, &err) ==
			      0,
		      "%s", err.text);
	ck_assert_uint_eq(notes(&log), 0);
	ck_assert_int_eq(verdict.outcome, OUTCOME_UPDATED);
	obs_log_release(&log);
	loaded_free(loaded);
}
END_TEST

START_TEST(same_ends_without_kept_states)
{
	static const char eras[] = "abc";
	AUTO_FREE struct calib *kept = calloc(1, sizeof(*kept));
	AUTO_FREE struct calib *seen = calloc(1, sizeof(*seen));
	struct loaded *with = open_rig(eras[_i]);
	struct loaded *without = open_rig(eras[_i]);
	struct trial_spec control = { .scenario = "states", .vbat = VBAT_LOST };
	struct err err = ERR_INIT;

	ck_assert_msg(loaded_calibrate(with, kept, &err) == 0, "%s", err.text);
	load_old_release(without);
	forget_states(without);
	ck_assert_msg(loaded_calibrate(without, seen, &err) == 0, "%s", err.text);
	ck_assert_int_eq(try(without, seen, &control).outcome, OUTCOME_UPDATED);
	for (size_t place = 0; place < ARRAY_LEN(places); place++) {
		struct trial_spec spec = spec_at(kept, place, SEEDS);
		struct seen a = try(with, kept, &spec);
		struct seen b = try(without, seen, &spec);

		ck_assert_msg(a.outcome == b.outcome && a.recovered_by == b.recovered_by,
			      "era %c, %s at %u %%: %s by %s, without states %s by %s", eras[_i],
			      places[place].phase, places[place].percent, outcome_name(a.outcome),
			      rung_name(a.recovered_by), outcome_name(b.outcome),
			      rung_name(b.recovered_by));
	}
	loaded_free(with);
	loaded_free(without);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("states");
	TCase *tcase = tcase_create("dfu");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, same_ends_without_kept_states, 0, 3);
	tcase_add_test(tcase, a_board_without_a_bootloader);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
