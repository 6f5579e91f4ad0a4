/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is not an aligned or unaligned access to RAM or a read of flash. */
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/cpu.h"
#include "vboard/flash.h"
#include "vboard/peripherals.h"
#include "vboard/record.h"
#include "vboard/scs.h"

enum regions {
	ALIAS_END = VBOARD_FLASH_BYTES, /* flash also answers at 0 */
	RAM_BITBAND = 0x22000000,
	RAM_BITBAND_BYTES = VBOARD_RAM_BYTES * 32,
	PERIPHERAL_BITBAND = 0x42000000,
	PERIPHERAL_BITBAND_BYTES = 0x02000000,
	PERIPHERAL_END = 0x60000000,
	OPTION_BYTES_BASE = 0x1fffc000, /* PM0059 2.6.1 */
	OPTION_NWRP_BASE = 0x1fffc008,
	SYSTEM_MEMORY = 0x1fff0000,
	SYSTEM_MEMORY_END = 0x1fffc010, /* boot ROM, OTP, unique id, option bytes */
};

#define PPB_BASE 0xe0000000u
#define PPB_END	 0xe0100000u
#define STIR	 0xe000ef00u

static uint32_t size_mask(unsigned int size)
{
	return size == 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

/* Boot ROM is not modelled and reads as erased; the unique id is made up of the chip's model. */
static uint8_t system_memory_byte(const struct vboard *vb, uint32_t address)
{
	static const uint8_t uid[12] = { 0x30, 0x00, 0x2f, 0x00, 0x0f, 0x47,
					 0x34, 0x33, 0x34, 0x35, 0x31, 0x36 };

	if (address - OTP_BASE < OTP_BYTES)
		return vb->s.otp[address - OTP_BASE];
	if (address - UID_BASE < sizeof(uid))
		return uid[address - UID_BASE];
	if (address - OPTION_BYTES_BASE < 2) /* user bits and RDP */
		return (uint8_t)(vb->s.option_bytes >> (8 * (address - OPTION_BYTES_BASE)) |
				 (address & 1 ? 0 : 3));
	if (address - OPTION_NWRP_BASE < 2)
		return (uint8_t)((vb->s.option_bytes >> 16 | 0xf000) >>
				 (8 * (address - OPTION_NWRP_BASE)));
	return 0xff;
}

static bool read_system_memory(const struct vboard *vb, uint32_t address, unsigned int size,
			       uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned int i = size; i-- > 0;)
		value = value << 8 | system_memory_byte(vb, address + i);
	*ret = value;
	return true;
}

static uint32_t read_word(struct vboard *vb, uint32_t word)
{
	return word >= PPB_BASE ? scs_read(vb, word - PPB_BASE) : peripherals_read(vb, word);
}

/* B3.1: the private peripheral bus is for privileged code, but for STIR when CCR says so. */
static bool may_access(const struct vboard *vb, uint32_t word)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;

	return word < PPB_BASE || cpu->ipsr != 0 || !(cpu->control & 1) ||
	       (word == STIR && (vb->s.chip.scs.ccr & CCR_USERSETMPEND));
}

/* The part of a register that an access of 'size' at 'address' sees. */
static bool read_register(struct vboard *vb, uint32_t address, unsigned int size, uint32_t *ret)
{
	uint32_t shift = 8 * (address & 3);

	if (shift + 8 * size > 32)
		return bus_abort(vb, CFSR_UNALIGNED, address);
	if (!may_access(vb, address & ~3u))
		return bus_abort(vb, CFSR_PRECISERR, address);
	*ret = read_word(vb, address & ~3u) >> shift & size_mask(size);
	return true;
}

static bool write_register(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	uint32_t shift = 8 * (address & 3);
	uint32_t word = address & ~3u;

	if (shift + 8 * size > 32)
		return bus_abort(vb, CFSR_UNALIGNED, address);
	if (!may_access(vb, word))
		return bus_abort(vb, CFSR_PRECISERR, address);
	if (word >= PPB_BASE)
		scs_write(vb, word - PPB_BASE, value << shift, size_mask(size) << shift);
	else
		peripherals_write(vb, word, value << shift, size_mask(size) << shift);
	return true;
}

static bool bitband_target(uint32_t address, uint32_t *ret_word, uint32_t *ret_bit)
{
	uint32_t base;
	uint32_t bit;

	if (address - RAM_BITBAND < RAM_BITBAND_BYTES) {
		base = RAM_BASE;
		bit = (address - RAM_BITBAND) / 4;
	} else if (address - PERIPHERAL_BITBAND < PERIPHERAL_BITBAND_BYTES) {
		base = PERIPHERAL_BASE;
		bit = (address - PERIPHERAL_BITBAND) / 4;
	} else {
		return false;
	}
	*ret_word = base + bit / 32 * 4;
	*ret_bit = bit % 32;
	return true;
}

/* What is inside RAM or flash comes here at their very end, and while a run is recorded. */
static bool in_memory(uint32_t address, unsigned int size)
{
	return (address - RAM_BASE < VBOARD_RAM_BYTES &&
		address - RAM_BASE + size <= VBOARD_RAM_BYTES) ||
	       (address - FLASH_BASE < VBOARD_FLASH_BYTES &&
		address - FLASH_BASE + size <= VBOARD_FLASH_BYTES);
}

