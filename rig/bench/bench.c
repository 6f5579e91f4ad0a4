/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include <string.h>

const struct bench_slot *bench_slot(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->slot_count; i++)
		if (strcmp(bench->slots[i].name, name) == 0)
			return &bench->slots[i];
	return NULL;
}
