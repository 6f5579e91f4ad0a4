/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/bootloader/dfu_memory.h"
#include "reference/common/config.h"
#include "reference/common/config_code.h"
#include "reference/common/flash.h"
#include "reference/common/layout.h"

enum dfu_memory_limits {
	WRITE_ATTEMPTS = 3,
	TABLE_POLL_MS = 500, /* the other bank is erased and written as a whole */
	BLANK = 0xff,
};

/* The bootloader protects itself, the table's banks and its spare sector. */
static bool is_for_writing(uint32_t address, uint32_t bytes)
{
	return address >= LAYOUT_SYSTEM_1 && address < LAYOUT_FLASH_END &&
	       bytes <= LAYOUT_FLASH_END - address;
}

enum dfu_memory_result dfu_memory_erase(enum dfu_memory memory, uint32_t address)
{
	uint32_t begin;

	if (memory == DFU_TABLE)
		return DFU_MEMORY_DONE;
	if (!is_for_writing(address, 1) || !flash_sector(address, &begin))
		return DFU_MEMORY_REFUSED;
	flash_erase(begin);
	return DFU_MEMORY_DONE;
}

static enum dfu_memory_result write_flash(uint32_t address, const uint32_t *words, uint32_t count)
{
	const volatile uint32_t *there = (const volatile uint32_t *)address;

	for (uint32_t i = 0; i < count; i++) {
		for (int tries = 0; tries < WRITE_ATTEMPTS && there[i] != words[i]; tries++)
			flash_program(address + 4 * i, words[i]);
		if (there[i] != words[i])
			return DFU_MEMORY_DIFFERENT;
	}
	return DFU_MEMORY_DONE;
}

enum dfu_memory_result dfu_memory_write(enum dfu_memory memory, uint32_t address, const void *data,
					uint32_t bytes)
{
	if (memory == DFU_FLASH) {
		if (!is_for_writing(address, bytes) || address % 4 != 0)
			return DFU_MEMORY_REFUSED;
		return write_flash(address, data, (bytes + 3) / 4);
	}
	if (!config_code_is_there() || address > CONFIG_BYTES || bytes > CONFIG_BYTES - address)
		return DFU_MEMORY_REFUSED;
	return config_code_write(data, address, bytes) < 0 ? DFU_MEMORY_DIFFERENT : DFU_MEMORY_DONE;
}

const void *dfu_memory_read(enum dfu_memory memory, uint32_t address, uint32_t bytes, void *buffer)
{
	uint8_t *to = buffer;

	if (memory == DFU_FLASH && address >= LAYOUT_FLASH_BEGIN && address < LAYOUT_FLASH_END &&
	    bytes <= LAYOUT_FLASH_END - address)
		return (const void *)address;
	for (uint32_t i = 0; i < bytes; i++) {
		bool there =
			memory == DFU_TABLE && address + i < CONFIG_BYTES && config_code_is_there();

		to[i] = there ? *(const uint8_t *)config_code_read(address + i) : (uint8_t)BLANK;
	}
	return buffer;
}

uint32_t dfu_memory_poll_ms(enum dfu_memory memory)
{
	return memory == DFU_TABLE ? TABLE_POLL_MS : 0;
}
