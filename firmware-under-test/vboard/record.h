/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recording a stretch of a run: every word of RAM and flash that it read before it wrote it, what
 * it left in RAM, its flash operations and LED edges. Whoever stands in the same state later, and
 * finds the same words where the stretch read, may take its result without running it (memo.h).
 *
 * While a recording is open, vb->recorder is set, no access is answered inline, and instructions
 * are decoded into a cache of their own, so that each that runs is seen once.
 */
#ifndef VBOARD_RECORD_H
#define VBOARD_RECORD_H

#include "vboard/state.h"

/* Of a word: its value when the stretch began is noted or does not matter; it was written. */
enum record_flag { RECORD_KNOWN = 1, RECORD_WRITTEN = 2 };

/* The flags of all words, while a recording is open (vb->record_flags). */
struct record_flags {
	uint8_t ram[VBOARD_RAM_BYTES / 4];
	uint8_t flash[VBOARD_FLASH_BYTES / 4];
};

struct record_word {
	uint32_t address;
	uint32_t value;
};

/* What the board showed: an edge of an LED line, or a byte on a serial port. */
struct record_event {
	uint32_t cycle; /* since the stretch began */
	uint8_t port;	/* serial port or enum radio_voices; 0: an edge of 'led' */
	uint8_t led;
	uint8_t value; /* the byte, or whether the line is high */
};

struct record_op {
	uint32_t address;
	uint32_t value; /* programmed; of an erase: enum vboard_widths */
	uint32_t begin; /* cycle since the stretch began */
	uint32_t cycles;
	uint32_t bytes; /* programmed, or of the sector */
	enum vboard_flash_kind kind;
};

/* Growing lists; released with record_lists_release(). */
struct record_lists {
	struct record_word *reads;
	struct record_word *ram; /* last values of the words written */
	struct record_event *events;
	struct record_op *ops;
	uint32_t read_count, ram_count, event_count, op_count;
	uint32_t read_size, ram_size, event_size, op_size;
	bool crc_changed;
};

struct recorder *recorder_new(void);
void recorder_free(struct recorder *rec);

/* Opens a recording that begins now; the board is between two instructions. */
void record_begin(struct vboard *vb, struct recorder *rec);

/*
 * Closes it. True when it is whole: then the lists are the caller's, with the last values of RAM in
 * them unless 'without_ram'. False: it was too long, or did what cannot be recorded.
 */
bool record_end(struct vboard *vb, bool without_ram, struct record_lists *ret);

void record_lists_release(struct record_lists *lists);

/* Cycle at which the open recording began. */
uint64_t record_begin_cycle(const struct recorder *rec);

/* What happens meanwhile. Only while vb->recorder is set. */
void record_read(struct vboard *vb, uint32_t address, uint32_t size);
void record_ram_write(struct vboard *vb, uint32_t offset, uint32_t size);
void record_code(struct vboard *vb, struct insn *entry);
void record_edge(struct vboard *vb, uint64_t cycle, enum vboard_led led, bool high);
void record_serial(struct vboard *vb, uint64_t cycle, unsigned int port, uint8_t byte);
/* Before an operation changes flash; 'begin' is its first cycle (op->begin is not looked at). */
void record_flash(struct vboard *vb, const struct record_op *op, uint64_t begin);
/* Something a recording does not know how to tell. */
void record_spoil(struct vboard *vb);

/*
 * The checksum register is about to be read (also by a feed), or set whatever it holds. What a
 * failed check left there must not tell runs apart that never look at it: it counts as a word of
 * memory at RECORD_CRC_ADDRESS, where there is none.
 */
enum { RECORD_CRC_ADDRESS = 0 };
void record_crc_read(struct vboard *vb);
void record_crc_set(struct vboard *vb);

/* Whether all of [address, address + bytes) of flash or RAM is already known or written. */
bool record_knows(const struct vboard *vb, uint32_t address, uint32_t bytes);

#endif
