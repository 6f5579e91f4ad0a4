/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a programmer does with the board off, and the operations that stand in for a download. */
#include "vboard/bus.h"
#include "vboard/flash.h"

struct storage {
	uint8_t flash[VBOARD_FLASH_BYTES];
	struct backup_state backup;
	uint32_t option_bytes;
	uint32_t wear[FLASH_SECTORS];
};

static bool in_flash(uint32_t address, size_t len)
{
	return address >= FLASH_BASE && address - FLASH_BASE <= VBOARD_FLASH_BYTES &&
	       len <= VBOARD_FLASH_BYTES - (address - FLASH_BASE);
}

bool vboard_flash_load(struct vboard *vb, uint32_t address, const void *data, size_t len)
{
	if (!in_flash(address, len) || len == 0)
		return false;
	memcpy(&vb->s.flash[address - FLASH_BASE], data, len);
	code_flash_changed(vb, address - FLASH_BASE, (uint32_t)len);
	return true;
}

bool vboard_flash_read(const struct vboard *vb, uint32_t address, void *ret_data, size_t len)
{
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
	uint32_t begin;

	if (!vb->s.powered || !vboard_flash_sector(address, &begin))
		return after_operation(vb);
	for (uint32_t sector = 0, at = FLASH_BASE; sector < FLASH_SECTORS; sector++) {
		if (at == begin)
			flash_erase_sector(vb, sector);
		at += vboard_flash_sector(at, NULL);
	}
	return after_operation(vb);
}

enum vboard_stop vboard_flash_program(struct vboard *vb, uint32_t address, uint32_t word)
{
	if (vb->s.powered && in_flash(address, 4) && !(address & 3))
		flash_program(vb, address, 4, word);
	return after_operation(vb);
}

size_t vboard_storage_bytes(void)
{
	return sizeof(struct storage);
}

void vboard_storage_save(const struct vboard *vb, void *ret_storage)
{
	struct storage *storage = ret_storage;

	memcpy(storage->flash, vb->s.flash, sizeof(storage->flash));
	storage->backup = vb->s.backup;
	storage->option_bytes = vb->s.option_bytes;
	memcpy(storage->wear, vb->s.wear, sizeof(storage->wear));
}

enum { PAGE = 4096 };

void vboard_storage_restore(struct vboard *vb, const void *saved)
{
	const struct storage *storage = saved;

	for (uint32_t at = 0; at < VBOARD_FLASH_BYTES; at += PAGE) {
		if (memcmp(&vb->s.flash[at], &storage->flash[at], PAGE) == 0)
			continue; /* what was decoded from it stays true */
		memcpy(&vb->s.flash[at], &storage->flash[at], PAGE);
		code_flash_changed(vb, at, PAGE);
	}
	vb->s.backup = storage->backup;
	vb->s.option_bytes = storage->option_bytes;
	memcpy(vb->s.wear, storage->wear, sizeof(vb->s.wear));
}
