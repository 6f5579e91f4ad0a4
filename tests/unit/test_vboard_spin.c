/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Skipping over loops that wait must not be seen: at every moment the whole state is what it is
 * when every turn is run. Each loop here is run both ways and compared at many moments; the loops
 * that must not be skipped are those that nearly wait.
 */
#include "lib/bare.h"
#include "lib/testing.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	SPIN_CODE = 40,
	SPIN_STOPS = 300,
	SPIN_FLAG = BARE_DATA + 0x100,
	SPIN_TICK = 20011, /* cycles between ticks of SysTick */
};

#define SYST_CVR_ADDRESS 0xe000e018u
#define CYCCNT_ADDRESS	 0xe0001004u
#define IWDG_KR_ADDRESS	 0x40003000u

struct spin_row {
	const char *name;
	bool ticks; /* SysTick adds 1 to SPIN_FLAG */
	uint16_t code[SPIN_CODE];
	uint32_t code_count;
	uint32_t r[8];
};

/* r0: flag, r1: CYCCNT or another counter. */
static const struct spin_row spin_rows[] = {
	{ "flag of a handler",
	  true,
	  {
		  0x6802, /* ldr r2, [r0] */
		  0x6803, /* ldr r3, [r0] */
		  0x429a, /* cmp r2, r3 */
		  0xd0fc, /* beq l */
		  0x3401, /* adds r4, #1 */
		  0xe7f9, /* b . - 10 */
	  },
	  6,
	  { SPIN_FLAG } },
	{ "elapsed cycles",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fb, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f8, /* b s */
	  },
	  7,
	  { SPIN_FLAG, CYCCNT_ADDRESS, 0, 0, 0, 10007 } },
	{ "elapsed cycles with ticks",
	  true,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fb, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f8, /* b s */
	  },
	  7,
	  { SPIN_FLAG, CYCCNT_ADDRESS, 0, 0, 0, 50021 } },
	{ "elapsed cycles with a call",
	  false,
	  {
		  0xf000, 0xf808, /* bl f */
		  0x4602,	  /* mov r2, r0 */
		  0xf000, 0xf805, /* bl f */
		  0x1a83,	  /* subs r3, r0, r2 */
		  0x42ab,	  /* cmp r3, r5 */
		  0xd3fa,	  /* bcc l */
		  0x3401,	  /* adds r4, #1 */
		  0xe7f5,	  /* b s */
		  0xb510,	  /* push {r4, lr} */
		  0x6808,	  /* ldr r0, [r1] */
		  0xbd10,	  /* pop {r4, pc} */
	  },
	  13,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 9001 } },
	{ "elapsed cycles, feeding a watchdog that does not run",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x6037, /* str r7, [r6] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fa, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f7, /* b s */
	  },
	  8,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 10007, IWDG_KR_ADDRESS, 0xaaaa } },
	{ "starting a watchdog, then feeding it",
	  false,
	  {
		  0x6037, /* str r7, [r6] */
		  0x3f00, /* subs r7, #0 */
		  0x4647, /* mov r7, r8: 0 */
		  0x680a, /* ldr r2, [r1] */
		  0x6030, /* str r0, [r6] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fa, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f7, /* b s */
	  },
	  11,
	  { 0xaaaa, CYCCNT_ADDRESS, 0, 0, 0, 10007, IWDG_KR_ADDRESS, 0xcccc } },
	{ "feeding a watchdog that runs, for ever",
	  false,
	  {
		  0x6037, /* str r7, [r6] */
		  0x6030, /* str r0, [r6] */
		  0xe7fd, /* b . - 2 */
	  },
	  3,
	  { 0xaaaa, 0, 0, 0, 0, 0, IWDG_KR_ADDRESS, 0xcccc } },
	{ "a key for the watchdog that unlocks it",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x6037, /* str r7, [r6] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fa, /* bcc l */
		  0x4647, /* mov r7, r8: 0 */
		  0xe7f7, /* b s */
	  },
	  8,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 10007, IWDG_KR_ADDRESS, 0x5555 } },
	{ "two calls a turn",
	  false,
	  {
		  0x680a,	  /* ldr r2, [r1] */
		  0xf000, 0xf80a, /* bl f */
		  0x1a83,	  /* subs r3, r0, r2 */
		  0x42ab,	  /* cmp r3, r5 */
		  0xd204,	  /* bcs d */
		  0xf000, 0xf805, /* bl f */
		  0x1a83,	  /* subs r3, r0, r2 */
		  0x42ab,	  /* cmp r3, r5 */
		  0xd3f5,	  /* bcc l */
		  0x3401,	  /* adds r4, #1 */
		  0xe7f2,	  /* b s */
		  0xb510,	  /* push {r4, lr} */
		  0x6808,	  /* ldr r0, [r1] */
		  0xbd10,	  /* pop {r4, pc} */
	  },
	  16,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 9001 } },
	{ "the same place of a function reached in turn from two calls",
	  false,
	  {
		  0xf000, 0xf804, /* bl f */
		  0xbf00,	  /* nop */
		  0xf000, 0xf801, /* bl f */
		  0xe7f9,	  /* b l */
		  0xb510,	  /* push {r4, lr} */
		  0x6808,	  /* ldr r0, [r1] */
		  0xbf00,	  /* nop */
		  0xbf00,	  /* nop */
		  0xbf00,	  /* nop */
		  0xbf00,	  /* nop */
		  0xbd10,	  /* pop {r4, pc} */
	  },
	  13,
	  { 0, CYCCNT_ADDRESS } },
	{ "a loop that pushes",
	  false,
	  {
		  0xb40c, /* push {r2, r3} */
		  0xbc0c, /* pop {r2, r3} */
		  0xe7fc, /* b l */
	  },
	  3,
	  { 0 } },
	{ "branch to itself", true, { 0xe7fe }, 1, { SPIN_FLAG } },
	{ "countdown of a register",
	  false,
	  {
		  0x4a02,	  /* ldr r2, [pc, #8] */
		  0x3a01,	  /* subs r2, #1 */
		  0xd1fd,	  /* bne l */
		  0x3401,	  /* adds r4, #1 */
		  0xe7fa,	  /* b . - 8 */
		  0xbf00,	  /* nop */
		  0x138b, 0x0000, /* .word 5003 */
	  },
	  8,
	  { 0 } },
	{ "countdown in memory",
	  false,
	  {
		  0x6802, /* ldr r2, [r0] */
		  0x3201, /* adds r2, #1 */
		  0x6002, /* str r2, [r0] */
		  0x2200, /* movs r2, #0 */
		  0xe7fa, /* b l */
	  },
	  5,
	  { SPIN_FLAG } },
	{ "count in memory by a register offset",
	  false,
	  {
		  0x58c2, /* ldr r2, [r0, r3] */
		  0x3201, /* adds r2, #1 */
		  0x50c2, /* str r2, [r0, r3] */
		  0x2200, /* movs r2, #0 */
		  0xe7fa, /* b l */
	  },
	  5,
	  { SPIN_FLAG } },
	{ "bytes in memory by a register offset",
	  false,
	  {
		  0x5cc2, /* ldrb r2, [r0, r3] */
		  0x3201, /* adds r2, #1 */
		  0x54c2, /* strb r2, [r0, r3] */
		  0x2200, /* movs r2, #0 */
		  0xe7fa, /* b l */
	  },
	  5,
	  { SPIN_FLAG } },
	{ "halfwords in memory by a register offset",
	  false,
	  {
		  0x5ac2, /* ldrh r2, [r0, r3] */
		  0x3201, /* adds r2, #1 */
		  0x52c2, /* strh r2, [r0, r3] */
		  0x2200, /* movs r2, #0 */
		  0xe7fa, /* b l */
	  },
	  5,
	  { SPIN_FLAG } },
	{ "time read, a register added to every turn",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x680b, /* ldr r3, [r1] */
		  0x18f6, /* adds r6, r6, r3 */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fa, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f7, /* b s */
	  },
	  8,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 9001 } },
	{ "time read, turns counted",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x680b, /* ldr r3, [r1] */
		  0x3601, /* adds r6, #1 */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fa, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f7, /* b s */
	  },
	  8,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 9001 } },
	{ "conditional store",
	  false,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xbf88, /* it hi */
		  0x6003, /* strhi r3, [r0] */
		  0x42b3, /* cmp r3, r6 */
		  0xd3f8, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f5, /* b s */
	  },
	  10,
	  { SPIN_FLAG, CYCCNT_ADDRESS, 0, 0, 0, 4001, 9001 } },
	{ "store of the time",
	  false,
	  {
		  0x680b, /* ldr r3, [r1] */
		  0x6003, /* str r3, [r0] */
		  0xe7fc, /* b l */
	  },
	  3,
	  { SPIN_FLAG, CYCCNT_ADDRESS } },
	{ "SysTick's own counter",
	  true,
	  {
		  0x680b, /* ldr r3, [r1] */
		  0x42ab, /* cmp r3, r5 */
		  0xd2fc, /* bcs l */
		  0x3401, /* adds r4, #1 */
		  0x680b, /* ldr r3, [r1] */
		  0x42ab, /* cmp r3, r5 */
		  0xd3fc, /* bcc k */
		  0xe7f7, /* b l */
	  },
	  8,
	  { SPIN_FLAG, SYST_CVR_ADDRESS, 0, 0, 0, 5000 } },
	{ "flag or time, whichever is first",
	  true,
	  {
		  0x680a, /* ldr r2, [r1] */
		  0x6806, /* ldr r6, [r0] */
		  0x6807, /* ldr r7, [r0] */
		  0x42b7, /* cmp r7, r6 */
		  0xd103, /* bne d */
		  0x680b, /* ldr r3, [r1] */
		  0x1a9b, /* subs r3, r3, r2 */
		  0x42ab, /* cmp r3, r5 */
		  0xd3f8, /* bcc l */
		  0x3401, /* adds r4, #1 */
		  0xe7f4, /* b s */
	  },
	  11,
	  { SPIN_FLAG, CYCCNT_ADDRESS, 0, 0, 0, 15013 } },
	{ "division by the time that is over",
	  false,
	  {
		  0x680a,	  /* ldr r2, [r1] */
		  0x680b,	  /* ldr r3, [r1] */
		  0x1a9b,	  /* subs r3, r3, r2 */
		  0xfbb3, 0xf3f6, /* udiv r3, r3, r6 */
		  0x42ab,	  /* cmp r3, r5 */
		  0xd3f9,	  /* bcc l */
		  0x3401,	  /* adds r4, #1 */
		  0xe7f6,	  /* b s */
	  },
	  9,
	  { 0, CYCCNT_ADDRESS, 0, 0, 0, 1000, 13 } },
};

