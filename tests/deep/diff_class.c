/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "deep/diff_class.h"
#include "lib/thumb_form.h"

#include <string.h>

/* Place in an IT block of the instruction at halfword 'at'. */
static enum thumb_it place_of(const struct thumb_case *c, uint32_t at)
{
	if (at == 0 || (c->code[0] & 0xff00) != 0xbf00)
		return THUMB_IT_NONE;
	return at + thumb_insn_len(c, at) == c->code_count ? THUMB_IT_LAST : THUMB_IT_INSIDE;
}

static uint16_t second(const struct thumb_case *c, uint32_t at)
{
	return at + 1 < c->code_count ? c->code[at + 1] : 0;
}

/* enum thumb_unpredictable of all instructions of the case. */
static uint32_t unpredictable(const struct thumb_case *c)
{
	uint32_t result = 0;

	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at)) {
		const struct thumb_form *form = thumb_form_find(c->code[at], second(c, at));

		if (form)
			result |= thumb_form_unpredictable(form, c->code[at], second(c, at),
							   place_of(c, at));
	}
	return result;
}

/* The form of the instruction at which our core stopped, or of the first. */
static const struct thumb_form *form_at(const struct thumb_case *c, uint32_t pc)
{
	uint32_t at = (pc - c->address) / 2;

	if (at >= c->code_count)
		at = 0;
	return thumb_form_find(c->code[at], second(c, at));
}

static bool begins(const struct thumb_form *form, const char *text)
{
	return form && strncmp(form->name, text, strlen(text)) == 0;
}

static bool multiple(const struct thumb_form *form)
{
	static const char *const names[] = { "ldm", "stm", "push", "pop", "ldrd", "strd" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(form, names[i]))
			return true;
	return false;
}

#define UNPREDICTABLE(name, bit)                              \
	static bool holds_##name(const struct diff *diff)     \
	{                                                     \
		return (unpredictable(diff->c) & (bit)) != 0; \
	}
UNPREDICTABLE(register, UNPREDICTABLE_REGISTER)
UNPREDICTABLE(should_be, UNPREDICTABLE_SHOULD_BE)
UNPREDICTABLE(it, UNPREDICTABLE_IT)
UNPREDICTABLE(list, UNPREDICTABLE_LIST)
UNPREDICTABLE(overlap, UNPREDICTABLE_OVERLAP)
UNPREDICTABLE(special, UNPREDICTABLE_SPECIAL)

static bool holds_undefined(const struct diff *diff)
{
	return diff->ours.end == THUMB_END_UNDEFINED && !form_at(diff->c, diff->ours.out[THUMB_PC]);
}

/* Whether the base of a single multiple, dual or exclusive access is no multiple of its size. */
static bool base_is_odd(const struct thumb_case *c)
{
	uint16_t hw1 = c->code[0];
	uint32_t base = insn_is_wide(hw1) ? hw1 & 15u : hw1 >> 12 == 12 ? hw1 >> 8 & 7u : THUMB_SP;

	return base < THUMB_PC && (c->in[base] & 3) != 0;
}

static bool holds_alignment(const struct diff *diff)
{
	const struct thumb_form *form = form_at(diff->c, diff->ours.out[THUMB_PC]);

	return diff->ours.end == THUMB_END_ALIGN &&
	       (multiple(form) || begins(form, "ldrex") || begins(form, "strex")) &&
	       (diff->c->insn_count > 1 || base_is_odd(diff->c));
}

static bool holds_flash_store(const struct diff *diff)
{
	return diff->theirs.end == THUMB_END_BUS &&
	       diff->bad_address - FLASH_BASE < VBOARD_FLASH_BYTES;
}

static bool holds_partial(const struct diff *diff)
{
	return diff->ours.end == THUMB_END_BUS && diff->theirs.end == THUMB_END_BUS &&
	       diff->ours.out[THUMB_PC] == diff->theirs.out[THUMB_PC] &&
	       multiple(form_at(diff->c, diff->ours.out[THUMB_PC]));
}

/* Unicorn cannot stop inside an IT block: it goes on behind the access that failed. */
static bool holds_fault_in_block(const struct diff *diff)
{
	return (diff->c->code[0] & 0xff00) == 0xbf00 && diff->ours.end == THUMB_END_BUS &&
	       diff->theirs.end == THUMB_END_BUS &&
	       diff->ours.out[THUMB_PC] == diff->theirs.out[THUMB_PC];
}

/* ISB ends what QEMU translates at once, and YIELD the run: the rest of the block is lost. */
static bool holds_block_cut(const struct diff *diff)
{
	const struct thumb_case *c = diff->c;

	for (uint32_t at = 0; at < c->code_count && (c->code[0] & 0xff00) == 0xbf00;
	     at += thumb_insn_len(c, at))
		if (c->code[at] == 0xbf10 || (c->code[at] == 0xf3af && second(c, at) == 0x8001) ||
		    (c->code[at] == 0xf3bf && (second(c, at) & 0xf0) == 0x60))
			return true;
	return false;
}

/* One instruction leaves at most 3 of it; a block may have added to it. */
static bool holds_stack_bits(const struct diff *diff)
{
	uint32_t apart = diff->theirs.out[THUMB_SP] - diff->ours.out[THUMB_SP];
	uint32_t most = diff->c->insn_count > 1 ? 3 * THUMB_CODE_MAX : 3;

	if (diff->theirs.out[THUMB_PSP] - diff->ours.out[THUMB_PSP] - 1 < 3)
		return true; /* MSR PSP */
	return apart != 0 && apart <= most && diff->ours.out[THUMB_SP] % 4 == 0;
}

