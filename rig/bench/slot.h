/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot: an opened board position, real or virtual, as small interfaces. What a slot cannot do is
 * a capability bit that is off; a scenario that needs it is refused when it is planned.
 *
 * All times are microseconds of the slot's own clock. It never goes back, and it moves inside of
 * calls alone: on a virtual bench in slot_wait() and delivery, on a real one in every call that
 * commands or asks something, by what that takes. A virtual bench does and tells everything at its
 * microsecond; a real one as soon as it can, which is later.
 *
 * Nobody else looks at the ops: the functions below do, and they assert what the callers promise.
 */
#ifndef BENCH_SLOT_H
#define BENCH_SLOT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum slot_capability {
	SLOT_POWER = 1 << 0,	   /* power can be switched */
	SLOT_RAIL = 1 << 1,	   /* the rail can be seen */
	SLOT_VBAT = 1 << 2,	   /* the backup supply can be switched */
	SLOT_RESET = 1 << 3,	   /* RESET can be held */
	SLOT_SETUP = 1 << 4,	   /* SETUP can be held */
	SLOT_LED = 1 << 5,	   /* edges of the LED lines are seen */
	SLOT_CUT = 1 << 6,	   /* a cut by time can be armed ahead */
	SLOT_CUT_EXACT = 1 << 7,   /* and one by flash operation or instruction */
	SLOT_STAGE = 1 << 8,	   /* an update can be staged without a download */
	SLOT_STORAGE = 1 << 9,	   /* the board's flash can be kept and put back */
	SLOT_TRACE = 1 << 10,	   /* flash operations are told */
	SLOT_FAULTS = 1 << 11,	   /* what became of the core can be asked, for people to read */
	SLOT_SUPPLY = 1 << 12,	   /* the supply's fall and rise, and weak cells, can be chosen */
	SLOT_USB = 1 << 13,	   /* the board's USB socket is wired to a host's port */
	SLOT_CONSOLE = 1 << 14,	   /* the board's serial line is connected */
	SLOT_RADIO = 1 << 15,	   /* what there is for the board's radio is the bench's */
	SLOT_PROGRAMMER = 1 << 16, /* its flash can be written whatever became of its code */
	/* A cable lies between the board and the host's port, which may come off: that nothing is
	 * on the USB does not say by itself that the board is to blame. */
	SLOT_USB_CABLE = 1 << 17,
	SLOT_CONSOLE_USB = 1 << 18, /* the serial line is the board's own device on that USB */
};

enum slot_line { SLOT_LINE_RESET = 1, SLOT_LINE_SETUP = 2 };
enum slot_power { SLOT_POWER_OFF = 0, SLOT_POWER_ON = 1 };
enum slot_hold { SLOT_RELEASED = 0, SLOT_HELD = 1 };
enum slot_wait {
	SLOT_WAIT_DEADLINE = 0, /* all time passed, or all was done */
	SLOT_WAIT_CUT = 1,	/* the armed cut happened */
	SLOT_WAIT_REFUSED = 2, /* staging only: the board did not do its part, which is its fault */
};

/* Called from inside slot_wait() and delivery; must not call back into the slot. */
struct slot_listener {
	void *ctx;
	/* An edge of LED line 'channel' (0 red, 1 green, 2 blue): pin level from now on; may be
	 * NULL. */
	void (*led)(void *ctx, int64_t t_us, int channel, bool high);
	/* The bench lost LED edges before 't_us'; the pin levels (red, green, blue) are now as
	 * said. May be NULL: then what differs comes as edges. */
	void (*led_lost)(void *ctx, int64_t t_us, const bool high[3]);
	/* A flash operation at 'address' is over, that began at 't_us' (SLOT_TRACE); may be NULL.
	 */
	void (*flash)(void *ctx, int64_t t_us, uint32_t address);
	/* A device is ready for transfers, or has left (SLOT_USB); may be NULL. */
	void (*usb)(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product);
	/* A byte that the board sent on its serial line (SLOT_CONSOLE); may be NULL. */
	void (*console)(void *ctx, int64_t t_us, uint8_t byte);
	/* A byte that the board sent on its stream (SLOT_RADIO), and the stream's begin and end;
	 * may be NULL. */
	void (*radio)(void *ctx, int64_t t_us, uint8_t byte);
	void (*radio_link)(void *ctx, int64_t t_us, bool connected);
};

