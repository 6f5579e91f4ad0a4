/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a block goes out in a DFU session, and what is done to it on purpose (fuzz/acts.h). */
#ifndef DELIVERY_DFU_ACTS_H
#define DELIVERY_DFU_ACTS_H

#include "delivery/dfu_session.h"

/* A call of the DFU host and its result as a step; read when called, so both fit one line. */
int dfu_session_check(struct dfu_session *session, int r, const enum dfu_result *result,
		      struct err *err);

int dfu_session_select(struct dfu_session *session, uint8_t alternate, struct err *err) MUST_CHECK;

/* Erases the pages of the part's module at 'address', which is remembered. */
int dfu_session_erase(struct dfu_session *session, uint32_t address, struct err *err) MUST_CHECK;

/* Sends a block with what is done to it. */
int dfu_session_send(struct dfu_session *session, uint32_t unit, struct err *err) MUST_CHECK;

#endif
