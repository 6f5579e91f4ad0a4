/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A queue of edges that runs over: the kernel keeps the 16 oldest events of a line and drops the
 * newest (character device of the first version, as libgpiod 1.6 uses it), and its reader is busy
 * with other things now and then. Bursts of edges are lost.
 */
#ifndef TESTS_LIB_LED_QUEUE_H
#define TESTS_LIB_LED_QUEUE_H

#include "lib/led_truth.h"

enum led_queue_limits {
	LED_QUEUE_DEPTH = 16,	     /* events of a line */
	LED_QUEUE_BUSY_US = 400000,  /* the reader is away for up to this */
	LED_QUEUE_FREE_US = 2000000, /* ... and reads at once for up to this between */
};

/*
 * Noise of chance, at PWM of 100 Hz to 1 kHz. Time stamps are late by up to a fifth of its period,
 * as they are at 100 Hz; the kernel's are better.
 */
struct led_noise led_queue_noise(uint64_t seed);

/*
 * Takes out of the edges of a case what such a queue drops. Its reader knows that a full queue may
 * have run over, takes nothing for whole that came after its last event, and says so
 * (led_decoder_lose()). All of it comes from the seed.
 */
void led_queue_spoil(struct led_case *made, uint64_t seed);

#endif
