/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/common/flash.h"
#include "reference/common/layout.h"

enum flash_bits {
	SR_ERRORS = 0xf2,
	SR_BUSY = 1 << 16,
	CR_PROGRAM = 1 << 0,
	CR_SECTOR_ERASE = 1 << 1,
	CR_WORDS = 2 << 8, /* 32 bits at a time */
	CR_START = 1 << 16,
	SECTORS = 12,
	SMALL_SECTORS = 4,
};

static uint32_t sector_begin(uint32_t number)
{
	if (number <= SMALL_SECTORS)
		return LAYOUT_FLASH_BEGIN + number * 0x4000;
	return LAYOUT_FLASH_BEGIN + (number - SMALL_SECTORS) * 0x20000;
}

static int sector_of(uint32_t address)
{
	for (uint32_t i = 0; i < SECTORS; i++)
		if (address >= sector_begin(i) && address < sector_begin(i + 1))
			return (int)i;
	return -1;
}

uint32_t flash_sector(uint32_t address, uint32_t *ret_begin)
{
	int number = sector_of(address);

	if (number < 0)
		return 0;
	*ret_begin = sector_begin((uint32_t)number);
	return sector_begin((uint32_t)number + 1) - *ret_begin;
}

static void begin(uint32_t control)
{
	while (FLASH_SR & SR_BUSY)
		;
	FLASH_KEYR = 0x45670123;
	FLASH_KEYR = 0xcdef89ab;
	FLASH_SR = SR_ERRORS;
	FLASH_CR = control;
}

static void end(void)
{
	while (FLASH_SR & SR_BUSY)
		;
	FLASH_CR = 1u << 31; /* lock */
}

void flash_erase(uint32_t address)
{
	int number = sector_of(address);

	if (number < 0)
		return;
	begin(CR_SECTOR_ERASE | CR_WORDS | (uint32_t)number << 3);
	FLASH_CR |= CR_START;
	end();
}

void flash_program(uint32_t address, uint32_t word)
{
	volatile uint32_t *at = (volatile uint32_t *)address;

	if (*at == word)
		return;
	begin(CR_PROGRAM | CR_WORDS);
	*at = word;
	end();
}