/* A cut to be armed; counted from the moment of arming. */
struct slot_cut {
	enum slot_cut_by {
		SLOT_CUT_BY_TIME = 1,	     /* 'at' microseconds */
		SLOT_CUT_BY_OPERATION = 2,   /* 'at' flash operations */
		SLOT_CUT_BY_INSTRUCTION = 3, /* 'at' instructions */
	} by;
	uint64_t at;
	enum slot_cut_form { SLOT_CUT_BEFORE = 1, SLOT_CUT_TORN = 2, SLOT_CUT_AFTER = 3 } form;
	uint32_t permille;
};

/*
 * A system's own code that reads and writes its configuration table: exports of one of its modules,
 * or fixed addresses (Thumb bit set) where nothing is exported.
 */
struct slot_config_code {
	uint32_t header;  /* address of that module's header ... */
	uint16_t version; /* ... and the version there, when the module is this one */
	uint32_t exports; /* address of the module's table of libraries; 0 = addresses below */
	uint32_t library;
	uint32_t read;
	uint32_t write;
	uint32_t read_address;
	uint32_t write_address;
	/* Exported function at whose first call the module's static memory is set up and no
	 * scheduler runs yet; without one they can be called as soon as the system is entered. */
	bool has_ready;
	uint32_t ready_library;
	uint32_t ready;
};

enum { SLOT_CONFIG_CODES_MAX = 2 }; /* of the old and of the new release */

/* What is staged. Borrowed for the call. */
struct slot_update {
	const uint8_t *bytes;
	size_t len;
	uint32_t staging_address;
	uint32_t install_address;
	uint8_t function;
	uint32_t system_vectors; /* vector table that the bootloader hands over to */
	/* The one that counts is the one whose module is installed. */
	struct slot_config_code config[SLOT_CONFIG_CODES_MAX];
};

/* Counters that anchor a cut (SLOT_CUT_EXACT). */
struct slot_counters {
	uint64_t flash_ops;
	uint64_t instructions;
};

/* How the supply comes and goes, and what torn flash is like. All zero: at once, and firm. */
struct slot_supply {
	int64_t fall_us;
	int64_t rise_us;
	enum slot_cells { SLOT_CELLS_FIRM = 0, SLOT_CELLS_WEAK = 1 } cells;
};

enum slot_usb_limits {
	SLOT_USB_BYTES_MAX = 4096, /* data of one control transfer, as with Linux's usbfs */
	SLOT_USB_SERIAL_MAX = 64,
	/*
	 * From a mode of the board to its device. Alone it takes 0.2 s; but Linux asks the ports of
	 * a hub one after another, each for half a second (kernel lab), and a rack of boards may
	 * come at once.
	 */
	SLOT_USB_ARRIVE_US_MAX = 15000000,
	/* From an order to leave until it is off the bus. A board takes half a second, 1 s at most;
	 * Linux tells it from where it asks the ports, so behind as much. */
	SLOT_USB_LEAVE_US_MAX = 15000000,
	SLOT_USB_FED_US_MAX = 100000, /* slot_usb_fed() */
};

/* Whether the port is joined to the board's socket. Parted, it neither talks to nor feeds it. */
enum slot_usb_port { SLOT_USB_PARTED = 0, SLOT_USB_JOINED = 1 };

/* A device on the port, as its descriptors say. */
struct slot_usb_device {
	uint16_t vendor;
	uint16_t product;
	uint16_t release;		  /* bcdDevice */
	char serial[SLOT_USB_SERIAL_MAX]; /* empty when it has none */
};

/* The eight bytes that begin a control transfer (USB 2.0, 9.3). */
struct slot_usb_setup {
	uint8_t type; /* bmRequestType; bit 7: the device sends */
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t length; /* bytes of data, SLOT_USB_BYTES_MAX at most */
};

