/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flash cells: what an operation that did not end well leaves in them, and what a read finds.
 * 'part' is how much of the operation took effect, in millionths. Internal.
 */
#ifndef VBOARD_CELLS_H
#define VBOARD_CELLS_H

#include "vboard/state.h"

enum { CELLS_MILLION = 1000000 };

/* A store that took effect in part: 'size' 1, 2 or 4 bytes at 'offset'. */
void cells_tear_program(struct vboard *vb, uint32_t offset, unsigned int size, uint32_t value,
			uint32_t part);

/* An erase of sector 'sector', 'bytes' from 'offset' on, that took effect in part. */
void cells_tear_erase(struct vboard *vb, uint32_t sector, uint32_t offset, uint32_t bytes,
		      uint32_t part);

/* Option bytes, erased in the first half of the time and programmed in the second. */
uint32_t cells_tear_options(struct vboard *vb, uint32_t before, uint32_t after, uint32_t part);

/* All cells of the sector hold what they should from now on. */
void cells_firm(struct vboard *vb, uint32_t sector, uint32_t offset, uint32_t bytes);

/* Whether [offset, offset + bytes) always reads as it stands. */
bool cells_are_firm(const struct vboard *vb, uint32_t offset, uint32_t bytes);

/* A read by the core ('size' 1, 2 or 4, inside flash), with all that may be wrong with it. */
uint32_t cells_read(struct vboard *vb, uint32_t offset, unsigned int size);

/* Works out which reads of flash are inline: after every change of weak cells, of rail.unsure,
 * of vb->recorder, or of the whole state. */
void flash_refresh_window(struct vboard *vb);

#endif
