/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Method. One turn is walked without running it, from the head until the head comes again. Every
 * register is either not touched, or moved by constants ("stepped"), or holds the word that was
 * loaded. Anything else, and any register or flag that a turn reads before it writes it and that
 * differs from turn to turn in another way, means that it is no such loop. The way through the
 * turn depends on compares of stepped values only, so the first turn that takes another way
 * follows from arithmetic. Two turns before that are left to the interpreter: registers that hold
 * the word, and flags, are then what they must be.
 */
#include "vboard/bulk.h"
#include "vboard/bus.h"
#include "vboard/cpu.h"
#include "vboard/crc.h"

enum bulk_limits {
	BULK_INSNS_MAX = 16, /* in a turn; the loops seen have 6 */
	BULK_CHECKS_MAX = 4,
	BULK_TURNS_MIN = 8,
	BULK_TURNS_LEFT = 2,
};

enum { CRC_DATA_REGISTER = 0x40023000, CONDITION_EQ = 0, CONDITION_NE = 1, CONDITION_LO = 3 };

enum kind { KIND_STEPPED = 0, KIND_WORD = 1, KIND_WORD_REVERSED = 2 };

/* A value at some place in the first turn, and the register it moves with (none: a constant). */
struct term {
	uint32_t value;
	int reg; /* -1: constant */
};

/* "left - right" decided a branch. */
struct check {
	struct term left, right;
	uint32_t condition;
	bool held;
};

struct walk {
	uint32_t moved[15]; /* so far in this turn */
	enum kind kind[15];
	bool read[15]; /* read as it was when the turn began */
	struct term source;
	bool loaded, fed, reversed;
	bool flags_known;
	struct term left, right; /* what the flags compare */
	struct check checks[BULK_CHECKS_MAX];
	uint32_t check_count;
};

static bool is_plain(const struct walk *walk, uint32_t reg)
{
	return reg < 15 && walk->kind[reg] == KIND_STEPPED;
}

static struct term term_of(const struct vboard *vb, struct walk *walk, uint32_t reg)
{
	walk->read[reg] = true;
	return (struct term){ vb->s.chip.cpu.r[reg] + walk->moved[reg], (int)reg };
}

static bool walk_load(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      bool is_post)
{
	if (walk->loaded || !is_plain(walk, in->rn) || in->rd >= 15 || in->rd == in->rn)
		return false;
	walk->source = term_of(vb, walk, in->rn);
	walk->loaded = true;
	if (is_post)
		walk->moved[in->rn] += in->imm;
	else
		walk->source.value += in->imm;
	walk->kind[in->rd] = KIND_WORD;
	return true;
}

static bool walk_feed(const struct vboard *vb, struct walk *walk, const struct insn *in)
{
	if (walk->fed || in->rd >= 15 || walk->kind[in->rd] == KIND_STEPPED ||
	    !is_plain(walk, in->rn) ||
	    term_of(vb, walk, in->rn).value + in->imm != CRC_DATA_REGISTER)
		return false;
	walk->fed = true;
	walk->reversed = walk->kind[in->rd] == KIND_WORD_REVERSED;
	return true;
}

static bool walk_step(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      uint32_t amount, bool sets_flags)
{
	if (in->rd != in->rn || !is_plain(walk, in->rd))
		return false;
	walk->read[in->rd] = true;
	walk->moved[in->rd] += amount;
	if (sets_flags) { /* only "is it zero" is asked of these */
		walk->left = term_of(vb, walk, in->rd);
		walk->right = (struct term){ 0, -1 };
		walk->flags_known = true;
	}
	return true;
}

static bool walk_compare(const struct vboard *vb, struct walk *walk, const struct insn *in,
			 bool with_register)
{
	if (!is_plain(walk, in->rn) || (with_register && !is_plain(walk, in->rm)))
		return false;
	walk->left = term_of(vb, walk, in->rn);
	walk->right = with_register ? term_of(vb, walk, in->rm) : (struct term){ in->imm, -1 };
	walk->flags_known = true;
	return true;
}

static bool holds(uint32_t left, uint32_t right, uint32_t condition)
{
	if (condition == CONDITION_LO)
		return left < right;
	return (left == right) == (condition == CONDITION_EQ);
}

static bool walk_check(struct walk *walk, uint32_t condition)
{
	bool is_zero_test = walk->right.reg < 0 && walk->right.value == 0;

	if (!walk->flags_known || walk->check_count == BULK_CHECKS_MAX ||
	    !(condition <= CONDITION_NE || (condition == CONDITION_LO && !is_zero_test)))
		return false;
	walk->checks[walk->check_count++] = (struct check){
		.left = walk->left,
		.right = walk->right,
		.condition = condition,
		.held = holds(walk->left.value, walk->right.value, condition),
	};
	return true;
}

