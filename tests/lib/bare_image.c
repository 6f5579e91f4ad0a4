/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/bare_image.h"

#include <check.h>
#include <string.h>

static const uint8_t image_exceptions[] = {
#include "bare/images/exceptions.inc"
};
static const uint8_t image_faults[] = {
#include "bare/images/faults.inc"
};
static const uint8_t image_lockup[] = {
#include "bare/images/lockup.inc"
};
static const uint8_t image_memory[] = {
#include "bare/images/memory.inc"
};
static const uint8_t image_system[] = {
#include "bare/images/system.inc"
};
static const uint8_t image_sleep[] = {
#include "bare/images/sleep.inc"
};

static const struct bare_image images[BARE_IMAGES] = {
	{ "exceptions", image_exceptions, sizeof(image_exceptions), 220 },
	{ "faults", image_faults, sizeof(image_faults), 218 },
	{ "lockup", image_lockup, sizeof(image_lockup), 0 },
	{ "memory", image_memory, sizeof(image_memory), 81 },
	{ "system", image_system, sizeof(image_system), 88 },
	{ "sleep", image_sleep, sizeof(image_sleep), 25 },
};

const struct bare_image *bare_image(int number)
{
	return &images[number];
}

const struct bare_image *bare_image_named(const char *name)
{
	for (int i = 0; i < BARE_IMAGES; i++)
		if (strcmp(images[i].name, name) == 0)
			return &images[i];
	ck_abort_msg("no program '%s'", name);
	return NULL;
}

struct vboard *bare_image_board(const struct bare_image *image)
{
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);

	ck_assert_ptr_nonnull(vb);
	ck_assert(vboard_flash_load(vb, FLASH_BASE, image->bytes, image->len));
	vboard_power_on(vb);
	return vb;
}

void bare_image_report(const struct vboard *vb, struct report *ret)
{
	memcpy(ret, &vb->s.chip.ram[REPORT_TABLE - RAM_BASE], sizeof(*ret));
}

void bare_image_check_rows(const struct bare_image *image, const struct report *report)
{
	ck_assert_uint_le(report->count, REPORT_ROWS_MAX);
	for (uint32_t i = 0; i < report->count; i++) {
		const struct report_row *row = &report->rows[i];

		ck_assert_msg(row->expected == row->got,
			      "tests/bare/%s.c:%u: expected %08x, got %08x (check %u)", image->name,
			      row->line, row->expected, row->got, i);
	}
	if (image->rows)
		ck_assert_uint_eq(report->count, image->rows);
}