enum slot_usb_result {
	SLOT_USB_UNKNOWN = 0,
	SLOT_USB_DONE = 1,
	SLOT_USB_STALL = 2,   /* refused by the device */
	SLOT_USB_TIMEOUT = 3, /* the device did not answer in time */
	SLOT_USB_GONE = 4,    /* no device, or it left meanwhile */
	SLOT_USB_CUT = 5,     /* the armed cut happened meanwhile */
};

/* What there is for the board's radio: a slot begins with nothing. */
enum slot_radio_air {
	SLOT_RADIO_NOTHING = 0,
	SLOT_RADIO_NETWORK = 1, /* a network on which the board finds no peer */
	SLOT_RADIO_PEER = 2,	/* and the peer: the bench takes the board's stream */
};

/*
 * When the last armed cut was to happen and did, on the slot's clock. A bench that cannot see the
 * line or the rail leaves 'confirmed_us' at SLOT_CUT_UNSEEN.
 */
enum { SLOT_CUT_UNSEEN = -1 };

struct slot_cut_report {
	int64_t aimed_us;     /* what was asked for, less the bench's known latency */
	int64_t commanded_us; /* the switch was told */
	int64_t confirmed_us; /* a looped-back line changed, or the rail was seen to fall */
};

/* Bytes that belong into a board's flash. Borrowed. */
struct slot_piece {
	uint32_t address;
	const uint8_t *bytes;
	size_t len;
};

struct slot_power_ops {
	int (*set)(void *backend, enum slot_power power, struct err *err);
	int (*rail_read)(void *backend, bool *ret_up, struct err *err); /* SLOT_RAIL */
	int (*vbat_set)(void *backend, bool present, struct err *err);	/* SLOT_VBAT */
	int (*supply_set)(void *backend, const struct slot_supply *supply,
			  struct err *err); /* SLOT_SUPPLY */
};

struct slot_line_ops {
	int (*hold)(void *backend, enum slot_line line, enum slot_hold hold, struct err *err);
};

struct slot_time_ops {
	int64_t (*now_us)(void *backend);
	int (*wait)(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err);
	void (*listen)(void *backend, const struct slot_listener *listener);
};

struct slot_cut_ops {
	int (*arm)(void *backend, const struct slot_cut *cut, struct err *err);
	/* Leaves *ret when the last armed cut did not happen. NULL: no times are kept. */
	void (*report)(void *backend, struct slot_cut_report *ret);
	void (*disarm)(void *backend);
	void (*counters)(void *backend, struct slot_counters *ret); /* SLOT_CUT_EXACT */
};

struct slot_stage_ops {
	/* To the point from which the update counts: the system about to start. */
	int (*prepare)(void *backend, const struct slot_update *update, enum slot_wait *ret,
		       struct err *err);
	/* Writes the module to the staging region. */
	int (*write)(void *backend, const struct slot_update *update, enum slot_wait *ret,
		     struct err *err);
	/* Has the firmware enter it in its table of pending updates. */
	int (*commit)(void *backend, const struct slot_update *update, enum slot_wait *ret,
		      struct err *err);
};

struct slot_storage_ops {
	int (*load)(void *backend, uint32_t address, const uint8_t *bytes, size_t len,
		    struct err *err); /* board off */
	int (*keep)(void *backend, unsigned int number, struct err *err);
	int (*put_back)(void *backend, unsigned int number, struct err *err);
	void (*seed)(void *backend, uint64_t seed); /* chance inside the board starts anew */
};

struct slot_program_ops {
	int (*write)(void *backend, const struct slot_piece *pieces, size_t count, struct err *err);
};

struct slot_fault_ops {
	bool (*last)(void *backend, char *ret_text, size_t size);
};

struct slot_usb_ops {
	int (*join)(void *backend, enum slot_usb_port port, struct err *err);
	/* What is on the port and ready; false when nothing is. Takes no time. */
	bool (*device)(void *backend, struct slot_usb_device *ret);
	/* As slot_usb_fed(); NULL: what is on the port. */
	bool (*fed)(void *backend, struct slot_usb_device *ret);
	/* SET_CONFIGURATION and SET_INTERFACE pass through here too: a backend whose host keeps
	 * book of them must catch them. */
	int (*control)(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
		       int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		       struct err *err);
};

