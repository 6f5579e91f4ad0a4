/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libusb begun and ended, and the device opened and closed. Devices are opened by their node
 * (libusb_wrap_sys_device): then libusb itself looks for none, and starts no thread of its own.
 */
#include "bench/linux/node.h"
#include "bench/linux/usb_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libusb.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void LIBUSB_CALL file_added(int fd, short events, void *ctx)
{
	struct usb *usb = ctx;
	struct epoll_event event = { .events = (uint32_t)(unsigned short)events, .data.fd = fd };

	/* A file that is not watched is looked at when others are: late, but not never. */
	if (epoll_ctl(usb->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		usb->look_us = 0;
}

static void LIBUSB_CALL file_removed(int fd, void *ctx)
{
	struct usb *usb = ctx;

	IGNORE(epoll_ctl(usb->epoll_fd, EPOLL_CTL_DEL, fd, NULL), "it may be closed already");
}

int usb_context_open(struct usb *usb, struct err *err)
{
	const struct libusb_pollfd **files;
	int code = libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);

	if (code == 0)
		code = libusb_init(&usb->context);
	if (code < 0) {
		usb->context = NULL;
		return err_set(err, ERR_RIG, -EIO, "libusb does not start: %s",
			       libusb_strerror(code));
	}
	libusb_set_pollfd_notifiers(usb->context, file_added, file_removed, usb);
	files = libusb_get_pollfds(usb->context);
	if (!files)
		return err_set(err, ERR_RIG, -EIO, "libusb has no files to poll");
	for (size_t i = 0; files[i]; i++)
		file_added(files[i]->fd, files[i]->events, usb);
	libusb_free_pollfds(files);
	return 0;
}

void usb_context_close(struct usb *usb)
{
	if (!usb->context)
		return;
	libusb_set_pollfd_notifiers(usb->context, NULL, NULL, NULL);
	libusb_exit(usb->context);
	usb->context = NULL;
}

int usb_context_abandon(struct usb *usb, struct err *err)
{
	const struct libusb_pollfd **files = libusb_get_pollfds(usb->context);

	libusb_set_pollfd_notifiers(usb->context, NULL, NULL, NULL);
	for (size_t i = 0; files && files[i]; i++)
		file_removed(files[i]->fd, usb);
	libusb_free_pollfds(files);
	usb->context = NULL;
	usb->handle = NULL;
	usb->node_fd = -1;
	usb->claimed = 0;
	usb->flight = NULL;
	usb->close_wanted = false;
	return usb_context_open(usb, err);
}

int usb_context_step(struct usb *usb, struct err *err)
{
	struct timeval none = { 0 };
	int code;

	if (!usb->context) /* it could not be begun anew */
		return err_set(err, ERR_RIG, -EIO, "libusb does not run");
	code = libusb_handle_events_timeout_completed(usb->context, &none, NULL);
	if (code == 0 || code == LIBUSB_ERROR_INTERRUPTED || code == LIBUSB_ERROR_NO_DEVICE)
		return 0;
	return err_set(err, ERR_RIG, -EIO, "usb events: %s", libusb_strerror(code));
}

int usb_handle_open(struct usb *usb, enum slot_usb_result *ret, struct err *err)
{
	char path[USB_SYSFS_PATH_MAX];
	int code;

	*ret = SLOT_USB_DONE;
	if (usb->handle && usb->handle_number == usb->now.number)
		return 0;
	usb_handle_close(usb);
	if (!usb->context)
		return err_set(err, ERR_RIG, -EIO, "libusb does not run");
	usb_node_path(usb->dev, &usb->now, path);
	usb->node_fd = open(path, O_RDWR | O_CLOEXEC);
	if (usb->node_fd < 0 && (errno == ENODEV || errno == ENOENT)) {
		*ret = SLOT_USB_GONE;
		return 0;
	}
	if (usb->node_fd < 0)
		return node_refused(path, NODE_USB, -errno, err);
	code = libusb_wrap_sys_device(usb->context, usb->node_fd, &usb->handle);
	if (code == 0) {
		usb->handle_number = usb->now.number;
		return 0;
	}
	close(usb->node_fd);
	usb->node_fd = -1;
	usb->handle = NULL;
	/* libusb asks the node for descriptors; that fails so when the device has just left */
	if (code == LIBUSB_ERROR_IO) {
		*ret = SLOT_USB_GONE;
		return 0;
	}
	return usb_code_result(code, "usb device of the board", ret, err);
}

void usb_handle_close(struct usb *usb)
{
	usb->close_wanted = usb->handle && usb->flight;
	if (!usb->handle || usb->flight)
		return;
	for (int i = 0; i < USB_INTERFACES_MAX; i++)
		if (usb->claimed & 1U << i)
			IGNORE(libusb_release_interface(usb->handle, i), "the device may be gone");
	usb->claimed = 0;
	libusb_close(usb->handle);
	close(usb->node_fd);
	usb->handle = NULL;
	usb->node_fd = -1;
}

void usb_give_back(struct usb *usb)
{
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	struct err ignored = ERR_INIT;

	if (!usb->detached || !usb->arrived || usb->power == SLOT_POWER_OFF)
		return;
	if (usb_handle_open(usb, &how, &ignored) < 0 || how != SLOT_USB_DONE)
		return;
	for (int i = 0; i < USB_INTERFACES_MAX; i++) {
		if (usb->claimed & usb->detached & 1U << i)
			IGNORE(libusb_release_interface(usb->handle, i), "the device may be gone");
		if (usb->detached & 1U << i)
			IGNORE(libusb_attach_kernel_driver(usb->handle, i),
			       "the device may be gone");
	}
	usb->claimed &= ~usb->detached;
	usb->detached = 0;
}
