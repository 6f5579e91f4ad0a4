/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_bench.h"

#include "lib/fake_gpio.h"

struct bench_line fake_bench_line(char letter, enum bench_active active)
{
	struct bench_line ret = { .chip = "/fake", .active = active };

	ret.line[0] = letter;
	return ret;
}

void fake_bench_wire(struct bench_slot *ret)
{
	fake_gpio_reset();
	*ret = (struct bench_slot){
		.name = "left",
		.power = { .kind = BENCH_SWITCH_HIGH_SIDE,
			   .line = fake_bench_line('a', BENCH_ACTIVE_HIGH),
			   .rail = fake_bench_line('g', BENCH_ACTIVE_HIGH),
			   .loop_back = fake_bench_line('h', BENCH_ACTIVE_LOW),
			   .bleed = fake_bench_line('c', BENCH_ACTIVE_HIGH),
			   .discharge_us = 20000 },
		.vbat = fake_bench_line('d', BENCH_ACTIVE_LOW),
		.reset = fake_bench_line('e', BENCH_ACTIVE_HIGH),
		.setup = fake_bench_line('f', BENCH_ACTIVE_HIGH),
		.led = { .lines = { fake_bench_line('i', BENCH_ACTIVE_HIGH),
				    fake_bench_line('j', BENCH_ACTIVE_HIGH),
				    fake_bench_line('k', BENCH_ACTIVE_HIGH) } },
	};
	fake_gpio_tie('a', 'g', FAKE_GPIO_SAME);
	for (char led = 'i'; led <= 'k'; led++)
		fake_gpio_put(led, GPIO_HIGH, FAKE_GPIO_LOST);
}
