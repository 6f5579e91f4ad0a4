/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages of memory that boards and snapshots share while they hold the same bytes. A board knows for
 * each page the last snapshot's copy that it still equals; whoever changes a page of flash says so.
 * RAM is written too often for that: a bit is set, and its pages with the bit are compared.
 * Internal to the virtual board.
 */
#ifndef VBOARD_SNAPSHOT_H
#define VBOARD_SNAPSHOT_H

#include "vboard/state.h"

struct snapshot_page {
	uint32_t users; /* boards and snapshots that hold it */
	uint8_t bytes[SNAPSHOT_PAGE];
};

/* Flash [offset, offset+size) was changed: these pages are nobody's copy any more. */
void snapshot_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size);

/* Lets go of all pages of the board. */
void snapshot_forget(struct vboard *vb);

#endif