/* SysTick with a handler that counts, if the row wants it; the cycle counter runs anyway. */
static struct vboard *spin_board(const struct spin_row *row, bool skip)
{
	static const uint16_t handler[] = {
		0x4802, /* ldr r0, [pc, #8] */
		0x6801, /* ldr r1, [r0] */
		0x3101, /* adds r1, #1 */
		0x6001, /* str r1, [r0] */
		0x4770, /* bx lr */
		0xbf00, /* nop */
	};
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);

	bare_code(vb, BARE_CODE, row->code, row->code_count);
	bare_code(vb, BARE_HANDLER + 0x100, handler, sizeof(handler) / 2);
	bare_set_word(vb, BARE_HANDLER + 0x100 + sizeof(handler), SPIN_FLAG);
	bare_set_word(vb, SPIN_FLAG, 0);
	bare_vector(vb, EXC_SYSTICK, BARE_HANDLER + 0x100);
	memcpy(state->chip.cpu.r, row->r, sizeof(row->r));
	if (row->ticks) {
		state->chip.scs.systick_load = SPIN_TICK - 1;
		state->chip.scs.systick_ctrl = 3;
		state->chip.scs.systick_epoch = state->cycles;
	}
	vb->spin_off = !skip;
	return vb;
}

static uint64_t spin_stop(uint64_t cycle, int i)
{
	return cycle + 1 + (uint64_t)(i * 7919) % 3001; /* also stops inside a turn */
}

