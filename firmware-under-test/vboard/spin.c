/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Method. A turn of a loop is traced instruction by instruction, from an address until the same
 * address comes again. A turn is harmless when it changes nothing but core registers and leaves the
 * RAM it writes (calls push) as it was, and reads only memory, quiet registers, and counters of
 * time; feeding a watchdog that does not run is nothing. Until the next event nothing outside can
 * change, so:
 *
 *   - If a turn read no counter and ended with the registers it began with, every turn is the same,
 *     and whole turns are skipped.
 *   - If it read a counter, it waits for a time. Let D be the registers that differ from turn to
 *     turn. When a turn begun with other values in D ends in the same state (they are overwritten
 *     before they are read), what a turn does depends on the time it begins at and on nothing else.
 *     Whether it stays in the loop is then asked for the last turn before the event; if it has left
 *     by then, the first turn that leaves is found by halving: a wait that is over stays over.
 *     The state is then the one in which the turn before that ends.
 *
 * The last assumption holds for waits that compare elapsed time with a limit; the test suite holds
 * it against turn-by-turn execution over whole boots of released firmware.
 */
#include "vboard/spin.h"
#include "vboard/cells.h"
#include "vboard/cpu.h"
#include "vboard/radio.h"
#include "vboard/record.h"

enum spin_limits {
	SPIN_TURN_MAX = 256,  /* instructions; the button loop of the bootloaders has over 100 */
	SPIN_WRITES_MAX = 32, /* to RAM in a turn */
};

enum counter_addresses {
	ADDRESS_TIM2_CNT = 0x40000024,
	ADDRESS_GPIO_FIRST = 0x40020000,
	ADDRESS_GPIO_LAST = 0x400223ff,
	ADDRESS_USART1_SR = 0x40011000,
	ADDRESS_USART2_SR = 0x40004400,
	ADDRESS_USART3_SR = 0x40004800,
};

#define ADDRESS_CYCCNT	 0xe0001004u
#define ADDRESS_SYST_CVR 0xe000e018u

enum { ADDRESS_IWDG_KR = 0x40003000, IWDG_FEED = 0xaaaa };

struct spin_write {
	uint32_t offset; /* in RAM, whole words */
	uint32_t before;
};

struct spin_trace {
	uint32_t head;	/* where a turn begins */
	uint64_t limit; /* cycle by which it must be back, lest events are missed */
	bool reads_time;
	uint32_t write_count;
	struct spin_write writes[SPIN_WRITES_MAX];
};

/* What an instruction about to run touches. */
struct spin_access {
	bool any, is_store;
	uint32_t address, bytes;
};

static uint32_t count_bits(uint32_t list)
{
	return (uint32_t)__builtin_popcount(list);
}

static struct spin_access access_plain(const struct cpu_state *cpu, const struct insn *in,
				       bool is_store, bool by_register)
{
	uint32_t address = cpu->r[in->rn] + (by_register ? cpu->r[in->rm] : in->imm);

	return (struct spin_access){ true, is_store, address, 4 };
}

/* Thumb code that can be fetched. */
static bool is_code(uint32_t target)
{
	return (target & 1) &&
	       (target - FLASH_BASE < VBOARD_FLASH_BYTES || target - RAM_BASE < VBOARD_RAM_BYTES);
}

