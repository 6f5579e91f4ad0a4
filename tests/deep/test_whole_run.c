/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same update applied by the board's core and by Unicorn's: the released bootloader, from reset
 * to its jump into the new system. Registers, flash, RAM, instructions and time must be the same,
 * at many moments and at the end.
 */
#include "deep/unicorn_board.h"
#include "lib/apply.h"
#include "lib/testing.h"
#include "vboard/cpu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	MOMENTS = 200,
	MOMENTS_MIN = 50,
	MOMENT_CYCLES = 2000000,
	STACK_BYTES = 4096,  /* what the bootloader uses at most */
	BLOCK_CYCLES = 1024, /* longest block */
	SAMPLES_MAX = 4,
};

struct moment {
	uint64_t cycle, insns, flash_ops;
	uint32_t r[16];
	uint32_t apsr, primask, ipsr;
	uint64_t flash, ram;
};

struct tape {
	struct moment moments[MOMENTS];
	unsigned int count;
};

static struct moment moment_of(struct vboard *vb)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	struct moment moment = {
		.cycle = vboard_cycle(vb),
		.insns = vboard_insns(vb),
		.flash_ops = vboard_flash_ops(vb),
		.apsr = cpu_apsr(cpu),
		.primask = cpu->primask,
		.ipsr = cpu->ipsr,
		.flash = crc32(0, vb->s.flash, VBOARD_FLASH_BYTES),
		.ram = crc32(0, vb->s.chip.ram, VBOARD_RAM_BYTES),
	};

	memcpy(moment.r, cpu->r, sizeof(moment.r));
	return moment;
}

static uint64_t record(void *ctx, struct vboard *vb)
{
	struct tape *tape = ctx;

	if (tape->count == MOMENTS)
		return UINT64_MAX;
	tape->moments[tape->count++] = moment_of(vb);
	return vboard_cycle(vb) + MOMENT_CYCLES;
}

static void must_agree(const char *when, const struct moment *ours, const struct moment *theirs)
{
	for (int i = 0; i < 16; i++)
		ck_assert_msg(ours->r[i] == theirs->r[i], "%s: r%d is %08x, Unicorn's %08x", when,
			      i, ours->r[i], theirs->r[i]);
	ck_assert_msg(ours->apsr == theirs->apsr, "%s: flags", when);
	ck_assert_msg(ours->primask == theirs->primask && ours->ipsr == theirs->ipsr, "%s: masks",
		      when);
	ck_assert_msg(ours->insns == theirs->insns,
		      "%s: %" PRIu64 " instructions, Unicorn's %" PRIu64, when, ours->insns,
		      theirs->insns);
	ck_assert_msg(ours->cycle == theirs->cycle, "%s: time", when);
	ck_assert_msg(ours->flash_ops == theirs->flash_ops, "%s: flash operations", when);
	ck_assert_msg(ours->flash == theirs->flash, "%s: flash", when);
	ck_assert_msg(ours->ram == theirs->ram, "%s: RAM", when);
}

static struct vboard *copy_of(struct vboard *vb)
{
	struct vboard *copy = vboard_new(VBOARD_MODEL_P1, 1);

	ck_assert_ptr_nonnull(copy);
	copy->s = vb->s;
	copy->attention = true; /* what was derived is looked at anew */
	return copy;
}

static uint32_t system_entry(struct vboard *vb)
{
	uint32_t entry = 0;

	ck_assert(vboard_flash_read(vb, APPLY_VECTORS + 4, &entry, sizeof(entry)));
	return entry & ~1u;
}

static void finish(struct vboard *ours)
{
	vboard_test_skip_waits(ours, false);
	ck_assert_int_eq(vboard_run_to_handover(ours, vboard_cycle(ours) + APPLY_CYCLES_MAX,
						APPLY_VECTORS),
			 VBOARD_STOP_HANDOVER);
}

