/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module as a device looks at one that was staged: header, platform, CRC. For the test peers. */
#ifndef TESTS_LIB_PEER_MODULE_H
#define TESTS_LIB_PEER_MODULE_H

#include <stddef.h>
#include <stdint.h>

enum peer_module_result { /* as the system's error codes */
			  PEER_MODULE_GOOD = 0,
			  PEER_MODULE_NOT_FOUND = -1300,
			  PEER_MODULE_INTEGRITY = -1330,
			  PEER_MODULE_PLATFORM = -1360,
};

struct peer_module {
	uint32_t bytes; /* with the CRC */
	char function;	/* letter: n r b m s u */
	uint8_t index;
	uint16_t version;
	struct peer_module_need {
		char function; /* 0: none */
		uint8_t index;
		uint16_t version;
	} needs[2];
};

/* What begins at 'image' ('len' bytes may be looked at); *ret is written when it is good. */
enum peer_module_result peer_module_read(const uint8_t *image, size_t len, uint16_t platform,
					 struct peer_module *ret);

/* Makes a user part for 'platform' that fills 'bytes' ('len' is a multiple of 4, above 64). */
void peer_module_make(uint8_t *bytes, size_t len, uint16_t platform, uint16_t version);

#endif
