/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot of a bench on the lines of lib/fake_gpio: a power, b vbus, c bleed, d vbat, e reset,
 * f setup, g rail, h loop-back, i j k the LED.
 */
#ifndef TESTS_LIB_FAKE_BENCH_H
#define TESTS_LIB_FAKE_BENCH_H

#include "bench/bench.h"

struct bench_line fake_bench_line(char letter, enum bench_active active);

/* Lines as after a start; the rail follows the switch, the LED is dark. No vbus. */
void fake_bench_wire(struct bench_slot *ret);

#endif
