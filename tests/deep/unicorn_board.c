/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unicorn can neither be told of an exception that becomes pending nor stop inside an IT block. So
 * whenever an event is due, the registers go to the board's own core for one instruction (or for
 * the IT block that is next): it takes the exception, or not, and hands the registers back.
 */
#include "deep/unicorn_board.h"
#include "vboard/exception.h"
#include "vboard/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum exception { EXCP_SWI = 2, EXCP_EXIT = 8 };

enum { XPSR_T = 1 << 24, IT_CYCLES = 5, WINDOWS = 3 };

#define APSR_FLAGS 0xf8000000u

enum why { WHY_NOTHING = 0, WHY_DUE, WHY_END, WHY_RETURN, WHY_CALL, WHY_LATE, WHY_FAILED };

struct window {
	struct unicorn_board *ub;
	uint32_t base, bytes;
};

struct unicorn_board {
	uc_engine *uc;
	struct vboard *vb;
	enum unicorn_count how;
	uint8_t *flash; /* Unicorn's copy, kept the same as the board's */
	struct window windows[WINDOWS];
	uint16_t
		*counts; /* of blocks in flash by their first halfword: instructions, 0 = unknown */
	uint32_t *sizes;
	uint32_t end_pc;
	uint64_t cycle_max;
	struct unicorn_watch *watch;
	uint32_t next;			/* instruction after the one that was begun last */
	uint32_t block_end;		/* of the running block */
	uint32_t it_begin, it_end;	/* the running IT block: IT, and what follows it */
	uint32_t stale_low, stale_high; /* flash that was stored to, not yet made the board's */
	bool masked;			/* an exception waits for PRIMASK or its like */
	enum why why;
	uint64_t own_insns;
};

static const int core_ids[16] = {
	UC_ARM_REG_R0,	UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R4,  UC_ARM_REG_R5,
	UC_ARM_REG_R6,	UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9, UC_ARM_REG_R10, UC_ARM_REG_R11,
	UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC,
};

static void must(uc_err error)
{
	if (error == UC_ERR_OK)
		return;
	fprintf(stderr, "unicorn: %s\n", uc_strerror(error));
	abort();
}

static uint32_t get(struct unicorn_board *ub, int id)
{
	uint32_t value = 0;

	must(uc_reg_read(ub->uc, id, &value));
	return value;
}

static void put(struct unicorn_board *ub, int id, uint32_t value)
{
	must(uc_reg_write(ub->uc, id, &value));
}

static void to_board(struct unicorn_board *ub)
{
	struct cpu_state *cpu = &ub->vb->s.chip.cpu;

	for (int i = 0; i < 16; i++)
		cpu->r[i] = get(ub, core_ids[i]);
	cpu_set_apsr(cpu, get(ub, UC_ARM_REG_XPSR));
	cpu->primask = get(ub, UC_ARM_REG_PRIMASK);
	cpu->basepri = get(ub, UC_ARM_REG_BASEPRI);
	cpu->faultmask = get(ub, UC_ARM_REG_FAULTMASK);
	cpu->it = 0;
}

static void from_board(struct unicorn_board *ub)
{
	const struct cpu_state *cpu = &ub->vb->s.chip.cpu;
	uint32_t apsr = cpu_apsr(cpu);

	if (cpu->control != 0) {
		fprintf(stderr, "unicorn: CONTROL is %u, only the main stack is handled\n",
			cpu->control);
		ub->why = WHY_FAILED;
	}
	put(ub, UC_ARM_REG_XPSR, apsr | XPSR_T | cpu->ipsr);
	put(ub, UC_ARM_REG_PRIMASK, cpu->primask);
	put(ub, UC_ARM_REG_BASEPRI, cpu->basepri);
	put(ub, UC_ARM_REG_FAULTMASK, cpu->faultmask);
	for (int i = 0; i < 15; i++)
		put(ub, core_ids[i], cpu->r[i]);
	put(ub, UC_ARM_REG_APSR_NZCV, apsr); /* makes it look at the mode again */
	ub->next = cpu->r[15];
	ub->block_end = ub->next;
	ub->it_end = 0;
}

static uint16_t code_at(const struct unicorn_board *ub, uint32_t address)
{
	uint16_t half = 0;

	if (address - FLASH_BASE < VBOARD_FLASH_BYTES)
		memcpy(&half, ub->flash + (address - FLASH_BASE), 2);
	else if (address - RAM_BASE < VBOARD_RAM_BYTES)
		memcpy(&half, ub->vb->s.chip.ram + (address - RAM_BASE), 2);
	return half;
}

