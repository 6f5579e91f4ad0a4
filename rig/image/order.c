/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/order.h"
#include "base/text.h"
#include "image/fields.h"
#include "image/platform.h"

#include <errno.h>

enum edge {
	EDGE_NONE = 0,
	EDGE_SOFT = 1, /* an older version than the set's would do too */
	EDGE_HARD = 2,
};

struct edges {
	/* edge[a][b]: a comes after b; need[a][b] says which dependency of a it is */
	enum edge edge[IMAGE_SET_MAX][IMAGE_SET_MAX];
	uint8_t need[IMAGE_SET_MAX][IMAGE_SET_MAX];
};

static const struct image_header *find(const struct image_set *set, uint8_t function, uint8_t index)
{
	for (size_t i = 0; set && i < set->count; i++)
		if (set->headers[i].function == function && set->headers[i].index == index)
			return &set->headers[i];
	return NULL;
}

static bool meets(const struct image_header *header, const struct image_dependency *need)
{
	return header && header->version >= need->version_min;
}

static int check_set(const struct image_set *set, uint16_t platform_id, struct err *err)
{
	if (set->count > IMAGE_SET_MAX)
		return err_set(err, ERR_CONFIG, -E2BIG, "%zu modules, at most %d can be ordered",
			       set->count, IMAGE_SET_MAX);
	for (size_t i = 0; i < set->count; i++) {
		const struct image_header *header = &set->headers[i];

		if (header->platform_id != platform_id)
			return err_set(err, ERR_CONFIG, -EINVAL,
				       "modules for a %s (%u) and a %s (%u) in one set",
				       image_platform_name(platform_id), platform_id,
				       image_platform_name(header->platform_id),
				       header->platform_id);
		if (find(set, header->function, header->index) != header)
			return err_set(err, ERR_CONFIG, -EINVAL, "%s %u is there twice",
				       image_function_name(header->function), header->index);
	}
	return 0;
}

static void add_edges(const struct image_set *set, const struct image_set *installed, size_t from,
		      struct edges *edges)
{
	for (uint8_t i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		const struct image_dependency *need = &set->headers[from].dependency[i];
		const struct image_header *other = find(set, need->function, need->index);
		size_t to;

		if (!need->function || !meets(other, need) ||
		    meets(find(installed, need->function, need->index), need))
			continue;
		to = (size_t)(other - set->headers);
		if (edges->edge[from][to] == EDGE_HARD)
			continue;
		edges->need[from][to] = i;
		edges->edge[from][to] =
			!installed && to != from && other->version > need->version_min ? EDGE_SOFT
										       : EDGE_HARD;
	}
}

/* The lowest is delivered first. */
static unsigned int rank(const struct image_header *header)
{
	switch (header->function) {
	case IMAGE_FUNCTION_SYSTEM: return header->index;
	case IMAGE_FUNCTION_BOOTLOADER: return UINT8_MAX + 1;
	case IMAGE_FUNCTION_USER: return UINT8_MAX + 3;
	default: return UINT8_MAX + 2;
	}
}

static bool is_done(const struct image_order *order, size_t module)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->order[i] == module)
			return true;
	return false;
}

/* A module that 'from' waits for; 'count' when there is none. */
static size_t waits_for(const struct edges *edges, const struct image_order *order, size_t from,
			size_t count)
{
	for (size_t to = 0; to < count; to++)
		if (edges->edge[from][to] && !is_done(order, to))
			return to;
	return count;
}

static size_t next_free(const struct image_set *set, const struct edges *edges,
			const struct image_order *order)
{
	size_t best = set->count;

	for (size_t i = 0; i < set->count; i++)
		if (!is_done(order, i) && waits_for(edges, order, i, set->count) == set->count &&
		    (best == set->count || rank(&set->headers[i]) < rank(&set->headers[best])))
			best = i;
	return best;
}

/*
 * When every module left waits for another, walking along what is waited for ends in a circle.
 * Fills 'circle' with its modules and returns how many.
 */
