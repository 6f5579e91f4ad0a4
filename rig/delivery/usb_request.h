/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control requests of a system over its USB (facts: particle-gen2 7): a service of five vendor
 * requests by which the host asks for something, sends what belongs to it, looks until it is done
 * and takes the reply. Answers as in delivery/step.h.
 */
#ifndef DELIVERY_USB_REQUEST_H
#define DELIVERY_USB_REQUEST_H

#include "delivery/step.h"

enum usb_request_type {
	USB_REQUEST_MODULE_INFO = 90,
	USB_REQUEST_UPDATE_START = 250,
	USB_REQUEST_UPDATE_FINISH = 251,
	USB_REQUEST_UPDATE_CANCEL = 252,
	USB_REQUEST_UPDATE_DATA = 253,
};

enum usb_request_limits {
	USB_REQUEST_PAYLOAD_MAX = SLOT_USB_BYTES_MAX, /* what one transfer carries is enough */
	USB_REQUEST_REPLY_MAX = 16384,
	USB_REQUEST_ANSWER_BYTES = 64, /* room for an answer of the service, at least */
};

/* What the service answers; a field counts where its bit in 'told' is set. */
struct usb_request_answer {
	uint32_t told; /* enum usb_request_told */
	uint16_t status;
	uint16_t id;
	uint32_t size;
	int32_t result;
};

enum usb_request_told {
	USB_REQUEST_TELLS_STATUS = 1,
	USB_REQUEST_TELLS_ID = 2,
	USB_REQUEST_TELLS_SIZE = 4,
	USB_REQUEST_TELLS_RESULT = 8,
};

enum usb_request_status {
	USB_REQUEST_STATUS_OK = 0,
	USB_REQUEST_STATUS_ERROR = 1,
	USB_REQUEST_STATUS_PENDING = 2,
	USB_REQUEST_STATUS_BUSY = 3,
	USB_REQUEST_STATUS_NO_MEMORY = 4,
	USB_REQUEST_STATUS_NOT_FOUND = 5,
};

/* Reads an answer's bytes; false when they are too few for what they say. */
bool usb_request_parse(const uint8_t *bytes, size_t len, struct usb_request_answer *ret);

struct usb_request {
	const struct delivery_run *run;
	struct delivery_outcome *ret; /* how it ended, when a step is DELIVERY_OVER */
	int64_t deadline_us;	      /* of all requests */
	enum delivery_hurt hurt;
	int32_t result; /* of the last request that was done; negative: a system's error */
	uint8_t reply[USB_REQUEST_REPLY_MAX];
	size_t reply_len;
};

/*
 * Makes one request and waits until it is done, two minutes at most; its result and reply are in
 * 'request' then. Over when the device does not play along; a negative result does not end it.
 */
int usb_request_make(struct usb_request *request, enum usb_request_type type,
		     const uint8_t *payload, size_t len, struct err *err) MUST_CHECK;

/* Parts of the service out of order, for fuzzing: whatever is answered. */
int usb_request_disorder(struct usb_request *request, enum usb_request_type type,
			 struct err *err) MUST_CHECK;

#endif
