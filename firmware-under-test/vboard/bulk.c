/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Method. One turn is walked without running it, from the head until the head comes again. Every
 * register is either not touched, or moved by constants ("stepped"), or holds what was loaded.
 * Anything else, and any register or flag that a turn reads before it writes it and that differs
 * from turn to turn in another way, means that it is no such loop. The way through the turn depends
 * on compares of stepped values only, so the first turn that takes another way follows from
 * arithmetic. Two turns before that are left to the interpreter: registers that hold what was
 * loaded, and flags, are then what they must be.
 *
 * Memory is read and written where the inline accesses of bus.h would: so not while a recording is
 * open, nor where flash is not sure. The checksum unit alone is fed from both.
 */
#include "vboard/bulk.h"
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/cpu.h"
#include "vboard/crc.h"
#include "vboard/flash.h"

enum bulk_limits {
	BULK_INSNS_MAX = 16, /* in a turn; the loops seen have 3 to 6 */
	BULK_CHECKS_MAX = 4,
	BULK_TURNS_MIN = 8,
	BULK_TURNS_LEFT = 2,
	BULK_TURNS_MAX = 1 << 30,
};

enum { CRC_DATA_REGISTER = 0x40023000 };

/* Conditions (A7.3). */
enum { CONDITION_EQ = 0, CONDITION_NE = 1, CONDITION_HS = 2, CONDITION_LO = 3, CONDITION_HI = 8 };
enum { CONDITION_LS = 9, CONDITION_GE = 10, CONDITION_LT = 11, CONDITION_GT = 12 };
enum { CONDITION_LE = 13 };

enum kind { KIND_STEPPED = 0, KIND_LOADED = 1, KIND_REVERSED = 2 };

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

/* Where the first turn loads or stores, and the registers the address moves with. */
struct access {
	uint32_t address;
	uint32_t size;	 /* 0: there is none */
	int base, index; /* -1: no index */
};

struct walk {
	uint32_t moved[15]; /* so far in this turn */
	enum kind kind[15];
	bool read[15]; /* read as it was when the turn began */
	struct access load, store;
	enum kind stored;
	struct term value; /* stored, when that is a stepped one */
	bool flags_known;
	bool only_zero; /* the flags are those of an addition: only Z is that of a compare */
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

enum place { PLACE_OFFSET, PLACE_REGISTER, PLACE_POST, PLACE_PRE };

/* The address of a load or store, and what it does to its base. */
static bool walk_address(const struct vboard *vb, struct walk *walk, const struct insn *in,
			 enum place place, struct access *ret)
{
	bool is_indexed = place == PLACE_REGISTER;