/* False: the instruction does more than a wait may do, or may fault: turns are also tried. */
static bool describe(const struct cpu_state *cpu, const struct insn *in, uint8_t op,
		     struct spin_access *ret)
{
	*ret = (struct spin_access){ 0 };
	switch (op) {
	case OP_LDR_LIT: *ret = (struct spin_access){ true, false, in->imm, 4 }; return true;
	case OP_LDR_I:
	case OP_LDRH_I:
	case OP_LDRB_I: *ret = access_plain(cpu, in, false, false); return true;
	case OP_LDR_R:
	case OP_LDRH_R:
	case OP_LDRB_R:
	case OP_LDRSH_R:
	case OP_LDRSB_R: *ret = access_plain(cpu, in, false, true); return true;
	case OP_STR_I:
	case OP_STRH_I:
	case OP_STRB_I: *ret = access_plain(cpu, in, true, false); return true;
	case OP_STR_R:
	case OP_STRH_R:
	case OP_STRB_R: *ret = access_plain(cpu, in, true, true); return true;
	case OP_PUSH:
		ret->any = ret->is_store = true;
		ret->bytes = 4 * count_bits(in->imm);
		ret->address = cpu->r[13] - ret->bytes;
		return true;
	case OP_POP:
		*ret = (struct spin_access){ true, false, cpu->r[13], 4 * count_bits(in->imm) };
		return true;
	case OP_LDM:
		*ret = (struct spin_access){ true, false, cpu->r[in->rn], 4 * count_bits(in->imm) };
		return !(in->aux & MULTIPLE_BEFORE) && !(cpu->r[in->rn] & 3);
	case OP_BX:
	case OP_BLX: return in->rm != 15 && is_code(cpu->r[in->rm]);
	case OP_MOV_HI:
	case OP_ADD_HI: return in->rd != 15;
	case OP_UDIV: return cpu->r[in->rm] != 0;
	case OP_DP_IMM:
	case OP_DP_REG:
	case OP_SHIFT_REG:
	case OP_DP_IMM_PLAIN:
	case OP_DP_REG_PLAIN:
	case OP_SHIFT_REG_PLAIN:
	case OP_CMP_HI:
	case OP_MOVT:
	case OP_UMULL:
	case OP_SBFX:
	case OP_BFC:
	case OP_BFI: return true;
	case OP_LDR_POST:
	case OP_LDRB_POST:
	case OP_STR_POST:
	case OP_STRB_POST:
	case OP_LDRB_PRE:
	case OP_STRB_PRE: return false;
	default: return op < OP_RARE;
	}
}

/* Registers whose reading has no effect and whose value only an event changes. */
static bool is_quiet_register(uint32_t address)
{
	return (address >= ADDRESS_GPIO_FIRST && address <= ADDRESS_GPIO_LAST) ||
	       address == ADDRESS_USART1_SR || address == ADDRESS_USART2_SR ||
	       address == ADDRESS_USART3_SR || address == RADIO_BASE + RADIO_STATUS;
}

static bool is_counter(uint32_t address)
{
	return address == ADDRESS_CYCCNT || address == ADDRESS_SYST_CVR ||
	       address == ADDRESS_TIM2_CNT;
}

static bool in_ram(uint32_t address, uint32_t bytes)
{
	return address - RAM_BASE < VBOARD_RAM_BYTES &&
	       address - RAM_BASE + bytes <= VBOARD_RAM_BYTES;
}

static uint32_t ram_word(struct vboard *vb, uint32_t offset)
{
	uint32_t word;

	if (vb->recorder)
		record_read(vb, RAM_BASE + offset, 4);
	memcpy(&word, &vb->s.chip.ram[offset], 4);
	return word;
}

/* Remembers what the store is about to overwrite, once for each word. */
static bool note_write(struct vboard *vb, struct spin_trace *trace,
		       const struct spin_access *access)
{
	uint32_t first = (access->address - RAM_BASE) & ~3u;
	uint32_t end = access->address - RAM_BASE + access->bytes;

	for (uint32_t offset = first; offset < end; offset += 4) {
		uint32_t i = 0;

		while (i < trace->write_count && trace->writes[i].offset != offset)
			i++;
		if (i < trace->write_count)
			continue;
		if (trace->write_count == SPIN_WRITES_MAX || offset + 4 > VBOARD_RAM_BYTES)
			return false;
		trace->writes[trace->write_count++] =
			(struct spin_write){ offset, ram_word(vb, offset) };
	}
	return true;
}

/* Whether the instruction at 'pc' is the same one each time. */
static bool code_is_firm(const struct vboard *vb, uint32_t pc)
{
	uint32_t offset = pc < VBOARD_FLASH_BYTES ? pc : pc - FLASH_BASE;

	return offset >= VBOARD_FLASH_BYTES || cells_are_firm(vb, offset, 4);
}

