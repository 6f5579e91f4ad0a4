/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A libusb without a USB: a test program that calls fake_libusb() is linked with these functions
 * instead of the library's, and says what each of them answers. Numbers are libusb's own (its
 * header is for the bench alone): LIBUSB_ERROR_* below 0, and the status of a transfer.
 */
#ifndef TESTS_LIB_FAKE_LIBUSB_H
#define TESTS_LIB_FAKE_LIBUSB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_libusb_code {
	FAKE_IO = -1,
	FAKE_INVALID = -2,
	FAKE_ACCESS = -3,
	FAKE_NO_DEVICE = -4,
	FAKE_NOT_FOUND = -5,
	FAKE_BUSY = -6,
	FAKE_TIMEOUT = -7,
	FAKE_OVERFLOW = -8,
	FAKE_PIPE = -9,
	FAKE_INTERRUPTED = -10,
	FAKE_NO_MEM = -11,
	FAKE_NOT_SUPPORTED = -12,
	FAKE_OTHER = -99,
};

enum fake_libusb_status {
	FAKE_COMPLETED = 0,
	FAKE_FAILED = 1,
	FAKE_TIMED_OUT = 2,
	FAKE_CANCELLED = 3,
	FAKE_STALL = 4,
	FAKE_LEFT = 5,
	FAKE_TOO_MUCH = 6,
};

enum { FAKE_LOG_MAX = 1024, FAKE_BYTES_MAX = 4096 };

/* How a transfer goes on. */
enum fake_libusb_course {
	FAKE_ENDS = 0,	  /* as soon as events are handled */
	FAKE_HANGS = 1,	  /* until it is cancelled */
	FAKE_NEVER = 2,	  /* not even then */
	FAKE_TOO_LATE = 3 /* it ends by itself while it is cancelled */
};

struct fake_libusb {
	/* what calls answer: 0, or a code from then on */
	int init_code, wrap_code, submit_code, events_code, attach_code, detach_code;
	int claim_code; /* for interfaces that no driver has */
	int set_configuration_code, set_interface_code, clear_halt_code, cancel_code;
	int hidden_errno; /* set by the three before the last */
	bool driver[4];	  /* the kernel's driver is on that interface */
	/* transfers */
	enum fake_libusb_course course;
	enum fake_libusb_status status;
	int actual_length;
	uint8_t bytes[FAKE_BYTES_MAX]; /* what a device sends */
	uint8_t sent[FAKE_BYTES_MAX];  /* what was sent to it last */
	uint8_t setup[8];
	/* requests to hubs (libusb_control_transfer): answers as bytes, or a code */
	int (*control)(void *ctx, const uint8_t setup[8], uint8_t *data);
	void *control_ctx;
	/* what was called, as words: "wrap claim0 detach1 ..." */
	char log[FAKE_LOG_MAX];
	int open_count; /* devices that are open; must be 0 in the end */
	int context_count;
	int transfer_count; /* allocated and not freed */
};

/* The one there is, set back to a libusb where all goes well. */
struct fake_libusb *fake_libusb(void);

#endif