struct slot_console_ops {
	/* Opens the line at 'baud', or sets that speed; 0 lets it go. */
	int (*set)(void *backend, uint32_t baud, struct err *err);
	/* Sends what can be sent now; *ret_sent of 'len' bytes. */
	int (*send)(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err);
};

/* The carrier of a cloud session in clear: one stream of bytes, nothing lost or reordered. */
struct slot_radio_ops {
	int (*set)(void *backend, enum slot_radio_air air, struct err *err);
	/* Sends what can be sent now; *ret_sent of 'len' bytes. */
	int (*send)(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err);
};

enum slot_limits {
	SLOT_STORAGE_MAX = 10,
	SLOT_NAME_MAX = 32,
	SLOT_PIECES_MAX = 16,
	SLOT_USB_PLACE_MAX = 96,
	SLOT_WHY_MAX = 400,
	SLOT_LACKS_MAX = 460, /* fits into an error's text */
};

struct slot {
	char name[SLOT_NAME_MAX];
	char usb_place[SLOT_USB_PLACE_MAX]; /* where its USB is plugged in, for people; "" */
	unsigned int capabilities;	    /* enum slot_capability */
	char no_cut[SLOT_WHY_MAX]; /* why it can switch power but not cut it; empty: no reason known
				    */
	void *backend;
	const struct slot_time_ops *time;
	const struct slot_power_ops *power;
	const struct slot_line_ops *lines;
	const struct slot_cut_ops *cut;
	const struct slot_stage_ops *stage;
	const struct slot_storage_ops *storage;
	const struct slot_program_ops *programmer;
	const struct slot_fault_ops *faults;
	const struct slot_usb_ops *usb;
	const struct slot_console_ops *console;
	const struct slot_radio_ops *radio;
	void (*close)(void *backend); /* leaves the board safe: off, lines released */
};

/*
 * In words what of 'needs' (enum slot_capability) the slot cannot do, "cut power (why), hold
 * RESET"; empty when it can do all.
 */
void slot_lacks(const struct slot *slot, unsigned int needs, char ret_text[SLOT_LACKS_MAX]);

/*
 * All calls: 0, or a negative errno with 'err' of kind ERR_RIG set. Calling one whose capability is
 * off is a bug of the caller.
 */
int64_t slot_now_us(const struct slot *slot);
void slot_listen(const struct slot *slot, const struct slot_listener *listener);

/* Lets time pass until 'deadline_us', or until an armed cut has happened. */
int slot_wait(const struct slot *slot, int64_t deadline_us, enum slot_wait *ret,
	      struct err *err) MUST_CHECK;

int slot_power_set(const struct slot *slot, enum slot_power power, struct err *err) MUST_CHECK;
int slot_rail_read(const struct slot *slot, bool *ret_up, struct err *err) MUST_CHECK;
int slot_vbat_set(const struct slot *slot, bool present, struct err *err) MUST_CHECK;
/*
 * From the next switching or cut on. With a fall time the board lives on after either until its
 * supply is too low; an armed cut has happened only then.
 */
int slot_supply_set(const struct slot *slot, const struct slot_supply *supply,
		    struct err *err) MUST_CHECK;
int slot_hold(const struct slot *slot, enum slot_line line, enum slot_hold hold,
	      struct err *err) MUST_CHECK;

/* Arms a cut; it stays armed until it happens or is disarmed. Power is off when it has happened. */
int slot_cut_arm(const struct slot *slot, const struct slot_cut *cut, struct err *err) MUST_CHECK;
void slot_cut_disarm(const struct slot *slot);
/* Of the last cut that was armed; false while it has not happened, or the slot keeps no times. */
bool slot_cut_report(const struct slot *slot, struct slot_cut_report *ret);
void slot_counters(const struct slot *slot, struct slot_counters *ret);

int slot_stage_prepare(const struct slot *slot, const struct slot_update *update,
		       enum slot_wait *ret, struct err *err) MUST_CHECK;
