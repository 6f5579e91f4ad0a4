/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual board: an STM32F205 (Particle Photon, P1, Electron) that executes real firmware
 * images. This header is what a bench may do to a board: power, lines, LED, time, cuts, and the
 * shortcut that stands in for a download. What only tests may see is in vboard_test.h.
 *
 * Rules: virtual time only, in integer cycles of 120 MHz, one cycle an instruction plus stalls; no
 * host clock; all chance from one seed; same calls, same bytes. Nothing here knows the rig.
 */
#ifndef VBOARD_VBOARD_H
#define VBOARD_VBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vboard_sizes {
	VBOARD_FLASH_BYTES = 1024 * 1024,
	VBOARD_RAM_BYTES = 128 * 1024,
	VBOARD_CYCLES_PER_US = 120,
};

enum vboard_model {
	VBOARD_MODEL_UNKNOWN = 0,
	VBOARD_MODEL_P1 = 1,	 /* USB on the full-speed core */
	VBOARD_MODEL_PHOTON = 2, /* USB on the high-speed core */
};

enum vboard_line { VBOARD_RESET = 0, VBOARD_SETUP = 1 };

enum vboard_led { VBOARD_LED_RED = 0, VBOARD_LED_GREEN = 1, VBOARD_LED_BLUE = 2 };

enum vboard_flash_kind { VBOARD_FLASH_NONE = 0, VBOARD_FLASH_PROGRAM = 1, VBOARD_FLASH_ERASE = 2 };

/* One flash operation, told when it is over. */
struct vboard_flash_op {
	enum vboard_flash_kind kind;
	uint32_t address; /* of the word, or of the sector's first byte */
	uint32_t bytes;	  /* programmed width, or sector size */
	uint64_t index;	  /* counted since the board was made */
	uint64_t insn;	  /* instructions executed before it */
	uint64_t begin_cycle;
	uint64_t end_cycle;
};

struct vboard_listener {
	void *ctx;
	/* Pin level of an LED line changed (true = high). Powered off, all lines are high: dark. */
	void (*led)(void *ctx, uint64_t cycle, enum vboard_led led, bool high);
	/* A flash operation ended, whole or torn. May be NULL. */
	void (*flash)(void *ctx, const struct vboard_flash_op *op);
	/* Serial port 'port' (1 to 3) has sent a byte. May be NULL. */
	void (*serial)(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte);
};

enum vboard_cut_by { VBOARD_CUT_NONE = 0, VBOARD_CUT_CYCLE, VBOARD_CUT_OP, VBOARD_CUT_INSN };
enum vboard_cut_form { VBOARD_CUT_BEFORE = 1, VBOARD_CUT_TORN = 2, VBOARD_CUT_AFTER = 3 };

/* Where power fails. Counted from the moment of arming. */
struct vboard_cut {
	enum vboard_cut_by by;
	uint64_t at;
	enum vboard_cut_form form; /* by operation */
	uint32_t permille;	   /* torn: share of the operation's duration that passed, 1..999 */
};

enum vboard_stop {
	VBOARD_STOP_DEADLINE = 0, /* the time asked for has come */
	VBOARD_STOP_CUT = 1,	  /* the armed cut happened: the board is off */
	VBOARD_STOP_RETURNED = 2, /* a called function returned */
	VBOARD_STOP_HANDOVER = 3, /* the bootloader is about to start the system */
	VBOARD_STOP_FAULTED = 4,  /* a called function ended in a fault */
};

struct vboard;

/* A board without power and with erased flash; NULL on lack of memory. */
struct vboard *vboard_new(enum vboard_model model, uint64_t seed);
void vboard_free(struct vboard *vb);

/* 'listener' is copied; NULL for none. */
void vboard_listen(struct vboard *vb, const struct vboard_listener *listener);

/* Starts the seeded chance anew (torn bits, random numbers): the same trial gives the same bytes.
 */
void vboard_seed(struct vboard *vb, uint64_t seed);

/* Time since the board was made. It also passes while power is off. */
uint64_t vboard_cycle(const struct vboard *vb);

/* Instructions executed, and flash operations begun, since the board was made. */
uint64_t vboard_insns(const struct vboard *vb);
uint64_t vboard_flash_ops(const struct vboard *vb);

/*
 * Power. Off: the core stops at once, RAM and peripherals are lost; backup registers too unless
 * 'vbat' says a cell keeps them. On: RAM holds a fixed pattern, the chip comes out of reset.
 */
void vboard_power_on(struct vboard *vb);
void vboard_power_off(struct vboard *vb);
bool vboard_is_powered(const struct vboard *vb);
void vboard_set_vbat(struct vboard *vb, bool present);

/* Holds a line low or lets it go. RESET held keeps the core in reset. */
void vboard_line(struct vboard *vb, enum vboard_line line, bool held);

/* Pin level of an LED line (true = high, dark on these boards). */
bool vboard_led_high(const struct vboard *vb, enum vboard_led led);

/*
 * Bytes for serial port 'port' (1 to 3); they come in one after another at the port's speed. How
 * many were taken: none while the port does not receive, at most 256 on their way at a time.
 */
size_t vboard_serial_send(struct vboard *vb, unsigned int port, const void *data, size_t len);

/* Arms the cut (replacing any), or disarms with by == VBOARD_CUT_NONE. */
void vboard_arm_cut(struct vboard *vb, const struct vboard_cut *cut);

/* Lets time pass until 'cycle' (absolute) or until something of enum vboard_stop happens. */
enum vboard_stop vboard_run(struct vboard *vb, uint64_t cycle);

/*
 * As vboard_run(), and stops when the core is about to execute the first instruction of the
 * firmware whose vector table begins at 'vectors'.
 */
enum vboard_stop vboard_run_to_handover(struct vboard *vb, uint64_t cycle, uint32_t vectors);

/*
 * Calls a function of the firmware in the running machine, with the stack and state it finds, and
 * runs until it returns: what a download does at its end. At most four arguments. The result is
 * in *ret_value after VBOARD_STOP_RETURNED.
 */
enum vboard_stop vboard_call(struct vboard *vb, uint32_t function, const uint32_t args[4],
			     uint64_t cycle, uint32_t *ret_value);

/* Copies bytes into RAM for a called function's arguments. False when outside RAM. */
bool vboard_ram_write(struct vboard *vb, uint32_t address, const void *data, size_t len);

/*
 * Erase a sector or program a word as the running firmware would: the operation counts, takes its
 * time, and is torn by an armed cut. The core stands still meanwhile, as it does on the chip when
 * it runs from the flash. VBOARD_STOP_DEADLINE when done, VBOARD_STOP_CUT when power failed.
 */
enum vboard_stop vboard_flash_erase(struct vboard *vb, uint32_t address);
enum vboard_stop vboard_flash_program(struct vboard *vb, uint32_t address, uint32_t word);

/* Size of the erase sector that holds 'address', 0 outside flash. *ret_begin may be NULL. */
uint32_t vboard_flash_sector(uint32_t address, uint32_t *ret_begin);

/*
 * Flash contents from outside, as a programmer does it with the board off: no operation counts, no
 * time passes. False when outside flash.
 */
bool vboard_flash_load(struct vboard *vb, uint32_t address, const void *data, size_t len);
bool vboard_flash_read(const struct vboard *vb, uint32_t address, void *ret_data, size_t len);

/* Keeps and puts back flash and backup registers (VBOARD_STORAGE_BYTES), board off. */
size_t vboard_storage_bytes(void);
void vboard_storage_save(const struct vboard *vb, void *ret_storage);
void vboard_storage_restore(struct vboard *vb, const void *storage);

#endif
