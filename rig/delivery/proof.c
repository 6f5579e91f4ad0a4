/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/proof.h"

#include <stdarg.h>
#include <stdio.h>

void proof_none(struct delivery_proof *ret, const char *fmt, ...)
{
	va_list ap;

	*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_NONE };
	va_start(ap, fmt);
	vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
}

void proof_by_info(const struct delivery_run *run, const struct module_info *info, const char *how,
		   struct delivery_proof *ret)
{
	const struct image_header *header = &run->part->image->header;
	const struct module_info_module *module =
		module_info_find(info, header->function, header->index);

	if (!module) {
		*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_BAD };
		snprintf(ret->text, sizeof(ret->text), "%s: no module %s is listed", how,
			 run->part->name);
		return;
	}
	delivery_judge_proof(run, module->version, module->has_hash ? module->hash : NULL, how,
			     ret);
	if (module->checked == module->passed)
		return;
	ret->kind = DELIVERY_PROOF_BAD;
	snprintf(ret->text, sizeof(ret->text), "%s: %s version %u, of checks %u passed %u", how,
		 run->part->name, module->version, module->checked, module->passed);
}
