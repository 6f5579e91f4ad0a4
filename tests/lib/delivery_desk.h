/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A way of delivery at work on a virtual board: releases by name, parts delivered and proven, every
 * point it tells kept, a cut at any of them.
 */
#ifndef TESTS_LIB_DELIVERY_DESK_H
#define TESTS_LIB_DELIVERY_DESK_H

#include "board/board.h"
#include "delivery/delivery.h"
#include "lib/cdc_slot.h"
#include "release/release.h"

enum delivery_desk_limits { DELIVERY_DESK_POINTS_MAX = 4096, DELIVERY_DESK_LINE_MAX = 16384 };

struct delivery_desk {
	struct slot slot;
	struct vboard *vb;
	struct cdc_slot cdc; /* after delivery_desk_on_usb() */
	struct board board;
	struct release from;
	struct release to;
	struct delivery_board delivery_board;
	struct delivery_options options; /* to be set before delivery_desk_use() */
	struct delivery_port port;
	struct delivery_context context;
	const struct delivery *way;
	struct fuzz_acts acts;

	struct delivery_progress points[DELIVERY_DESK_POINTS_MAX]; /* of the last send */
	size_t point_count;
	enum delivery_point cut_at; /* there a cut is armed ... */
	uint32_t cut_chunk;
	struct slot_cut cut;		   /* ... this one */
	char line[DELIVERY_DESK_LINE_MAX]; /* what came on the serial line while it was open */
	size_t line_len;
};

/*
 * A P1 with release FROM, running; what is delivered is of release TO (files below releases/).
 * NULL when the firmware is not there.
 */
struct delivery_desk *delivery_desk_new(const char *from, const char *to);
void delivery_desk_free(struct delivery_desk *desk);

/* From now on the board's line is its own device on the USB. */
void delivery_desk_on_usb(struct delivery_desk *desk);

/* Chooses and opens a way. */
void delivery_desk_use(struct delivery_desk *desk, const char *way);

/* Power off and on, and time to start. */
void delivery_desk_boot(struct delivery_desk *desk);
void delivery_desk_wait(struct delivery_desk *desk, int64_t us);

/* Prepares and sends that module of TO; how it ended. Fails the test when the rig does. */
struct delivery_outcome delivery_desk_send(struct delivery_desk *desk, const char *module);

/* The same with any bytes in the module's place: 'image' is borrowed. */
struct delivery_outcome delivery_desk_send_image(struct delivery_desk *desk, const char *module,
						 const struct image *image);

struct delivery_proof delivery_desk_prove(struct delivery_desk *desk, const char *module);

/* The outcome and its text, and what a proof is; fail the test with what is there instead. */
void delivery_desk_expect(const struct delivery_outcome *outcome, enum delivery_result result,
			  const char *text);
void delivery_desk_expect_proof(struct delivery_desk *desk, const char *module,
				enum delivery_proof_kind kind);

/* Power is away after a cut: the switch follows, then the board starts. */
void delivery_desk_recover(struct delivery_desk *desk);

/* The bytes at 'address' changed while the board is off; it starts after. */
void delivery_desk_damage(struct delivery_desk *desk, uint32_t address, size_t len);

/* An act for the next sends. */
void delivery_desk_act(struct delivery_desk *desk, enum fuzz_act_kind kind, uint32_t unit,
		       uint64_t value);

/* The module of TO (FROM) is in flash, byte for byte. */
bool delivery_desk_holds(struct delivery_desk *desk, const struct release *release,
			 const char *module);

const struct image *delivery_desk_image(const struct release *release, const char *module);

/* Begun, ready, all chunks in order, sent, taken: every point once. */
void delivery_desk_check_points(const struct delivery_desk *desk, uint32_t chunks, uint64_t bytes);

/* How often a point was told. */
unsigned int delivery_desk_count(const struct delivery_desk *desk, enum delivery_point point);

#endif
