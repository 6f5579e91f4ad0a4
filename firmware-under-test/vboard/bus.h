/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory as the core sees it. RAM and flash reads are answered here, inline; everything else goes
 * to the slow path. A function returns false when the access faulted: vb->abort_cfsr says how.
 */
#ifndef VBOARD_BUS_H
#define VBOARD_BUS_H

#include "vboard/state.h"

#include <string.h>

/* CFSR bits (B3.2.15). */
enum cfsr_bits {
	CFSR_IACCVIOL = 1u << 0,
	CFSR_DACCVIOL = 1u << 1,
	CFSR_MMARVALID = 1u << 7,
	CFSR_IBUSERR = 1u << 8,
	CFSR_PRECISERR = 1u << 9,
	CFSR_STKERR = 1u << 12,
	CFSR_UNSTKERR = 1u << 11,
	CFSR_BFARVALID = 1u << 15,
	CFSR_UNDEFINSTR = 1u << 16,
	CFSR_INVSTATE = 1u << 17,
	CFSR_INVPC = 1u << 18,
	CFSR_NOCP = 1u << 19,
	CFSR_UNALIGNED = 1u << 24,
	CFSR_DIVBYZERO = 1u << 25,
};

/* In vboard.abort_cfsr alone, which is no CFSR bit: a breakpoint without a debugger. */
#define ABORT_BKPT (1u << 31)
/* Whether a read of flash finds what it holds, each time (cells.c, rail.c). */
static inline bool flash_is_sure(const struct vboard *vb)
{
	return vb->flash_sure;
}

/* 'size' is 1, 2 or 4. */
bool bus_read_slow(struct vboard *vb, uint32_t address, unsigned int size, uint32_t *ret);
bool bus_write_slow(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value);

/* Notes a fault of the running instruction; always false, for "return". */
static inline bool bus_abort(struct vboard *vb, uint32_t cfsr, uint32_t address)
{
	vb->abort_cfsr = cfsr;
	vb->abort_address = address;
	return false;
}

/*
 * Which addresses are answered inline: all of RAM and flash, up to the last word that an access of
 * any size may begin in. Else 0: then the slow path sees every access.
 */
enum bus_windows {
	RAM_WINDOW = VBOARD_RAM_BYTES - 3,
	FLASH_WINDOW = VBOARD_FLASH_BYTES - 3,
};

/* What was decoded from RAM [offset, offset+size) is no longer true. */
void code_ram_changed(struct vboard *vb, uint32_t offset, uint32_t size);
/* Flash changed: the same, and what else is derived from it. */
void code_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size);

/* Not written as an array: the compiler cannot know that a window is never larger than it. */
static inline uint8_t *bus_ram(struct vboard *vb, uint32_t offset)
{
	return (uint8_t *)vb + offsetof(struct vboard, s.chip.ram) + offset;
}

/* bus_read32_inline() and its like: what can be answered here; false: the slow path has to. */
static inline bool bus_read32_inline(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	if (__builtin_expect(address - RAM_BASE < vb->ram_window, 1)) {
		memcpy(ret, bus_ram(vb, address - RAM_BASE), 4);
		return true;
	}
	if (__builtin_expect(address - FLASH_BASE < vb->flash_window, 1)) {
		memcpy(ret, &vb->s.flash[address - FLASH_BASE], 4);
		return true;
	}
	return false;
}

static inline bool bus_read32(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	return bus_read32_inline(vb, address, ret) || bus_read_slow(vb, address, 4, ret);
}

static inline bool bus_read16_inline(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	uint16_t half;

	if (__builtin_expect(address - RAM_BASE < vb->ram_window, 1)) {
		memcpy(&half, bus_ram(vb, address - RAM_BASE), 2);
		*ret = half;
		return true;
	}
	if (__builtin_expect(address - FLASH_BASE < vb->flash_window, 1)) {
		memcpy(&half, &vb->s.flash[address - FLASH_BASE], 2);
		*ret = half;
		return true;
	}
	return false;
}

