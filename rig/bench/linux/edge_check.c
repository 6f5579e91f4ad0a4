/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/edge_check.h"

bool edge_check_take(struct edge_check *check, const struct gpio_edge *edges, size_t count)
{
	bool lost = false;

	for (size_t i = 0; i < count; i++) {
		const struct gpio_edge *edge = &edges[i];

		if (edge->number && check->number && edge->number != check->number + 1)
			lost = true;
		else if (check->known && edge->level == check->level)
			lost = true;
		check->known = true;
		check->level = edge->level;
		check->number = edge->number;
		check->suspect = false;
	}
	/* as many as the kernel keeps: what came after them was dropped, if anything came */
	if (count >= GPIO_READ_MAX && edges[count - 1].number == 0)
		lost = true;
	return lost;
}

bool edge_check_level(struct edge_check *check, enum gpio_level level)
{
	bool differs = check->known && check->level != level;
	bool lost = differs && check->suspect;

	if (check->number) /* numbers say all there is to say */
		return false;
	check->suspect = differs && !lost;
	if (!check->suspect) {
		check->known = true;
		check->level = level;
	}
	return lost;
}
