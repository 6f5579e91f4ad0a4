/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfers. One is under way at a time; while it is, the slot waits, so that a cut can happen and
 * edges are seen. What the host keeps book of goes through the kernel's own calls for it.
 */
#include "bench/linux/usb.h"

#include "bench/linux/usb_private.h"

#include <assert.h>
#include <errno.h>
#include <libusb.h>
#include <string.h>

enum {
	SETUP_BYTES = 8,
	RECIPIENT_MASK = 0x1f,
	RECIPIENT_INTERFACE = 1,
	RECIPIENT_ENDPOINT = 2,
	TYPE_MASK = 0x60,
	TYPE_VENDOR = 0x40,
	FROM_DEVICE = 0x80,
	REQUEST_CLEAR_FEATURE = 1,
	REQUEST_SET_ADDRESS = 5,
	REQUEST_SET_CONFIGURATION = 9,
	REQUEST_SET_INTERFACE = 11,
	FEATURE_ENDPOINT_HALT = 0,
	TO_DEVICE_STANDARD = 0x00,
	TO_INTERFACE_STANDARD = 0x01,
	TO_ENDPOINT_STANDARD = 0x02,
};

/* A transfer on its way; it belongs to the kernel until 'done'. */
struct usb_flight {
	struct libusb_transfer *transfer;
	int done; /* as libusb_handle_events_timeout_completed() wants it */
	uint8_t bytes[SETUP_BYTES + SLOT_USB_BYTES_MAX];
};

static void LIBUSB_CALL on_done(struct libusb_transfer *transfer)
{
	struct usb_flight *flight = transfer->user_data;

	flight->done = 1;
}

bool usb_landed(const struct usb *usb)
{
	return usb->flight && usb->flight->done;
}

static void flight_free(struct usb_flight *flight)
{
	libusb_free_transfer(flight->transfer);
	free(flight);
}

static int claim(struct usb *usb, unsigned int interface, enum slot_usb_result *ret,
		 struct err *err)
{
	int code;

	*ret = SLOT_USB_DONE;
	if (interface >= USB_INTERFACES_MAX || usb->claimed & 1U << interface)
		return 0;
	code = libusb_claim_interface(usb->handle, (int)interface);
	if (code == LIBUSB_ERROR_BUSY &&
	    libusb_kernel_driver_active(usb->handle, (int)interface) == 1) {
		code = libusb_detach_kernel_driver(usb->handle, (int)interface);
		if (code == 0) {
			usb->detached |= 1U << interface;
			code = libusb_claim_interface(usb->handle, (int)interface);
		}
	}
	if (code == 0)
		usb->claimed |= 1U << interface;
	return usb_code_result(code, "usb interface of the board", ret, err);
}

/* The interface that 'endpoint' belongs to; USB_INTERFACES_MAX when none has it. */
static unsigned int interface_of(const struct usb *usb, uint8_t endpoint)
{
	struct libusb_config_descriptor *config;
	unsigned int found = USB_INTERFACES_MAX;

	if (libusb_get_active_config_descriptor(libusb_get_device(usb->handle), &config) < 0)
		return found;
	for (int i = 0; i < config->bNumInterfaces; i++)
		for (int k = 0; k < config->interface[i].num_altsetting; k++) {
			const struct libusb_interface_descriptor *setting =
				&config->interface[i].altsetting[k];

			for (int e = 0; e < setting->bNumEndpoints; e++)
				if (setting->endpoint[e].bEndpointAddress == endpoint)
					found = setting->bInterfaceNumber;
		}
	libusb_free_config_descriptor(config);
	return found;
}

/* The kernel lets a program speak to an interface and its endpoints only when it has claimed it;
 * requests of a vendor's are free. */
static int claim_recipient(struct usb *usb, const struct slot_usb_setup *setup,
			   enum slot_usb_result *ret, struct err *err)
{
	unsigned int recipient = setup->type & RECIPIENT_MASK;

	*ret = SLOT_USB_DONE;
	if ((setup->type & TYPE_MASK) == TYPE_VENDOR)
		return 0;
	if (recipient == RECIPIENT_INTERFACE)
		return claim(usb, setup->index & 0xff, ret, err);
	if (recipient == RECIPIENT_ENDPOINT && (setup->index & 0x7f) != 0)
		return claim(usb, interface_of(usb, (uint8_t)setup->index), ret, err);
	return 0;
}

/* Takes all drivers off for a new configuration. The kernel puts them on again by itself when it is
 * another one, and when it is the same, which it takes for a reset, leaves that to us. */
static int free_interfaces(struct usb *usb, enum slot_usb_result *ret, struct err *err)
{
	*ret = SLOT_USB_DONE;
	for (int i = 0; i < USB_INTERFACES_MAX; i++) {
		bool claimed = usb->claimed & 1U << i;
		bool driver = !claimed && libusb_kernel_driver_active(usb->handle, i) == 1;
		int code = 0;

		if (claimed)
			code = libusb_release_interface(usb->handle, i);
		else if (driver)
			code = libusb_detach_kernel_driver(usb->handle, i);
		if (code < 0 && code != LIBUSB_ERROR_NOT_FOUND)
			return usb_code_result(code, "usb interface of the board", ret, err);
		if (driver)
			usb->detached |= 1U << i;
	}
	usb->claimed = 0;
	return 0;
}