static inline bool bus_read16(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	return bus_read16_inline(vb, address, ret) || bus_read_slow(vb, address, 2, ret);
}

static inline bool bus_read8_inline(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	if (__builtin_expect(address - RAM_BASE < vb->ram_window, 1)) {
		*ret = *bus_ram(vb, address - RAM_BASE);
		return true;
	}
	if (__builtin_expect(address - FLASH_BASE < vb->flash_window, 1)) {
		*ret = vb->s.flash[address - FLASH_BASE];
		return true;
	}
	return false;
}

static inline bool bus_read8(struct vboard *vb, uint32_t address, uint32_t *ret)
{
	return bus_read8_inline(vb, address, ret) || bus_read_slow(vb, address, 1, ret);
}

/* Every change of RAM tells of itself here. */
static inline void bus_ram_written(struct vboard *vb, uint32_t offset, uint32_t size)
{
	vb->ram_written |= 1u << offset / SNAPSHOT_PAGE | 1u << (offset + size - 1) / SNAPSHOT_PAGE;
	if (__builtin_expect(offset + size > vb->ram_code_low && offset < vb->ram_code_high, 0))
		code_ram_changed(vb, offset, size);
}

static inline bool bus_write32_inline(struct vboard *vb, uint32_t address, uint32_t value)
{
	uint32_t offset = address - RAM_BASE;

	if (__builtin_expect(offset < vb->ram_window, 1)) {
		memcpy(bus_ram(vb, offset), &value, 4);
		bus_ram_written(vb, offset, 4);
		return true;
	}
	return false;
}

static inline bool bus_write32(struct vboard *vb, uint32_t address, uint32_t value)
{
	return bus_write32_inline(vb, address, value) || bus_write_slow(vb, address, 4, value);
}

static inline bool bus_write16_inline(struct vboard *vb, uint32_t address, uint32_t value)
{
	uint32_t offset = address - RAM_BASE;
	uint16_t half = (uint16_t)value;

	if (__builtin_expect(offset < vb->ram_window, 1)) {
		memcpy(bus_ram(vb, offset), &half, 2);
		bus_ram_written(vb, offset, 2);
		return true;
	}
	return false;
}

static inline bool bus_write16(struct vboard *vb, uint32_t address, uint32_t value)
{
	return bus_write16_inline(vb, address, value) ||
	       bus_write_slow(vb, address, 2, value & 0xffff);
}

static inline bool bus_write8_inline(struct vboard *vb, uint32_t address, uint32_t value)
{
	uint32_t offset = address - RAM_BASE;

	if (__builtin_expect(offset < vb->ram_window, 1)) {
		*bus_ram(vb, offset) = (uint8_t)value;
		bus_ram_written(vb, offset, 1);
		return true;
	}
	return false;
}

static inline bool bus_write8(struct vboard *vb, uint32_t address, uint32_t value)
{
	return bus_write8_inline(vb, address, value) ||
	       bus_write_slow(vb, address, 1, value & 0xff);
}

/* Empty caches of decoded instructions; false on lack of memory, then releasing is still right. */
bool code_cache_init(struct code_cache *cache);
void code_cache_release(struct code_cache *cache);

/*
 * The instruction to run at 'pc', decoded now if need be; NULL when the fetch faults (abort_cfsr).
 * Valid until the memory below it changes or another address outside the two regions is fetched.
 */
const struct insn *code_fetch(struct vboard *vb, uint32_t pc);

/* The loop that the branch at 'pc' closes could be done at once, or not: then it is looked at less
 * often. Nothing happens when no such branch is there any more. */
void code_loop_looked_at(struct vboard *vb, uint32_t pc, bool found);

/* Address of an entry, decoded or not. */
uint32_t code_address(const struct vboard *vb, const struct insn *entry);

#endif