static uint32_t bytes_at(const struct unicorn_board *ub, uint32_t address)
{
	return insn_is_wide(code_at(ub, address)) ? 4 : 2;
}

static uint32_t insns_between(const struct unicorn_board *ub, uint32_t begin, uint32_t end)
{
	uint32_t count = 0;

	for (; begin < end; begin += bytes_at(ub, begin))
		count++;
	return count;
}

static void stop(struct unicorn_board *ub, enum why why)
{
	ub->why = why;
	uc_emu_stop(ub->uc);
}

/* What a store left in Unicorn's copy is made what the flash controller let it become. */
static void mend_flash(struct unicorn_board *ub)
{
	if (ub->stale_low >= ub->stale_high)
		return;
	memcpy(ub->flash + ub->stale_low, ub->vb->s.flash + ub->stale_low,
	       ub->stale_high - ub->stale_low);
	ub->stale_low = UINT32_MAX;
	ub->stale_high = 0;
}

/* Whether the board must look before the next 'cycles' are over. */
static bool is_due(struct unicorn_board *ub, uint32_t cycles)
{
	const struct vboard *vb = ub->vb;

	if (vb->attention || vb->s.reset_cause || vb->s.cycles + cycles >= vb->event_cycle)
		return true;
	return ub->masked && (get(ub, UC_ARM_REG_PRIMASK) != vb->s.chip.cpu.primask ||
			      get(ub, UC_ARM_REG_BASEPRI) != vb->s.chip.cpu.basepri);
}

/* What is asked before an instruction that may be stopped at; true when stopped. */
static bool stops_at(struct unicorn_board *ub, uint32_t address, uint32_t cycles)
{
	if (address == ub->end_pc)
		stop(ub, WHY_END);
	else if (ub->vb->s.cycles >= ub->cycle_max)
		stop(ub, WHY_LATE);
	else if (is_due(ub, cycles))
		stop(ub, WHY_DUE);
	return ub->why != WHY_NOTHING;
}

/* Instructions of an IT block that were not run raise no hook, but took their cycle. */
static void on_code(uc_engine *uc, uint64_t address64, uint32_t size, void *ctx)
{
	struct unicorn_board *ub = ctx;
	struct board_state *s = &ub->vb->s;
	uint32_t address = (uint32_t)address64;
	uint16_t half = code_at(ub, address);
	bool it = (half & 0xff00) == 0xbf00 && (half & 0xf);

	(void)uc;
	if (ub->why != WHY_NOTHING)
		return;
	mend_flash(ub);
	if (address > ub->next && address <= ub->block_end)
		s->cycles += insns_between(ub, ub->next, address);
	ub->next = address; /* when it stops here, this comes again */
	if (address <= ub->it_begin || address >= ub->it_end) {
		ub->it_end = 0;
		if (s->cycles >= ub->watch->next) {
			to_board(ub);
			s->chip.cpu.r[15] = address;
			ub->watch->next = ub->watch->told(ub->watch->ctx, ub->vb);
		}
		if (stops_at(ub, address, it ? IT_CYCLES : 0))
			return;
	}
	if (it) {
		ub->it_begin = address;
		ub->it_end = address + 2;
		for (int i = 4 - __builtin_ctz(half & 0xf); i > 0; i--)
			ub->it_end += bytes_at(ub, ub->it_end);
	}
	s->cycles++;
	ub->next = address + size;
}

static void on_block_begin(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct unicorn_board *ub = ctx;

	(void)uc;
	/* what the block before left out at its end */
	if (address > ub->next && address <= ub->block_end)
		ub->vb->s.cycles += insns_between(ub, ub->next, (uint32_t)address);
	ub->next = (uint32_t)address;
	ub->block_end = (uint32_t)address + size;
}

static uint32_t block_count(struct unicorn_board *ub, uint32_t address, uint32_t size)
{
	uint32_t i = (address - FLASH_BASE) / 2;

	if (address - FLASH_BASE >= VBOARD_FLASH_BYTES)
		return insns_between(ub, address, address + size);
	if (ub->sizes[i] != size) {
		ub->sizes[i] = size;
		ub->counts[i] = (uint16_t)insns_between(ub, address, address + size);
	}
	return ub->counts[i];
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct unicorn_board *ub = ctx;

	(void)uc;
	if (ub->why != WHY_NOTHING)
		return;
	mend_flash(ub);
	if (!stops_at(ub, (uint32_t)address, 0))
		ub->vb->s.cycles += block_count(ub, (uint32_t)address, size);
}