/* Stopped often, at odd moments. */
START_TEST(skipping_is_not_seen)
{
	const struct spin_row *row = &spin_rows[_i];
	struct vboard *skips = spin_board(row, true);
	struct vboard *runs = spin_board(row, false);

	for (int i = 0; i < SPIN_STOPS; i++) {
		uint64_t stop = spin_stop(vboard_cycle(runs), i);

		skips->spin_cycle = 0; /* look now, wherever in its turn the loop is */
		vboard_run(skips, stop);
		vboard_run(runs, stop);
		ck_assert_msg(memcmp(&skips->s, &runs->s, sizeof(runs->s)) == 0,
			      "'%s' differs at cycle %llu: pc %08x and %08x, cycle %llu", row->name,
			      (unsigned long long)runs->s.cycles, skips->s.chip.cpu.r[15],
			      runs->s.chip.cpu.r[15], (unsigned long long)skips->s.cycles);
	}
	ck_assert_uint_eq(vboard_test_hash(skips), vboard_test_hash(runs));
	ck_assert_uint_eq(skips->s.fault_count, 0);
	vboard_free(skips);
	vboard_free(runs);
}
END_TEST

/* Each stretch from the beginning in one go, so that long skips are taken. */
START_TEST(skipping_far_is_not_seen)
{
	const struct spin_row *row = &spin_rows[_i];
	struct vboard *runs = spin_board(row, false);

	for (int i = 0; i < 12; i++) {
		struct vboard *skips = spin_board(row, true);
		uint64_t stop = vboard_cycle(runs) + 10000 + (uint64_t)i * 1237;

		vboard_run(runs, stop);
		vboard_run(skips, stop);
		ck_assert_msg(memcmp(&skips->s, &runs->s, sizeof(runs->s)) == 0,
			      "'%s' differs at cycle %llu: pc %08x and %08x, cycle %llu", row->name,
			      (unsigned long long)runs->s.cycles, skips->s.chip.cpu.r[15],
			      runs->s.chip.cpu.r[15], (unsigned long long)skips->s.cycles);
		vboard_free(skips);
	}
	vboard_free(runs);
}
END_TEST

