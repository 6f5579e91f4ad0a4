/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoded instructions, kept for every halfword of flash, of its alias at 0, and of RAM, until the
 * memory below changes. A fresh entry is all zero: OP_DECODE; its address follows from its place.
 */
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/crc.h"
#include "vboard/record.h"
#include "vboard/snapshot.h"

enum { COND_ALWAYS = 14 }; /* A7.3 */

enum loops {
	LOOP_BYTES_MAX = 512, /* from its first instruction to its last */
	/* a loop is looked at after two turns, doubled so often: */
	LOOP_SELDOM_FIRST = 2, /* one that was never looked at */
	LOOP_SELDOM_MAX = 12,  /* one that was no such loop each time */
};

#include <stdlib.h>

static void forget_page(struct code_region *region, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i <= last; i++)
		region->insns[i].op = OP_DECODE;
}

/* Most pages hold no code that ever ran. */
static void code_forget(struct code_region *region, uint32_t offset, uint32_t size)
{
	/* a 32-bit instruction that begins one halfword earlier reads this one too */
	uint32_t first = offset / 2 ? offset / 2 - 1 : 0;
	uint32_t end = (offset + size + 1) / 2;

	if (end > region->bytes / 2)
		end = region->bytes / 2;
	while (first < end) {
		uint32_t page = first / (CODE_PAGE_BYTES / 2);
		uint32_t page_end = (page + 1) * (CODE_PAGE_BYTES / 2);
		uint32_t stop = page_end < end ? page_end : end;

		if (region->used[page])
			forget_page(region, first, stop - 1);
		first = stop;
	}
}

void code_ram_changed(struct vboard *vb, uint32_t offset, uint32_t size)
{
	code_forget(&vb->plain_code.ram, offset, size);
	code_forget(&vb->record_code.ram, offset, size);
}

void code_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size)
{
	code_forget(&vb->plain_code.flash, offset, size);
	code_forget(&vb->plain_code.alias, offset, size);
	code_forget(&vb->record_code.flash, offset, size);
	code_forget(&vb->record_code.alias, offset, size);
	crc_flash_changed(vb, offset, size);
	snapshot_flash_changed(vb, offset, size);
}

static bool region_init(struct code_region *region, uint32_t base, uint32_t bytes)
{
	uint32_t count = bytes / 2 + DECODE_GUARD;

	region->base = base;
	region->bytes = bytes;
	region->insns = calloc(count, sizeof(*region->insns));
	if (!region->insns)
		return false;
	for (uint32_t i = bytes / 2; i < count; i++)
		region->insns[i] = (struct insn){ .op = OP_REFETCH, .pc = base + 2 * i };
	return true;
}

bool code_cache_init(struct code_cache *cache)
{
	return region_init(&cache->flash, FLASH_BASE, VBOARD_FLASH_BYTES) &&
	       region_init(&cache->alias, ALIAS_BASE, VBOARD_FLASH_BYTES) &&
	       region_init(&cache->ram, RAM_BASE, VBOARD_RAM_BYTES);
}

void code_cache_release(struct code_cache *cache)
{
	free(cache->flash.insns);
	free(cache->alias.insns);
	free(cache->ram.insns);
}

static bool holds(const struct code_region *region, const struct insn *entry)
{
	return entry >= region->insns && entry < region->insns + region->bytes / 2;
}

static uint32_t address_in(const struct code_region *region, const struct insn *entry)
{
	return region->base + 2 * (uint32_t)(entry - region->insns);
}

uint32_t code_address(const struct vboard *vb, const struct insn *entry)
{
	if (entry->op != OP_DECODE)
		return entry->pc;
	if (holds(&vb->code->flash, entry))
		return address_in(&vb->code->flash, entry);
	if (holds(&vb->code->ram, entry))
		return address_in(&vb->code->ram, entry);
	return address_in(&vb->code->alias, entry);
}

static uint16_t code_halfword(const uint8_t *bytes)
{
	uint16_t half;

	memcpy(&half, bytes, 2);
	return half;
}

/* Memory from 'pc' on, and how much of its region is left. */
static const uint8_t *code_bytes(const struct vboard *vb, uint32_t pc, uint32_t *ret_left)
{
	uint32_t offset = pc - RAM_BASE;

	if (offset < VBOARD_RAM_BYTES) {
		*ret_left = VBOARD_RAM_BYTES - offset;
		return &vb->s.chip.ram[offset];
	}
	offset = pc < VBOARD_FLASH_BYTES ? pc : pc - FLASH_BASE;
	*ret_left = VBOARD_FLASH_BYTES - offset;
	return &vb->s.flash[offset];
}

/* From now on, changes of what was decoded must be noticed. */
static void code_note(struct vboard *vb, uint32_t pc)
{
	struct code_region *region = pc - FLASH_BASE < VBOARD_FLASH_BYTES ? &vb->code->flash
				     : pc < VBOARD_FLASH_BYTES		  ? &vb->code->alias
									  : &vb->code->ram;
	uint32_t offset = pc - region->base;

	region->used[offset / CODE_PAGE_BYTES] = true;
	if (region != &vb->code->ram)
		return;
	if (offset < vb->ram_code_low)
		vb->ram_code_low = offset;
	if (offset + 4 > vb->ram_code_high)
		vb->ram_code_high = offset + 4;
}

