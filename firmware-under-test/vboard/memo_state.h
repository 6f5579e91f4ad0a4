/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stretch that was recorded, and the table of them. Internal to memo.c and memo_table.c. */
#ifndef VBOARD_MEMO_STATE_H
#define VBOARD_MEMO_STATE_H

#include "vboard/memo.h"
#include "vboard/record.h"

enum {
	MEMO_CHIP_BYTES = offsetof(struct chip_state, ram),
	MEMO_BUCKETS = 1 << 14,
};

/* The chip without RAM, its times counted from the moment itself, its flags in one form. */
struct memo_image {
	_Alignas(8) uint8_t bytes[MEMO_CHIP_BYTES];
};

struct memo_key {
	uint64_t word[2];
};

struct stretch {
	struct stretch *next; /* of the bucket, last used first */
	struct memo_key key;
	uint64_t used; /* round of the table in which it was last taken */
	struct record_lists lists;
	uint64_t cycles;
	uint64_t idle_cycles;
	uint32_t resets, faults; /* how many more */
	uint32_t fault_pc, fault_cfsr;
	enum vboard_stop stop; /* what it ends with, unless VBOARD_STOP_DEADLINE */
	bool before_bulk;      /* a checksum loop comes next */
	bool backup_changed;
	struct backup_state backup;
	uint32_t crc;		/* with lists.crc_changed */
	struct memo_image *end; /* NULL: recorded up to power off, its end is not known */
};

struct memo {
	struct stretch *buckets[MEMO_BUCKETS];
	size_t bytes, bytes_max;
	uint64_t round;
	struct recorder *recorder; /* at work when vb->recorder says so */
	struct memo_key key;	   /* of the open recording */
	struct stretch open;	   /* counters as they were when it began */
	struct memo_image image;   /* scratch */
	struct memo_counts counts;
	uint32_t dull; /* landmarks in a row, close together, that led nowhere */
	uint64_t landmark_cycle, looked_cycle; /* of the last one, and of the last looked at */
	/* the stretch being told */
	const struct stretch *telling;
	uint64_t begin; /* cycle at which it began */
	uint32_t events_told;
	uint32_t led_high[3]; /* when it began */
	bool rerunning;
};

/* The chip of the board as it stands. */
void memo_take_image(const struct vboard *vb, struct memo_image *ret);

/* The key of the board as it stands. */
struct memo_key memo_key_of(struct vboard *vb);

/* Whether RAM and flash hold what the stretch read. */
bool memo_reads_match(const struct vboard *vb, const struct stretch *stretch);

/* The stretch that goes on from here, or NULL. */
struct stretch *memo_find(struct vboard *vb, const struct memo_key *key);

/* Takes ownership of a stretch on the heap. */
void memo_add(struct memo *memo, struct stretch *stretch);

void memo_forget_all(struct memo *memo);

/* The chip (without RAM) as an image says, at the present time. */
void memo_image_restore(struct vboard *vb, const struct memo_image *image);

#endif