static void on_exception(uc_engine *uc, uint32_t number, void *ctx)
{
	struct unicorn_board *ub = ctx;

	(void)uc;
	if (number != EXCP_EXIT && number != EXCP_SWI)
		fprintf(stderr, "unicorn: exception %u\n", number);
	stop(ub, number == EXCP_EXIT ? WHY_RETURN : number == EXCP_SWI ? WHY_CALL : WHY_FAILED);
}

static void on_flash_store(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			   int64_t value, void *ctx)
{
	struct unicorn_board *ub = ctx;
	uint32_t offset = (uint32_t)address - FLASH_BASE;

	(void)uc;
	(void)type;
	if (!bus_write_slow(ub->vb, (uint32_t)address, (unsigned int)size, (uint32_t)value))
		stop(ub, WHY_FAILED);
	if (offset < ub->stale_low)
		ub->stale_low = offset;
	if (offset + (uint32_t)size > ub->stale_high)
		ub->stale_high = offset + (uint32_t)size;
}

static void on_flash_op(void *ctx, const struct vboard_flash_op *op)
{
	struct unicorn_board *ub = ctx;

	memcpy(ub->flash + (op->address - FLASH_BASE), ub->vb->s.flash + (op->address - FLASH_BASE),
	       op->bytes);
}

static uint64_t on_read(uc_engine *uc, uint64_t offset, unsigned int size, void *ctx)
{
	struct window *window = ctx;
	uint32_t value = 0;

	(void)uc;
	if (!bus_read_slow(window->ub->vb, window->base + (uint32_t)offset, size, &value)) {
		fprintf(stderr, "unicorn: read of %08x\n", window->base + (uint32_t)offset);
		stop(window->ub, WHY_FAILED);
	}
	return value;
}

static void on_write(uc_engine *uc, uint64_t offset, unsigned int size, uint64_t value, void *ctx)
{
	struct window *window = ctx;

	(void)uc;
	if (!bus_write_slow(window->ub->vb, window->base + (uint32_t)offset, size,
			    (uint32_t)value)) {
		fprintf(stderr, "unicorn: write of %08x\n", window->base + (uint32_t)offset);
		stop(window->ub, WHY_FAILED);
	}
}

/* ISO C has no conversion between pointers to functions and to objects; Unicorn's interface does.
 */
static void *hook_pointer(const void *address_of_function)
{
	void *result;

	memcpy(&result, address_of_function, sizeof(result));
	return result;
}

static void add_hooks(struct unicorn_board *ub)
{
	uc_cb_hookcode_t code = on_code;
	uc_cb_hookcode_t block = ub->how == UNICORN_BY_BLOCK ? on_block : on_block_begin;
	uc_cb_hookintr_t exception = on_exception;
	uc_cb_hookmem_t flash_store = on_flash_store;
	uc_hook hook;

	if (ub->how == UNICORN_BY_INSN)
		must(uc_hook_add(ub->uc, &hook, UC_HOOK_CODE, hook_pointer(&code), ub, 1ull, 0ull));
	must(uc_hook_add(ub->uc, &hook, UC_HOOK_BLOCK, hook_pointer(&block), ub, 1ull, 0ull));
	must(uc_hook_add(ub->uc, &hook, UC_HOOK_INTR, hook_pointer(&exception), ub, 1ull, 0ull));
	must(uc_hook_add(ub->uc, &hook, UC_HOOK_MEM_WRITE, hook_pointer(&flash_store), ub,
			 (uint64_t)FLASH_BASE, (uint64_t)FLASH_BASE + VBOARD_FLASH_BYTES - 1));
}

struct unicorn_board *unicorn_board_new(struct vboard *vb, enum unicorn_count how)
{
	static const uint32_t places[WINDOWS][2] = {
		{ 0x1fff0000, 0x10000 },    /* boot ROM, unique id, option bytes */
		{ 0x40000000, 0x20000000 }, /* peripherals and their bits */
		{ 0xe0000000, 0x100000 },
	};
	struct unicorn_board *ub = calloc(1, sizeof(*ub));
	struct vboard_listener listener = { .ctx = ub, .flash = on_flash_op };