	if (in->rd >= 15 || !is_plain(walk, in->rn) || in->rd == in->rn ||
	    (is_indexed && (!is_plain(walk, in->rm) || in->rd == in->rm)))
		return false;
	if (place == PLACE_PRE)
		walk->moved[in->rn] += in->imm;
	ret->address = term_of(vb, walk, in->rn).value;
	ret->base = in->rn;
	ret->index = is_indexed ? in->rm : -1;
	if (is_indexed)
		ret->address += term_of(vb, walk, in->rm).value;
	if (place == PLACE_OFFSET)
		ret->address += in->imm;
	if (place == PLACE_POST)
		walk->moved[in->rn] += in->imm;
	return true;
}

static bool walk_load(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      enum place place, uint32_t size)
{
	if (walk->load.size || !walk_address(vb, walk, in, place, &walk->load))
		return false;
	walk->load.size = size;
	walk->kind[in->rd] = KIND_LOADED;
	return true;
}

static bool walk_store(const struct vboard *vb, struct walk *walk, const struct insn *in,
		       enum place place, uint32_t size)
{
	if (walk->store.size || !walk_address(vb, walk, in, place, &walk->store))
		return false;
	walk->store.size = size;
	walk->stored = walk->kind[in->rd];
	if (walk->stored == KIND_STEPPED)
		walk->value = term_of(vb, walk, in->rd);
	return true;
}

static void set_flags(struct walk *walk, struct term left, struct term right, bool only_zero)
{
	walk->left = left;
	walk->right = right;
	walk->only_zero = only_zero;
	walk->flags_known = true;
}

/* Of an addition only the zero flag is known: zero when the register was the opposite before. */
enum step_flags { FLAGS_KEPT, FLAGS_OF_ADD, FLAGS_OF_SUBTRACT };

/* A register gets 'by' more than it was. */
static bool walk_step(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      uint32_t by, enum step_flags flags)
{
	if (in->rd != in->rn || !is_plain(walk, in->rd))
		return false;
	if (flags != FLAGS_KEPT)
		set_flags(walk, term_of(vb, walk, in->rd), (struct term){ 0u - by, -1 },
			  flags == FLAGS_OF_ADD);
	walk->read[in->rd] = true;
	walk->moved[in->rd] += by;
	return true;
}

static bool walk_compare(const struct vboard *vb, struct walk *walk, const struct insn *in,
			 bool with_register)
{
	if (!is_plain(walk, in->rn) || (with_register && !is_plain(walk, in->rm)))
		return false;
	set_flags(walk, term_of(vb, walk, in->rn),
		  with_register ? term_of(vb, walk, in->rm) : (struct term){ in->imm, -1 }, false);
	return true;
}

static bool is_known_condition(const struct walk *walk, uint32_t condition)
{
	if (condition <= CONDITION_NE)
		return true;
	return !walk->only_zero && (condition == CONDITION_HS || condition == CONDITION_LO ||
				    (condition >= CONDITION_HI && condition <= CONDITION_LE));
}

static bool holds(uint32_t left, uint32_t right, uint32_t condition)
{
	switch (condition) {
	case CONDITION_EQ: return left == right;
	case CONDITION_NE: return left != right;
	case CONDITION_HS: return left >= right;
	case CONDITION_LO: return left < right;
	case CONDITION_HI: return left > right;
	case CONDITION_LS: return left <= right;
	case CONDITION_GE: return (int32_t)left >= (int32_t)right;
	case CONDITION_LT: return (int32_t)left < (int32_t)right;
	case CONDITION_GT: return (int32_t)left > (int32_t)right;
	default: return (int32_t)left <= (int32_t)right;
	}
}

static bool walk_check(struct walk *walk, uint32_t condition)
{
	if (!walk->flags_known || walk->check_count == BULK_CHECKS_MAX ||
	    !is_known_condition(walk, condition))
		return false;
	walk->checks[walk->check_count++] = (struct check){
		.left = walk->left,
		.right = walk->right,
		.condition = condition,
		.held = holds(walk->left.value, walk->right.value, condition),
	};
	return true;
}

static bool walk_branch(struct walk *walk, const struct insn *in, uint32_t *ret_pc)
{
	if (!walk_check(walk, in->aux))
		return false;
	if (walk->checks[walk->check_count - 1].held)
		*ret_pc = in->imm;
	return true;
}

static bool walk_reverse(struct walk *walk, const struct insn *in)
{
	if (in->rm >= 15 || in->rd >= 15 || walk->kind[in->rm] != KIND_LOADED)
		return false;
	walk->kind[in->rd] = KIND_REVERSED;
	return true;
}

/* One instruction; the address of the next. False: no such loop. */
static bool walk_insn(const struct vboard *vb, struct walk *walk, const struct insn *in,
		      uint32_t *ret_pc)
{
	*ret_pc = in->pc + 2u * in->len;
	switch (in->op) {
	case OP_NOP: return true;
	case OP_LDR_I: return walk_load(vb, walk, in, PLACE_OFFSET, 4);
	case OP_LDRH_I: return walk_load(vb, walk, in, PLACE_OFFSET, 2);
	case OP_LDRB_I: return walk_load(vb, walk, in, PLACE_OFFSET, 1);
	case OP_LDR_R: return walk_load(vb, walk, in, PLACE_REGISTER, 4);
	case OP_LDRH_R: return walk_load(vb, walk, in, PLACE_REGISTER, 2);
	case OP_LDRB_R: return walk_load(vb, walk, in, PLACE_REGISTER, 1);
	case OP_LDR_POST: return walk_load(vb, walk, in, PLACE_POST, 4);
	case OP_LDRB_POST: return walk_load(vb, walk, in, PLACE_POST, 1);
	case OP_LDRB_PRE: return walk_load(vb, walk, in, PLACE_PRE, 1);
	case OP_STR_I: return walk_store(vb, walk, in, PLACE_OFFSET, 4);
	case OP_STRH_I: return walk_store(vb, walk, in, PLACE_OFFSET, 2);
	case OP_STRB_I: return walk_store(vb, walk, in, PLACE_OFFSET, 1);
	case OP_STR_R: return walk_store(vb, walk, in, PLACE_REGISTER, 4);
	case OP_STRH_R: return walk_store(vb, walk, in, PLACE_REGISTER, 2);
	case OP_STRB_R: return walk_store(vb, walk, in, PLACE_REGISTER, 1);
	case OP_STR_POST: return walk_store(vb, walk, in, PLACE_POST, 4);
	case OP_STRB_POST: return walk_store(vb, walk, in, PLACE_POST, 1);
	case OP_STRB_PRE: return walk_store(vb, walk, in, PLACE_PRE, 1);
	case OP_ADD_I: return walk_step(vb, walk, in, in->imm, FLAGS_KEPT);
	case OP_ADD_I_S: return walk_step(vb, walk, in, in->imm, FLAGS_OF_ADD);
	case OP_SUB_I: return walk_step(vb, walk, in, 0u - in->imm, FLAGS_KEPT);
	case OP_SUB_I_S: return walk_step(vb, walk, in, 0u - in->imm, FLAGS_OF_SUBTRACT);
	case OP_CMP_I: return walk_compare(vb, walk, in, false);
	case OP_CMP_R: return walk_compare(vb, walk, in, true);
	case OP_RBIT: return walk_reverse(walk, in);
	case OP_B:
	case OP_B_BACK: *ret_pc = in->imm; return true;
	case OP_B_COND:
	case OP_B_COND_BACK: return walk_branch(walk, in, ret_pc);
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
			return true;
		}
	}
	return false;
}