static uint32_t read_memory(struct vboard *vb, uint32_t address, unsigned int size)
{
	uint32_t value = 0;

	if (address < RAM_BASE)
		return cells_read(vb, address - FLASH_BASE, size);
	memcpy(&value, &vb->s.chip.ram[address - RAM_BASE], size);
	return value;
}

/*
 * While a run is recorded, nearly all accesses are to words that the recording knows already. They
 * are answered here: there is nothing to note.
 */
static inline bool read_recorded(const struct vboard *vb, uint32_t address, unsigned int size,
				 uint32_t *ret)
{
	const struct record_flags *flags = vb->record_flags;
	uint32_t shift = 8 * (address & 3);
	uint32_t offset = address - RAM_BASE;
	uint32_t word;

	if (!flags || shift + 8 * size > 32)
		return false;
	if (offset < VBOARD_RAM_BYTES) {
		if (!flags->ram[offset / 4])
			return false;
		memcpy(&word, &vb->s.chip.ram[offset & ~3u], 4);
	} else {
		offset = address - FLASH_BASE;
		if (offset >= VBOARD_FLASH_BYTES || !flash_is_sure(vb) || !flags->flash[offset / 4])
			return false;
		memcpy(&word, &vb->s.flash[offset & ~3u], 4);
	}
	*ret = word >> shift & (UINT32_MAX >> (32 - 8 * size));
	return true;
}

/* The same of a store to a word of RAM that was written before. */
static inline bool write_recorded(struct vboard *vb, uint32_t address, unsigned int size,
				  uint32_t value)
{
	const struct record_flags *flags = vb->record_flags;
	uint32_t offset = address - RAM_BASE;
	uint8_t *bytes;

	if (!flags || offset >= VBOARD_RAM_BYTES || (address & 3) + size > 4 ||
	    !(flags->ram[offset / 4] & RECORD_WRITTEN))
		return false;
	bytes = &vb->s.chip.ram[offset];
	if (size == 4)
		memcpy(bytes, &value, 4);
	else if (size == 2)
		memcpy(bytes, &value, 2);
	else
		*bytes = (uint8_t)value;
	bus_ram_written(vb, offset, size);
	return true;
}

/* Not inlined: the usual case above should not pay for what this one keeps. */
static __attribute__((noinline)) bool read_any(struct vboard *vb, uint32_t address,
					       unsigned int size, uint32_t *ret)
{
	uint32_t word;
	uint32_t bit;

	if (vb->recorder)
		record_read(vb, address, size);
	if (in_memory(address, size)) {
		*ret = read_memory(vb, address, size);
		return true;
	}
	if (address < ALIAS_END && address + size <= ALIAS_END) {
		*ret = cells_read(vb, address, size);
		return true;
	}
	if (bitband_target(address, &word, &bit)) {
		if (!(word < PERIPHERAL_BASE ? bus_read32(vb, word, &word)
					     : read_register(vb, word, 4, &word)))
			return false;
		*ret = word >> bit & 1;
		return true;
	}
	if ((address >= PERIPHERAL_BASE && address < PERIPHERAL_END) ||
	    (address >= PPB_BASE && address < PPB_END))
		return read_register(vb, address, size, ret);
	if (address >= SYSTEM_MEMORY && address < SYSTEM_MEMORY_END)
		return read_system_memory(vb, address, size, ret);
	return bus_abort(vb, CFSR_PRECISERR, address);
}

bool bus_read_slow(struct vboard *vb, uint32_t address, unsigned int size, uint32_t *ret)
{
	return read_recorded(vb, address, size, ret) || read_any(vb, address, size, ret);
}

static __attribute__((noinline)) bool write_any(struct vboard *vb, uint32_t address,
						unsigned int size, uint32_t value)
{
	uint32_t word;
	uint32_t bit;

	if (address - RAM_BASE < VBOARD_RAM_BYTES && in_memory(address, size)) {
		if (vb->recorder)
			record_ram_write(vb, address - RAM_BASE, size);
		memcpy(&vb->s.chip.ram[address - RAM_BASE], &value, size);
		bus_ram_written(vb, address - RAM_BASE, size);
		return true;
	}
	if (address - FLASH_BASE < VBOARD_FLASH_BYTES) {
		flash_store(vb, address, size, value);
		return true;
	}
	if (address < ALIAS_END) {
		flash_store(vb, address + FLASH_BASE, size, value);
		return true;
	}
	if (bitband_target(address, &word, &bit)) {
		if (word >= PERIPHERAL_BASE) { /* read, change, write (TRM DDI 0337E 3.7) */
			uint32_t old = peripherals_read(vb, word);

			peripherals_write(vb, word, (old & ~(1u << bit)) | (value & 1) << bit,
					  UINT32_MAX);
			return true;
		}
		if (!bus_read32(vb, word, &address))
			return false;
		return bus_write32(vb, word, (address & ~(1u << bit)) | (value & 1) << bit);
	}
	if ((address >= PERIPHERAL_BASE && address < PERIPHERAL_END) ||
	    (address >= PPB_BASE && address < PPB_END))
		return write_register(vb, address, size, value);
	return bus_abort(vb, CFSR_PRECISERR, address);
}

bool bus_write_slow(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	return write_recorded(vb, address, size, value) || write_any(vb, address, size, value);
}
