/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exceptions, faults, sleep and resets of the virtual board. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/board.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	HANDLER_A = BARE_HANDLER + 0x100,
	HANDLER_B = BARE_HANDLER + 0x200,
	ENTRY_CYCLES = 12,
	ICSR_PENDSV = 1 << 28,
	SYSTICK_PERIOD = 200,
};

#define ICSR 0xe000ed04u

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

START_TEST(supervisor_call_and_return)
{
	static const uint16_t code[] = { 0xdf07, 0x2101, 0xe7fe };
	static const uint16_t handler[] = { 0xf3ef, 0x8405, 0x4675, 0x466e, 0x4770 };
	struct vboard *vb = board_with(code, 3);

	bare_code(vb, HANDLER_A, handler, 5);
	bare_vector(vb, EXC_SVC, HANDLER_A);
	for (uint32_t i = 0; i < 4; i++)
		cpu_of(vb)->r[i] = 0x10 + i;
	cpu_of(vb)->r[12] = 0x1c;
	cpu_of(vb)->r[14] = 0x1e;
	bare_run(vb, 1 + ENTRY_CYCLES + 3);
	ck_assert_uint_eq(cpu_of(vb)->r[4], EXC_SVC);
	ck_assert_uint_eq(cpu_of(vb)->r[5], 0xfffffff9);
	ck_assert_uint_eq(cpu_of(vb)->r[6], BARE_SP - 32);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 32), 0x10);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 20), 0x13);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 16), 0x1c);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 12), 0x1e);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 8), BARE_CODE + 2);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 4) & 0x010003ff, 0x01000000);
	bare_run(vb, 1 + ENTRY_CYCLES + 1);
	ck_assert_uint_eq(cpu_of(vb)->r[1], 1);
	ck_assert_uint_eq(cpu_of(vb)->r[13], BARE_SP);
	ck_assert_uint_eq(cpu_of(vb)->ipsr, 0);
	vboard_free(vb);
}
END_TEST

/* A stack at 4 modulo 8 is aligned on entry, and put back. */
START_TEST(stack_alignment)
{
	static const uint16_t code[] = { 0xdf00, 0x4669, 0xe7fe };
	static const uint16_t handler[] = { 0x466e, 0x4770 };
	struct vboard *vb = board_with(code, 3);

	bare_code(vb, HANDLER_A, handler, 2);
	bare_vector(vb, EXC_SVC, HANDLER_A);
	cpu_of(vb)->r[13] = BARE_SP - 4;
	bare_run(vb, 60);
	ck_assert_uint_eq(cpu_of(vb)->r[6], BARE_SP - 8 - 32);
	ck_assert_uint_eq(bare_word(vb, BARE_SP - 8 - 4) >> 9 & 1, 1);
	ck_assert_uint_eq(cpu_of(vb)->r[1], BARE_SP - 4);
	vboard_free(vb);
}
END_TEST

/* A thread on the process stack: its frame goes there, the handler runs on the main stack. */
START_TEST(process_stack)
{
	static const uint16_t code[] = { 0xdf00, 0x4669, 0xe7fe };
	static const uint16_t handler[] = { 0x466e, 0x4675, 0xf3ef, 0x8409, 0x4770 };
	struct vboard *vb = board_with(code, 3);

	bare_code(vb, HANDLER_A, handler, 5);
	bare_vector(vb, EXC_SVC, HANDLER_A);
	cpu_of(vb)->control = 2;
	cpu_of(vb)->sp_other = BARE_SP;
	cpu_of(vb)->r[13] = BARE_PSP;
	bare_run(vb, 60);
	ck_assert_uint_eq(cpu_of(vb)->r[6], BARE_SP);
	ck_assert_uint_eq(cpu_of(vb)->r[5], 0xfffffffd);
	ck_assert_uint_eq(cpu_of(vb)->r[4], BARE_PSP - 32);
	ck_assert_uint_eq(cpu_of(vb)->r[1], BARE_PSP);
	ck_assert_uint_eq(cpu_of(vb)->control, 2);
	vboard_free(vb);
}
END_TEST

/* The IT block that an interrupt cuts in two goes on after it. */
START_TEST(interrupted_it_block)
{
	static const uint16_t code[] = { 0xbf01, 0x2101, 0x2202, 0x2303, 0x2704, 0xe7fe };
	static const uint16_t handler[] = { 0x2001, 0x4770 }; /* Z is clear in here */

	for (uint64_t when = 1; when < 6; when++) {
		struct vboard *vb = board_with(code, 6);

		bare_code(vb, HANDLER_A, handler, 2);
		bare_vector(vb, EXC_PENDSV, HANDLER_A);
		cpu_of(vb)->z_of = 0;
		bare_run(vb, when);
		vboard_test_state(vb)->chip.nvic.pending[0] |= 1u << EXC_PENDSV;
		vb->attention = true;
		bare_run(vb, 60);
		ck_assert_uint_eq(cpu_of(vb)->r[1] + cpu_of(vb)->r[2], 3);
		ck_assert_uint_eq(cpu_of(vb)->r[3] + cpu_of(vb)->r[7], 7);
		vboard_free(vb);
	}
}
END_TEST

