/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host of the DFU class (USB DFU 1.1) with ST's extensions (DfuSe 1.1a, UM0424 and AN3156): what
 * a stock host such as dfu-util sends, in the same order. Knows a slot's USB port and nothing of
 * what is behind it.
 *
 * A device that does not play along is a result with a line of text, never a struct err.
 */
#ifndef USB_DFU_H
#define USB_DFU_H

#include "bench/slot.h"

enum dfu_limits {
	DFU_MEMORIES_MAX = 8,
	DFU_SEGMENTS_MAX = 16,
	DFU_NAME_MAX = 32,
	DFU_LAYOUT_MAX = 128,	   /* characters of a string descriptor: 2 + 2n <= 255 */
	DFU_DESCRIPTORS_MAX = 512, /* bytes of a configuration that are read */
	DFU_TRANSFER_MAX = SLOT_USB_BYTES_MAX,
	DFU_TEXT_MAX = 80,
};

/* What may be done to a segment; the bits of the layout string's letter (UM0424 4.3.2). */
enum dfu_access { DFU_READABLE = 1, DFU_ERASABLE = 2, DFU_WRITABLE = 4 };

/* Equal pages in a row. */
struct dfu_segment {
	uint32_t start;
	uint32_t page_bytes;
	uint32_t page_count;
	unsigned int access; /* enum dfu_access */
};

/* A memory: an alternate setting, and the layout its name tells. */
struct dfu_memory {
	uint8_t alternate;
	uint8_t string; /* index of its name */
	char name[DFU_NAME_MAX];
	struct dfu_segment segments[DFU_SEGMENTS_MAX];
	size_t segment_count;
};

/* The DFU interface of a device's configuration. */
struct dfu_interface {
	uint8_t number;
	uint8_t attributes; /* bmAttributes of the functional descriptor */
	uint16_t transfer_bytes;
	uint16_t version; /* bcdDFUVersion; 0x011a is DfuSe */
	struct dfu_memory memories[DFU_MEMORIES_MAX];
	size_t memory_count;
};

enum dfu_result {
	DFU_UNKNOWN = 0,
	DFU_GOOD = 1,
	DFU_REFUSED = 2, /* the device, or its layout, says no */
	DFU_SILENT = 3,	 /* no answer in time */
	DFU_GONE = 4,	 /* it left the bus */
	DFU_CUT = 5,	 /* the armed cut happened */
};

struct dfu {
	const struct slot *slot; /* borrowed */
	struct dfu_interface interface;
	uint16_t block_bytes;		 /* of a transfer: the device's, or what the port carries */
	const struct dfu_memory *memory; /* the one selected */
	char text[DFU_TEXT_MAX];	 /* why the last result was not DFU_GOOD */
};

/*
 * Reads a configuration descriptor with all that follows it. False when there is no interface of
 * class DFU in DFU mode with a functional descriptor in it, or the bytes contradict themselves.
 */
bool dfu_parse_configuration(const uint8_t *bytes, size_t len, struct dfu_interface *ret);

/* Reads a layout such as "@Internal Flash   /0x08000000/03*016Ka,01*064Kg" into name and segments.
 * False when it is none. */
bool dfu_parse_layout(const char *text, struct dfu_memory *memory);

/* The segment that holds 'address'; NULL when none. */
const struct dfu_segment *dfu_segment_at(const struct dfu_memory *memory, uint32_t address);

/* Whether every byte of [address, address + len) is in segments that grant 'access'. */
bool dfu_grants(const struct dfu_memory *memory, uint32_t address, size_t len, unsigned int access);

/*
 * All below: 0 with *ret, or a negative errno with 'err' when the rig failed. Once a result is not
 * DFU_GOOD, dfu->text says why, and only dfu_open() may follow.
 */

/* Looks the device on the port up, and brings it to its idle state with memory 0 selected. */
int dfu_open(struct dfu *dfu, const struct slot *slot, enum dfu_result *ret,
	     struct err *err) MUST_CHECK;

/* Selects the memory with that alternate setting. */
int dfu_select(struct dfu *dfu, uint8_t alternate, enum dfu_result *ret,
	       struct err *err) MUST_CHECK;

/* Erases every page that [address, address + len) touches, in order. */
int dfu_erase(struct dfu *dfu, uint32_t address, size_t len, enum dfu_result *ret,
	      struct err *err) MUST_CHECK;

/* Erases all of the memory. Many devices refuse. */
int dfu_mass_erase(struct dfu *dfu, enum dfu_result *ret, struct err *err) MUST_CHECK;

/* Erases and writes; the device is idle after. */
int dfu_write(struct dfu *dfu, uint32_t address, const uint8_t *bytes, size_t len,
	      enum dfu_result *ret, struct err *err) MUST_CHECK;

/*
 * A part of that, for those who tell how far it is: 'len' bytes, dfu->block_bytes at most, to where
 * it was erased. What the layout grants is not looked at. dfu_idle() after the last one.
 */
int dfu_write_block(struct dfu *dfu, uint32_t address, const uint8_t *bytes, uint16_t len,
		    enum dfu_result *ret, struct err *err) MUST_CHECK;

/* Brings the device to its idle state, out of whatever it is in. */
int dfu_idle(struct dfu *dfu, enum dfu_result *ret, struct err *err) MUST_CHECK;

/* Reads 'len' bytes into 'ret_bytes', which is undefined unless *ret is DFU_GOOD; idle after. */
int dfu_read(struct dfu *dfu, uint32_t address, uint8_t *ret_bytes, size_t len,
	     enum dfu_result *ret, struct err *err) MUST_CHECK;

/* Tells the device to leave DFU mode and start what is at 'address'. It leaves the bus after, in
 * its own time, or has left already: both are good. */
int dfu_leave(struct dfu *dfu, uint32_t address, enum dfu_result *ret, struct err *err) MUST_CHECK;

#endif
