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
	VBOARD_SUPPLY_MV = 3300,
	VBOARD_LSI_HZ_MIN = 17000, /* DS6329, LSI oscillator characteristics */
	VBOARD_LSI_HZ_MAX = 47000,
	VBOARD_RAMP_US_MAX = 10000000, /* longest fall and rise of the supply */
	VBOARD_USB_BYTES_MAX = 4096,   /* of one transfer, as with Linux's usbfs */
};

enum vboard_model {
	VBOARD_MODEL_UNKNOWN = 0,
	VBOARD_MODEL_P1 = 1,	   /* USB on the full-speed core */
	VBOARD_MODEL_PHOTON = 2,   /* USB on the high-speed core */
	VBOARD_MODEL_ELECTRON = 3, /* USB on the full-speed core */
};

enum vboard_line { VBOARD_RESET = 0, VBOARD_SETUP = 1 };

enum vboard_led { VBOARD_LED_RED = 0, VBOARD_LED_GREEN = 1, VBOARD_LED_BLUE = 2 };

enum vboard_flash_kind {
	VBOARD_FLASH_NONE = 0,
	VBOARD_FLASH_PROGRAM = 1,
	VBOARD_FLASH_ERASE = 2,	  /* a sector, or all of it */
	VBOARD_FLASH_OPTIONS = 3, /* option bytes: erased and programmed as one */
};

/* One flash operation, told when it is over. */
struct vboard_flash_op {
	enum vboard_flash_kind kind;
	uint32_t address; /* of the word, of the sector's first byte, or of the option bytes */
	uint32_t bytes;	  /* programmed width, or sector size */
	uint64_t index;	  /* counted since the board was made */
	uint64_t insn;	  /* instructions executed since power was given */
	uint64_t begin_cycle;
	uint64_t end_cycle;
};

struct vboard_listener {
	void *ctx;
	/* Pin level of an LED line changed (true = high). Powered off, all lines are high: dark. */
	void (*led)(void *ctx, uint64_t cycle, enum vboard_led led, bool high);
	/* A flash operation ended, whole or torn. May be NULL. */
	void (*flash)(void *ctx, const struct vboard_flash_op *op);
	/* The board's USB pull-up came (true) or went, as the host sees it. May be NULL. */
	void (*usb)(void *ctx, uint64_t cycle, bool connected);
	/* Serial port 'port' (1 to 3) has sent a byte. May be NULL. */
	void (*serial)(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte);
	/* The radio has sent a byte; its stream to the peer was opened or closed. May be NULL. */
	void (*radio)(void *ctx, uint64_t cycle, uint8_t byte);
	void (*radio_link)(void *ctx, uint64_t cycle, bool connected);
	/* The armed cut happened: commanded then, and now the chip is off. May be NULL. */
	void (*cut)(void *ctx, uint64_t commanded_cycle, uint64_t off_cycle);
};

enum vboard_cut_by { VBOARD_CUT_NONE = 0, VBOARD_CUT_CYCLE, VBOARD_CUT_OP, VBOARD_CUT_INSN };
enum vboard_cut_form { VBOARD_CUT_BEFORE = 1, VBOARD_CUT_TORN = 2, VBOARD_CUT_AFTER = 3 };

/* Where power fails, or begins to fall. Counted from the moment of arming. */
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
	VBOARD_STOP_HANDOVER = 3, /* the core is where vboard_run_to...() was to stop */
	VBOARD_STOP_FAULTED = 4,  /* a called function ended in a fault */
	VBOARD_STOP_USB = 5,	  /* something happened on the USB, and it is watched */
};

enum vboard_usb_result {
	VBOARD_USB_IDLE = 0, /* no transfer was begun */
	VBOARD_USB_BUSY = 1, /* under way */
	VBOARD_USB_DONE = 2,
	VBOARD_USB_STALL = 3,
	VBOARD_USB_TIMEOUT = 4, /* not done by the deadline */
	VBOARD_USB_GONE = 5,	/* the board left the bus */
};

