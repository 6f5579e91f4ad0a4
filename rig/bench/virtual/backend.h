/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the virtual bench share. */
#ifndef BENCH_VIRTUAL_BACKEND_H
#define BENCH_VIRTUAL_BACKEND_H

#include "bench/slot.h"
#include "vboard/vboard.h"

enum virtual_usb_sizes { VIRTUAL_USB_BYTES = 256 }; /* of a descriptor that is read */

/* The host's port: what is on it, and how far it is with a device that came. */
struct virtual_usb {
	unsigned int step;  /* enum port_step */
	uint64_t due_cycle; /* when to go on by itself; UINT64_MAX never */
	unsigned int tries;
	uint8_t address;
	uint8_t serial_index;
	uint8_t configuration;
	uint16_t configuration_bytes;
	struct slot_usb_device device;
};

struct virtual_backend {
	struct vboard *vb;
	struct slot_listener listener;
	struct virtual_usb usb;
	uint32_t console_baud;		 /* 0: the serial line is let go */
	struct slot_cut_report cut;	 /* commanded_us SLOT_CUT_UNSEEN: there was none */
	void *storage[SLOT_STORAGE_MAX]; /* kept states, NULL = none */
};

extern const struct slot_stage_ops virtual_stage_ops;
extern const struct slot_usb_ops virtual_usb_ops;
extern const struct slot_console_ops virtual_console_ops;

/* The board's serial port has sent a byte (struct vboard_listener). */
void virtual_console_heard(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte);

/* The board's pull-up came or went (struct vboard_listener). */
void virtual_usb_connected(void *ctx, uint64_t cycle, bool connected);

/* As vboard_run(), with the host doing its part: never VBOARD_STOP_USB. */
enum vboard_stop virtual_run(struct virtual_backend *vbe, uint64_t cycle);

static inline int64_t virtual_us(uint64_t cycle)
{
	return (int64_t)(cycle / VBOARD_CYCLES_PER_US);
}

static inline uint64_t virtual_cycle(int64_t us)
{
	return us <= 0 ? 0 : (uint64_t)us * VBOARD_CYCLES_PER_US;
}

#endif
