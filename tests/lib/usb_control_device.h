/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device that takes control requests over its USB: the service of five vendor requests, what can
 * be asked through it, an update among them; and nothing else of USB. It is a slot whose time
 * passes by transfers and waiting. Written from the published description alone; it misbehaves as
 * its script says. Messages are protobuf.
 */
#ifndef TESTS_LIB_USB_CONTROL_DEVICE_H
#define TESTS_LIB_USB_CONTROL_DEVICE_H

#include "bench/slot.h"

enum usb_control_limits {
	USB_CONTROL_ACTIVE_MAX = 4,
	USB_CONTROL_REPLY_MIN = 64,    /* wLength of INIT, CHECK and RESET at least */
	USB_CONTROL_POOLED_BYTES = 64, /* up to here a payload needs no memory to be found */
	USB_CONTROL_CHUNK_BYTES = 1024,
	USB_CONTROL_STAGING_BYTES = 262144,
	USB_CONTROL_SECTOR_BYTES = 131072,
	USB_CONTROL_MODULES_MAX = 8,
	USB_CONTROL_VENDOR = 0x2b04,
	USB_CONTROL_RUNS = 0xc000, /* + platform: product ids */
	USB_CONTROL_DFU = 0xd000,
};

enum usb_control_times {
	USB_CONTROL_TRANSFER_US = 1000,
	USB_CONTROL_ALLOC_US = 5000,
	USB_CONTROL_WORK_US = 10000,
	USB_CONTROL_ERASE_US = 1000000, /* of a sector */
	USB_CONTROL_RESET_US = 1000000, /* after the reply was taken */
	USB_CONTROL_BOOT_US = 1500000,
};

enum usb_control_service {
	USB_CONTROL_INIT = 1,
	USB_CONTROL_CHECK = 2,
	USB_CONTROL_SEND = 3,
	USB_CONTROL_RECV = 4,
	USB_CONTROL_RESET = 5,
	USB_CONTROL_RAW = 0x50,
};

enum usb_control_status {
	USB_CONTROL_OK = 0,
	USB_CONTROL_ERROR = 1,
	USB_CONTROL_PENDING = 2,
	USB_CONTROL_BUSY = 3,
	USB_CONTROL_NO_MEMORY = 4,
	USB_CONTROL_NOT_FOUND = 5,
};

enum usb_control_result { /* besides those of lib/peer_module.h */
			  USB_CONTROL_GOOD = 0,
			  USB_CONTROL_NOT_SUPPORTED = -120,
			  USB_CONTROL_INVALID_STATE = -210,
			  USB_CONTROL_BAD_DATA = -290,
			  USB_CONTROL_ADDRESS = -1350,
			  USB_CONTROL_FORMAT = -1370,
			  USB_CONTROL_UPDATES_DISABLED = -1380,
};

/* 'at' counts from 1; 0: never. */
struct usb_control_faults {
	unsigned int busy_count;      /* so many INITs are answered "busy" first */
	unsigned int no_memory_count; /* so many payloads above the pool's size find none */
	uint8_t stall_service;	      /* this bRequest is stalled ... */
	unsigned int stall_count;     /* ... so often; 0: always */
	uint16_t lose_type;	      /* requests of this type are forgotten once they are begun */
	uint16_t endless_type;	      /* these are pending for ever */
	uint16_t fail_type;	      /* these end with ... */
	int32_t fail_result;	      /* ... this */
	uint16_t size_type;	      /* the size that CHECK says of their reply is wrong ... */
	int32_t size_error;	      /* ... by so many bytes */
	uint16_t empty_type;	      /* these are done without the reply that belongs to them */
	unsigned int silent_at;	      /* from this transfer on nothing is answered */
	unsigned int gone_at_data;    /* leaves the bus when this message of data is sent */
	unsigned int refuse_data;     /* this message of data ends with BAD_DATA */
	bool updates_disabled;
	bool no_reset;	      /* says yes to a reset, and stays */
	uint32_t chunk_bytes; /* what it says of its chunks; 0: USB_CONTROL_CHUNK_BYTES */
};

struct usb_control_module {
	uint8_t function; /* 2 bootloader, 4 system, 5 user; 0 ends the list */
	uint8_t index;
	uint16_t version;
	uint32_t region_bytes;
	uint8_t validity; /* bit 0 integrity, bit 1 dependency: what is wrong */
	struct {
		uint8_t function, index; /* function 0: none */
		uint16_t version;
	} need;
};

struct usb_control_config {
	uint16_t platform;   /* 0: 8, P1 */
	const char *serial;  /* the device's id, 24 hexadecimal digits; NULL: one of its own */
	const char *version; /* NULL: "2.3.1" */
	bool before_2_0;     /* no raw reset */
	struct usb_control_module modules[USB_CONTROL_MODULES_MAX]; /* none: healthy 2.3.1 */
	struct usb_control_faults faults;
};

struct usb_control_counts {
	unsigned int transfers, stalls;
	unsigned int inits, checks, sends, recvs, cancels;
	unsigned int busies;
	unsigned int finished; /* requests whose result was taken */
	unsigned int echoes, unknown_types;
	unsigned int begins, data_messages, finishes, update_cancels;
	unsigned int resets;
	unsigned int raw_disconnects;
};

enum usb_control_state {
	USB_REQUEST_FREE = 0,
	USB_REQUEST_ALLOCATING = 1,
	USB_REQUEST_NO_MEMORY = 2,
	USB_REQUEST_TAKING = 3, /* its payload */
	USB_REQUEST_RUNNING = 4,
	USB_REQUEST_DONE = 5,
};

struct usb_control_request {
	enum usb_control_state state;
	uint16_t id;
	uint16_t type;
	uint16_t size; /* of the payload */
	uint16_t taken;
	uint8_t *payload;
	int64_t ready_us; /* when what it waits for is there */
	int32_t result;
	uint8_t *reply;
	uint32_t reply_size;
	uint32_t sent;
};

enum usb_control_mode {
	USB_CONTROL_NORMAL = 0,
	USB_CONTROL_LISTENING = 1,
	USB_CONTROL_SAFE_MODE = 2,
	USB_CONTROL_IN_DFU = 3,
};

struct usb_control_device {
	struct usb_control_config config;
	struct usb_control_counts counts;
	struct usb_control_request requests[USB_CONTROL_ACTIVE_MAX];
	enum usb_control_mode mode;
	uint16_t last_id;
	bool update_open;
	uint32_t update_bytes; /* as begun */
	uint32_t written;
	unsigned int biggest_data; /* bytes of the largest message of data */
	uint8_t *staging;	   /* USB_CONTROL_STAGING_BYTES */
	bool applied;		   /* a whole update waits for, or got, its reset */
	struct usb_control_module applied_module;

	int64_t now_us;
	enum slot_usb_port port;
	bool powered;
	bool on_bus;
	int64_t reset_us; /* when it resets; INT64_MAX: not */
	int64_t boot_us;  /* when it is on the bus again */
	enum usb_control_mode after_reset;
	struct slot_listener listener;
};

/* A device that is powered and parted from the host; NULL on lack of memory. */
struct usb_control_device *usb_control_device_new(const struct usb_control_config *config);
/* NULL allowed; after its slot was closed. */
void usb_control_device_free(struct usb_control_device *device);

/* The slot that it is: SLOT_USB and SLOT_POWER. The device is borrowed. */
void usb_control_device_slot(struct usb_control_device *device, struct slot *ret);

#endif