/* Thread code that pends an interrupt (4, then from its handler 5); r6 gathers who ran, in order.
 */
struct nesting_row {
	const char *name;
	uint8_t priority4, priority5;
	uint32_t primask, basepri;
	uint32_t order; /* 4 bits each: 4 and 5 on entry, 8 on leaving handler 4 */
};

static const struct nesting_row nesting_rows[] = {
	{ "more urgent: preempts", 0x20, 0x10, 0, 0, 0x458 },
	{ "less urgent: after", 0x10, 0x20, 0, 0, 0x485 },
	{ "same: after", 0x20, 0x20, 0, 0, 0x485 },
	{ "PRIMASK holds both", 0x20, 0x10, 1, 0, 0 },
	{ "BASEPRI holds both", 0x20, 0x30, 0, 0x20, 0 },
	{ "BASEPRI lets the more urgent", 0x10, 0x30, 0, 0x20, 0x48 },
};

START_TEST(nesting)
{
	static const uint16_t code[] = { 0x6001, 0xe7fe };
	static const uint16_t four[] = {
		0x0136,		/* lsls r6, r6, #4 */
		0x3604,		/* adds r6, #4 */
		0xf8c0, 0x2000, /* str.w r2, [r0] */
		0xbf00,		/* nop */
		0x0136,		/* lsls r6, r6, #4 */
		0x3608,		/* adds r6, #8 */
		0x4770,		/* bx lr */
	};
	static const uint16_t five[] = { 0x0136, 0x3605, 0x4770 };
	const struct nesting_row *row = &nesting_rows[_i];
	struct vboard *vb = board_with(code, 2);
	struct nvic_state *nvic = &vboard_test_state(vb)->chip.nvic;

	bare_code(vb, HANDLER_A, four, sizeof(four) / 2);
	bare_code(vb, HANDLER_B, five, 3);
	bare_vector(vb, EXC_IRQ0 + 4, HANDLER_A);
	bare_vector(vb, EXC_IRQ0 + 5, HANDLER_B);
	nvic->priority[EXC_IRQ0 + 4] = row->priority4;
	nvic->priority[EXC_IRQ0 + 5] = row->priority5;
	nvic->enabled[0] |= 3u << (EXC_IRQ0 + 4);
	cpu_of(vb)->primask = row->primask;
	cpu_of(vb)->basepri = row->basepri;
	cpu_of(vb)->r[0] = 0xe000e200; /* ISPR0 */
	cpu_of(vb)->r[1] = 1u << 4;
	cpu_of(vb)->r[2] = 1u << 5;
	bare_run(vb, 120);
	ck_assert_msg(cpu_of(vb)->r[6] == row->order, "%s: %x", row->name, cpu_of(vb)->r[6]);
	vboard_free(vb);
}
END_TEST

START_TEST(pendsv_and_systick)
{
	static const uint16_t code[] = { 0x6001, 0xbf00, 0xe7fe };
	static const uint16_t pendsv[] = { 0x3601, 0x4770 };
	static const uint16_t systick[] = { 0x3701, 0x4770 };
	struct vboard *vb = board_with(code, 3);
	struct scs_state *scs = &vboard_test_state(vb)->chip.scs;

	bare_code(vb, HANDLER_A, pendsv, 2);
	bare_code(vb, HANDLER_B, systick, 2);
	bare_vector(vb, EXC_PENDSV, HANDLER_A);
	bare_vector(vb, EXC_SYSTICK, HANDLER_B);
	scs->systick_load = SYSTICK_PERIOD - 1;
	scs->systick_ctrl = 3;
	cpu_of(vb)->r[0] = ICSR;
	cpu_of(vb)->r[1] = ICSR_PENDSV;
	cpu_of(vb)->r[6] = 0;
	cpu_of(vb)->r[7] = 0;
	bare_run(vb, 5 * SYSTICK_PERIOD + SYSTICK_PERIOD / 2);
	ck_assert_uint_eq(cpu_of(vb)->r[6], 1);
	ck_assert_uint_eq(cpu_of(vb)->r[7], 5);
	vboard_free(vb);
}
END_TEST

struct fault_row {
	const char *name;
	uint16_t code[4];
	uint32_t r0;
	uint32_t shcsr, ccr;
	uint32_t exception; /* that is taken */
	uint32_t cfsr, hfsr;
};

