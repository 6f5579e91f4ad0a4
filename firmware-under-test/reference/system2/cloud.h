/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device cloud: from no network to a session, and what is said in it (facts 8.3). The session's
 * encryption is left out, as the radio is a wire: a message goes as its length and its bytes.
 */
#ifndef REFERENCE_SYSTEM2_CLOUD_H
#define REFERENCE_SYSTEM2_CLOUD_H

#include "reference/system2/coap.h"
#include "reference/system2/system.h"

enum cloud_sizes {
	CLOUD_CHUNK_MAX = 1024,
	CLOUD_IN_MAX = CLOUD_CHUNK_MAX + 32,
	CLOUD_OUT_MAX = 1536, /* the description is the longest */
};

/* At the start, and in every turn of the main loop. */
void cloud_begin(enum system_mode mode, enum reset_reason reason);
void cloud_run(void);

/* An event of the application's; false when there is no session, or an update is under way. */
bool cloud_publish(const char *name, const char *text);

/* A message of the device's own: the next number. What is begun is then sent or dropped. */
struct coap_writer *cloud_message(enum coap_type type, uint8_t code, int token);
/* The answer to a message. */
struct coap_writer *cloud_answer(const struct coap *to, uint8_t code, int token);
void cloud_send(void);

/* Its memory from 'offset' on, in which messages are written. */
void *cloud_buffer(uint32_t offset);

/* Ends the session; another one is tried for. */
void cloud_drop(void);

#endif
