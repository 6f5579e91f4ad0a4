/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same update applied by the virtual board and by Unicorn with a hook on each block, which is
 * the least that keeps time; processor time of each, in turn. The board is run as it always is,
 * loops that wait skipped and counted, and once more with every turn run. All must have counted the
 * same instructions. Built where libunicorn is.
 */
#include "base/clock.h"
#include "deep/unicorn_board.h"
#include "lib/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3 };

enum way { WAY_ORDINARY, WAY_EVERY_TURN, WAY_UNICORN, WAYS };

struct sum {
	int64_t cpu_us;
	uint64_t insns;
};

static bool run_unicorn(struct vboard *vb, int64_t *ret_us)
{
	struct unicorn_watch never = { .next = UINT64_MAX };
	struct unicorn_board *ub = unicorn_board_new(vb, UNICORN_BY_BLOCK);
	uint32_t entry = 0;
	int64_t begin_us = clock_cpu_us();
	bool good = vboard_flash_read(vb, APPLY_VECTORS + 4, &entry, sizeof(entry)) &&
		    unicorn_board_run(ub, entry & ~1u, vboard_cycle(vb) + APPLY_CYCLES_MAX, &never);

	*ret_us = clock_cpu_us() - begin_us;
	unicorn_board_free(ub);
	return good;
}

static bool run_board(struct vboard *vb, enum way way, int64_t *ret_us)
{
	int64_t begin_us = clock_cpu_us();
	bool good;

	vboard_test_skip_waits(vb, way == WAY_ORDINARY);
	good = vboard_run_to_handover(vb, vboard_cycle(vb) + APPLY_CYCLES_MAX, APPLY_VECTORS) ==
	       VBOARD_STOP_HANDOVER;
	*ret_us = clock_cpu_us() - begin_us;
	return good;
}

/* One apply; the board is as it would be afterwards in all ways. */
static int apply(const struct loaded *loaded, enum way way, struct sum *sum, struct err *err)
{
	struct vboard *vb = NULL;
	uint64_t before;
	int64_t cpu_us;
	bool good;
	int r = apply_stage(loaded, &vb, err);

	if (r < 0)
		return r;
	before = vboard_insns(vb);
	good = way == WAY_UNICORN ? run_unicorn(vb, &cpu_us) : run_board(vb, way, &cpu_us);
	vboard_test_skip_waits(vb, true);
	if (!good)
		return err_set(err, ERR_RIG, -ETIMEDOUT, "the update was not applied");
	sum->cpu_us += cpu_us;
	sum->insns += vboard_insns(vb) - before;
	return 0;
}

static int measure(struct loaded *loaded, struct err *err)
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct sum sums[WAYS] = { 0 };
	double unicorn_us;
	int r;

	if (!calib)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	r = loaded_calibrate(loaded, calib, err);
	for (int i = 0; i < ROUNDS * WAYS && r == 0; i++)
		r = apply(loaded, (enum way)(i % WAYS), &sums[i % WAYS], err);
	if (r < 0)
		return r;
	for (int i = 1; i < WAYS; i++)
		if (sums[i].insns != sums[0].insns)
			return err_set(err, ERR_RIG, -EPROTO, "the instruction counts differ");
	unicorn_us = (double)sums[WAY_UNICORN].cpu_us;
	printf("apply_insns,%llu,1\n", (unsigned long long)(sums[0].insns / ROUNDS));
	printf("apply_cpu_s,%.4f,s\n", (double)sums[WAY_ORDINARY].cpu_us / 1e6 / ROUNDS);
	printf("apply_every_turn_cpu_s,%.4f,s\n",
	       (double)sums[WAY_EVERY_TURN].cpu_us / 1e6 / ROUNDS);
	printf("apply_unicorn_block_cpu_s,%.4f,s\n", unicorn_us / 1e6 / ROUNDS);
	printf("apply_vs_unicorn_ratio,%.2f,1\n", unicorn_us / (double)sums[WAY_ORDINARY].cpu_us);
	printf("apply_every_turn_vs_unicorn_ratio,%.2f,1\n",
	       unicorn_us / (double)sums[WAY_EVERY_TURN].cpu_us);
	return 0;
}

int main(void)
{
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;
	char text[ERR_TEXT_MAX + ERR_FILE_MAX];
	int r = apply_load(&loaded, &err);

	if (r < 0) {
		err_format(&err, text, sizeof(text));
		printf("# apply_vs_unicorn_ratio skipped: %s\n", text);
		return 0;
	}
	r = measure(loaded, &err);
	if (r < 0) {
		err_format(&err, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	loaded_free(loaded);
	return r < 0 ? 1 : 0;
}