enum { ENABLE_MEM = 1 << 16, ENABLE_BUS = 1 << 17, ENABLE_USAGE = 1 << 18 };
enum { FORCED = 1 << 30, TRAP_DIVISION = 1 << 4 };

static const struct fault_row fault_rows[] = {
	{ "undefined, enabled", { 0xde00 }, 0, ENABLE_USAGE, 0, EXC_USAGEFAULT, 1 << 16, 0 },
	{ "undefined, escalated", { 0xde00 }, 0, 0, 0, EXC_HARDFAULT, 1 << 16, FORCED },
	{ "wide undefined", { 0xf7f0, 0xa000 }, 0, ENABLE_USAGE, 0, EXC_USAGEFAULT, 1 << 16, 0 },
	{ "coprocessor", { 0xee00, 0x0a10 }, 0, ENABLE_USAGE, 0, EXC_USAGEFAULT, 1 << 19, 0 },
	{ "to ARM state", { 0x4700 }, BARE_CODE, ENABLE_USAGE, 0, EXC_USAGEFAULT, 1 << 17, 0 },
	{ "load from nowhere",
	  { 0x6801 },
	  0x60000000,
	  ENABLE_BUS,
	  0,
	  EXC_BUSFAULT,
	  1 << 9 | 1 << 15,
	  0 },
	{ "load from nowhere, escalated",
	  { 0x6801 },
	  0x60000000,
	  0,
	  0,
	  EXC_HARDFAULT,
	  1 << 9 | 1 << 15,
	  FORCED },
	{ "store to the boot ROM",
	  { 0x7001 },
	  0x1fff0000,
	  ENABLE_BUS,
	  0,
	  EXC_BUSFAULT,
	  1 << 9 | 1 << 15,
	  0 },
	{ "off the end of RAM",
	  { 0x6801 },
	  RAM_BASE + VBOARD_RAM_BYTES - 2,
	  ENABLE_BUS,
	  0,
	  EXC_BUSFAULT,
	  1 << 9 | 1 << 15,
	  0 },
	{ "run nothing", { 0x4700 }, 0x10000001, ENABLE_BUS, 0, EXC_BUSFAULT, 1 << 8, 0 },
	{ "run a peripheral", { 0x4700 }, 0x40000001, ENABLE_MEM, 0, EXC_MEMMANAGE, 1, 0 },
	{ "unaligned LDM",
	  { 0xe890, 0x0006 },
	  BARE_DATA + 2,
	  ENABLE_USAGE,
	  0,
	  EXC_USAGEFAULT,
	  1 << 24,
	  0 },
	{ "unaligned STM", { 0xc006 }, BARE_DATA + 1, ENABLE_USAGE, 0, EXC_USAGEFAULT, 1 << 24, 0 },
	{ "unaligned LDRD",
	  { 0xe9d0, 0x1200 },
	  BARE_DATA + 2,
	  ENABLE_USAGE,
	  0,
	  EXC_USAGEFAULT,
	  1 << 24,
	  0 },
	{ "unaligned LDREX",
	  { 0xe850, 0x1f00 },
	  BARE_DATA + 2,
	  ENABLE_USAGE,
	  0,
	  EXC_USAGEFAULT,
	  1 << 24,
	  0 },
	{ "division by zero",
	  { 0xfbb2, 0xf1f0 },
	  0,
	  ENABLE_USAGE,
	  TRAP_DIVISION,
	  EXC_USAGEFAULT,
	  1 << 25,
	  0 },
};

START_TEST(faults)
{
	const struct fault_row *row = &fault_rows[_i];
	struct vboard *vb = board_with(row->code, 4);
	struct board_state *state = vboard_test_state(vb);

	state->chip.scs.shcsr = row->shcsr;
	state->chip.scs.ccr |= row->ccr;
	cpu_of(vb)->r[0] = row->r0;
	bare_run(vb, 1 + ENTRY_CYCLES + 3);
	ck_assert_msg(cpu_of(vb)->ipsr == row->exception, "%s: exception %u", row->name,
		      cpu_of(vb)->ipsr);
	ck_assert_msg(state->chip.scs.cfsr == row->cfsr, "%s: CFSR %08x", row->name,
		      state->chip.scs.cfsr);
	ck_assert_msg(state->chip.scs.hfsr == row->hfsr, "%s: HFSR %08x", row->name,
		      state->chip.scs.hfsr);
	if (row->cfsr & 1 << 15)
		ck_assert_uint_eq(state->chip.scs.bfar, row->r0);
	ck_assert_uint_eq(state->fault_count, 1);
	vboard_free(vb);
}
END_TEST