	if (!ub)
		abort();
	ub->vb = vb;
	ub->how = how;
	ub->stale_low = UINT32_MAX;
	ub->flash = aligned_alloc(4096, VBOARD_FLASH_BYTES);
	ub->counts = calloc(VBOARD_FLASH_BYTES / 2, sizeof(*ub->counts));
	ub->sizes = calloc(VBOARD_FLASH_BYTES / 2, sizeof(*ub->sizes));
	if (!ub->flash || !ub->counts || !ub->sizes)
		abort();
	memcpy(ub->flash, vb->s.flash, VBOARD_FLASH_BYTES);
	vboard_listen(vb, &listener);
	vboard_test_skip_waits(vb, false);
	must(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &ub->uc)); /* not MCLASS: see unicorn_core.c */
	must(uc_ctl_set_cpu_model(ub->uc, UC_CPU_ARM_CORTEX_M3));
	must(uc_mem_map_ptr(ub->uc, FLASH_BASE, VBOARD_FLASH_BYTES, UC_PROT_ALL, ub->flash));
	must(uc_mem_map_ptr(ub->uc, RAM_BASE, VBOARD_RAM_BYTES, UC_PROT_ALL, vb->s.chip.ram));
	for (int i = 0; i < WINDOWS; i++) {
		ub->windows[i] = (struct window){ ub, places[i][0], places[i][1] };
		must(uc_mmio_map(ub->uc, places[i][0], places[i][1], on_read, &ub->windows[i],
				 on_write, &ub->windows[i]));
	}
	add_hooks(ub);
	from_board(ub);
	return ub;
}

void unicorn_board_free(struct unicorn_board *ub)
{
	vboard_listen(ub->vb, NULL);
	uc_close(ub->uc);
	free(ub->flash);
	free(ub->counts);
	free(ub->sizes);
	free(ub);
}

uint64_t unicorn_board_own_insns(const struct unicorn_board *ub)
{
	return ub->own_insns;
}

/* The board's own core: what is due, then one instruction or the rest of an IT block. */
static void step_own(struct unicorn_board *ub)
{
	struct vboard *vb = ub->vb;
	uint64_t before = vboard_insns(vb);
	int32_t priority;

	if (vb->ram_code_low < vb->ram_code_high) /* Unicorn's stores are not told */
		code_ram_changed(vb, vb->ram_code_low, vb->ram_code_high - vb->ram_code_low);
	do
		vboard_run(vb, vboard_cycle(vb) + 1);
	while (vb->s.chip.cpu.it != 0);
	ub->own_insns += vboard_insns(vb) - before;
	ub->masked = exception_most_urgent(vb, &priority) != EXC_NONE;
}

static bool resume(struct unicorn_board *ub)
{
	struct cpu_state *cpu = &ub->vb->s.chip.cpu;
	enum why why = ub->why;

	ub->why = WHY_NOTHING;
	to_board(ub);
	switch (why) {
	case WHY_DUE: step_own(ub); break;
	case WHY_CALL: /* its cycle was counted; the board's core runs it anew */
		cpu->r[15] -= 2;
		ub->vb->s.cycles--;
		step_own(ub);
		break;
	case WHY_RETURN: cpu_jump(ub->vb, cpu->r[15] | 1); break;
	case WHY_NOTHING:
	case WHY_END:
	case WHY_LATE:
	case WHY_FAILED: return false;
	}
	mend_flash(ub);
	from_board(ub);
	return ub->why == WHY_NOTHING && !ub->vb->s.chip.cpu.lockup;
}

bool unicorn_board_run(struct unicorn_board *ub, uint32_t pc, uint64_t cycle_max,
		       struct unicorn_watch *watch)
{
	ub->end_pc = pc;
	ub->cycle_max = cycle_max;
	ub->watch = watch;
	for (;;) {
		uint32_t begin = ub->vb->s.chip.cpu.r[15];
		uc_err error;

		if (begin == pc)
			return true;
		ub->why = WHY_NOTHING;
		error = uc_emu_start(ub->uc, begin | 1, 1, 0, 0);
		if (ub->why == WHY_END) {
			mend_flash(ub);
			to_board(ub);
			return true;
		}
		if (error != UC_ERR_OK || !resume(ub)) {
			fprintf(stderr, "unicorn: %s at %08x, cycle %llu\n", uc_strerror(error),
				get(ub, UC_ARM_REG_PC), (unsigned long long)ub->vb->s.cycles);
			return false;
		}
	}
}