/* A cut at an instruction falls at the same place, in the middle of a wait too. */
START_TEST(cuts_fall_at_the_same_place)
{
	const struct spin_row *row = &spin_rows[_i];

	for (uint64_t at = 20000; at < 20060; at += 7) {
		struct vboard_cut cut = { .by = VBOARD_CUT_INSN, .at = at };
		struct vboard *skips = spin_board(row, true);
		struct vboard *runs = spin_board(row, false);

		vboard_arm_cut(skips, &cut);
		vboard_arm_cut(runs, &cut);
		ck_assert_int_eq(vboard_run(skips, 100000), VBOARD_STOP_CUT);
		ck_assert_int_eq(vboard_run(runs, 100000), VBOARD_STOP_CUT);
		ck_assert_uint_eq(vboard_insns(runs), at);
		ck_assert_msg(memcmp(&skips->s, &runs->s, sizeof(runs->s)) == 0, "'%s' differs",
			      row->name);
		vboard_free(skips);
		vboard_free(runs);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_spin");
	TCase *tcase = tcase_create("loops");

	tcase_add_loop_test(tcase, skipping_is_not_seen, 0, COUNT(spin_rows));
	tcase_add_loop_test(tcase, skipping_far_is_not_seen, 0, COUNT(spin_rows));
	tcase_add_loop_test(tcase, cuts_fall_at_the_same_place, 0, COUNT(spin_rows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