/* A register that holds what was loaded must not be used before that in the next turn. */
static bool is_closed(const struct walk *walk)
{
	for (int i = 0; i < 15; i++)
		if (walk->kind[i] != KIND_STEPPED && walk->read[i])
			return false;
	return true;
}

static uint32_t step_of_term(const struct walk *walk, const struct term *term)
{
	return term->reg < 0 ? 0 : walk->moved[term->reg];
}

static uint32_t step_of_access(const struct walk *walk, const struct access *access)
{
	return walk->moved[access->base] + (access->index < 0 ? 0 : walk->moved[access->index]);
}

/* Number of the first turn, at least 1, in which "equal" comes out otherwise. */
static uint32_t turns_until_equal(const struct check *check, int32_t step)
{
	uint32_t ahead = check->right.value - check->left.value;
	uint32_t size = step < 0 ? 0u - (uint32_t)step : (uint32_t)step;

	if (ahead == 0)
		return 1;
	if (step < 0)
		ahead = 0u - ahead;
	return ahead % size == 0 ? ahead / size : BULK_TURNS_MAX;
}

/* Turns until a value that moves by 'step' wraps around, as an unsigned or a signed number. */
static uint32_t turns_until_wrap(uint32_t value, int32_t step, bool is_signed)
{
	uint32_t from_least = is_signed ? value ^ 0x80000000 : value;
	uint32_t room = step > 0 ? UINT32_MAX - from_least : from_least;

	return room / (step > 0 ? (uint32_t)step : 0u - (uint32_t)step);
}

/*
 * The same of a condition of order, when one side stands still: before the other wraps it changes
 * once at most, so that turn is found by halving. When both move, it may be the next.
 */