static void compare_exact(struct vboard *ours, struct vboard *theirs, uint32_t entry)
{
	AUTO_FREE struct tape *tape = calloc(1, sizeof(*tape));
	struct unicorn_watch watch = { .ctx = tape, .told = record };
	struct unicorn_board *ub = unicorn_board_new(theirs, UNICORN_BY_INSN);
	uint64_t begin = vboard_insns(ours);
	struct moment now;
	struct moment end;
	char when[48];
	bool reached;

	ck_assert_ptr_nonnull(tape);
	reached = unicorn_board_run(ub, entry, vboard_cycle(theirs) + APPLY_CYCLES_MAX, &watch);
	for (unsigned int i = 0; i < tape->count; i++) {
		vboard_run(ours, tape->moments[i].cycle);
		now = moment_of(ours);
		snprintf(when, sizeof(when), "moment %u, cycle %" PRIu64, i, now.cycle);
		must_agree(when, &now, &tape->moments[i]);
	}
	ck_assert_msg(reached, "Unicorn did not reach %08x", entry);
	ck_assert_uint_ge(tape->count, MOMENTS_MIN);
	finish(ours);
	now = moment_of(ours);
	end = moment_of(theirs);
	must_agree("the end", &now, &end);
	printf("by instruction: %" PRIu64 " instructions, %u moments and the end agree in "
	       "everything; %" PRIu64 " of Unicorn's run were the board's own\n",
	       vboard_insns(ours) - begin, tape->count, unicorn_board_own_insns(ub));
	unicorn_board_free(ub);
}

/*
 * With a hook on blocks only, an interrupt comes up to a block late and a counter is read as of
 * the end of its block. That is seen in what an interrupt left below the stack pointer, and in
 * variables that hold a sample of the cycle counter; nowhere else.
 */
static void compare_by_block(struct vboard *ours, struct vboard *theirs, uint32_t entry)
{
	struct unicorn_watch never = { .next = UINT64_MAX };
	struct unicorn_board *ub = unicorn_board_new(theirs, UNICORN_BY_BLOCK);
	unsigned int below = 0;
	unsigned int samples = 0;
	struct moment now;
	struct moment end;

	ck_assert(unicorn_board_run(ub, entry, vboard_cycle(theirs) + APPLY_CYCLES_MAX, &never));
	finish(ours);
	now = moment_of(ours);
	end = moment_of(theirs);
	for (uint32_t i = 0; i < VBOARD_RAM_BYTES; i += 4) {
		uint32_t mine;
		uint32_t other;

		memcpy(&mine, ours->s.chip.ram + i, 4);
		memcpy(&other, theirs->s.chip.ram + i, 4);
		if (mine == other)
			continue;
		if (RAM_BASE + i >= now.r[13] - STACK_BYTES && RAM_BASE + i < now.r[13]) {
			below++;
			continue;
		}
		samples++;
		ck_assert_msg(mine - other + BLOCK_CYCLES < 2 * BLOCK_CYCLES,
			      "%08x is no sample of the same time: %08x, by block %08x",
			      RAM_BASE + i, mine, other);
	}
	ck_assert_uint_le(samples, SAMPLES_MAX);
	end.ram = now.ram;
	must_agree("the end by block", &now, &end);
	printf("by block: the end agrees but for %u words below the stack pointer and %u samples "
	       "of time; %" PRIu64 " instructions were the board's own\n",
	       below, samples, unicorn_board_own_insns(ub));
	unicorn_board_free(ub);
}

static void with_staged(void (*compare)(struct vboard *, struct vboard *, uint32_t))
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct err err = ERR_INIT;
	struct loaded *loaded = NULL;
	struct vboard *staged = NULL;
	struct vboard *ours;
	struct vboard *theirs;

	ck_assert_ptr_nonnull(calib);
	if (apply_load(&loaded, &err) < 0) {
		ck_assert_msg(err.code == -ENOENT, "%s", err.text);
		TEST_SKIP("the firmware is not in the cache");
	}
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	ck_assert_msg(apply_stage(loaded, &staged, &err) == 0, "%s", err.text);
	ours = copy_of(staged);
	theirs = copy_of(staged);
	vboard_test_skip_waits(ours, false);
	compare(ours, theirs, system_entry(staged));
	vboard_free(ours);
	vboard_free(theirs);
	loaded_free(loaded);
}

START_TEST(update_is_the_same_instruction_by_instruction)
{
	with_staged(compare_exact);
}
END_TEST

START_TEST(update_is_the_same_by_blocks)
{
	with_staged(compare_by_block);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("whole_run");
	TCase *tc = tcase_create("apply");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, update_is_the_same_instruction_by_instruction);
	tcase_add_test(tc, update_is_the_same_by_blocks);
	suite_add_tcase(suite, tc);
	return testing_run(suite);
}
