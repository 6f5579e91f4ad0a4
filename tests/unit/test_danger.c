/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused on a slot without a programmer, by the way and the part. */
#include "campaign/danger.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SCENARIO                                                                   \
	"scenario: danger\nsummary: nothing is run\nboard: p1\n"                   \
	"from: reference-robust-1.0-p1\nto: reference-robust-1.1-p1\n"             \
	"deliver: {via: %s, parts: [system-part1, user]}\ncut: {strategy: none}\n" \
	"power: {off: 1s, vbat: lost}\nladder: [wait]\ntrials: 0\ncontrols: 1\nseed: 1\n"

static const struct row {
	const char *via;
	const char *id;
	const char *what; /* NULL: harmless */
} rows[] = {
	{ "cloud", "danger.1.1.1n.1000.l.fuzz-drop0-index3v9", "index" },
	{ "cloud", "danger.1.1.1n.1000.l.fuzz-address0v4096", "address" },
	{ "cloud", "danger.1.1.1n.1000.l.fuzz-drop0-traffic3", NULL },
	{ "ymodem", "danger.1.1.1n.1000.l.fuzz-index3v9", NULL },
	{ "cloud", "danger.1.1.1n.1000.l.image-address-wrong.1", "address-wrong" },
	{ "cloud", "danger.1.1.2n.1000.l.image-bit-flip.1", NULL },
};

static struct loaded *open_loaded(const char *via)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *text = NULL;
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&text, SCENARIO, via), 0);
	ck_assert_msg(scenario_parse(text, "danger", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	return loaded;
}

START_TEST(a_real_board_is_not_destroyed)
{
	const struct row *row = &rows[_i];
	struct loaded *loaded = open_loaded(row->via);
	struct bench_slot bench_slots[2];
	struct trial_spec spec;
	struct err err = ERR_INIT;

	ck_assert_msg(trial_id_parse(row->id, &spec, &err) == 0, "%s", err.text);
	ck_assert_int_eq(danger_check(loaded, &spec, &err), 0); /* a virtual one can be mended */
	/* on a bench all slots must have a programmer: any of them may be given the trial */
	bench_slots[0] = (struct bench_slot){ .name = "left", .programmer = "flash" };
	bench_slots[1] = (struct bench_slot){ .name = "right", .programmer = "flash" };
	loaded->bench_slots[0] = &bench_slots[0];
	loaded->bench_slots[1] = &bench_slots[1];
	loaded->bench_slot_count = 2;
	ck_assert_int_eq(danger_check(loaded, &spec, &err), 0);
	bench_slots[1].programmer[0] = '\0';
	if (!row->what) {
		ck_assert_msg(danger_check(loaded, &spec, &err) == 0, "%s", err.text);
	} else {
		ck_assert_int_eq(danger_check(loaded, &spec, &err), -EPERM);
		ck_assert_int_eq(err.kind, ERR_CONFIG);
		ck_assert_msg(strncmp(err.text, "the trial's '", 13) == 0 &&
				      strncmp(err.text + 13, row->what, strlen(row->what)) == 0,
			      "%s", err.text);
		ck_assert_ptr_nonnull(strstr(err.text, "' can destroy the board in slot 'right', "
						       "which has no programmer: "));
	}
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("danger");
	TCase *tcase = tcase_create("slot without a programmer");

	tcase_add_loop_test(tcase, a_real_board_is_not_destroyed, 0, ARRAY_LEN(rows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
