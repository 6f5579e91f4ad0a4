/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What device and cloud say to each other in a session (facts 8.3). */
#ifndef REFERENCE_SYSTEM2_MESSAGES_H
#define REFERENCE_SYSTEM2_MESSAGES_H

#include "reference/system2/coap.h"
#include "reference/system2/system.h"

/* The device's greeting. */
void messages_hello(enum reset_reason reason);

/* What is told once the cloud has answered it. */
void messages_first(enum system_mode mode, enum reset_reason reason);

void messages_event(const char *name, const char *text);

/* Does what a message of the cloud's asks for. What is not known is passed over. */
void messages_handle(const struct coap *message);

#endif
