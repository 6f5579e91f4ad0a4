/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a board's own words about its modules prove of a part. */
#ifndef DELIVERY_PROOF_H
#define DELIVERY_PROOF_H

#include "delivery/delivery.h"
#include "delivery/module_info.h"

/*
 * By the entry of the part's module: another version or hash is another module, checks that did not
 * pass, or no entry at all, a bad one. 'how' says who was asked, for the text.
 */
void proof_by_info(const struct delivery_run *run, const struct module_info *info, const char *how,
		   struct delivery_proof *ret);

/* No proof, and why. */
void proof_none(struct delivery_proof *ret, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
