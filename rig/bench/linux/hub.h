/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power of a port of a USB hub, by the path of what is plugged in there ("1-1.2": port 2 of the hub
 * on port 1 of bus 1; "1-1": port 1 of the root hub). Made by usb_hub.c.
 */
#ifndef BENCH_LINUX_HUB_H
#define BENCH_LINUX_HUB_H

#include "base/err.h"

#include <stdbool.h>

enum hub_power { HUB_POWER_OFF = 0, HUB_POWER_ON = 1 };

enum hub_limits { HUB_TEXT_MAX = 256 };

/* How a hub switches, by its descriptor (USB 2.0, 11.23.2.1). */
enum hub_switching {
	HUB_SWITCHING_UNKNOWN = 0,
	HUB_SWITCHING_EACH = 1,	  /* each port by itself */
	HUB_SWITCHING_GANGED = 2, /* all ports together */
	HUB_SWITCHING_NONE = 3,	  /* not at all */
};

/* What the hub of that port can do. ERR_RIG: no such hub or port, no permission. */
int hub_port_switching(const char *port_path, enum hub_switching *ret, struct err *err) MUST_CHECK;

/*
 * Switches the port; when it returns, the order has been given and taken by the hub, and the kernel
 * does not switch back. May be called from any thread. ERR_RIG as above.
 */
int hub_port_set(const char *port_path, enum hub_power power, struct err *err) MUST_CHECK;

/* Whether the port is powered, as the hub says. */
int hub_port_get(const char *port_path, enum hub_power *ret, struct err *err) MUST_CHECK;

/* What else loses its power with that port when its hub is ganged: the devices on its other ports
 * and on those of its other half, if it is a USB 3 hub, "1-1.2 (2b04:c008), 2-1.4 (0bda:5411)", for
 * people; empty when there is none. */
void hub_port_neighbours(const char *port_path, char ret_text[HUB_TEXT_MAX]);

/* Whether both are ports of one hub. */
bool hub_ports_together(const char *port_path, const char *other_path);

#endif
