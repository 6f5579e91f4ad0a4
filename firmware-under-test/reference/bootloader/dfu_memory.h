/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two memories that DFU mode offers: the flash, and the configuration table (facts 6). */
#ifndef REFERENCE_BOOTLOADER_DFU_MEMORY_H
#define REFERENCE_BOOTLOADER_DFU_MEMORY_H

#include "reference/common/chip.h"

enum dfu_memory { DFU_FLASH = 0, DFU_TABLE = 1, DFU_MEMORIES = 2 };

enum dfu_memory_result {
	DFU_MEMORY_DONE = 0,
	DFU_MEMORY_REFUSED = 1,	  /* not this address, or not now */
	DFU_MEMORY_DIFFERENT = 2, /* what was written does not read back */
};

/* Erases the page that holds 'address'. A page of the table is erased by whoever writes to it. */
enum dfu_memory_result dfu_memory_erase(enum dfu_memory memory, uint32_t address);

/* Bytes at 'data' are padded by the caller to whole words. */
enum dfu_memory_result dfu_memory_write(enum dfu_memory memory, uint32_t address, const void *data,
					uint32_t bytes);

/* Where 'bytes' from 'address' on can be read; what is not there is read as blank in 'buffer'. */
const void *dfu_memory_read(enum dfu_memory memory, uint32_t address, uint32_t bytes, void *buffer);

/* How long the host should wait before it asks whether work in this memory is done. */
uint32_t dfu_memory_poll_ms(enum dfu_memory memory);

#endif
