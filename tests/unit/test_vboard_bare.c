/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core and its system registers, tested by programs that run on it (tests/bare). What is
 * expected stands in the programs, with its chapter of the architecture's manual.
 */
#include "lib/bare_image.h"
#include "lib/testing.h"

#include <string.h>

/* Every program but lockup.c, which needs a host, runs to its end and finds what it expects. */
START_TEST(program_finds_what_it_expects)
{
	const struct bare_image *image = bare_image(_i);
	struct vboard *vb = bare_image_board(image);
	struct report report;

	for (int skip = 0; skip < 2; skip++) {
		vboard_power_off(vb);
		vboard_power_on(vb);
		vboard_test_skip_waits(vb, skip);
		vboard_run(vb, vboard_cycle(vb) + BARE_IMAGE_CYCLES);
		bare_image_report(vb, &report);
		if (strcmp(image->name, "lockup") != 0) {
			bare_image_check_rows(image, &report);
			ck_assert_uint_eq(report.state, REPORT_DONE);
		}
	}
	vboard_free(vb);
}
END_TEST

/* Nothing runs in lockup, time passes, and a reset ends it. */
START_TEST(lockup_until_reset)
{
	enum { WAYS = 6, LONG = 100000000 };
	const struct bare_image *image = bare_image_named("lockup");
	struct vboard *vb = bare_image_board(image);
	struct report report;

	for (uint32_t way = 0; way < WAYS; way++) {
		uint64_t insns;
		uint64_t cycle;

		vboard_run(vb, vboard_cycle(vb) + BARE_IMAGE_CYCLES);
		bare_image_report(vb, &report);
		bare_image_check_rows(image, &report);
		ck_assert_uint_eq(report.count, way + 1);
		ck_assert_uint_eq(report.state, 0);
		ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.lockup, 1);
		insns = vboard_insns(vb);
		cycle = vboard_cycle(vb);
		vboard_run(vb, cycle + LONG);
		ck_assert_uint_eq(vboard_insns(vb), insns);
		ck_assert_uint_eq(vboard_cycle(vb), cycle + LONG);
		vboard_line(vb, VBOARD_RESET, true);
		vboard_run(vb, vboard_cycle(vb) + 1000);
		vboard_line(vb, VBOARD_RESET, false);
		ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.lockup, 0);
	}
	vboard_run(vb, vboard_cycle(vb) + BARE_IMAGE_CYCLES);
	bare_image_report(vb, &report);
	ck_assert_uint_eq(report.state, REPORT_DONE);
	ck_assert_uint_eq(report.count, WAYS + 1);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_bare");
	TCase *tcase = tcase_create("programs");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, program_finds_what_it_expects, 0, BARE_IMAGES);
	tcase_add_test(tcase, lockup_until_reset);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
