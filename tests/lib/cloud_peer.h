/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rig's cloud (rig/cloud) as tests of devices use it: a session in clear over a slot's radio
 * that keeps what was said, and can do what a cloud should not. Fails the test when the device says
 * what no cloud understands.
 */
#ifndef TESTS_LIB_CLOUD_PEER_H
#define TESTS_LIB_CLOUD_PEER_H

#include "cloud/carrier.h"

enum cloud_peer_limits { CLOUD_PEER_TEXT_MAX = 4096, CLOUD_PEER_NOWHERE = -1 };

/* What is sent, and what is done wrong on the way. */
struct cloud_update {
	const uint8_t *bytes;
	size_t len;
	bool fast;
	bool padded;	      /* the last chunk is as long as the others */
	uint16_t chunk_bytes; /* 0: as the device's default */
	/* In UpdateBegin; 0: what is right. */
	uint32_t address;
	uint16_t chunk_bytes_told;
	int lost;	  /* this chunk is left out the first time (fast) ... */
	int corrupt;	  /* ... this one has another byte than its CRC says ... */
	int last;	  /* ... and after this one there is a pause ... */
	int64_t pause_us; /* ... of so long; 0: for ever */
};

/* Nothing goes wrong. */
#define CLOUD_UPDATE_WELL \
	.lost = CLOUD_PEER_NOWHERE, .corrupt = CLOUD_PEER_NOWHERE, .last = CLOUD_PEER_NOWHERE

enum cloud_phase {
	CLOUD_NO_UPDATE = 0,
	CLOUD_BEGUN = 1,   /* UpdateBegin sent */
	CLOUD_REFUSED = 2, /* 'code' says how */
	CLOUD_SENDING = 3, /* UpdateReady came */
	CLOUD_ASKED = 4,   /* UpdateDone sent */
	CLOUD_DONE = 5,	   /* all chunks are there */
	CLOUD_BROKEN = 6,  /* it ended in another way */
};

struct cloud_peer {
	const struct slot *slot;
	bool silent;	    /* answers nothing: not even a Hello */
	unsigned int links; /* how often the stream was opened */
	bool connected;
	unsigned int hellos, pongs, times;
	bool described;
	char description[CLOUD_PEER_TEXT_MAX];
	char events[CLOUD_PEER_TEXT_MAX]; /* "name=data\n" each */
	/* the update */
	struct cloud_update update;
	enum cloud_phase phase;
	uint8_t code;		   /* of the answer that ended it */
	char result[256];	   /* payload of the answer to UpdateDone */
	unsigned int refused;	   /* chunks answered with 4.00 */
	unsigned int missed;	   /* chunks asked for again */
	unsigned int missed_index; /* the first of the last of them */
	bool ended_by_device;	   /* it sent UpdateDone itself */
	struct carrier carrier;
};

/* A peer for the device in 'slot', which is heard by the two calls below. */
void cloud_peer_begin(struct cloud_peer *peer, const struct slot *slot);

/* For the slot's or the board's listener. */
void cloud_peer_heard(struct cloud_peer *peer, uint8_t byte);
void cloud_peer_linked(struct cloud_peer *peer, bool connected);

/* Answers what was heard and goes on with what is to be sent; now and then, from outside of a run.
 */
void cloud_peer_step(struct cloud_peer *peer);

void cloud_peer_ping(struct cloud_peer *peer);
void cloud_peer_describe(struct cloud_peer *peer);

/* Begins an update; 'update' is copied, its bytes are borrowed until the end. */
void cloud_peer_update(struct cloud_peer *peer, const struct cloud_update *update);

#endif
