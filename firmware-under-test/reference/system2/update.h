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

#endif
