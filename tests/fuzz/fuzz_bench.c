/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a bench file: refused with a reason, or accepted within its limits. */
#include "bench/bench.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void accept_slot(const struct bench_slot *slot)
{
	const struct bench_power *power = &slot->power;

	assert(slot->name[0] && slot->board[0]);
	assert(bench_wired(&power->line) ==
	       (power->kind == BENCH_SWITCH_RELAY || power->kind == BENCH_SWITCH_HIGH_SIDE));
	assert((power->port[0] != '\0') == (power->kind == BENCH_SWITCH_HUB));
	assert((power->on[0] && power->off[0]) == (power->kind == BENCH_SWITCH_COMMAND));
	assert(power->latency_us >= 0 && power->spread_us >= 0 && power->timeout_us > 0);
	assert(power->settle_us >= 0 && power->discharge_us >= 0);
	assert(!bench_wired(&slot->reset) || slot->reset.chip[0]);
	assert(slot->wrap_count <= BENCH_WRAPS_MAX);
	for (size_t i = 0; i < slot->wrap_count; i++)
		assert(slot->wraps[i].kind != BENCH_WRAP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench bench;
	struct err err = ERR_INIT;
	char path[64];
	int fd = memfd_create("bench", 0);

	assert(fd >= 0);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (bench_load(path, &bench, &err) < 0) {
		assert(err.kind == ERR_CONFIG && err.text[0] != '\0');
	} else {
		assert(bench.slot_count >= 1 && bench.slot_count <= BENCH_SLOTS_MAX);
		for (size_t i = 0; i < bench.slot_count; i++)
			accept_slot(&bench.slots[i]);
	}
	close(fd);
	return 0;
}