/* A fault inside HardFault: nothing runs any more, time passes, a reset brings it back. */
START_TEST(lockup)
{
	static const uint16_t code[] = { 0xde00 };
	struct vboard *vb = board_with(code, 1);
	uint64_t insns;
	uint64_t cycle;

	bare_code(vb, HANDLER_A, code, 1);
	bare_vector(vb, EXC_HARDFAULT, HANDLER_A);
	bare_run(vb, 100);
	ck_assert_uint_eq(cpu_of(vb)->lockup, 1);
	insns = vboard_insns(vb);
	cycle = vboard_cycle(vb);
	bare_run(vb, 100000000);
	ck_assert_uint_eq(vboard_insns(vb), insns);
	ck_assert_uint_eq(vboard_cycle(vb), cycle + 100000000);
	vboard_line(vb, VBOARD_RESET, true);
	bare_run(vb, 1000);
	vboard_line(vb, VBOARD_RESET, false);
	ck_assert_uint_eq(cpu_of(vb)->lockup, 0);
	vboard_free(vb);
}
END_TEST

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

/* WFI sleeps until an enabled exception is pending; with PRIMASK set it wakes and goes on. */
START_TEST(wait_for_interrupt)
{
	static const uint16_t code[] = { 0xbf30, 0x3201, 0xe7fe };

	for (uint32_t primask = 0; primask < 2; primask++) {
		struct vboard *vb = board_with(code, 3);
		struct scs_state *scs = &vboard_test_state(vb)->chip.scs;

		scs->systick_load = SYSTICK_PERIOD - 1;
		scs->systick_ctrl = 3;
		cpu_of(vb)->primask = primask;
		cpu_of(vb)->r[2] = 0;
		bare_run(vb, SYSTICK_PERIOD - 1);
		ck_assert_uint_eq(cpu_of(vb)->asleep, 1);
		ck_assert_uint_eq(vboard_insns(vb), 1);
		bare_run(vb, 20);
		ck_assert_uint_eq(cpu_of(vb)->asleep, 0);
		ck_assert_uint_eq(cpu_of(vb)->r[2], primask);
		ck_assert_uint_eq(cpu_of(vb)->ipsr, primask ? 0 : EXC_SYSTICK);
		vboard_free(vb);
	}
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

/* Stopping a run and going on changes nothing, wherever it stops. */
START_TEST(stops_are_not_seen)
{
	static const uint16_t code[] = {
		0x3201, /* adds r2, #1 */
		0x601a, /* str r2, [r3] */
		0x6804, /* ldr r4, [r0] */
		0xdf00, /* svc 0 */
		0xbf30, /* wfi */
		0xe7f9, /* b l */
	};
	static const uint16_t handler[] = { 0x3701, 0x4770 };
	struct vboard *boards[2];

	for (int i = 0; i < 2; i++) {
		struct vboard *vb = board_with(code, sizeof(code) / 2);
		struct scs_state *scs = &vboard_test_state(vb)->chip.scs;

		bare_code(vb, HANDLER_A, handler, 2);
		bare_vector(vb, EXC_SVC, HANDLER_A);
		bare_vector(vb, EXC_SYSTICK, HANDLER_A);
		scs->systick_load = SYSTICK_PERIOD - 1;
		scs->systick_ctrl = 3;
		cpu_of(vb)->r[0] = 0xe000e018;
		cpu_of(vb)->r[3] = BARE_DATA;
		boards[i] = vb;
	}
	for (uint64_t i = 0; i < 4000; i++)
		vboard_run(boards[0], vboard_cycle(boards[0]) + 1 + i * i % 13);
	vboard_run(boards[1], vboard_cycle(boards[0]));
	ck_assert_uint_eq(vboard_test_hash(boards[0]), vboard_test_hash(boards[1]));
	ck_assert_uint_gt(cpu_of(boards[1])->r[2], 100);
	vboard_free(boards[0]);
	vboard_free(boards[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_exception");
	TCase *tcase = tcase_create("exceptions");

	tcase_add_test(tcase, supervisor_call_and_return);
	tcase_add_test(tcase, stack_alignment);
	tcase_add_test(tcase, process_stack);
	tcase_add_test(tcase, interrupted_it_block);
	tcase_add_loop_test(tcase, nesting, 0, COUNT(nesting_rows));
	tcase_add_test(tcase, pendsv_and_systick);
	tcase_add_loop_test(tcase, faults, 0, COUNT(fault_rows));
	tcase_add_test(tcase, lockup);
	tcase_add_test(tcase, cut_by_instruction_never_comes_in_lockup);
	tcase_add_test(tcase, wait_for_interrupt);
	tcase_add_test(tcase, reset_causes);
	tcase_add_test(tcase, stops_are_not_seen);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
