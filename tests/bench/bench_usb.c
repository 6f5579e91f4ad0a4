/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reflash over USB costs: both system parts of a released P1 firmware written over DFU to
 * the released bootloader, every packet executed. Processor time, and the board's own.
 */
#include "base/clock.h"
#include "bench/virtual/virtual.h"
#include "campaign/load.h"
#include "usb/dfu.h"

#include <errno.h>
#include <stdio.h>

enum { ARRIVE_US = 1000000, FIRST_PART = 1, LAST_PART = 2 };

/* A board with nothing but the bootloader goes into DFU mode by itself. */
static int start(const struct slot *slot, const struct image *bootloader, struct err *err)
{
	enum slot_wait why;
	int r = slot_storage_load(slot, bootloader->header.start, bootloader->bytes,
				  bootloader->len, err);

	if (r == 0)
		r = slot_usb_join(slot, SLOT_USB_JOINED, err);
	if (r == 0)
		r = slot_power_set(slot, SLOT_POWER_ON, err);
	return r < 0 ? r : slot_wait(slot, slot_now_us(slot) + ARRIVE_US, &why, err);
}

static int write_parts(const struct slot *slot, const struct release *release, size_t *ret_bytes,
		       struct err *err)
{
	enum dfu_result how = DFU_UNKNOWN;
	struct dfu dfu;
	int r = dfu_open(&dfu, slot, &how, err);

	for (size_t i = FIRST_PART; i <= LAST_PART && r == 0 && how == DFU_GOOD; i++) {
		const struct image *image = &release->modules[i].image;

		r = dfu_write(&dfu, image->header.start, image->bytes, image->len, &how, err);
		*ret_bytes += image->len;
	}
	if (r == 0 && how != DFU_GOOD)
		r = err_set(err, ERR_RIG, -EIO, "%s", dfu.text);
	return r;
}

static int measure(const struct slot *slot, const struct release *release, struct err *err)
{
	int64_t begin_us;
	int64_t cpu_us;
	size_t bytes = 0;
	int r = start(slot, &release->modules[0].image, err);

	begin_us = slot_now_us(slot);
	cpu_us = clock_cpu_us();
	if (r == 0)
		r = write_parts(slot, release, &bytes, err);
	if (r < 0)
		return r;
	printf("dfu_flash_cpu_ms,%.1f,ms\n", (double)(clock_cpu_us() - cpu_us) / 1e3);
	printf("dfu_flash_board_s,%.2f,s\n", (double)(slot_now_us(slot) - begin_us) / 1e6);
	printf("dfu_flash_kib,%.1f,KiB\n", (double)bytes / 1024);
	return 0;
}

static int load(struct release *ret, struct err *err)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *cache = release_cache_dir();
	AUTO_FREE char *path = NULL;

	if (!data || !cache ||
	    asprintf(&path, "%s/firmware-under-test/releases/particle-1.5.0-p1.yaml", data) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	return release_load(path, cache, ret, err);
}

int main(void)
{
	struct release release;
	struct err err = ERR_INIT;
	struct slot slot;
	int r;

	if (load(&release, &err) < 0) {
		printf("# dfu_flash_cpu_ms, dfu_flash_board_s, dfu_flash_kib skipped: no "
		       "firmware\n");
		return 0;
	}
	r = virtual_open("p1", &slot, &err);
	if (r == 0) {
		r = measure(&slot, &release, &err);
		slot_close(&slot);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	release_release(&release);
	return r < 0 ? 1 : 0;
}
