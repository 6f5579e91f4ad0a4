/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a board says of its modules: the JSON of the console's 's', of the cloud's description and
 * of update results (facts: particle-gen2 2.7, 2.3). Numbers may be text and text numbers; what is
 * not known here is passed over; what contradicts itself is refused.
 */
#ifndef DELIVERY_MODULE_INFO_H
#define DELIVERY_MODULE_INFO_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum module_info_limits {
	MODULE_INFO_MODULES_MAX = 24,
	MODULE_INFO_NEEDS_MAX = 4,
	MODULE_INFO_TEXT_MAX = 8192, /* bytes of JSON */
	MODULE_INFO_WHY_MAX = 80,
};

/* Where a module is kept. */
enum module_info_store {
	MODULE_INFO_STORE_UNKNOWN = 0,
	MODULE_INFO_MAIN = 'm',
	MODULE_INFO_FACTORY = 'f',
	MODULE_INFO_BACKUP = 'b',
	MODULE_INFO_SCRATCH = 't',
};

struct module_info_need {
	char function;
	uint8_t index;
	uint16_t version;
};

struct module_info_module {
	uint32_t size; /* of the place, at most */
	char store;    /* enum module_info_store; 0 not told */
	char function; /* 'n' 'r' 'b' 'm' 's' 'u' 'a' 'c'; '_' unknown, 0 not told */
	uint8_t index;
	uint16_t version;
	uint16_t checked; /* which checks were made ... */
	uint16_t passed;  /* ... and passed: sound when equal */
	bool has_hash;	  /* of user parts */
	uint8_t hash[SHA256_BYTES];
	struct module_info_need needs[MODULE_INFO_NEEDS_MAX];
	size_t need_count;
};

struct module_info {
	uint16_t platform_id; /* 0 not told */
	struct module_info_module modules[MODULE_INFO_MODULES_MAX];
	size_t count;
};

/*
 * Reads one JSON object of 'len' bytes, which may be text of any kind. False with *ret_why, a line,
 * when it is none, or what it says of a module is impossible.
 */
bool module_info_parse(const char *text, size_t len, struct module_info *ret,
		       char ret_why[MODULE_INFO_WHY_MAX]);

/* The installed module with that function (a module header's number) and index; NULL: none. */
const struct module_info_module *module_info_find(const struct module_info *info, uint8_t function,
						  uint8_t index);

#endif