/* One transfer, as a host's controller is told to do it. */
struct vboard_usb_transfer {
	uint8_t address;       /* of the device */
	uint8_t endpoint;      /* number, bit 7 for IN; 0 control, whose direction the setup says */
	uint8_t setup[8];      /* control only */
	uint32_t packet_bytes; /* largest packet of the endpoint, 1..64 */
	const void *data;      /* to be sent; may be NULL when nothing is */
	uint32_t length;       /* bytes to send, or to receive at most */
	uint64_t deadline;     /* cycle */
};

/* How the supply comes and goes, linearly. All zero: 3.3 V, at once. */
struct vboard_supply {
	uint32_t nominal_mv; /* 0 = VBOARD_SUPPLY_MV */
	uint32_t fall_us;    /* from the nominal level to nothing, after "off" or a cut */
	uint32_t rise_us;    /* from nothing to the nominal level, after "on" */
};

enum vboard_widths { VBOARD_X8 = 0, VBOARD_X16 = 1, VBOARD_X32 = 2, VBOARD_WIDTHS = 3 };

/* Times of the flash by PSIZE (enum vboard_widths), and the watchdog's clock. */
struct vboard_timing {
	uint32_t program_us[VBOARD_WIDTHS]; /* one store */
	uint32_t erase_16k_us[VBOARD_WIDTHS];
	uint32_t erase_64k_us[VBOARD_WIDTHS];
	uint32_t erase_128k_us[VBOARD_WIDTHS];
	uint32_t mass_erase_us[VBOARD_WIDTHS];
	uint32_t options_us;
	uint32_t lsi_hz; /* VBOARD_LSI_HZ_MIN to VBOARD_LSI_HZ_MAX */
};

enum vboard_timing_corner { VBOARD_TIMING_TYPICAL = 1, VBOARD_TIMING_MAX = 2 };

/* Whether an operation that does not end well leaves cells that read differently each time. */
enum vboard_cells { VBOARD_CELLS_FIRM = 0, VBOARD_CELLS_WEAK = 1 };

struct vboard;

/* A board without power and with erased flash; NULL on lack of memory. */
struct vboard *vboard_new(enum vboard_model model, uint64_t seed);
void vboard_free(struct vboard *vb);

/*
 * Remembers runs in at most about 'bytes_max' bytes (0: forgets them all and remembers no more), so
 * that what is run again from a like state is told and not executed. What a listener is told and
 * what the board holds is the same; only flash operations are not told, so a board with a flash
 * listener executes. False on lack of memory.
 */
bool vboard_remember(struct vboard *vb, size_t bytes_max);

/* 'listener' is copied; NULL for none. */
void vboard_listen(struct vboard *vb, const struct vboard_listener *listener);

/* Starts the seeded chance anew (torn bits, random numbers): the same trial gives the same bytes.
 */
void vboard_seed(struct vboard *vb, uint64_t seed);

/* Time since the board was made. It also passes while power is off. */
uint64_t vboard_cycle(const struct vboard *vb);

/* Instructions executed since power was given; flash operations begun since the board was made. */
uint64_t vboard_insns(struct vboard *vb);
uint64_t vboard_flash_ops(struct vboard *vb);

/*
 * Power. Off: the rail falls (struct vboard_supply), and the core runs on until the level at which
 * the chip resets itself: the brown-out level in the option bytes, or the power-down threshold. RAM
 * and peripherals are lost below the latter; the backup domain too unless 'vbat' says a cell keeps
 * it. On: the rail rises; the chip comes out of reset where it may, RAM holds a fixed pattern if it
 * was lost. Without fall and rise time both happen at once. An armed cut is a command "off".
 */
void vboard_power_on(struct vboard *vb);
void vboard_power_off(struct vboard *vb);

/* Whether the chip is out of power reset. */
bool vboard_is_powered(const struct vboard *vb);
void vboard_set_vbat(struct vboard *vb, bool present);

