/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises a blink in a series of marks: two periods in a row whose lit and dark
 * parts agree. Fed with the moments at which the light goes on and off.
 */
#ifndef LED_BLINK_H
#define LED_BLINK_H

#include "led/led.h"

enum blink_limits {
	BLINK_EDGES = 5,	    /* two whole periods */
	BLINK_IRREGULAR_EDGES = 13, /* six periods of which no two agree: no period at all */
};

struct blink {
	int64_t edge_us[BLINK_EDGES]; /* oldest first */
	int32_t count;		      /* edges since the series began */
	int32_t agreed;		      /* edges in a row at which two periods agreed */
	int32_t before;		      /* edges without agreement before those */
	int32_t stray;		      /* edges since two periods agreed, but by chance */
	int32_t chances;	      /* so often among those */
	int64_t stray_us;	      /* the first of them */
};

/* No series runs. */
void blink_reset(struct blink *blink);

/* A series begins with an edge (either way) at 't_us'. */
void blink_begin(struct blink *blink, int64_t t_us);

bool blink_is_running(const struct blink *blink);

/* The next edge of the running series. */
void blink_edge(struct blink *blink, int64_t t_us);

/*
 * Do the last two periods agree, give or take 'slack_us' for each part, and are their parts half a
 * period each, give or take 'even_us' (INT64_MAX: need not be)? So many 'chances' still make no end
 * of a blink without period. Gives the period and where the
 * blink began: with the series, if that began at most one part earlier (its first part may be cut
 * short), else where it became regular.
 */
bool blink_is_regular(struct blink *blink, int64_t slack_us, int64_t even_us, int32_t chances,
		      int64_t *ret_period_us, int64_t *ret_onset_us);

/* 'edges' edges have come and no two periods agreed; gives where that began. */
bool blink_is_irregular(const struct blink *blink, int32_t edges, int64_t *ret_onset_us);

#endif
