/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches of the virtual core. */
#include "lib/bare.h"
#include "lib/testing.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct bare_row branch_rows[] = {
	{ "b . + 4; movs r0, #1; movs r1, #2",
	  { 0xe000, 0x2001, 0x2102 },
	  3,
	  { 0, 0 },
	  0,
	  { 0, 2 },
	  0,
	  0,
	  0 },
	{ "b.w . + 6; movs r0, #1; movs r1, #2",
	  { 0xf000, 0xb801, 0x2001, 0x2102 },
	  4,
	  { 0, 0 },
	  0,
	  { 0, 2 },
	  0,
	  0,
	  0 },
	{ "b . + 8; movs r0, #1; b . + 6; movs r0, #7; b . - 6; movs r1, #2",
	  { 0xe002, 0x2001, 0xe001, 0x2007, 0xe7fb, 0x2102 },
	  6,
	  { 0, 0 },
	  0,
	  { 1, 2 },
	  0,
	  0,
	  0 },
	{ "cbz r0, . + 4; movs r1, #1; movs r2, #2",
	  { 0xb100, 0x2101, 0x2202 },
	  3,
	  { 0, 0, 0 },
	  FN,
	  { 0, 0, 2 },
	  0,
	  0,
	  0 },
	{ "cbz r0, . + 4; movs r1, #1; movs r2, #2",
	  { 0xb100, 0x2101, 0x2202 },
	  3,
	  { 5, 0, 0 },
	  FN,
	  { 5, 1, 2 },
	  0,
	  0,
	  0 },
	{ "cbnz r0, . + 4; movs r1, #1; movs r2, #2",
	  { 0xb900, 0x2101, 0x2202 },
	  3,
	  { 5, 0, 0 },
	  FN,
	  { 5, 0, 2 },
	  0,
	  0,
	  0 },
	{ "cbnz r0, . + 4; movs r1, #1; movs r2, #2",
	  { 0xb900, 0x2101, 0x2202 },
	  3,
	  { 0, 0, 0 },
	  FN,
	  { 0, 1, 2 },
	  0,
	  0,
	  0 },
	{ "bl . + 6; nop; mov r0, lr",
	  { 0xf000, 0xf801, 0xbf00, 0x4670 },
	  4,
	  { 0 },
	  0,
	  { BARE_CODE + 5 },
	  0,
	  0,
	  0 },
	{ "bl . + 8; movs r1, #1; b . + 4; bx lr; movs r2, #2",
	  { 0xf000, 0xf802, 0x2101, 0xe000, 0x4770, 0x2202 },
	  6,
	  { 0 },
	  0,
	  { 0, 1, 2 },
	  0,
	  0,
	  0 },
	{ "blx r1; nop; mov r0, lr",
	  { 0x4788, 0xbf00, 0x4670 },
	  3,
	  { 0, BARE_CODE + 5 },
	  0,
	  { BARE_CODE + 3, BARE_CODE + 5 },
	  0,
	  0,
	  0 },
	{ "mov lr, r1; blx lr; nop; mov r0, lr",
	  { 0x468e, 0x47f0, 0xbf00, 0x4670 },
	  4,
	  { 0, BARE_CODE + 7 },
	  0,
	  { BARE_CODE + 5, BARE_CODE + 7 },
	  0,
	  0,
	  0 },
	{ "bx r1; movs r0, #1; movs r2, #2",
	  { 0x4708, 0x2001, 0x2202 },
	  3,
	  { 0, BARE_CODE + 5, 0 },
	  0,
	  { 0, BARE_CODE + 5, 2 },
	  0,
	  0,
	  0 },
	{ "mov pc, r1; movs r0, #1; movs r2, #2",
	  { 0x468f, 0x2001, 0x2202 },
	  3,
	  { 0, BARE_CODE + 4, 0 },
	  0,
	  { 0, BARE_CODE + 4, 2 },
	  0,
	  0,
	  0 },
	{ "add pc, r1; movs r0, #1; movs r0, #1; movs r2, #2",
	  { 0x448f, 0x2001, 0x2001, 0x2202 },
	  4,
	  { 0, 2, 0 },
	  0,
	  { 0, 2, 2 },
	  0,
	  0,
	  0 },
	{ "push {r1}; pop {pc}; movs r0, #1; movs r2, #2",
	  { 0xb402, 0xbd00, 0x2001, 0x2202 },
	  4,
	  { 0, BARE_CODE + 7, 0 },
	  0,
	  { 0, BARE_CODE + 7, 2 },
	  0,
	  0,
	  0 },
	{ "push {r1}; ldr pc, [sp], #4; nop; movs r2, #2; mov r3, sp",
	  { 0xb402, 0xf85d, 0xfb04, 0xbf00, 0x2202, 0x466b },
	  6,
	  { 0, BARE_CODE + 9 },
	  0,
	  { 0, BARE_CODE + 9, 2, BARE_SP },
	  0,
	  0,
	  0 },
	{ "tbb [pc, r1]; .hword 0x0402; movs r0, #1; movs r0, #2; b . + 2; movs r2, #2; nop",
	  { 0xe8df, 0xf001, 0x0402, 0x2001, 0x2002, 0xe7ff, 0x2202, 0xbf00 },
	  8,
	  { 0, 0 },
	  0,
	  { 2, 0, 2 },
	  0,
	  0,
	  0 },
	{ "tbb [pc, r1]; .hword 0x0402; movs r0, #1; movs r0, #2; b . + 2; movs r2, #2; nop",
	  { 0xe8df, 0xf001, 0x0402, 0x2001, 0x2002, 0xe7ff, 0x2202, 0xbf00 },
	  8,
	  { 0, 1 },
	  0,
	  { 0, 1, 2 },
	  0,
	  0,
	  0 },
	{ "tbh [pc, r1, lsl #1]; .hword 2; .hword 3; movs r0, #1; movs r2, #2",
	  { 0xe8df, 0xf011, 0x0002, 0x0003, 0x2001, 0x2202 },
	  6,
	  { 0, 0 },
	  0,
	  { 1, 0, 2 },
	  0,
	  0,
	  0 },
	{ "tbh [pc, r1, lsl #1]; .hword 2; .hword 3; movs r0, #1; movs r2, #2",
	  { 0xe8df, 0xf011, 0x0002, 0x0003, 0x2001, 0x2202 },
	  6,
	  { 0, 1 },
	  0,
	  { 0, 1, 2 },
	  0,
	  0,
	  0 },
};

START_TEST(branches)
{
	bare_check_row(&branch_rows[_i]);
}
END_TEST

/* Far branches, both ways, within flash. */
START_TEST(far_branches)
{
	static const uint16_t there[] = { 0xf07f, 0xfffe };
	static const uint16_t back[] = { 0xf780, 0xb806 };
	struct vboard *vb = bare_new();

	bare_code(vb, FLASH_BASE + 0x20000, there, 2);
	bare_code(vb, FLASH_BASE + 0xa0000, back, 2);
	vboard_test_start(vb, FLASH_BASE + 0x20000, BARE_SP);
	bare_run(vb, 1);
	ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.r[15], FLASH_BASE + 0xa0000);
	ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.r[14], FLASH_BASE + 0x20005);
	bare_run(vb, 1);
	ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.r[15], FLASH_BASE + 0x20010);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_cpu_branch");
	TCase *tcase = tcase_create("branches");

	tcase_add_loop_test(tcase, branches, 0, COUNT(branch_rows));
	tcase_add_test(tcase, far_branches);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