/* From the next "on", "off" or cut on. Times above VBOARD_RAMP_US_MAX count as that. */
void vboard_set_supply(struct vboard *vb, const struct vboard_supply *supply);

/* The rail's level now, millivolts. */
uint32_t vboard_supply_mv(const struct vboard *vb);

/* The data sheet's figures; NULL for an unknown corner. A new board has the typical ones. */
const struct vboard_timing *vboard_timing_of(enum vboard_timing_corner corner);

/* From the next operation, and the next reload of the watchdog, on. 'timing' is copied. */
void vboard_set_timing(struct vboard *vb, const struct vboard_timing *timing);

/* What operations leave from now on; cells that are weak already stay so until they are erased. */
void vboard_set_cells(struct vboard *vb, enum vboard_cells cells);

/* Cells that read differently each time, in the whole flash. */
uint32_t vboard_weak_cells(const struct vboard *vb);

/* How often the sector that holds 'address' was erased, torn ones too; 0 outside flash. */
uint32_t vboard_flash_wear(const struct vboard *vb, uint32_t address);

/* Holds a line low or lets it go. RESET held keeps the core in reset. */
void vboard_line(struct vboard *vb, enum vboard_line line, bool held);

/*
 * The last fault that the core took since power was given, in words: what no bench can see on a
 * real board. False when there was none.
 */
bool vboard_fault_text(const struct vboard *vb, char *ret_text, size_t size);

/* Pin level of an LED line (true = high, dark on these boards). */
bool vboard_led_high(const struct vboard *vb, enum vboard_led led);

/*
 * The host's end of the USB cable. Detached (as a new board is) nothing happens on the bus. Reset
 * drives the bus for a while; the bus then runs, with a frame each millisecond, until the board
 * leaves it. Only a running bus carries transfers.
 */
void vboard_usb_attach(struct vboard *vb, bool attached);
bool vboard_usb_is_connected(const struct vboard *vb);
bool vboard_usb_is_running(const struct vboard *vb);
void vboard_usb_reset(struct vboard *vb);

/* When on, vboard_run() ends with VBOARD_STOP_USB when the board came or went, a reset is over, or
 * a transfer ended. Off in a new board. */
void vboard_usb_watch(struct vboard *vb, bool on);

/*
 * Begins a transfer, which vboard_run() carries on; a transfer under way is given up. At most one
 * packet passes in 1/19 ms. False when it cannot begin: the bus does not run, or the length is
 * above VBOARD_USB_BYTES_MAX.
 */
bool vboard_usb_begin(struct vboard *vb, const struct vboard_usb_transfer *transfer);

/* How the transfer stands; *ret_bytes: how many bytes were sent or received so far. */
enum vboard_usb_result vboard_usb_result(const struct vboard *vb, uint32_t *ret_bytes);

/* What was received, 'len' bytes of it at most. */
void vboard_usb_received(const struct vboard *vb, void *ret_data, size_t len);

/*
 * Bytes for serial port 'port' (1 to 3); they come in one after another at the port's speed. How
 * many were taken: none while the port does not receive, at most 256 on their way at a time.
 */
size_t vboard_serial_send(struct vboard *vb, unsigned int port, const void *data, size_t len);

/* What there is for the radio of a board; a new board has nothing around. */
enum vboard_radio {
	VBOARD_RADIO_NOTHING = 0,
	VBOARD_RADIO_NETWORK = 1, /* a network, and nobody on it that would answer */
	VBOARD_RADIO_PEER = 2,	  /* and a peer that takes a stream of bytes */
};

/*
 * From now on, and as long as nothing else is said: also over resets and power. 'bytes_a_second'
 * (0: 100,000) is the stream's speed each way. Taking away what the board's link needs ends the
 * link.
 */
void vboard_radio_air(struct vboard *vb, enum vboard_radio level, uint32_t bytes_a_second);

