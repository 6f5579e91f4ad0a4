/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/reflash.h"

#include "usb/dfu.h"

#include <string.h>

static int failed(struct watch *watch, const char *why)
{
	watch_put(watch, OBS_REFLASH, OBS_REFLASH_FAILED, 0, why);
	return 0;
}

const struct image *reflash_image(const struct reflash *what, const struct release_module *module)
{
	for (size_t i = 0; i < what->part_count; i++)
		if (strcmp(what->parts[i].name, module->name) == 0)
			return what->parts[i].image;
	return &module->image;
}

/* Modules where the layout is read-only are protected for good reason: they stay as they are. */
static int write_module(struct watch *watch, struct dfu *dfu, const struct image *image,
			const char *name, enum dfu_result *ret, struct err *err)
{
	int r;

	*ret = DFU_GOOD;
	if (!dfu_grants(dfu->memory, image->header.start, image->len, DFU_WRITABLE))
		return 0;
	r = dfu_write(dfu, image->header.start, image->bytes, image->len, ret, err);
	if (r == 0 && *ret == DFU_GOOD)
		watch_put(watch, OBS_REFLASH, OBS_REFLASH_WRITTEN, (int64_t)image->len, name);
	return r;
}

static int write_all(struct watch *watch, struct dfu *dfu, const struct reflash *what,
		     enum dfu_result *ret, struct err *err)
{
	const struct release *release = what->release;
	uint32_t last = 0;
	int r = dfu_open(dfu, watch->slot, ret, err);

	if (r == 0 && *ret == DFU_GOOD && what->erase)
		r = dfu_erase(dfu, what->erase, 1, ret, err);
	for (size_t i = 0; i < release->module_count && r == 0 && *ret == DFU_GOOD; i++) {
		const struct release_module *module = &release->modules[i];

		r = write_module(watch, dfu, reflash_image(what, module), module->name, ret, err);
		last = module->image.header.start;
	}
	return r < 0 || *ret != DFU_GOOD ? r : dfu_leave(dfu, last, ret, err);
}

int reflash(struct watch *watch, const struct reflash *what, enum reflash_end *ret, struct err *err)
{
	enum dfu_result how = DFU_UNKNOWN;
	enum slot_wait why;
	struct dfu dfu;
	bool there;
	int r = watch_wait(watch, WATCH_USB_DFU, SLOT_USB_ARRIVE_US_MAX, &there, &why, err);

	if (r < 0)
		return r;
	*ret = REFLASH_ABSENT;
	if (!there)
		return failed(watch, "no DFU device came to the USB");
	watch_put(watch, OBS_REFLASH, OBS_REFLASH_ANSWERED, 0, "");
	r = write_all(watch, &dfu, what, &how, err);
	if (r < 0)
		return r;
	*ret = how == DFU_GONE ? REFLASH_ABSENT : REFLASH_FAILED;
	if (how != DFU_GOOD)
		return failed(watch, dfu.text);
	watch_put(watch, OBS_REFLASH, OBS_REFLASH_LEFT, 0, "");
	*ret = REFLASH_LEFT;
	return 0;
}
