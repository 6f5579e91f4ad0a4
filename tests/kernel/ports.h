/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watches the power of the virtual host's ports, which it does not tell its devices about. It is
 * asked through usbfs, which waits while the kernel enumerates a device on that hub, and that
 * device may be ours: so somebody else asks, and tells over a pipe. That is a process and no
 * thread: one that waits in the kernel keeps the files of its process open when that is killed, the
 * sockets of the devices among them, for whose end the kernel waits in turn: neither would ever go
 * on.
 */
#ifndef TESTS_KERNEL_PORTS_H
#define TESTS_KERNEL_PORTS_H

#include <stdbool.h>
#include <stdint.h>

enum ports_limits {
	PORTS_MAX = 64,		 /* as the kernel counts them when a device is attached */
	PORTS_A_CONTROLLER = 30, /* the first half of them are of the full-speed hub */
	PORTS_CONTROLLERS = 2,
};

struct ports_event {
	unsigned int port;
	bool lit;
};

struct ports {
	int pipe[2]; /* [0] is read by the owner: whole struct ports_event */
	int hub_fd[PORTS_CONTROLLERS];
	uint64_t watched; /* bit set of ports */
	uint64_t lit;
	bool started;
};

/* Negative errno. */
int ports_init(struct ports *ports);

/* To be called before ports_start(). Negative errno when there is no such port. */
int ports_watch(struct ports *ports, unsigned int port);

/* Begins to watch, until the caller ends. Negative errno. */
int ports_start(struct ports *ports);

/* The bus that 'port' is on, and its number there; what makes a port path. */
bool ports_path(unsigned int port, unsigned int *ret_bus, unsigned int *ret_number);

#endif
