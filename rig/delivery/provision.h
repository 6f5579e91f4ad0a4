/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A board is told where the rig's cloud is, and by which key to know it (docs/cloud.md). */
#ifndef DELIVERY_PROVISION_H
#define DELIVERY_PROVISION_H

#include "delivery/delivery.h"

/*
 * Writes the public key of the rig's cloud, with the options' address and port, into the board's
 * configuration table: over DFU, whose second memory it is. The board is given power, brought into
 * DFU mode, and started again at 'system_vectors'. What the board does wrong is in *ret. ERR_CONFIG
 * for an address that is none, and as keys_open(); else the rig failed.
 */
int cloud_provision(struct delivery_context *context, uint32_t system_vectors,
		    struct delivery_outcome *ret, struct err *err) MUST_CHECK;

#endif
