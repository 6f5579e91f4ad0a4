/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rig's cloud server and a fleet of devices that were written without it, on loopback TCP in
 * one process, turned in turn. The network is real, the time is made: it goes on a little with each
 * turn, and leaps ahead when neither side has a byte for the other, so that no deadline is waited
 * for.
 */
#ifndef TESTS_LIB_CLOUD_HALL_H
#define TESTS_LIB_CLOUD_HALL_H

#include "cloud/server.h"
#include "lib/cloud_device_tcp.h"
#include "lib/peer_desk.h"

enum cloud_hall_limits {
	CLOUD_HALL_DEVICES_MAX = 16,
	CLOUD_HALL_LOG_MAX = 16384,
	CLOUD_HALL_TEXT_MAX = 256,
};

/* What became of an update, kept when it was over: sessions do not stay. */
struct cloud_hall_update {
	enum update_result result; /* UPDATE_UNKNOWN: it goes on */
	enum update_checks checks;
	enum update_mode mode;
	enum update_ended_by ended_by;
	char text[CLOUD_HALL_TEXT_MAX];
	uint32_t sent, refusals, missed, rounds;
	unsigned int ready; /* how often the board said that it is */
};

struct cloud_hall {
	int64_t now_us;
	struct keys *keys;
	struct server *server;
	struct cloud_fleet *fleet;
	struct cloud_device *devices[CLOUD_HALL_DEVICES_MAX];
	struct cloud_hall_update updates[CLOUD_HALL_DEVICES_MAX];
	size_t count;
	unsigned int quiet; /* turns without a byte, on end */
	/* what the server told, a line each: first byte of the id, what, text */
	char log[CLOUD_HALL_LOG_MAX];
	uint8_t answer[CLOUD_DEVICE_DESCRIBE_MAX]; /* data of the last answer */
	size_t answer_len;
	enum session_reply reply; /* of the last answer */
};

struct cloud_hall_setup {
	const struct cloud_device_config *devices; /* 'count' of them; ids are of the config */
	size_t count;
	enum handshake_trust trust; /* 0: first */
	struct cloud_fleet_config fleet;
};

/*
 * The server's key is 'keys->server', written as the rig keeps it; all devices have keys->device.
 * Nothing is connected before the first turn. Freed by cloud_hall_free().
 */
struct cloud_hall *cloud_hall_new(const struct cloud_hall_setup *setup,
				  const struct peer_keys *keys);
void cloud_hall_free(struct cloud_hall *hall);

/* Writes the server's key into a folder as the rig keeps it. */
void cloud_hall_put_key(const char *folder, const struct peer_keys *keys);

/* One turn of both sides. */
void cloud_hall_turn(struct cloud_hall *hall);

/* Turns until the log has that line ("21 hello 8\n"); fails the test after 'us' of made time. */
void cloud_hall_until(struct cloud_hall *hall, const char *line, int64_t us);

/* Turns until so much made time is over. */
void cloud_hall_pass(struct cloud_hall *hall, int64_t us);

/* Turns until a phase of all devices, 'us' at most; fails the test then. */
void cloud_hall_all(struct cloud_hall *hall, enum cloud_device_phase phase, int64_t us);

/* The open session of a device; fails the test when there is none. */
struct session *cloud_hall_session(struct cloud_hall *hall, size_t device);

/* Asks, and turns until the answer is there: 'reply' and 'answer' of the hall. */
void cloud_hall_ask(struct cloud_hall *hall, size_t device,
		    const struct session_question *question);

/* Begins an update of a device; its result will be in hall->updates. */
void cloud_hall_begin(struct cloud_hall *hall, size_t device, struct update_setup setup);

/* Turns until the updates of all devices are over, 'us' of made time at most. */
void cloud_hall_updated(struct cloud_hall *hall, int64_t us);

#endif
