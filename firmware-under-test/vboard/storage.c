/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a programmer does with the board off, and the operations that stand in for a download. */
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/crc.h"
#include "vboard/flash.h"
#include "vboard/memo.h"
#include "vboard/rail.h"

enum { FLASH_PAGES = VBOARD_FLASH_BYTES / CRC_PAGE_BYTES };

struct storage {
	uint8_t flash[VBOARD_FLASH_BYTES];
	struct backup_state backup;
	uint32_t option_bytes;
	uint32_t wear[FLASH_SECTORS];
	uint32_t page_crc[FLASH_PAGES]; /* so that it need not be found again */
	struct weak_state weak;
};

static bool in_flash(uint32_t address, size_t len)
{
	return address >= FLASH_BASE && address - FLASH_BASE <= VBOARD_FLASH_BYTES &&
	       len <= VBOARD_FLASH_BYTES - (address - FLASH_BASE);
}

/* Who loads has erased before: whole sectors. */
static void load_firm(struct vboard *vb, uint32_t address, uint32_t len)
{
	uint32_t begin;
	uint32_t bytes;

	for (uint32_t at = address; at < address + len; at = begin + bytes) {
		bytes = vboard_flash_sector(at, &begin);
		cells_firm(vb, flash_sector_of(begin - FLASH_BASE), begin - FLASH_BASE, bytes);
	}
}

bool vboard_flash_load(struct vboard *vb, uint32_t address, const void *data, size_t len)
{
	if (!in_flash(address, len) || len == 0)
		return false;
	memcpy(&vb->s.flash[address - FLASH_BASE], data, len);
	load_firm(vb, address, (uint32_t)len);
	code_flash_changed(vb, address - FLASH_BASE, (uint32_t)len);
	return true;
}

bool vboard_flash_read(struct vboard *vb, uint32_t address, void *ret_data, size_t len)
{
	memo_settle(vb);
	if (!in_flash(address, len))
		return false;
	memcpy(ret_data, &vb->s.flash[address - FLASH_BASE], len);
	return true;
}

bool vboard_ram_write(struct vboard *vb, uint32_t address, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	if (address < RAM_BASE || address - RAM_BASE > VBOARD_RAM_BYTES ||
	    len > VBOARD_RAM_BYTES - (address - RAM_BASE))
		return false;
	memo_settle(vb);
	for (size_t i = 0; i < len; i++)
		bus_write8(vb, address + (uint32_t)i, bytes[i]);
	return true;
}

/* A cut by time may fall between two operations of the bench: then none begins. */
static enum vboard_stop after_operation(struct vboard *vb)
{
	return vb->s.powered ? VBOARD_STOP_DEADLINE : VBOARD_STOP_CUT;
}

enum vboard_stop vboard_flash_erase(struct vboard *vb, uint32_t address)
{
	memo_settle(vb);
	if (vb->s.powered && in_flash(address, 1))
		flash_erase_sector(vb, flash_sector_of(address - FLASH_BASE), VBOARD_X32);
	return after_operation(vb);
}

enum vboard_stop vboard_flash_program(struct vboard *vb, uint32_t address, uint32_t word)
{
	memo_settle(vb);
	if (vb->s.powered && in_flash(address, 4) && !(address & 3))
		flash_program(vb, address, 4, word);
	return after_operation(vb);
}

/* Whether anybody has to be told of single operations of the next 'count', that take 'cycles'. */
static bool somebody_watches(const struct vboard *vb, uint64_t count, uint64_t cycles)
{
	if (vb->listener.flash)
		return true;
	switch (vb->cut_by) {
	case VBOARD_CUT_CYCLE: return vb->cut_at <= vb->s.cycles + cycles;
	case VBOARD_CUT_OP: return vb->cut_at < vb->s.flash_ops + count;
	case VBOARD_CUT_INSN:
	case VBOARD_CUT_NONE: break;
	}
	return false;
}

enum vboard_stop vboard_flash_program_many(struct vboard *vb, uint32_t address, const void *data,
					   size_t len)
{
	const uint8_t *bytes = data;
	uint64_t words = len / 4;

	memo_settle(vb);
	if (!vb->s.powered || !in_flash(address, len) || (address & 3))
		return after_operation(vb);
	if (!somebody_watches(vb, words, words * flash_program_cycles(vb))) {
		flash_program_words(vb, address, bytes, (uint32_t)words);
		return after_operation(vb);
	}
	for (uint32_t i = 0; i < 4 * words && vb->s.powered; i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, 4);
		flash_program(vb, address + i, 4, word);
	}
	return after_operation(vb);
}

size_t vboard_storage_bytes(void)
{
	return sizeof(struct storage);
}

void vboard_storage_save(struct vboard *vb, void *ret_storage)
{
	struct storage *storage = ret_storage;

	memcpy(storage->flash, vb->s.flash, sizeof(storage->flash));
	storage->backup = vb->s.backup;
	storage->option_bytes = vb->s.option_bytes;
	memcpy(storage->wear, vb->s.wear, sizeof(storage->wear));
	for (uint32_t page = 0; page < FLASH_PAGES; page++)
		storage->page_crc[page] = crc_of_page(vb, page);
	storage->weak = vb->s.weak;
}

void vboard_storage_restore(struct vboard *vb, const void *saved)
{
	const struct storage *storage = saved;

	rail_drop(vb);
	if (memcmp(&vb->s.weak, &storage->weak, sizeof(vb->s.weak)) != 0) {
		vb->s.weak = storage->weak;
		code_flash_changed(vb, 0, VBOARD_FLASH_BYTES);
		flash_refresh_window(vb);
	}
	for (uint32_t page = 0; page < FLASH_PAGES; page++) {
		uint32_t at = page * CRC_PAGE_BYTES;

		if (memcmp(&vb->s.flash[at], &storage->flash[at], CRC_PAGE_BYTES) == 0)
			continue; /* what was derived from it stays true */
		memcpy(&vb->s.flash[at], &storage->flash[at], CRC_PAGE_BYTES);
		code_flash_changed(vb, at, CRC_PAGE_BYTES);
		crc_page_is(vb, page, storage->page_crc[page]);
	}
	vb->s.backup = storage->backup; /* a cell or none: it is put there */
	vb->s.option_bytes = storage->option_bytes;
	memcpy(vb->s.wear, storage->wear, sizeof(vb->s.wear));
}