static size_t find_circle(const struct edges *edges, const struct image_order *order, size_t count,
			  size_t circle[IMAGE_SET_MAX])
{
	size_t place[IMAGE_SET_MAX]; /* on the walk; count = not yet */
	size_t walk[IMAGE_SET_MAX];
	size_t len = 0;
	size_t at = 0;

	while (is_done(order, at))
		at++;
	for (size_t i = 0; i < count; i++)
		place[i] = count;
	while (place[at] == count) {
		place[at] = len;
		walk[len++] = at;
		at = waits_for(edges, order, at, count);
	}
	memcpy(circle, walk + place[at], (len - place[at]) * sizeof(circle[0]));
	return len - place[at];
}

static int fail_circle(const struct image_set *set, const size_t *circle, size_t len,
		       struct err *err)
{
	char text[ERR_TEXT_MAX / 2] = "";

	for (size_t i = 0; i <= len; i++) {
		const struct image_header *header = &set->headers[circle[i % len]];
		size_t used = strlen(text);
		char one[48];

		snprintf(one, sizeof(one), "%s%s %u", i ? " needs " : "",
			 image_function_name(header->function), header->index);
		text_copy(text + used, sizeof(text) - used, one);
	}
	return err_set(err, ERR_CONFIG, -ELOOP, "circular: %s", text);
}

/* Takes the need of the circle for granted that asks for the oldest version. */
static int break_circle(const struct image_set *set, struct edges *edges, struct image_order *order,
			struct err *err)
{
	size_t circle[IMAGE_SET_MAX] = { 0 };
	size_t len = find_circle(edges, order, set->count, circle);
	const struct image_dependency *oldest = NULL;
	size_t from = 0;
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		size_t a = circle[i];
		size_t b = circle[(i + 1) % len];
		const struct image_dependency *need =
			&set->headers[a].dependency[edges->need[a][b]];

		if (edges->edge[a][b] != EDGE_SOFT ||
		    (oldest && need->version_min >= oldest->version_min))
			continue;
		oldest = need;
		from = a;
		to = b;
	}
	if (!oldest)
		return fail_circle(set, circle, len, err);
	edges->edge[from][to] = EDGE_NONE;
	order->granted[order->granted_count++] =
		(struct image_need){ .header = &set->headers[from], .dependency = *oldest };
	return 0;
}

/* What is not met when all of the set is installed over what was there. */
static void find_unmet(const struct image_set *set, const struct image_set *installed,
		       const struct image_header *header, struct image_order *order)
{
	for (int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		const struct image_dependency *need = &header->dependency[i];
		const struct image_header *other = find(set, need->function, need->index);

		if (!other)
			other = find(installed, need->function, need->index);
		if (!need->function || meets(other, need) || (!other && !installed))
			continue;
		order->unmet[order->unmet_count++] = (struct image_need){
			.header = header, .dependency = *need, .version = other ? other->version : 0
		};
	}
}

int image_order(const struct image_set *set, const struct image_set *installed,
		struct image_order *ret, struct err *err)
{
	struct image_order order = { 0 };
	struct edges edges = { 0 };
	int r = set->count ? check_set(set, set->headers[0].platform_id, err) : 0;

	if (r == 0 && installed && set->count)
		r = check_set(installed, set->headers[0].platform_id, err);
	for (size_t i = 0; r == 0 && i < set->count; i++)
		add_edges(set, installed, i, &edges);
	while (r == 0 && order.count < set->count) {
		size_t next = next_free(set, &edges, &order);

		if (next < set->count) {
			order.order[order.count++] = next;
			continue;
		}
		r = break_circle(set, &edges, &order, err);
		order.count = 0; /* what waited may have been the better choice from the start */
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < set->count; i++)
		find_unmet(set, installed, &set->headers[i], &order);
	for (size_t i = 0; installed && i < installed->count; i++)
		if (!find(set, installed->headers[i].function, installed->headers[i].index))
			find_unmet(set, installed, &installed->headers[i], &order);
	*ret = order;
	return 0;
}