int slot_stage_write(const struct slot *slot, const struct slot_update *update, enum slot_wait *ret,
		     struct err *err) MUST_CHECK;
int slot_stage_commit(const struct slot *slot, const struct slot_update *update,
		      enum slot_wait *ret, struct err *err) MUST_CHECK;

int slot_storage_load(const struct slot *slot, uint32_t address, const uint8_t *bytes, size_t len,
		      struct err *err) MUST_CHECK;
int slot_storage_keep(const struct slot *slot, unsigned int number, struct err *err) MUST_CHECK;
int slot_storage_put_back(const struct slot *slot, unsigned int number, struct err *err) MUST_CHECK;
void slot_seed(const struct slot *slot, uint64_t seed);

/*
 * Writes all pieces (1 to SLOT_PIECES_MAX) with the programmer, whatever became of the board's
 * code, and nothing else; time passes, minutes at most. Lines are let go; power is on while it
 * writes and off when it returns, also when it failed. Its ERR_RIG: it could not be run, took too
 * long, or failed, with the last that it said.
 */
int slot_program(const struct slot *slot, const struct slot_piece *pieces, size_t count,
		 struct err *err) MUST_CHECK;

/* The core's last fault since power was given, in words (SLOT_FAULTS); false: none. */
bool slot_last_fault(const struct slot *slot, char *ret_text, size_t size);

/* A slot begins parted. Arrival and departure are told to the listener when they are seen. */
int slot_usb_join(const struct slot *slot, enum slot_usb_port port, struct err *err) MUST_CHECK;

/* The device that is on the port now, ready for transfers; false when there is none. */
bool slot_usb_device(const struct slot *slot, struct slot_usb_device *ret);

/*
 * Power is off; whether a device on the port shows that the board has power all the same, or that
 * it is not the board that is on the port: it still answers, or is listed for longer than hubs take
 * to notice. Takes SLOT_USB_FED_US_MAX at most.
 */
bool slot_usb_fed(const struct slot *slot, struct slot_usb_device *ret);

/*
 * One control transfer; time passes, 'timeout_us' (above 0) at most. 'data' holds setup->length
 * bytes: what is sent, or room for what is received (written only with SLOT_USB_DONE; NULL when
 * there is none). *ret_len: bytes that went over, with SLOT_USB_DONE. What the device does wrong is
 * in *ret, not an error.
 */
int slot_usb_control(const struct slot *slot, const struct slot_usb_setup *setup, uint8_t *data,
		     int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		     struct err *err) MUST_CHECK;

/*
 * Opens the board's serial line at 'baud', or sets another speed of one that is open; 0 lets it go,
 * and then nothing of it drives the board. A slot begins with it let go, and lets it go by itself
 * when a cut happens. A board whose line is a device on its USB sees each setting of the speed, the
 * first one too (14400 and 28800 mean something to Particle's: docs/architecture.md), and
 * -ENODEV with ERR_RIG is returned while there is no such device.
 */
int slot_console_set(const struct slot *slot, uint32_t baud, struct err *err) MUST_CHECK;

/*
 * Sends bytes to the board on its serial line, which must be open. They take their time; *ret_sent
 * says how many were taken, fewer than 'len' when the line is full, or when the bench knows that
 * the board does not receive now; at the end of real wires it does not, and what is sent then is
 * lost.
 */
int slot_console_send(const struct slot *slot, const uint8_t *bytes, size_t len, size_t *ret_sent,
		      struct err *err) MUST_CHECK;

/* From now on; taking away what the board's stream needs ends it. It outlasts the board's power. */
int slot_radio_set(const struct slot *slot, enum slot_radio_air air, struct err *err) MUST_CHECK;

/*
 * Sends bytes on the board's stream. They take their time; *ret_sent says how many were taken,
 * fewer than 'len' when the stream is full, none when it is not open.
 */
int slot_radio_send(const struct slot *slot, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err) MUST_CHECK;

static inline bool slot_can(const struct slot *slot, unsigned int capabilities)
{
	return (slot->capabilities & capabilities) == capabilities;
}

/* Safe state, then everything is let go. NULL allowed. */
void slot_close(struct slot *slot);

#endif
