/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libusb's words mean: the device's doing is a result, the rig's or the world's an error. */
#include "bench/linux/usb_private.h"

#include <errno.h>
#include <libusb.h>

static const struct {
	int code;
	enum slot_usb_result result; /* UNKNOWN: an error of the rig */
	int error;
} codes[] = {
	{ LIBUSB_SUCCESS, SLOT_USB_DONE, 0 },
	{ LIBUSB_ERROR_IO, SLOT_USB_UNKNOWN, -EIO },
	{ LIBUSB_ERROR_INVALID_PARAM, SLOT_USB_UNKNOWN, -EINVAL },
	{ LIBUSB_ERROR_ACCESS, SLOT_USB_UNKNOWN, -EACCES },
	{ LIBUSB_ERROR_NO_DEVICE, SLOT_USB_GONE, 0 },
	/* no such interface, configuration or setting: the kernel knows the device's descriptors,
	 * and refuses in its place */
	{ LIBUSB_ERROR_NOT_FOUND, SLOT_USB_STALL, 0 },
	{ LIBUSB_ERROR_BUSY, SLOT_USB_UNKNOWN, -EBUSY },
	{ LIBUSB_ERROR_TIMEOUT, SLOT_USB_TIMEOUT, 0 },
	{ LIBUSB_ERROR_OVERFLOW, SLOT_USB_UNKNOWN, -EOVERFLOW },
	{ LIBUSB_ERROR_PIPE, SLOT_USB_STALL, 0 },
	{ LIBUSB_ERROR_INTERRUPTED, SLOT_USB_UNKNOWN, -EINTR },
	{ LIBUSB_ERROR_NO_MEM, SLOT_USB_UNKNOWN, -ENOMEM },
	{ LIBUSB_ERROR_NOT_SUPPORTED, SLOT_USB_UNKNOWN, -EOPNOTSUPP },
	{ LIBUSB_ERROR_OTHER, SLOT_USB_UNKNOWN, -EIO },
};

int usb_code_result(int code, const char *what, enum slot_usb_result *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i].code != code)
			continue;
		if (codes[i].result == SLOT_USB_UNKNOWN)
			return err_set(err, ERR_RIG, codes[i].error, "%s: %s", what,
				       libusb_strerror(code));
		*ret = codes[i].result;
		return 0;
	}
	return err_set(err, ERR_RIG, -EIO, "%s: libusb says %d, which is unknown", what, code);
}

/* The kernel waits for a device 5 s in such calls; what the device did is in the errno. */
int usb_code_result_hidden(int code, int hidden, const char *what, enum slot_usb_result *ret,
			   struct err *err)
{
	static const struct {
		int hidden;
		enum slot_usb_result result;
	} ways[] = {
		{ EPIPE, SLOT_USB_STALL },    { ETIMEDOUT, SLOT_USB_TIMEOUT },
		{ EPROTO, SLOT_USB_UNKNOWN }, { EILSEQ, SLOT_USB_UNKNOWN },
		{ ETIME, SLOT_USB_UNKNOWN },  { ESHUTDOWN, SLOT_USB_GONE },
		{ ENODEV, SLOT_USB_GONE },    { EHOSTUNREACH, SLOT_USB_GONE },
	};

	if (code != LIBUSB_ERROR_OTHER)
		return usb_code_result(code, what, ret, err);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (ways[i].hidden == hidden) {
			*ret = ways[i].result;
			return 0;
		}
	return usb_code_result(code, what, ret, err);
}

enum slot_usb_result usb_status_result(int status)
{
	static const enum slot_usb_result results[] = {
		[LIBUSB_TRANSFER_COMPLETED] = SLOT_USB_DONE,
		[LIBUSB_TRANSFER_ERROR] = SLOT_USB_UNKNOWN,
		[LIBUSB_TRANSFER_TIMED_OUT] = SLOT_USB_TIMEOUT,
		[LIBUSB_TRANSFER_CANCELLED] = SLOT_USB_TIMEOUT, /* ours, at the deadline */
		[LIBUSB_TRANSFER_STALL] = SLOT_USB_STALL,
		[LIBUSB_TRANSFER_NO_DEVICE] = SLOT_USB_GONE,
		[LIBUSB_TRANSFER_OVERFLOW] = SLOT_USB_UNKNOWN, /* more than was asked for */
	};

	return status >= 0 && status < (int)ARRAY_LEN(results) ? results[status] : SLOT_USB_UNKNOWN;
}
