/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/snapshot.h"
#include "vboard/board.h"
#include "vboard/bus.h"
#include "vboard/memo.h"
#include "vboard/time_fields.h"

#include <assert.h>
#include <stdlib.h>

struct vboard_snapshot {
	enum vboard_model model; /* unknown: nothing was taken */
	struct snapshot_page *flash[SNAPSHOT_FLASH_PAGES];
	struct snapshot_page *ram[SNAPSHOT_RAM_PAGES];
	/* struct board_state without RAM and flash */
	uint8_t rest[sizeof(struct board_state) - VBOARD_FLASH_BYTES - VBOARD_RAM_BYTES];
};

/* The parts of struct board_state around the two memories. */
struct span {
	size_t begin, end;
};

enum { SPANS = 3 };

static const struct span spans[SPANS] = {
	{ 0, offsetof(struct board_state, chip.ram) },
	{ offsetof(struct board_state, chip.ram) + VBOARD_RAM_BYTES,
	  offsetof(struct board_state, flash) },
	{ offsetof(struct board_state, flash) + VBOARD_FLASH_BYTES, sizeof(struct board_state) },
};

static void page_release(struct snapshot_page **page)
{
	if (*page && --(*page)->users == 0)
		free(*page);
	*page = NULL;
}

static void page_share(struct snapshot_page **holder, struct snapshot_page *page)
{
	page->users++; /* first: it may be the one that is released */
	page_release(holder);
	*holder = page;
}

/* Makes *holder a new page with these bytes. */
static bool page_copy(struct snapshot_page **holder, const uint8_t *bytes)
{
	struct snapshot_page *page = malloc(sizeof(*page));

	if (!page)
		return false;
	page->users = 0;
	memcpy(page->bytes, bytes, SNAPSHOT_PAGE);
	page_share(holder, page);
	return true;
}

void snapshot_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size)
{
	for (uint32_t i = offset / SNAPSHOT_PAGE; i <= (offset + size - 1) / SNAPSHOT_PAGE; i++)
		page_release(&vb->flash_pages[i]);
}

void snapshot_forget(struct vboard *vb)
{
	for (uint32_t i = 0; i < SNAPSHOT_FLASH_PAGES; i++)
		page_release(&vb->flash_pages[i]);
	for (uint32_t i = 0; i < SNAPSHOT_RAM_PAGES; i++)
		page_release(&vb->ram_pages[i]);
}

struct vboard_snapshot *vboard_snapshot_new(void)
{
	return calloc(1, sizeof(struct vboard_snapshot));
}

static void clear(struct vboard_snapshot *snapshot)
{
	snapshot->model = VBOARD_MODEL_UNKNOWN;
	for (uint32_t i = 0; i < SNAPSHOT_FLASH_PAGES; i++)
		page_release(&snapshot->flash[i]);
	for (uint32_t i = 0; i < SNAPSHOT_RAM_PAGES; i++)
		page_release(&snapshot->ram[i]);
}

void vboard_snapshot_free(struct vboard_snapshot *snapshot)
{
	if (!snapshot)
		return;
	clear(snapshot);
	free(snapshot);
}

static bool take_flash(struct vboard_snapshot *snapshot, struct vboard *vb)
{
	for (uint32_t i = 0; i < SNAPSHOT_FLASH_PAGES; i++) {
		struct snapshot_page **page = &vb->flash_pages[i];

		if (!*page && !page_copy(page, &vb->s.flash[i * SNAPSHOT_PAGE]))
			return false;
		page_share(&snapshot->flash[i], *page);
	}
	return true;
}

static_assert(SNAPSHOT_RAM_PAGES <= 32, "a bit of ram_written for each");

static bool is_written(const struct vboard *vb, uint32_t page)
{
	return vb->ram_written & 1u << page;
}

