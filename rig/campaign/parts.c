/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/parts.h"

#include "base/text.h"
#include "image/order.h"

#include <assert.h>
#include <string.h>

static_assert((int)RELEASE_MODULES_MAX <= (int)IMAGE_SET_MAX, "a release is a set");
static_assert((int)RELEASE_MODULES_MAX <= (int)SCENARIO_PARTS_MAX, "all of it can be delivered");

/* The modules of one release that the other has not, byte for byte. */
static size_t different(const struct delivery *delivery, const struct release *from,
			const struct release *to, struct image_header *ret_headers,
			const char **ret_names)
{
	size_t count = 0;

	for (size_t i = 0; i < to->module_count; i++) {
		const struct release_module *module = &to->modules[i];
		int old = release_find_module(from, module->name);

		if (delivery->by_bootloader &&
		    module->image.header.function == IMAGE_FUNCTION_BOOTLOADER)
			continue;
		if (old >= 0 && from->modules[old].image.len == module->image.len &&
		    memcmp(from->modules[old].image.bytes, module->image.bytes,
			   module->image.len) == 0)
			continue;
		ret_headers[count] = module->image.header;
		ret_names[count++] = module->name;
	}
	return count;
}

int parts_choose(struct scenario *scenario, const struct delivery *delivery,
		 const struct release *from, const struct release *to, struct err *err)
{
	struct image_header headers[RELEASE_MODULES_MAX];
	struct image_header installed[RELEASE_MODULES_MAX];
	const char *names[RELEASE_MODULES_MAX];
	const struct image_set set = { headers, different(delivery, from, to, headers, names) };
	struct image_order order;
	struct err cause = ERR_INIT;

	for (size_t i = 0; i < from->module_count; i++)
		installed[i] = from->modules[i].image.header;
	if (set.count == 0)
		return scenario_fail(scenario, err, "to", "'%s' has the same modules as '%s'",
				     scenario->to, scenario->from);
	if (image_order(&set, &(struct image_set){ installed, from->module_count }, &order,
			&cause) < 0)
		return scenario_fail(scenario, err, "deliver", "%s", cause.text);
	if (order.unmet_count > 0)
		return scenario_fail(scenario, err, "deliver",
				     "the modules of '%s' need what neither it nor '%s' has",
				     scenario->to, scenario->from);
	for (size_t i = 0; i < order.count; i++)
		text_copy(scenario->parts[i], sizeof(scenario->parts[i]), names[order.order[i]]);
	scenario->part_count = order.count;
	return 0;
}
