/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking an update over the air into the staging region, and entering it (facts 2.2). */
#ifndef REFERENCE_SYSTEM2_UPDATE_H
#define REFERENCE_SYSTEM2_UPDATE_H

#include "reference/system2/coap.h"

enum update_sizes {
	UPDATE_BYTES_MAX = 0x40000, /* of the staging region */
	UPDATE_CHUNK_BYTES = 512,   /* when the cloud names no other */
};

/* UpdateBegin, Chunk, UpdateDone. */
void update_begin(const struct coap *message);
void update_chunk(const struct coap *message);
void update_done(const struct coap *message);

/* Between UpdateReady and the end. */
bool update_is_on(void);

/* In every turn meanwhile: asks again, and ends what has stopped. */
void update_run(void);

/* The session ended: nothing of it can be resumed, the next one begins anew. */
void update_give_up(void);

/* May an application send now? */
bool update_allows_traffic(void);

/*
 * What is staged (update_check.c): enum update_check bits that it passes; only with all of them it
 * is entered.
 */
enum update_check {
	UPDATE_CHECK_INTEGRITY = 2,
	UPDATE_CHECK_DEPENDENCIES = 4, /* what it needs is there */
	UPDATE_CHECK_RANGE = 8,
	UPDATE_CHECK_PLATFORM = 16,
	UPDATE_CHECK_DEPENDENCIES_FULL = 64, /* and what needs it can live with it */
	UPDATE_CHECKS = 94,
};
uint32_t update_check(void);

/* Notes "copy this at the next boot" in the configuration table; false when it could not. */
bool update_enter(void);

#endif