static bool take_ram(struct vboard_snapshot *snapshot, struct vboard *vb)
{
	for (uint32_t i = 0; i < SNAPSHOT_RAM_PAGES; i++) {
		struct snapshot_page **page = &vb->ram_pages[i];
		const uint8_t *bytes = &vb->s.chip.ram[i * SNAPSHOT_PAGE];

		if ((!*page ||
		     (is_written(vb, i) && memcmp((*page)->bytes, bytes, SNAPSHOT_PAGE) != 0)) &&
		    !page_copy(page, bytes))
			return false;
		page_share(&snapshot->ram[i], *page);
	}
	vb->ram_written = 0;
	return true;
}

bool vboard_snapshot_take(struct vboard_snapshot *snapshot, struct vboard *vb)
{
	const uint8_t *state = (const uint8_t *)&vb->s;
	uint8_t *rest = snapshot->rest;

	memo_settle(vb);
	if (!take_flash(snapshot, vb) || !take_ram(snapshot, vb)) {
		clear(snapshot);
		return false;
	}
	for (int i = 0; i < SPANS; i++) {
		memcpy(rest, state + spans[i].begin, spans[i].end - spans[i].begin);
		rest += spans[i].end - spans[i].begin;
	}
	snapshot->model = vb->model;
	return true;
}

/* What was decoded from bytes that stay the same stays true. */
static void restore_flash(const struct vboard_snapshot *snapshot, struct vboard *vb)
{
	for (uint32_t i = 0; i < SNAPSHOT_FLASH_PAGES; i++) {
		uint8_t *bytes = &vb->s.flash[i * SNAPSHOT_PAGE];

		if (vb->flash_pages[i] == snapshot->flash[i])
			continue;
		if (memcmp(bytes, snapshot->flash[i]->bytes, SNAPSHOT_PAGE) != 0) {
			memcpy(bytes, snapshot->flash[i]->bytes, SNAPSHOT_PAGE);
			code_flash_changed(vb, i * SNAPSHOT_PAGE, SNAPSHOT_PAGE);
		}
		page_share(&vb->flash_pages[i], snapshot->flash[i]);
	}
}

static void restore_ram(const struct vboard_snapshot *snapshot, struct vboard *vb)
{
	for (uint32_t i = 0; i < SNAPSHOT_RAM_PAGES; i++) {
		uint8_t *bytes = &vb->s.chip.ram[i * SNAPSHOT_PAGE];

		if (vb->ram_pages[i] == snapshot->ram[i] && !is_written(vb, i))
			continue;
		if (memcmp(bytes, snapshot->ram[i]->bytes, SNAPSHOT_PAGE) != 0) {
			memcpy(bytes, snapshot->ram[i]->bytes, SNAPSHOT_PAGE);
			bus_ram_written(vb, i * SNAPSHOT_PAGE, SNAPSHOT_PAGE);
		}
		page_share(&vb->ram_pages[i], snapshot->ram[i]);
	}
	vb->ram_written = 0;
}

/* The board's clock stays where it is; its counts of instructions and operations go back. */
static void keep_clock(struct vboard *vb, uint64_t now)
{
	uint64_t shift = now - vb->s.cycles;

	chip_shift_time(&vb->s.chip, shift);
	rail_shift_time(&vb->s.rail, shift);
	usb_host_shift_time(&vb->s.usb_host, shift);
	vb->s.cycles = now;
	vb->s.idle_cycles += shift;
}

bool vboard_snapshot_restore(const struct vboard_snapshot *snapshot, struct vboard *vb,
			     enum vboard_snapshot_time time)
{
	uint8_t *state = (uint8_t *)&vb->s;
	const uint8_t *rest = snapshot->rest;
	uint64_t now = vb->s.cycles;

	memo_settle(vb);
	if (snapshot->model == VBOARD_MODEL_UNKNOWN || snapshot->model != vb->model)
		return false;
	restore_flash(snapshot, vb);
	restore_ram(snapshot, vb);
	for (int i = 0; i < SPANS; i++) {
		memcpy(state + spans[i].begin, rest, spans[i].end - spans[i].begin);
		rest += spans[i].end - spans[i].begin;
	}
	if (time == VBOARD_SNAPSHOT_TIME_GOES_ON)
		keep_clock(vb, now);
	board_state_replaced(vb);
	return true;
}
