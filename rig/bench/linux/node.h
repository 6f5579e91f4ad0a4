/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device nodes that cannot be opened: what a person must know to change that. */
#ifndef BENCH_LINUX_NODE_H
#define BENCH_LINUX_NODE_H

#include "base/err.h"

/* What kind of node: which udev rule would let its group in. */
enum node_kind { NODE_USB = 1, NODE_TTY = 2, NODE_USB_PORT_FILE = 3 };

/*
 * Sets 'err' (ERR_RIG) for an 'open' of 'path' that failed with the negative errno 'code', and
 * returns it. -EACCES and -EPERM: the group of the node, whether this process is in it, and the
 * udev rule to add (docs/usb-permissions.md). -EBUSY and -EAGAIN, as -EBUSY: the process that has
 * it open, when this one may see it.
 */
int node_refused(const char *path, enum node_kind kind, int code, struct err *err);

#endif
