/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In which order the modules of an update must be delivered. Pure.
 *
 * Each module is one delivery and one start of the board, and a board refuses a module whose
 * dependencies are not met by what is installed at that moment. So a module comes after those
 * modules of the set that it needs; among the free ones system parts come first, by index, then
 * bootloaders, then the rest, user parts last; then as they were given.
 *
 * Released sets look circular: a Photon's part 1 needs part 2, any since 0.7.0, and part 2 needs
 * this very part 1. A need that the board meets before the update is none. When it is not known
 * what is installed, a need for a version older than the one of the set is taken for granted where
 * that breaks a circle, and the result tells of it.
 */
#ifndef IMAGE_ORDER_H
#define IMAGE_ORDER_H

#include "image/image.h"

enum image_order_limits { IMAGE_SET_MAX = 16, IMAGE_UNMET_MAX = 2 * 2 * IMAGE_SET_MAX };

/* A set of modules; the headers are borrowed, and so are those in the results. */
struct image_set {
	const struct image_header *headers;
	size_t count;
};

struct image_need {
	const struct image_header *header; /* whose need it is */
	struct image_dependency dependency;
	uint16_t version; /* what is there instead; 0 = no such module */
};

struct image_order {
	size_t order[IMAGE_SET_MAX]; /* indexes into the set */
	size_t count;
	/* needs that the board is taken to meet before the update */
	struct image_need granted[IMAGE_UNMET_MAX];
	size_t granted_count;
	/* needs that are not met when all is delivered, of the set and of what is installed */
	struct image_need unmet[IMAGE_UNMET_MAX];
	size_t unmet_count;
};

/*
 * 'installed' is what the board runs before; NULL = not known, then only needs for modules of the
 * set can be unmet. ERR_CONFIG when the needs are circular (naming the circle), when a set is
 * larger than IMAGE_SET_MAX or has a module twice, or when the modules are for several platforms.
 */
int image_order(const struct image_set *set, const struct image_set *installed,
		struct image_order *ret, struct err *err) MUST_CHECK;

#endif
