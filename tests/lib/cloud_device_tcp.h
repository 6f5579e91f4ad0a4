/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cloud devices on TCP: any number of them against a server on 127.0.0.1, in one poll loop that
 * never waits longer than told, to be turned next to the server in one process. The devices' time
 * is the caller's, the network's is real.
 */
#ifndef TESTS_LIB_CLOUD_DEVICE_TCP_H
#define TESTS_LIB_CLOUD_DEVICE_TCP_H

#include "lib/cloud_device.h"

enum cloud_fleet_limits { CLOUD_FLEET_MAX = 4096 };

enum cloud_fleet_return {
	CLOUD_FLEET_STAYS = 0,	 /* a device whose session is over stays away */
	CLOUD_FLEET_RETURNS = 1, /* it connects again after 'return_us' */
};

struct cloud_fleet_config {
	uint16_t port;
	enum cloud_fleet_return after;
	int64_t return_us;
	size_t write_bytes_max; /* to each device's socket at once; 0: all there is */
	int receive_bytes;	/* SO_RCVBUF of the sockets; 0: the system's */
};

struct cloud_fleet_member {
	struct cloud_device *device;
	int fd; /* -1: not connected */
	bool connecting;
	int64_t return_at_us;
	uint8_t spare[1024]; /* read, and not yet taken by the device */
	size_t spare_count;
};

struct cloud_fleet {
	struct cloud_fleet_config config;
	struct cloud_fleet_member *members;
	size_t count;
	unsigned int refused; /* connections that came to nothing */
};

/* A fleet of devices, which are borrowed; NULL on lack of memory. No connection yet. */
struct cloud_fleet *cloud_fleet_new(const struct cloud_fleet_config *config,
				    struct cloud_device *const *devices, size_t count);
/* Closes all connections. NULL allowed. */
void cloud_fleet_free(struct cloud_fleet *fleet);

/*
 * Connects who is due, moves what can be moved, and waits at most 'wait_ms' (0: not at all) when
 * there is nothing. How many bytes went over in both directions.
 */
size_t cloud_fleet_step(struct cloud_fleet *fleet, int64_t now_us, int wait_ms);

/* How many are in this phase. */
size_t cloud_fleet_count(const struct cloud_fleet *fleet, enum cloud_device_phase phase);

/* When a device has something to do without a byte; INT64_MAX when never. */
int64_t cloud_fleet_deadline(const struct cloud_fleet *fleet);

#endif