static int set_configuration(struct usb *usb, const struct slot_usb_setup *setup,
			     enum slot_usb_result *ret, struct err *err)
{
	int value = setup->value == 0 ? -1 : setup->value;
	int r = free_interfaces(usb, ret, err);
	int code;

	if (r < 0 || *ret != SLOT_USB_DONE)
		return r;
	errno = 0;
	code = libusb_set_configuration(usb->handle, value);
	return usb_code_result_hidden(code, errno, "SET_CONFIGURATION", ret, err);
}

static int set_interface(struct usb *usb, const struct slot_usb_setup *setup,
			 enum slot_usb_result *ret, struct err *err)
{
	int r = claim(usb, setup->index & 0xff, ret, err);
	int code;

	if (r < 0 || *ret != SLOT_USB_DONE)
		return r;
	errno = 0;
	code = libusb_set_interface_alt_setting(usb->handle, setup->index, setup->value);
	return usb_code_result_hidden(code, errno, "SET_INTERFACE", ret, err);
}

static int clear_halt(struct usb *usb, const struct slot_usb_setup *setup,
		      enum slot_usb_result *ret, struct err *err)
{
	int r = claim_recipient(usb, setup, ret, err);
	int code;

	if (r < 0 || *ret != SLOT_USB_DONE)
		return r;
	errno = 0;
	code = libusb_clear_halt(usb->handle, (unsigned char)setup->index);
	return usb_code_result_hidden(code, errno, "CLEAR_FEATURE", ret, err);
}

/* Requests that the host keeps book of. */
static const struct kept {
	uint8_t type;
	uint8_t request;
	int (*do_it)(struct usb *usb, const struct slot_usb_setup *setup, enum slot_usb_result *ret,
		     struct err *err);
} kept[] = {
	{ TO_DEVICE_STANDARD, REQUEST_SET_CONFIGURATION, set_configuration },
	{ TO_INTERFACE_STANDARD, REQUEST_SET_INTERFACE, set_interface },
	{ TO_ENDPOINT_STANDARD, REQUEST_CLEAR_FEATURE, clear_halt },
};

static const struct kept *find_kept(const struct slot_usb_setup *setup)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (kept[i].type != setup->type || kept[i].request != setup->request)
			continue;
		if (setup->request != REQUEST_CLEAR_FEATURE ||
		    (setup->value == FEATURE_ENDPOINT_HALT && (setup->index & 0x7f) != 0))
			return &kept[i];
	}
	return NULL;
}

/* Whether the armed cut happened; asked after calls that do not look for it themselves. */
static int ask_for_cut(struct usb *usb, enum slot_usb_result *ret, struct err *err)
{
	int r = usb->waiter.wait(usb->waiter.ctx, usb_now_us(), err);

	if (r == USB_WAIT_CUT)
		*ret = SLOT_USB_CUT;
	return r < 0 ? r : 0;
}

static int submit(struct usb *usb, const struct slot_usb_setup *setup, const uint8_t *data,
		  enum slot_usb_result *ret, struct err *err)
{
	struct usb_flight *flight = calloc(1, sizeof(*flight));
	int code;

	if (flight)
		flight->transfer = libusb_alloc_transfer(0);
	if (!flight || !flight->transfer) {
		free(flight);
		return err_set(err, ERR_RIG, -ENOMEM, "out of memory");
	}
	libusb_fill_control_setup(flight->bytes, setup->type, setup->request, setup->value,
				  setup->index, setup->length);
	if (!(setup->type & FROM_DEVICE) && setup->length > 0)
		memcpy(flight->bytes + SETUP_BYTES, data, setup->length);
	/* no timeout of libusb's: the deadline is ours, and ends in a cancellation */
	libusb_fill_control_transfer(flight->transfer, usb->handle, flight->bytes, on_done, flight,
				     0);
	code = libusb_submit_transfer(flight->transfer);
	if (code < 0) {
		flight_free(flight);
		/* the kernel's answer for a device that is just being taken off the bus */
		if (code == LIBUSB_ERROR_IO)
			*ret = SLOT_USB_UNKNOWN;
		return code == LIBUSB_ERROR_IO ? 0
					       : usb_code_result(code, "usb transfer", ret, err);
	}
	usb->flight = flight;
	*ret = SLOT_USB_DONE;
	return 0;
}

/* Waits until the transfer is done, a cut happened (USB_WAIT_CUT) or the time is over. */
static int wait_for_flight(struct usb *usb, int64_t deadline_us, struct err *err)
{
	while (!usb->flight->done) {
		int r = usb->waiter.wait(usb->waiter.ctx, deadline_us, err);

		if (r != 0)
			return r;
		if (usb_now_us() >= deadline_us)
			return 0;
	}
	return 0;
}

/* Something went wrong on the wire: a device that is about to leave, or one that does not answer?
 * The hub tells within its polling time. */
