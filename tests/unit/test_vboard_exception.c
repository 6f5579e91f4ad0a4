/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resets and lockup of the virtual board as its host sees them; the rest is in tests/bare. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/board.h"

enum { HANDLER_A = BARE_HANDLER + 0x100 };

static struct cpu_state *cpu_of(struct vboard *vb)
{
	return &vboard_test_state(vb)->chip.cpu;
}

static struct vboard *board_with(const uint16_t *code, size_t count)
{
	struct vboard *vb = bare_new();

	bare_code(vb, BARE_CODE, code, count);
	return vb;
}

/* A cut by instruction that is near, with a core that stands still, takes no time of the host. */
START_TEST(cut_by_instruction_never_comes_in_lockup)
{
	static const uint16_t code[] = { 0xde00 };
	const struct vboard_cut cut = { .by = VBOARD_CUT_INSN, .at = 3 };
	struct vboard *vb = board_with(code, 1);

	bare_code(vb, HANDLER_A, code, 1);
	bare_vector(vb, EXC_HARDFAULT, HANDLER_A);
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_run(vb, 100000000000), VBOARD_STOP_DEADLINE);
	ck_assert_uint_eq(vboard_cycle(vb), 100000000000);
	vboard_free(vb);
}
END_TEST

START_TEST(reset_causes)
{
	static const uint16_t code[] = { 0x6001, 0xe7fe };
	const uint32_t vectors[2] = { BARE_SP, FLASH_BASE + 0x401 };
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);

	ck_assert(vboard_flash_load(vb, FLASH_BASE, vectors, sizeof(vectors)));
	bare_code(vb, FLASH_BASE + 0x400, code, 2);
	ck_assert_uint_eq(state->chip.rcc.csr, RESET_POWER | RESET_PIN);
	state->chip.rcc.csr = 0; /* as RMVF does */
	vboard_line(vb, VBOARD_RESET, true);
	bare_run(vb, 10);
	ck_assert_uint_eq(vboard_insns(vb), 0);
	vboard_line(vb, VBOARD_RESET, false);
	ck_assert_uint_eq(state->chip.rcc.csr, RESET_PIN);
	ck_assert_uint_eq(cpu_of(vb)->r[13], BARE_SP);
	ck_assert_uint_eq(cpu_of(vb)->r[15], FLASH_BASE + 0x400);

	state->chip.rcc.csr = 0;
	cpu_of(vb)->r[0] = 0xe000ed0c; /* AIRCR */
	cpu_of(vb)->r[1] = 0x05fa0004;
	bare_run(vb, 2);
	ck_assert_uint_eq(state->chip.rcc.csr, RESET_SOFTWARE | RESET_PIN);

	state->chip.rcc.csr = 0;
	vboard_test_start(vb, FLASH_BASE + 0x400, BARE_SP);
	cpu_of(vb)->r[0] = 0x40003000; /* IWDG_KR: start, 4 * 4096 ticks of 32 kHz */
	cpu_of(vb)->r[1] = 0xcccc;
	bare_run(vb, 4ull * 4096 * 3750 - 1);
	ck_assert_uint_eq(state->chip.rcc.csr, 0);
	bare_run(vb, 10);
	ck_assert_uint_eq(state->chip.rcc.csr, RESET_IWDG | RESET_PIN);
	ck_assert_uint_eq(state->reset_count, 4);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_exception");
	TCase *tcase = tcase_create("exceptions");

	tcase_add_test(tcase, cut_by_instruction_never_comes_in_lockup);
	tcase_add_test(tcase, reset_causes);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
