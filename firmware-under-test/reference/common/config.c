/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bank: seal, sequence number, CRC of the table, and the table itself at an offset of 64 bytes.
 * Writing: the other bank is erased, table, CRC and sequence number are programmed and read back,
 * and last the seal. Until the seal is whole the bank does not count, and the old one does; when
 * both count, the higher number does. Power may be lost at any point of it.
 */
#include "reference/common/config.h"
#include "reference/common/crc.h"
#include "reference/common/defects.h"
#include "reference/common/flash.h"
#include "reference/common/layout.h"

enum config_bank {
	BANK_SEAL = 0,
	BANK_SEQUENCE = 4,
	BANK_CRC = 8,
	BANK_TABLE = 64,
};

#define SEAL_VALID 0xeda15e00u

static uint32_t word_at(uint32_t address)
{
	return *(const volatile uint32_t *)address;
}

static bool is_valid(uint32_t bank)
{
	if (word_at(bank + BANK_SEAL) != SEAL_VALID)
		return false;
	return !HAS_CONFIG_CRC || crc_of_words((const uint32_t *)(bank + BANK_TABLE),
					       CONFIG_BYTES / 4) == word_at(bank + BANK_CRC);
}

/* The valid bank with the higher number, 0 for none. */
static uint32_t active_bank(void)
{
	bool first = is_valid(LAYOUT_BANK_1);
	bool second = is_valid(LAYOUT_BANK_2);

	if (first && second)
		return (int32_t)(word_at(LAYOUT_BANK_2 + BANK_SEQUENCE) -
				 word_at(LAYOUT_BANK_1 + BANK_SEQUENCE)) > 0
			       ? LAYOUT_BANK_2
			       : LAYOUT_BANK_1;
	return first ? LAYOUT_BANK_1 : second ? LAYOUT_BANK_2 : 0;
}

enum config_state config_state(void)
{
	if (active_bank())
		return CONFIG_VALID;
	if (word_at(LAYOUT_BANK_1 + BANK_SEAL) == UINT32_MAX &&
	    word_at(LAYOUT_BANK_2 + BANK_SEAL) == UINT32_MAX)
		return CONFIG_BLANK;
	return CONFIG_DAMAGED;
}

/* Bytes that replace some of the table's. */
struct change {
	const uint8_t *data;
	uint32_t offset;
	uint32_t bytes;
};

/* The table's word at 'offset' with the change made. */
static uint32_t changed_word(uint32_t old_bank, uint32_t offset, const struct change *change)
{
	uint32_t word = old_bank ? word_at(old_bank + BANK_TABLE + offset) : UINT32_MAX;

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t at = offset + i - change->offset;

		if (at < change->bytes)
			word = (word & ~(0xffu << (8 * i))) | (uint32_t)change->data[at] << (8 * i);
	}
	return word;
}

static int write_bank(uint32_t old_bank, const struct change *change)
{
	uint32_t bank = old_bank == LAYOUT_BANK_1 ? LAYOUT_BANK_2 : LAYOUT_BANK_1;
	uint32_t sequence = old_bank ? word_at(old_bank + BANK_SEQUENCE) + 1 : 1;
	uint32_t table = bank + BANK_TABLE;

	flash_erase(bank);
	for (uint32_t i = 0; i < CONFIG_BYTES; i += 4)
		flash_program(table + i, changed_word(old_bank, i, change));
	for (uint32_t i = 0; i < CONFIG_BYTES; i += 4)
		if (word_at(table + i) != changed_word(old_bank, i, change))
			return -1;
	flash_program(bank + BANK_CRC, crc_of_words((const uint32_t *)table, CONFIG_BYTES / 4));
	flash_program(bank + BANK_SEQUENCE, sequence);
	if (HAS_DEFECT(WINDOW_BANK) && old_bank)
		flash_program(old_bank + BANK_SEAL, 0);
	flash_program(bank + BANK_SEAL, SEAL_VALID);
	return is_valid(bank) && word_at(bank + BANK_SEQUENCE) == sequence ? 0 : -1;
}

const void *config_read(uint32_t offset)
{
	static const uint32_t blank[8] = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
					   UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	uint32_t bank = active_bank();

	return bank ? (const void *)(bank + BANK_TABLE + offset) : blank;
}

int config_write(const void *data, uint32_t offset, uint32_t bytes)
{
	struct change change = { data, offset, bytes };

	if (offset > CONFIG_BYTES || bytes > CONFIG_BYTES - offset)
		return -1;
	return write_bank(active_bank(), &change);
}

void config_clear_in_place(uint32_t offset, uint32_t bytes)
{
	uint32_t bank = active_bank();

	for (uint32_t i = 0; bank && i < bytes; i += 4)
		flash_program(bank + BANK_TABLE + offset + i, 0);
}