static int leaving_or_silent(struct usb *usb, enum slot_usb_result *ret, struct err *err)
{
	int64_t until_us = usb_now_us() + USB_LEAVE_US;
	unsigned int number = usb->now.number;
	int r = 0;

	while (usb->arrived && usb->now.number == number && usb_now_us() < until_us && r == 0) {
		usb->look_us = 0; /* the kernel tells it late or not at all, when it is busy */
		r = usb->waiter.wait(usb->waiter.ctx, usb_now_us() + USB_LOOK_US, err);
	}
	if (r == USB_WAIT_CUT)
		*ret = SLOT_USB_CUT;
	else
		*ret = usb->arrived && usb->now.number == number ? SLOT_USB_TIMEOUT : SLOT_USB_GONE;
	return r < 0 ? r : 0;
}

/* Has the kernel give the transfer back, which it does at once. */
static int take_back(struct usb *usb, struct err *err)
{
	struct usb_flight *flight = usb->flight;
	int64_t until_us = usb_now_us() + USB_SETTLE_US;

	if (!flight->done)
		IGNORE(libusb_cancel_transfer(flight->transfer), "it may just have ended");
	while (!flight->done) {
		struct timeval tv = { .tv_usec = USB_LOOK_US };

		if (usb_now_us() >= until_us) {
			IGNORE(usb_context_abandon(usb, err), "the error below is the greater one");
			return err_set(err, ERR_RIG, -EIO,
				       "usb: the kernel does not give a cancelled transfer back");
		}
		IGNORE(libusb_handle_events_timeout_completed(usb->context, &tv, &flight->done),
		       "tried again until the time is over");
	}
	return 0;
}

/* Ends the transfer and says what became of it. 'waited' is wait_for_flight()'s. */
static int land(struct usb *usb, const struct slot_usb_setup *setup, uint8_t *data, int waited,
		uint16_t *ret_len, enum slot_usb_result *ret, struct err *err)
{
	struct usb_flight *flight = usb->flight;
	int r = take_back(usb, waited < 0 ? NULL : err);
	int status, carried;

	if (r < 0)
		return waited < 0 ? waited : r;
	status = flight->transfer->status;
	carried = flight->transfer->actual_length;
	if (waited == 0 && status == LIBUSB_TRANSFER_COMPLETED) {
		if (setup->type & FROM_DEVICE && carried > 0)
			memcpy(data, flight->bytes + SETUP_BYTES, (size_t)carried);
		*ret_len = (uint16_t)carried;
	}
	usb->flight = NULL;
	flight_free(flight);
	if (usb->close_wanted)
		usb_handle_close(usb);
	if (waited < 0)
		return waited;
	*ret = waited == USB_WAIT_CUT ? SLOT_USB_CUT : usb_status_result(status);
	return waited == 0 && status == LIBUSB_TRANSFER_ERROR ? leaving_or_silent(usb, ret, err)
							      : 0;
}

static int carry(struct usb *usb, const struct slot_usb_setup *setup, uint8_t *data,
		 int64_t deadline_us, uint16_t *ret_len, enum slot_usb_result *ret, struct err *err)
{
	int r = submit(usb, setup, data, ret, err);

	if (r < 0)
		return r;
	if (*ret == SLOT_USB_UNKNOWN)
		return leaving_or_silent(usb, ret, err);
	if (*ret != SLOT_USB_DONE)
		return 0;
	r = wait_for_flight(usb, deadline_us, err);
	return land(usb, setup, data, r, ret_len, ret, err);
}

int usb_control(struct usb *usb, const struct slot_usb_setup *setup, uint8_t *data,
		int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret, struct err *err)
{
	int64_t deadline_us = usb_now_us() + timeout_us;
	const struct kept *own = find_kept(setup);
	enum slot_usb_result how = SLOT_USB_GONE;
	bool was_there = usb->arrived;
	int r = 0;

	if (setup->type == TO_DEVICE_STANDARD && setup->request == REQUEST_SET_ADDRESS)
		return err_set(err, ERR_RIG, -EINVAL, "usb: a device's address is the host's");
	assert(!usb->flight); /* the waiter called back */
	if (was_there)
		r = usb_handle_open(usb, &how, err);
	if (r == 0 && how == SLOT_USB_DONE && !own)
		r = claim_recipient(usb, setup, &how, err);
	if (r == 0 && how == SLOT_USB_DONE && own) {
		r = own->do_it(usb, setup, &how, err);
		if (r == 0 && how == SLOT_USB_UNKNOWN)
			r = leaving_or_silent(usb, &how, err);
		if (r == 0)
			r = ask_for_cut(usb, &how, err);
		if (r == 0 && how == SLOT_USB_DONE)
			*ret_len = 0;
	} else if (r == 0 && how == SLOT_USB_DONE) {
		r = carry(usb, setup, data, deadline_us, ret_len, &how, err);
	}
	/* a cut takes the device away, and nobody may have looked since */
	if (r == 0 && how == SLOT_USB_GONE && was_there)
		r = ask_for_cut(usb, &how, err);
	if (r == 0)
		*ret = how;
	return r;
}