/* One instruction; the address of the next. False: no such loop. */
static bool walk_insn(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      uint32_t *ret_pc)
{
	*ret_pc = in->pc + 2u * in->len;
	switch (in->op) {
	case OP_NOP: return true;
	case OP_LDR_POST: return walk_load(vb, walk, in, true);
	case OP_LDR_I: return walk_load(vb, walk, in, false);
	case OP_STR_I: return walk_feed(vb, walk, in);
	case OP_ADD_I: return walk_step(vb, walk, in, in->imm, false);
	case OP_SUB_I: return walk_step(vb, walk, in, 0u - in->imm, false);
	case OP_ADD_I_S: return walk_step(vb, walk, in, in->imm, true);
	case OP_SUB_I_S: return walk_step(vb, walk, in, 0u - in->imm, true);
	case OP_CMP_I: return walk_compare(vb, walk, in, false);
	case OP_CMP_R: return walk_compare(vb, walk, in, true);
	case OP_RBIT:
		if (in->rm >= 15 || in->rd >= 15 || walk->kind[in->rm] != KIND_WORD)
			return false;
		walk->kind[in->rd] = KIND_WORD_REVERSED;
		return true;
	case OP_B: *ret_pc = in->imm; return true;
	case OP_B_COND:
		if (!walk_check(walk, in->aux))
			return false;
		if (walk->checks[walk->check_count - 1].held)
			*ret_pc = in->imm;
		return true;
	default: return false;
	}
}

static bool walk_turn(struct vboard *vb, struct walk *walk, uint32_t *ret_cycles)
{
	uint32_t head = vb->s.chip.cpu.r[15];
	uint32_t pc = head;

	for (uint32_t i = 1; i <= BULK_INSNS_MAX; i++) {
		const struct insn *in = code_fetch(vb, pc);

		if (!in || !walk_insn(vb, walk, in, &pc))
			return false;
		if (pc == head) {
			*ret_cycles = i;
			return walk->loaded && walk->fed;
		}
	}
	return false;
}

/* A register that holds the word at the end must not be used before that in the next turn. */
static bool is_closed(const struct walk *walk)
{
	for (int i = 0; i < 15; i++)
		if (walk->kind[i] != KIND_STEPPED && walk->read[i])
			return false;
	return true;
}

/* Number of the first turn in which the check comes out otherwise, at least 1. */
static uint32_t turns_until(const struct walk *walk, const struct check *check)
{
	uint32_t left_step = check->left.reg < 0 ? 0 : walk->moved[check->left.reg];
	uint32_t right_step = check->right.reg < 0 ? 0 : walk->moved[check->right.reg];
	int32_t step = (int32_t)(left_step - right_step);
	uint32_t ahead = check->right.value - check->left.value;
	uint32_t size = step < 0 ? 0u - (uint32_t)step : (uint32_t)step;

	if (step == 0)
		return UINT32_MAX;
	if (check->condition == CONDITION_LO) {
		/* an upward step below a limit that stands still; else look again next turn */
		if (!check->held || step < 0 || right_step != 0)
			return 1;
		return (ahead + size - 1) / size;
	}
	if (check->left.value == check->right.value)
		return 1;
	if (step < 0)
		ahead = 0u - ahead;
	return ahead % size == 0 ? ahead / size : UINT32_MAX;
}

static uint32_t words_there(uint32_t address)
{
	if (address & 3)
		return 0;
	if (address - FLASH_BASE < VBOARD_FLASH_BYTES)
		return (VBOARD_FLASH_BYTES - (address - FLASH_BASE)) / 4;
	if (address - RAM_BASE < VBOARD_RAM_BYTES)
		return (VBOARD_RAM_BYTES - (address - RAM_BASE)) / 4;
	return 0;
}

bool bulk_find(struct vboard *vb, uint64_t until, struct bulk_loop *ret)
{
	struct walk walk = { .loaded = false };
	uint32_t cycles = 0;
	uint64_t turns;

	if (vb->s.chip.cpu.it != 0 || vb->s.cycles >= until || !walk_turn(vb, &walk, &cycles) ||
	    !is_closed(&walk) || walk.moved[walk.source.reg] != 4)
		return false;
	turns = (until - vb->s.cycles) / cycles;
	if (turns > words_there(walk.source.value))
		turns = words_there(walk.source.value);
	for (uint32_t i = 0; i < walk.check_count; i++)
		if (turns > turns_until(&walk, &walk.checks[i]))
			turns = turns_until(&walk, &walk.checks[i]);
	if (turns < BULK_TURNS_MIN + BULK_TURNS_LEFT)
		return false;
	*ret = (struct bulk_loop){
		.address = walk.source.value,
		.turns = (uint32_t)turns - BULK_TURNS_LEFT,
		.turn_cycles = cycles,
		.reversed = walk.reversed,
	};
	memcpy(ret->step, walk.moved, sizeof(ret->step));
	return true;
}

void bulk_do(struct vboard *vb, const struct bulk_loop *loop)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	crc_feed_memory(vb, loop->address, loop->turns, loop->reversed);
	for (int i = 0; i < 15; i++)
		cpu->r[i] += loop->turns * loop->step[i];
	vb->s.cycles += (uint64_t)loop->turns * loop->turn_cycles;
}
