/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers of the flash controller: locks, modes, errors, protection. What the operations do
 * is in flash_ops.c.
 */
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/flash.h"

enum flash_registers {
	FLASH_ACR = 0x00,
	FLASH_KEYR = 0x04,
	FLASH_OPTKEYR = 0x08,
	FLASH_SR = 0x0c,
	FLASH_CR = 0x10,
	FLASH_OPTCR = 0x14,
};

enum flash_bits {
	SR_EOP = 1u << 0,
	SR_OPERR = 1u << 1,
	SR_WRPERR = 1u << 4,
	SR_PGPERR = 1u << 6,
	SR_PGSERR = 1u << 7,
	SR_CLEARED_BY_1 = 0xf3,
	CR_PG = 1u << 0,
	CR_SER = 1u << 1,
	CR_MER = 1u << 2,
	CR_SNB_SHIFT = 3,
	CR_PSIZE_SHIFT = 8,
	CR_STRT = 1u << 16,
	CR_EOPIE = 1u << 24,
	CR_ERRIE = 1u << 25,
	OPTCR_OPTLOCK = 1u << 0,
	OPTCR_OPTSTRT = 1u << 1,
	RDP_LEVEL_0 = 0xaa,
	RDP_LEVEL_2 = 0xcc,
	ALL_SECTORS = (1 << FLASH_SECTORS) - 1,
};

#define CR_LOCK	    (1u << 31)
#define CR_WRITABLE (CR_LOCK | 0x0301037fu)

void flash_reset(struct vboard *vb)
{
	vb->s.chip.flash =
		(struct flash_state){ .cr = CR_LOCK, .optcr = vb->s.option_bytes | OPTCR_OPTLOCK };
}

unsigned int vboard_read_protection(const struct vboard *vb)
{
	switch (vb->s.option_bytes >> OPTION_RDP_SHIFT & 0xff) {
	case RDP_LEVEL_0: return 0;
	case RDP_LEVEL_2: return 2;
	default: return 1;
	}
}

/* Of 'sectors' (a bit each), those that may not be changed. */
static uint32_t protected_of(const struct vboard *vb, uint32_t sectors)
{
	return sectors & ~(vb->s.option_bytes >> OPTION_NWRP_SHIFT);
}

static void update_interrupt(struct vboard *vb)
{
	const struct flash_state *flash = &vb->s.chip.flash;

	cpu_irq_line(vb, IRQ_FLASH,
		     ((flash->sr & SR_EOP) && (flash->cr & CR_EOPIE)) ||
			     ((flash->sr & SR_OPERR) && (flash->cr & CR_ERRIE)));
}

static bool is_open(const struct flash_state *flash)
{
	return (flash->cr & CR_PG) && !(flash->cr & (CR_SER | CR_MER));
}

bool flash_ignores(const struct vboard *vb)
{
	const struct flash_state *flash = &vb->s.chip.flash;

	return !is_open(flash) && (flash->sr & SR_PGSERR) && !(flash->cr & (CR_ERRIE | CR_EOPIE));
}

/* EOP and OPERR exist only with their interrupts (PM0059, FLASH_SR). */
static void refuse(struct vboard *vb, uint32_t error)
{
	struct flash_state *flash = &vb->s.chip.flash;

	flash->sr |= error | (flash->cr & CR_ERRIE ? SR_OPERR : 0);
	update_interrupt(vb);
}

static void operation_over(struct vboard *vb, bool whole)
{
	struct flash_state *flash = &vb->s.chip.flash;

	if (!whole || !vb->s.powered)
		return;
	flash->sr |= flash->cr & CR_EOPIE ? SR_EOP : 0;
	update_interrupt(vb);
}

/* The core makes aligned accesses of an unaligned one, so the flash sees narrower stores. */
static void store_pieces(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	while (size && vb->s.powered) {
		unsigned int piece = address & 1 || size < 2 ? 1 : 2;

		flash_store(vb, address, piece, piece == 2 ? value & 0xffff : value & 0xff);
		address += piece;
		size -= piece;
		value >>= 8 * piece;
	}
}

void flash_store(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	struct flash_state *flash = &vb->s.chip.flash;
	uint32_t psize = flash->cr >> CR_PSIZE_SHIFT & 3;
	uint32_t offset = address - FLASH_BASE;

	if (address & (size - 1))
		store_pieces(vb, address, size, value);
	else if (!is_open(flash))
		refuse(vb, SR_PGSERR);
	else if (psize >= VBOARD_WIDTHS || size != 1u << psize) /* x64 needs VPP: not on a board */
		refuse(vb, SR_PGPERR);
	else if (offset >= VBOARD_FLASH_BYTES || protected_of(vb, 1u << flash_sector_of(offset)))
		refuse(vb, SR_WRPERR);
	else
		operation_over(vb, flash_program(vb, address, size, value));
}