/* Feeding a watchdog that does not run changes nothing: the Electron's delays do it each turn. */
static bool feeds_idle_watchdog(const struct vboard *vb, const struct insn *in, uint8_t op,
				uint32_t address)
{
	const struct iwdg_state *iwdg = &vb->s.chip.iwdg;

	return address == ADDRESS_IWDG_KR && (op == OP_STR_I || op == OP_STR_R) &&
	       (vb->s.chip.cpu.r[in->rd] & 0xffff) == IWDG_FEED && !iwdg->running &&
	       !iwdg->unlocked;
}

static bool may_run(struct vboard *vb, const struct insn *in, struct spin_trace *trace)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	uint8_t op = cpu->it ? in->op_it : in->op;
	struct spin_access access;

	if (!describe(cpu, in, op, &access))
		return false;
	if (!access.any)
		return true;
	if (op == OP_LDM && in->imm >> 15) /* a return: from the stack, to code */
		return in_ram(access.address, access.bytes) &&
		       is_code(ram_word(vb, access.address - RAM_BASE + access.bytes - 4));
	if (access.is_store)
		return feeds_idle_watchdog(vb, in, op, access.address) ||
		       (in_ram(access.address, access.bytes) && note_write(vb, trace, &access));
	if (in_ram(access.address, access.bytes) ||
	    (access.address - FLASH_BASE < VBOARD_FLASH_BYTES - 4 &&
	     cells_are_firm(vb, access.address - FLASH_BASE, access.bytes)))
		return true;
	if (is_counter(access.address)) {
		trace->reads_time = true;
		return true;
	}
	return is_quiet_register(access.address);
}

/*
 * Runs one turn from trace->head. True when it came back there; false when it did something else
 * first, with the state as it is then: everything that ran was run as it should.
 */
static bool run_turn(struct vboard *vb, struct spin_trace *trace)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	for (int i = 0; i < SPIN_TURN_MAX; i++) {
		const struct insn *in =
			code_is_firm(vb, cpu->r[15]) ? code_fetch(vb, cpu->r[15]) : NULL;

		if (!in || !may_run(vb, in, trace))
			return false;
		vb->stop_cycle = vb->s.cycles + 1;
		cpu_loop(vb);
		if (cpu->r[15] == trace->head)
			return cpu->it == 0;
		if (vb->s.cycles >= trace->limit)
			return false;
	}
	return false;
}

static void undo_writes(struct vboard *vb, const struct spin_trace *trace)
{
	for (uint32_t i = trace->write_count; i-- > 0;) {
		memcpy(&vb->s.chip.ram[trace->writes[i].offset], &trace->writes[i].before, 4);
		bus_ram_written(vb, trace->writes[i].offset, 4);
	}
}

static bool memory_is_as_before(struct vboard *vb, const struct spin_trace *trace)
{
	for (uint32_t i = 0; i < trace->write_count; i++)
		if (ram_word(vb, trace->writes[i].offset) != trace->writes[i].before)
			return false;
	return true;
}

static bool same_flags(const struct cpu_state *a, const struct cpu_state *b)
{
	return cpu_apsr(a) == cpu_apsr(b);
}

static bool same_registers(const struct cpu_state *a, const struct cpu_state *b)
{
	return memcmp(a->r, b->r, sizeof(a->r)) == 0 && same_flags(a, b);
}

/* A loop seen twice in a row that reads time. */
struct spin_wait {
	struct cpu_state at_head; /* any state in which a turn begins */
	uint32_t differ;	  /* registers that differ from turn to turn; bit 15: flags */
	uint32_t head;
	uint64_t begin; /* cycle of the next turn */
	uint64_t turn;	/* cycles */
};

/* Registers that differ, as bits; bit 15: flags. */
static uint32_t differences(const struct cpu_state *a, const struct cpu_state *b)
{
	uint32_t differ = same_flags(a, b) ? 0 : 1u << 15;

	for (int i = 0; i < 15; i++)
		if (a->r[i] != b->r[i])
			differ |= 1u << i;
	return differ;
}