/* Whether the board's stream to the peer is open now. */
bool vboard_radio_connected(struct vboard *vb);

/*
 * Bytes for the board, on the open stream. How many were taken: none without a stream, at most 1024
 * of them wait or are on their way at a time.
 */
size_t vboard_radio_send(struct vboard *vb, const void *data, size_t len);

/* Arms the cut (replacing any), or disarms with by == VBOARD_CUT_NONE. */
void vboard_arm_cut(struct vboard *vb, const struct vboard_cut *cut);

/* Lets time pass until 'cycle' (absolute) or until something of enum vboard_stop happens. */
enum vboard_stop vboard_run(struct vboard *vb, uint64_t cycle);

/*
 * As vboard_run(), and stops when the core is about to execute the first instruction of the
 * firmware whose vector table begins at 'vectors'.
 */
enum vboard_stop vboard_run_to_handover(struct vboard *vb, uint64_t cycle, uint32_t vectors);

/* As vboard_run(), and stops with VBOARD_STOP_HANDOVER before the instruction at 'address'. */
enum vboard_stop vboard_run_to(struct vboard *vb, uint64_t cycle, uint32_t address);

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

/* The same for 'len' bytes in a row, a multiple of 4: word after word, each an operation. */
enum vboard_stop vboard_flash_program_many(struct vboard *vb, uint32_t address, const void *data,
					   size_t len);
/* Read protection by the option bytes: level 0, 1 or 2 (PM0059 2.6.3). */
unsigned int vboard_read_protection(const struct vboard *vb);

/* Size of the erase sector that holds 'address', 0 outside flash. *ret_begin may be NULL. */
uint32_t vboard_flash_sector(uint32_t address, uint32_t *ret_begin);

/*
 * Flash contents from outside, as a programmer does it with the board off: no operation counts, no
 * time passes. Loading makes the cells of the sectors it touches firm; reading finds 1 in weak
 * cells. False when outside flash.
 */
bool vboard_flash_load(struct vboard *vb, uint32_t address, const void *data, size_t len);
bool vboard_flash_read(struct vboard *vb, uint32_t address, void *ret_data, size_t len);

/*
 * Keeps and puts back what outlives power: flash with its weak cells and wear, option bytes, backup
 * domain. Board off; a fall that is still under way is over with the restore.
 */
size_t vboard_storage_bytes(void);
void vboard_storage_save(struct vboard *vb, void *ret_storage);
void vboard_storage_restore(struct vboard *vb, const void *storage);

/*
 * Snapshots of the whole board: memories, core, peripherals, power, time, chance. What belongs to
 * the host is not part of it: listener, armed cut. Taking and restoring copies only the 4 KB pages
 * that differ, and equal pages are shared, so that many snapshots of one board are small; all that
 * share must be used by one thread.
 */
struct vboard_snapshot;

enum vboard_snapshot_time {
	VBOARD_SNAPSHOT_TIME_AS_TAKEN = 0, /* the clock goes back (or forth) too */
	/* the board's clock goes on from where it is, and every time in the state moves with it;
	 * counts of instructions and operations are those of the snapshot */
	VBOARD_SNAPSHOT_TIME_GOES_ON = 1,
};

/* Empty; NULL on lack of memory. Outlives the boards it was taken from. */
struct vboard_snapshot *vboard_snapshot_new(void);
void vboard_snapshot_free(struct vboard_snapshot *snapshot);

/* Keeps the board as it is now, between two runs. False on lack of memory: it is empty then. */
bool vboard_snapshot_take(struct vboard_snapshot *snapshot, struct vboard *vb);

/*
 * Makes 'vb' the board that was taken: the same or another of its model. Disarms the cut. The
 * listener is told of no edge: look at vboard_led_high(). False when the snapshot is empty or of
 * another model; nothing is changed then.
 */
bool vboard_snapshot_restore(const struct vboard_snapshot *snapshot, struct vboard *vb,
			     enum vboard_snapshot_time time);

#endif
