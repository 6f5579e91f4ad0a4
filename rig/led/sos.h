/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises a panic: three short, three long, three short marks, a pause, then as many marks as
 * the code says, a longer pause, and all again. Fed with marks and gaps; the code is told when the
 * pause after it has ended, since a power cut in the middle would look like a smaller code.
 */
#ifndef LED_SOS_H
#define LED_SOS_H

#include "led/led.h"

enum sos_limits {
	SOS_BODY_MARKS = 9,
	SOS_CODE_MAX = 64, /* more marks than this are no code */
};

enum sos_result {
	SOS_FITS = 0,	 /* so far so good */
	SOS_TOLD,	 /* one pass is complete: 'told_us', 'told_count' */
	SOS_LOST,	 /* this mark or gap does not fit */
	SOS_LOST_COUNTS, /* the same, but the body was seen: 'told_us', 'told_count' 0 = unknown */
};

struct sos {
	int32_t marks; /* that fitted, the code's included */
	int64_t start_us;
	int64_t told_us; /* start of the pass that was told or lost */
	int32_t told_count;
};

void sos_reset(struct sos *sos);

/* A mark was lit for 'len_us'; 'slack_us' is what PWM may hide of it. */
enum sos_result sos_mark(struct sos *sos, int64_t start_us, int64_t len_us, int64_t slack_us);

/* It was dark for 'len_us' and is lit again. */
enum sos_result sos_gap(struct sos *sos, int64_t len_us, int64_t slack_us);

/* What goes on cannot be an SOS (darkness or light held on). */
enum sos_result sos_give_up(struct sos *sos);

/* Darkness up to this long belongs to the pass that runs; 0 when none runs. */
int64_t sos_dark_us(const struct sos *sos, int64_t slack_us);

/*
 * The longest that nothing seems to change in it: an edge that is missing joins the longest pause
 * with a mark and the pause on its other side.
 */
int64_t sos_longest_still_us(void);

/* The longest a mark may last. */
int64_t sos_longest_mark_us(void);

#endif
