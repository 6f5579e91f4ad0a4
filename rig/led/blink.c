/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/blink.h"

#include <string.h>

enum {
	BLINK_AGREE_SHARE = 16, /* parts that differ by less than 1/16 agree */
};

void blink_reset(struct blink *blink)
{
	*blink = (struct blink){ 0 };
}

void blink_begin(struct blink *blink, int64_t t_us)
{
	blink_reset(blink);
	blink_edge(blink, t_us);
}

bool blink_is_running(const struct blink *blink)
{
	return blink->count > 0;
}

void blink_edge(struct blink *blink, int64_t t_us)
{
	memmove(&blink->edge_us[0], &blink->edge_us[1],
		sizeof(blink->edge_us[0]) * (BLINK_EDGES - 1));
	blink->edge_us[BLINK_EDGES - 1] = t_us;
	if (blink->stray == 0)
		blink->stray_us = blink->count ? blink->edge_us[BLINK_EDGES - 2] : t_us;
	/* counts only matter while they are small */
	if (blink->count < INT32_MAX)
		blink->count++;
	if (blink->stray < INT32_MAX)
		blink->stray++;
}

static bool blink_agree(int64_t a_us, int64_t b_us, int64_t slack_us)
{
	int64_t off = a_us - b_us;

	return (off < 0 ? -off : off) <= a_us / BLINK_AGREE_SHARE + slack_us;
}

static bool blink_is_even(const struct blink *blink, int64_t slack_us)
{
	int64_t half_us = (blink->edge_us[BLINK_EDGES - 1] - blink->edge_us[0]) / (BLINK_EDGES - 1);

	for (int i = 1; i < BLINK_EDGES; i++) {
		int64_t off_us = blink->edge_us[i] - blink->edge_us[i - 1] - half_us;

		if (off_us > slack_us || -off_us > slack_us)
			return false;
	}
	return true;
}

bool blink_is_regular(struct blink *blink, int64_t slack_us, int64_t even_us, int32_t chances,
		      int64_t *ret_period_us, int64_t *ret_onset_us)
{
	const int64_t *edge = blink->edge_us;

	if (blink->count < BLINK_EDGES ||
	    !blink_agree(edge[1] - edge[0], edge[3] - edge[2], slack_us) ||
	    !blink_agree(edge[2] - edge[1], edge[4] - edge[3], slack_us) ||
	    (even_us < INT64_MAX && !blink_is_even(blink, even_us))) {
		blink->agreed = 0;
		return false;
	}
	if (blink->agreed == 0)
		blink->before = blink->stray - BLINK_EDGES;
	if (blink->agreed < INT32_MAX)
		blink->agreed++;
	*ret_period_us = (edge[4] - edge[0]) / 2;
	*ret_onset_us = edge[0];
	if (blink->count == BLINK_EDGES + 1 && blink->stray == blink->count)
		*ret_onset_us = blink->stray_us;
	if (blink->chances++ >= chances) {
		blink->stray = 0;
		blink->chances = 0;
	}
	return true;
}

bool blink_is_irregular(const struct blink *blink, int32_t edges, int64_t *ret_onset_us)
{
	if (blink->stray < edges)
		return false;
	*ret_onset_us = blink->stray_us;
	return true;
}