static uint32_t turns_until_ordered(const struct check *check, uint32_t left_step,
				    uint32_t right_step)
{
	const struct term *moving = left_step ? &check->left : &check->right;
	int32_t step = (int32_t)(left_step ? left_step : right_step);
	uint32_t low = 0; /* it holds as in turn 0 */
	uint32_t high = 1 + turns_until_wrap(moving->value, step, check->condition >= CONDITION_GE);

	if (left_step && right_step)
		return 1;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (holds(check->left.value + middle * left_step,
			  check->right.value + middle * right_step,
			  check->condition) == check->held)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Number of the first turn in which the check may come out otherwise, at least 1. */
static uint32_t turns_until(const struct walk *walk, const struct check *check)
{
	uint32_t left_step = step_of_term(walk, &check->left);
	uint32_t right_step = step_of_term(walk, &check->right);

	if (left_step == right_step && (left_step == 0 || check->condition <= CONDITION_NE))
		return BULK_TURNS_MAX;
	if (check->condition <= CONDITION_NE)
		return turns_until_equal(check, (int32_t)(left_step - right_step));
	return turns_until_ordered(check, left_step, right_step);
}

/* Elements of flash from 'offset' on that read the same each time. */
static uint32_t firm_elements(const struct vboard *vb, uint32_t offset, uint32_t size, uint32_t max)
{
	uint32_t count = 0;

	if (flash_is_sure(vb))
		return max;
	while (count < max && cells_are_firm(vb, offset + count * size, size))
		count++;
	return count;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t elements_between(uint32_t offset, uint32_t end, uint32_t size)
{
	return offset < end ? (end - offset) / size : 0;
}

/* Elements of flash or RAM that can be read from an address on, 'max' at most. */
static uint32_t readable(const struct vboard *vb, const struct access *load, bool is_feed,
			 uint32_t max)
{
	uint32_t ram = load->address - RAM_BASE;
	uint32_t flash = load->address - FLASH_BASE;
	uint32_t left = 0;

	if (load->address % load->size)
		return 0;
	if (is_feed) /* crc.c tells recordings of itself */
		left = ram < VBOARD_RAM_BYTES ? elements_between(ram, VBOARD_RAM_BYTES, 4)
					      : elements_between(flash, VBOARD_FLASH_BYTES, 4);
	else
		left = ram < vb->ram_window ? elements_between(ram, vb->ram_window, load->size)
					    : elements_between(flash, vb->flash_window, load->size);
	left = least(left, max);
	return ram < VBOARD_RAM_BYTES ? left : firm_elements(vb, flash, load->size, left);
}

/* Elements of flash, or of its alias at 0, that stores leave as they are. */
static uint32_t ignored(const struct vboard *vb, const struct access *store)
{
	uint32_t offset =
		store->address < VBOARD_FLASH_BYTES ? store->address : store->address - FLASH_BASE;

	if (store->address % store->size || !flash_ignores(vb))
		return 0;
	return elements_between(offset, vb->flash_window, store->size);
}

/* Elements of RAM that can be written and hold nothing that was run. */
static uint32_t writable(const struct vboard *vb, const struct access *store)
{
	uint32_t offset = store->address - RAM_BASE;
	uint32_t end = vb->ram_window;

	if (store->address % store->size ||
	    (offset < vb->ram_code_high && offset + store->size > vb->ram_code_low))
		return 0;
	if (offset < vb->ram_code_low && vb->ram_code_low < end)
		end = vb->ram_code_low;
	return elements_between(offset, end, store->size);
}

static bool is_feed(const struct walk *walk)
{
	return walk->load.size == 4 && walk->store.size == 4 && walk->stored != KIND_STEPPED &&
	       walk->store.address == CRC_DATA_REGISTER &&
	       step_of_access(walk, &walk->store) == 0 && step_of_access(walk, &walk->load) == 4;
}

static bool is_copy(const struct walk *walk)
{
	uint32_t size = walk->store.size;

	return size && walk->stored == KIND_LOADED && walk->load.size == size &&
	       step_of_access(walk, &walk->store) == size &&
	       step_of_access(walk, &walk->load) == size;
}

static bool is_fill(const struct walk *walk)
{
	return walk->store.size && !walk->load.size && walk->stored == KIND_STEPPED &&
	       step_of_term(walk, &walk->value) == 0 &&
	       step_of_access(walk, &walk->store) == walk->store.size;
}

/* What the loop does; the turns that memory allows, 'max' at most. 0: no such loop. */
static uint32_t classify(const struct vboard *vb, const struct walk *walk, uint32_t max,
			 enum bulk_kind *ret)
{
	bool in_ram = walk->store.address - RAM_BASE < VBOARD_RAM_BYTES;

	if (!walk->load.size && !walk->store.size) {
		*ret = BULK_COUNT;
		return max;
	}
	if (is_feed(walk)) {
		*ret = BULK_FEED;
		return readable(vb, &walk->load, true, max);
	}
	if (!is_copy(walk) && !is_fill(walk))
		return 0;
	max = least(max, in_ram ? writable(vb, &walk->store) : ignored(vb, &walk->store));
	*ret = !in_ram ? BULK_IGNORED : is_copy(walk) ? BULK_COPY : BULK_FILL;
	return is_copy(walk) ? readable(vb, &walk->load, false, max) : max;
}

bool bulk_find(struct vboard *vb, uint64_t until, struct bulk_loop *ret)
{
	struct walk walk = { .check_count = 0 };
	enum bulk_kind kind = BULK_COUNT;
	uint32_t cycles = 0;
	uint64_t turns;

	if (vb->s.chip.cpu.it != 0 || vb->s.cycles >= until || !walk_turn(vb, &walk, &cycles) ||
	    !is_closed(&walk))
		return false;
	turns = (until - vb->s.cycles) / cycles;
	if (turns > BULK_TURNS_MAX)
		turns = BULK_TURNS_MAX;
	for (uint32_t i = 0; i < walk.check_count; i++)
		if (turns > turns_until(&walk, &walk.checks[i]))
			turns = turns_until(&walk, &walk.checks[i]);
	if (turns >= BULK_TURNS_MIN + BULK_TURNS_LEFT)
		turns = classify(vb, &walk, (uint32_t)turns, &kind);
	if (turns < BULK_TURNS_MIN + BULK_TURNS_LEFT)
		return false;
	*ret = (struct bulk_loop){
		.kind = kind,
		.source = walk.load.address,
		.target = walk.store.address,
		.size = walk.store.size,
		.value = walk.value.value,
		.turns = (uint32_t)turns - BULK_TURNS_LEFT,
		.turn_cycles = cycles,
		.reversed = walk.stored == KIND_REVERSED,
	};
	memcpy(ret->step, walk.moved, sizeof(ret->step));
	return true;
}

/* As the loop does it, one after another: it may read what it has written. */
static void copy(struct vboard *vb, const struct bulk_loop *loop)
{
	uint8_t *to = bus_ram(vb, loop->target - RAM_BASE);
	bool from_ram = loop->source - RAM_BASE < VBOARD_RAM_BYTES;
	const uint8_t *from = from_ram ? bus_ram(vb, loop->source - RAM_BASE)
				       : &vb->s.flash[loop->source - FLASH_BASE];
	uint32_t bytes = loop->turns * loop->size;

	if (!from_ram || loop->target - loop->source >= bytes) {
		memmove(to, from, bytes);
		return;
	}
	for (uint32_t at = 0; at < bytes; at += loop->size)
		memmove(to + at, from + at, loop->size);
}

static void fill(struct vboard *vb, const struct bulk_loop *loop)
{
	uint8_t *to = bus_ram(vb, loop->target - RAM_BASE);

	if (loop->size == 1)
		memset(to, (int)(loop->value & 0xff), loop->turns);
	else
		for (uint32_t i = 0; i < loop->turns; i++)
			memcpy(to + (size_t)i * loop->size, &loop->value, loop->size);
}

static void tell_written(struct vboard *vb, uint32_t offset, uint32_t bytes)
{
	while (bytes > 0) {
		uint32_t left = SNAPSHOT_PAGE - offset % SNAPSHOT_PAGE;
		uint32_t now = bytes < left ? bytes : left;

		bus_ram_written(vb, offset, now);
		offset += now;
		bytes -= now;
	}
}

void bulk_do(struct vboard *vb, const struct bulk_loop *loop)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	switch (loop->kind) {
	case BULK_COUNT:
	case BULK_IGNORED: break;
	case BULK_FEED: crc_feed_memory(vb, loop->source, loop->turns, loop->reversed); break;
	case BULK_COPY: copy(vb, loop); break;
	case BULK_FILL: fill(vb, loop); break;
	}
	if (loop->kind == BULK_COPY || loop->kind == BULK_FILL)
		tell_written(vb, loop->target - RAM_BASE, loop->turns * loop->size);
	for (int i = 0; i < 15; i++)
		cpu->r[i] += loop->turns * loop->step[i];
	vb->s.cycles += (uint64_t)loop->turns * loop->turn_cycles;
}