/* An instruction in cells that may read otherwise the next time is not kept. */
static const struct insn *code_fetch_unsure(struct vboard *vb, uint32_t pc, uint32_t offset,
					    uint32_t left)
{
	struct insn *entry = &vb->scratch[0];
	uint16_t hw1 = (uint16_t)cells_read(vb, offset, 2);
	uint16_t hw2 = 0;

	if (insn_is_wide(hw1) && left >= 4)
		hw2 = (uint16_t)cells_read(vb, offset + 2, 2);
	insn_decode(hw1, hw2, pc, entry);
	if (entry->op == OP_B && entry->imm == pc) { /* not to be skipped: the next may differ */
		entry->op = OP_B_COND;
		entry->aux = COND_ALWAYS;
	}
	if (insn_is_wide(hw1) && left < 4)
		*entry = (struct insn){
			.op = OP_FETCH_FAULT, .op_it = OP_FETCH_FAULT, .len = 1, .pc = pc
		};
	for (uint32_t i = 1; i <= DECODE_GUARD; i++)
		vb->scratch[i] = (struct insn){ .op = OP_REFETCH, .pc = pc + 2 * i };
	return entry;
}

/* A branch a short way back may be the end of a loop that can be done at once. */
static void mark_loop(struct insn *entry)
{
	bool is_short = entry->imm < entry->pc && entry->pc - entry->imm <= LOOP_BYTES_MAX;

	if (is_short && entry->op == OP_B)
		entry->op = OP_B_BACK;
	else if (is_short && entry->op == OP_B_COND)
		entry->op = OP_B_COND_BACK;
	else
		return;
	entry->ra = LOOP_SELDOM_FIRST;
}

static const struct insn *code_decode(struct vboard *vb, struct insn *entry)
{
	uint32_t pc = code_address(vb, entry);
	uint32_t offset = pc < VBOARD_FLASH_BYTES ? pc : pc - FLASH_BASE;
	uint32_t left;
	const uint8_t *bytes = code_bytes(vb, pc, &left);
	uint16_t hw1 = code_halfword(bytes);

	if (offset < VBOARD_FLASH_BYTES && !cells_are_firm(vb, offset, left < 4 ? left : 4) &&
	    pc != vb->handover_pc)
		return code_fetch_unsure(vb, pc, offset, left);
	if (pc == vb->handover_pc)
		*entry = (struct insn){ .op = OP_STOP, .op_it = OP_STOP, .len = 1, .pc = pc };
	else if (insn_is_wide(hw1) && left < 4)
		*entry = (struct insn){
			.op = OP_FETCH_FAULT, .op_it = OP_FETCH_FAULT, .len = 1, .pc = pc
		};
	else
		insn_decode(hw1, insn_is_wide(hw1) ? code_halfword(bytes + 2) : 0, pc, entry);
	mark_loop(entry);
	code_note(vb, pc);
	if (vb->recorder)
		record_code(vb, entry);
	return entry;
}

/* Addresses outside flash and RAM: decoded anew each time. */
static const struct insn *code_fetch_elsewhere(struct vboard *vb, uint32_t pc)
{
	struct insn *entry = &vb->scratch[0];
	uint32_t hw1 = 0;
	uint32_t hw2 = 0;

	if (pc == vb->return_pc) {
		*entry = (struct insn){ .op = OP_STOP, .op_it = OP_STOP, .len = 1, .pc = pc };
		return entry;
	}
	if (pc >= PERIPHERAL_BASE && (pc < 0x60000000 || pc >= 0xa0000000)) {
		bus_abort(vb, CFSR_IACCVIOL, pc); /* execute never (B3.1) */
		return NULL;
	}
	if (!bus_read16(vb, pc, &hw1) ||
	    (insn_is_wide((uint16_t)hw1) && !bus_read16(vb, pc + 2, &hw2))) {
		bus_abort(vb, CFSR_IBUSERR, pc);
		return NULL;
	}
	insn_decode((uint16_t)hw1, (uint16_t)hw2, pc, entry);
	for (uint32_t i = 1; i <= DECODE_GUARD; i++)
		vb->scratch[i] = (struct insn){ .op = OP_REFETCH, .pc = pc + 2 * i };
	return entry;
}

/* NULL: outside the three regions. */
static struct insn *entry_at(const struct vboard *vb, uint32_t pc)
{
	if (pc - FLASH_BASE < VBOARD_FLASH_BYTES)
		return &vb->code->flash.insns[(pc - FLASH_BASE) / 2];
	if (pc - RAM_BASE < VBOARD_RAM_BYTES)
		return &vb->code->ram.insns[(pc - RAM_BASE) / 2];
	if (pc < VBOARD_FLASH_BYTES)
		return &vb->code->alias.insns[pc / 2];
	return NULL;
}

const struct insn *code_fetch(struct vboard *vb, uint32_t pc)
{
	struct insn *entry = entry_at(vb, pc);

	if (!entry)
		return code_fetch_elsewhere(vb, pc);
	return entry->op == OP_DECODE ? code_decode(vb, entry) : entry;
}

void code_loop_looked_at(struct vboard *vb, uint32_t pc, bool found)
{
	struct insn *entry = pc & 1 ? NULL : entry_at(vb, pc);

	if (!entry || (entry->op != OP_B_BACK && entry->op != OP_B_COND_BACK))
		return;
	if (found)
		entry->ra = 0;
	else if (entry->ra < LOOP_SELDOM_MAX)
		entry->ra++;
}