/*
 * With a protected sector there is no mass erase at all (PM0059 2.6.4); with SER and MER set there
 * is no erase (2.5.3 of the later reference manuals of this controller).
 */
static void erase_command(struct vboard *vb)
{
	struct flash_state *flash = &vb->s.chip.flash;
	uint32_t number = flash->cr >> CR_SNB_SHIFT & 15;
	uint32_t psize = flash->cr >> CR_PSIZE_SHIFT & 3;
	bool mass = (flash->cr & CR_MER) != 0;

	if (mass && (flash->cr & CR_SER))
		return;
	if (psize >= VBOARD_WIDTHS)
		refuse(vb, SR_PGPERR);
	else if (!mass && number >= FLASH_SECTORS)
		refuse(vb, SR_PGSERR);
	else if (protected_of(vb, mass ? ALL_SECTORS : 1u << number))
		refuse(vb, SR_WRPERR);
	else if (mass)
		operation_over(vb, flash_erase_all(vb, (enum vboard_widths)psize));
	else
		operation_over(vb, flash_erase_sector(vb, number, (enum vboard_widths)psize));
}

static void control_write(struct vboard *vb, uint32_t value)
{
	struct flash_state *flash = &vb->s.chip.flash;

	if (flash->cr & CR_LOCK)
		return;
	flash->cr = value & CR_WRITABLE;
	if ((value & CR_STRT) && (value & (CR_SER | CR_MER)))
		erase_command(vb);
	flash->cr &= ~(uint32_t)CR_STRT;
	if (value & CR_LOCK)
		flash->key_step = 0;
	update_interrupt(vb);
}

/*
 * Read protection, PM0059 2.6.3: user code that was booted from the flash keeps its access at every
 * level. Going from level 1 to 0 erases flash and backup SRAM first, so a cut in between leaves a
 * protected, half-erased chip; level 2 is for ever, and no option can be changed any more.
 */
static void option_start(struct vboard *vb)
{
	uint32_t value = vb->s.chip.flash.optcr;
	bool opens = vboard_read_protection(vb) == 1 &&
		     (value >> OPTION_RDP_SHIFT & 0xff) == RDP_LEVEL_0;

	if (vboard_read_protection(vb) == 2)
		return;
	if (opens) {
		memset(vb->s.backup.sram, 0, sizeof(vb->s.backup.sram));
		if (!flash_erase_all(vb, VBOARD_X8) || !vb->s.powered)
			return;
	}
	operation_over(vb, flash_program_options(vb, value));
}

static void option_write(struct vboard *vb, uint32_t value, uint32_t mask)
{
	struct flash_state *flash = &vb->s.chip.flash;

	if (flash->optcr & OPTCR_OPTLOCK)
		return;
	flash->optcr = (flash->optcr & ~mask) | (value & mask);
	if (flash->optcr & OPTCR_OPTSTRT)
		option_start(vb);
	flash->optcr &= ~(uint32_t)OPTCR_OPTSTRT;
}

/* Two keys in order open a lock; anything else closes it until reset (RM0033 2.5.1). */
static bool unlock(uint32_t *step, uint32_t value, uint32_t first, uint32_t second)
{
	if (*step == 0 && value == first) {
		*step = 1;
	} else if (*step == 1 && value == second) {
		*step = 0;
		return true;
	} else {
		*step = UINT32_MAX;
	}
	return false;
}

uint32_t flash_read(struct vboard *vb, uint32_t offset)
{
	const struct flash_state *flash = &vb->s.chip.flash;

	switch (offset) {
	case FLASH_ACR: return flash->acr;
	case FLASH_SR: return flash->sr;
	case FLASH_CR: return flash->cr;
	case FLASH_OPTCR: return flash->optcr;
	default: return 0;
	}
}

void flash_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct flash_state *flash = &vb->s.chip.flash;

	switch (offset) {
	case FLASH_ACR: flash->acr = (flash->acr & ~mask) | (value & mask); break;
	case FLASH_KEYR:
		if (unlock(&flash->key_step, value, 0x45670123, 0xcdef89ab))
			flash->cr &= ~CR_LOCK;
		break;
	case FLASH_OPTKEYR:
		if (unlock(&flash->optkey_step, value, 0x08192a3b, 0x4c5d6e7f))
			flash->optcr &= ~(uint32_t)OPTCR_OPTLOCK;
		break;
	case FLASH_SR:
		flash->sr &= ~(value & mask & SR_CLEARED_BY_1);
		update_interrupt(vb);
		break;
	case FLASH_CR: control_write(vb, (flash->cr & ~mask) | (value & mask)); break;
	case FLASH_OPTCR: option_write(vb, value, mask); break;
	default: break;
	}
}
