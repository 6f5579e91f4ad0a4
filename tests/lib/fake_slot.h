/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot whose board costs nothing: time is a number, the LED a few edges, flash a count. It boots,
 * takes updates and survives cuts, unless its script says otherwise; any call can be made to fail.
 */
#ifndef TESTS_LIB_FAKE_SLOT_H
#define TESTS_LIB_FAKE_SLOT_H

#include "bench/slot.h"
#include "board/board.h"
#include "lib/fake_dfu.h"

enum fake_limits { FAKE_BOOTS_MAX = 16, FAKE_EVENTS_MAX = 12 };

enum fake_boot {
	FAKE_BOOT_GOOD = 0,  /* applies what is pending, then shows that it is alive */
	FAKE_BOOT_DARK = 1,  /* shows nothing, for ever */
	FAKE_BOOT_STALE = 2, /* alive, and what was pending is forgotten */
};

/* What is seen of a board whose power was cut, while it is off. */
enum fake_off {
	FAKE_OFF_DARK = 0,
	FAKE_OFF_LIT = 1,	/* its LED comes on again */
	FAKE_OFF_LOST_DARK = 2, /* edges are lost, that it went dark among them */
	FAKE_OFF_LOST_LIT = 3,	/* edges are lost, and then it is lit */
	FAKE_OFF_USB = 4,	/* its device answers */
};

enum fake_call {
	FAKE_CALL_NONE = 0,
	FAKE_CALL_WAIT,
	FAKE_CALL_POWER,
	FAKE_CALL_RAIL,
	FAKE_CALL_VBAT,
	FAKE_CALL_SUPPLY,
	FAKE_CALL_HOLD,
	FAKE_CALL_ARM,
	FAKE_CALL_PREPARE,
	FAKE_CALL_WRITE,
	FAKE_CALL_COMMIT,
	FAKE_CALL_PUT_BACK,
	FAKE_CALL_JOIN,
	FAKE_CALL_CONTROL,
	FAKE_CALL_PROGRAM, /* no trial of a slot that keeps states makes it */
	FAKE_CALL_COUNT
};

/* Where a part's delivery is, in microseconds since it was prepared. */
enum fake_times {
	FAKE_WRITE_US = 400000,	     /* staged until here */
	FAKE_COMMIT_US = 500000,     /* entered as pending until here */
	FAKE_APPLY_US = 700000,	     /* the module is written from here ... */
	FAKE_APPLY_END_US = 1100000, /* ... to here */
	FAKE_ALIVE_US = 1300000,
};

struct fake_event {
	int64_t t_us;
	unsigned int colour; /* to show, when there is no address */
	uint32_t address;    /* of a flash operation */
	bool done;	     /* the update is whole */
	bool usb;	     /* DFU mode is ready on the USB */
};

struct fake_board {
	/* the script, to be set by the test */
	bool no_dfu;		/* SETUP held over reset does nothing */
	bool no_usb;		/* DFU mode blinks, and is never seen on the USB */
	bool system_usb;	/* a system that runs has a device on the joined USB, too */
	bool cable_off;		/* nothing is seen on the USB */
	unsigned int unplug_at; /* the how manieth control transfer, from 1, finds the cable off */
	unsigned int resets_at; /* ..., finds that the board has reset itself */
	int64_t plug_after_us;	/* from 'unplug_at' until the cable is on again; 0: never */
	unsigned int
		plug_at_join; /* the how manieth joining of the USB puts the cable on; 0: none */
	bool rail_stays_up;
	enum fake_off off;
	bool rail_down_after_cut;		  /* its supply is gone for good */
	enum fake_boot after_cut[FAKE_BOOTS_MAX]; /* boots after a cut in order; then good ones */
	enum fake_call fails;
	unsigned int fails_at; /* the how manieth such call fails, from 1 */

	/* what became of it, to be read by the test */
	bool powered;
	bool vbat;
	bool vbat_at_cut;
	struct slot_supply supply; /* as it was set last */
	struct slot_supply supply_at_cut;
	uint64_t seed;
	enum slot_hold held[3]; /* by enum slot_line */
	bool armed;
	bool closed;
	enum slot_usb_port port;
	struct fake_dfu dfu;	/* what is on the USB in DFU mode; its script too is the test's */
	unsigned int installed; /* parts */
	/* what the programmer wrote last; its board boots again, whatever the script says */
	struct {
		uint32_t address;
		size_t len;
		uint8_t first;
	} pieces[SLOT_PIECES_MAX];
	size_t piece_count;
	unsigned int calls[FAKE_CALL_COUNT];

	int64_t now_us;
	int64_t cut_us;
	bool was_cut;
	unsigned int boots; /* since the cut */
	bool pending;
	uint32_t install_address;
	unsigned int colour;
	bool dfu_mode;
	bool runs; /* a system */
	bool on_bus;
	uint16_t bus_product;
	int64_t plug_us; /* when the cable comes on again; 0: it does not */
	struct fake_event events[FAKE_EVENTS_MAX]; /* of the running boot */
	size_t event_count;
	size_t event_next;
	unsigned int kept[SLOT_STORAGE_MAX]; /* installed + 1, 0 = not kept */
	uint64_t flash_ops;
	struct slot_listener listener;
};

enum { FAKE_SYSTEM_PRODUCT = FAKE_DFU_PRODUCT + 1 };

/* A slot with everything but a cut by operation and a programmer, which a test may add; 'board'
 * (zeroed, then scripted) is borrowed. */
void fake_slot_open(struct fake_board *board, struct slot *ret);

/* The profile that belongs to it: alive is green, applying blue, DFU yellow. */
void fake_profile(struct board *ret);

#endif