/* A store-exclusive of another size than the load-exclusive before it. */
static bool holds_exclusive_size(const struct diff *diff)
{
	const struct thumb_case *c = diff->c;
	const char *size = NULL;

	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at)) {
		const struct thumb_form *form = thumb_form_find(c->code[at], second(c, at));

		if (begins(form, "ldrex"))
			size = form->name + 5;
		else if (begins(form, "strex") && size && strcmp(form->name + 5, size) != 0)
			return true;
	}
	return false;
}

static bool holds_priority_bits(const struct diff *diff)
{
	struct thumb_result theirs = diff->theirs;

	theirs.out[THUMB_BASEPRI] &= 0xf0;
	return theirs.out[THUMB_BASEPRI] != diff->theirs.out[THUMB_BASEPRI] &&
	       (thumb_result_equal(&diff->ours, &theirs) || theirs.out[THUMB_BASEPRI] == 0);
}

static bool holds_unprivileged(const struct diff *diff)
{
	return (diff->theirs.out[THUMB_CONTROL] & 1) &&
	       diff->ours.out[THUMB_CONTROL] == diff->theirs.out[THUMB_CONTROL];
}

static const struct diff_class classes[] = {
	{ "undefined-elsewhere",
	  "UNDEFINED by A5 and A7.7: ours faults; QEMU 5 runs it or ends in another way",
	  holds_undefined },
	{ "alignment",
	  "multiple, dual and exclusive accesses fault when not aligned (A3.2.1); QEMU 5 does not "
	  "check",
	  holds_alignment },
	{ "flash-store",
	  "the board's flash controller takes the store; Unicorn's flash is read-only memory",
	  holds_flash_store },
	{ "abandoned-multiple",
	  "a faulting multiple access may have loaded or stored a part (B1.5.10, A7.7): registers "
	  "are unknown",
	  holds_partial },
	{ "fault-in-block",
	  "Unicorn 2.0.1 cannot stop inside an IT block and runs the rest of it after a failed "
	  "access",
	  holds_fault_in_block },
	{ "block-cut", "Unicorn 2.0.1 forgets the IT state behind ISB, and ends the run at YIELD",
	  holds_block_cut },
	{ "exclusive-size",
	  "STREX of another size than its LDREX: success is not defined (A3.4); QEMU compares the "
	  "data",
	  holds_exclusive_size },
	{ "priority-bits", "this chip has 4 bits of priority (PM0056), QEMU's BASEPRI has 8",
	  holds_priority_bits },
	{ "unprivileged",
	  "once CONTROL.nPRIV is set, Unicorn's interface reads special registers as 0 itself",
	  holds_unprivileged },
	{ "stack-bits",
	  "bits 1:0 of SP are always 0 (B1.4.1); QEMU keeps what a load or write-back put there",
	  holds_stack_bits },
	{ "unpredictable-register",
	  "R13 or R15 where A5.1.3 and A7.7 exclude it: ours decodes most as undefined, QEMU runs "
	  "them",
	  holds_register },
	{ "unpredictable-should-be",
	  "a (0) or (1) bit that is not (A5.1.2): ours ignores some as a chip would, QEMU is "
	  "stricter, or the other way",
	  holds_should_be },
	{ "unpredictable-it",
	  "an instruction that A7.7 forbids in an IT block, or not at its end: ours runs it as "
	  "encoded",
	  holds_it },
	{ "unpredictable-list",
	  "fewer than two registers, SP, PC with LR, or none in the list (A7.7): ours has most as "
	  "undefined",
	  holds_list },
	{ "unpredictable-overlap",
	  "base and data, or both halves of a result, in one register (A7.7): order of the writes "
	  "differs, or undefined",
	  holds_overlap },
	{ "unpredictable-special",
	  "a special register, or a mask, that does not exist (B5.2): ours reads 0 and ignores",
	  holds_special },
};

uint32_t diff_class_count(void)
{
	return sizeof(classes) / sizeof(classes[0]);
}

const struct diff_class *diff_class_get(uint32_t i)
{
	return &classes[i];
}

int diff_class_find(const struct diff *diff)
{
	for (uint32_t i = 0; i < diff_class_count(); i++)
		if (classes[i].holds(diff))
			return (int)i;
	return -1;
}

/* An access to what the board has and Unicorn's machine has not. */
static bool is_elsewhere(const struct diff *diff)
{
	uint32_t a = diff->bad_address;

	if (diff->theirs.end != THUMB_END_BUS)
		return false;
	return a < VBOARD_FLASH_BYTES + 4 || (a >= 0x1fff0000 && a < 0x20000000) ||
	       (a >= 0x22000000 && a < 0x24000000) || (a >= 0x40000000 && a < 0x60000000) ||
	       a >= 0xe0000000;
}

bool diff_run(struct vboard *vb, struct unicorn_core *other, const struct thumb_case *c,
	      struct diff *ret)
{
	*ret = (struct diff){ .c = c };
	unicorn_core_run(other, c, &ret->theirs, &ret->bad_address);
	if (is_elsewhere(ret))
		return false;
	thumb_board_run(vb, c, &ret->ours);
	return true;
}

bool diff_ran_undefined(const struct diff *diff)
{
	return !form_at(diff->c, diff->c->address) && diff->ours.end != THUMB_END_UNDEFINED;
}
