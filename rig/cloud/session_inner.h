/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a session share; nobody else's business. */
#ifndef CLOUD_SESSION_INNER_H
#define CLOUD_SESSION_INNER_H

#include "cloud/session.h"

/* Puts a message out, encrypted when the session is. Without room the session is over. */
void session_send(struct session *session, const struct coap *coap, int64_t now_us);
bool session_has_room(const struct session *session, size_t message_bytes);
void session_put(struct session *session, const uint8_t *bytes, size_t len);

/* Ends the session, its update and its questions. */
void session_finish(struct session *session, enum session_end end, const char *text,
		    int64_t now_us);

/* session_ask.c: an answer (by token or number), deadlines, the end. */
bool session_answered(struct session *session, const struct coap *coap);
void session_asked_step(struct session *session, int64_t now_us);
void session_asked_end(struct session *session);
int64_t session_asked_due_us(const struct session *session);

/* session_table.c: a whole message of the board. */
void session_handle(struct session *session, const struct coap *coap, int64_t now_us);

#endif