/*
 * What if turn number 'number' began now, so to speak: true when it stays in the loop, and leaves
 * for the next turn what that may depend on (the flags of a compare, when a turn begins after it).
 */
static bool stays(struct vboard *vb, const struct spin_wait *wait, uint64_t number,
		  const struct cpu_state *from, struct cpu_state *ret_end)
{
	struct spin_trace trace = {
		.head = wait->head,
		.limit = wait->begin + (number + 1) * wait->turn,
	};
	bool stayed;

	vb->s.chip.cpu = *from;
	vb->s.cycles = wait->begin + number * wait->turn;
	stayed = run_turn(vb, &trace) && vb->s.cycles == trace.limit &&
		 memory_is_as_before(vb, &trace) &&
		 !(differences(&vb->s.chip.cpu, &wait->at_head) & ~wait->differ);
	if (ret_end)
		*ret_end = vb->s.chip.cpu;
	undo_writes(vb, &trace);
	vb->s.chip.cpu = wait->at_head;
	vb->s.cycles = wait->begin;
	return stayed;
}

/* Turn 0 from a state that has other values where turns differ: the end must be the same. */
static bool depends_on_time_only(struct vboard *vb, const struct spin_wait *wait)
{
	struct cpu_state odd = wait->at_head;
	struct cpu_state end;
	struct cpu_state odd_end;

	for (int i = 0; i < 15; i++)
		if (wait->differ >> i & 1)
			odd.r[i] = ~wait->at_head.r[i];
	if (wait->differ >> 15)
		cpu_set_apsr(&odd, cpu_apsr(&odd) ^ 0xf0000000);
	return odd.r[13] == wait->at_head.r[13] && stays(vb, wait, 0, &wait->at_head, &end) &&
	       stays(vb, wait, 0, &odd, &odd_end) && same_registers(&end, &odd_end);
}

/* Number of turns that stay, of those that end before 'until'. */
static uint64_t count_turns(struct vboard *vb, const struct spin_wait *wait, uint64_t until)
{
	uint64_t low = 1; /* turn 0 stays */
	/* a counter read in the very cycle of the event would make it happen */
	uint64_t high = (until - 1 - wait->begin) / wait->turn;

	if (high <= low || stays(vb, wait, high - 1, &wait->at_head, NULL))
		return high;
	high--; /* the first that leaves is at or below this */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (stays(vb, wait, middle, &wait->at_head, NULL))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool skip_wait(struct vboard *vb, const struct cpu_state *earlier, uint64_t turn,
		      uint32_t head, uint64_t until)
{
	struct spin_wait wait = {
		.at_head = vb->s.chip.cpu,
		.differ = differences(&vb->s.chip.cpu, earlier),
		.head = head,
		.begin = vb->s.cycles,
		.turn = turn,
	};
	struct cpu_state end;
	uint64_t turns;

	if (vb->s.cycles + 2 * turn > until || !depends_on_time_only(vb, &wait))
		return false;
	turns = count_turns(vb, &wait, until);
	if (turns < 2)
		return false;
	stays(vb, &wait, turns - 1, &wait.at_head, &end);
	vb->s.chip.cpu = end;
	vb->s.cycles = wait.begin + turns * turn;
	return true;
}

bool spin_skip(struct vboard *vb, uint64_t until)
{
	struct spin_trace trace = { .head = vb->s.chip.cpu.r[15], .limit = UINT64_MAX };
	struct cpu_state before = vb->s.chip.cpu;
	uint64_t begin = vb->s.cycles;
	uint64_t turn;

	if (before.it != 0 || begin + 3 * SPIN_TURN_MAX > until || !run_turn(vb, &trace) ||
	    !memory_is_as_before(vb, &trace))
		return false;
	turn = vb->s.cycles - begin;
	if (trace.reads_time)
		return skip_wait(vb, &before, turn, trace.head, until);
	if (!same_registers(&before, &vb->s.chip.cpu))
		return false;
	vb->s.cycles += (until - vb->s.cycles) / turn * turn;
	return true;
}
