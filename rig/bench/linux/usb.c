/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence: what is on the port, when it came and when it left. */
#include "bench/linux/usb.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/linux/node.h"
#include "bench/linux/usb_events.h"
#include "bench/linux/usb_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char sysfs_default[] = "/sys/bus/usb/devices";
static const char dev_default[] = "/dev/bus/usb";

int64_t usb_now_us(void)
{
	return clock_now_us();
}

static int copy_settings(struct usb *usb, const struct usb_settings *settings, struct err *err)
{
	if (!settings->port && !settings->serial)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "the usb device needs a port path or a serial number");
	if (settings->port && !usb_port_is_valid(settings->port))
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "'%s' is no usb port path, such as '1-1.4'", settings->port);
	if (settings->serial &&
	    (settings->serial[0] == '\0' || strlen(settings->serial) >= sizeof(usb->wanted.serial)))
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is no usb serial number",
			       settings->serial);
	assert(settings->product_count <= USB_PRODUCTS_MAX);
	text_copy(usb->wanted.port, sizeof(usb->wanted.port), settings->port ? settings->port : "");
	text_copy(usb->wanted.serial, sizeof(usb->wanted.serial),
		  settings->serial ? settings->serial : "");
	text_copy(usb->wanted.board, sizeof(usb->wanted.board),
		  settings->board ? settings->board : "");
	usb->wanted.vendor = settings->vendor;
	memcpy(usb->wanted.products, settings->products, sizeof(usb->wanted.products));
	usb->wanted.product_count = settings->product_count;
	usb->vbus = settings->vbus;
	usb->listener = settings->listener;
	usb->waiter = settings->waiter;
	text_copy(usb->sysfs, sizeof(usb->sysfs),
		  settings->sysfs ? settings->sysfs : sysfs_default);
	text_copy(usb->dev, sizeof(usb->dev), settings->dev ? settings->dev : dev_default);
	return 0;
}

static int open_files(struct usb *usb, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (access(usb->sysfs, R_OK | X_OK) < 0)
		return err_set(err, ERR_RIG, -errno, "this host has no usb: '%s': %s", usb->sysfs,
			       strerror(errno));
	usb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (usb->epoll_fd < 0)
		return err_set(err, ERR_RIG, -errno, "epoll: %s", strerror(errno));
	usb->events_fd = usb_events_open();
	event.data.fd = usb->events_fd;
	if (usb->events_fd >= 0 &&
	    epoll_ctl(usb->epoll_fd, EPOLL_CTL_ADD, usb->events_fd, &event) < 0)
		return err_set(err, ERR_RIG, -errno, "epoll: %s", strerror(errno));
	return 0;
}

int usb_open(const struct usb_settings *settings, struct usb **ret, struct err *err)
{
	struct usb *usb = calloc(1, sizeof(*usb));
	int r;

	if (!usb)
		return err_set(err, ERR_RIG, -ENOMEM, "out of memory");
	usb->epoll_fd = usb->events_fd = usb->node_fd = -1;
	usb->power = SLOT_POWER_ON;
	usb->port = SLOT_USB_PARTED;
	r = copy_settings(usb, settings, err);
	if (r == 0)
		r = open_files(usb, err);
	if (r == 0)
		r = usb_context_open(usb, err);
	if (r < 0) {
		usb_close(usb);
		return r;
	}
	*ret = usb;
	return 0;
}

void usb_close(struct usb *usb)
{
	if (!usb)
		return;
	usb_give_back(usb);
	usb_handle_close(usb);
	usb_context_close(usb);
	if (usb->events_fd >= 0)
		close(usb->events_fd);
	if (usb->epoll_fd >= 0)
		close(usb->epoll_fd);
	free(usb);
}

int usb_fd(const struct usb *usb)
{
	return usb->epoll_fd;
}

int64_t usb_due_us(const struct usb *usb)
{
	return usb->look_us;
}

static void tell(struct usb *usb, int64_t t_us, bool arrived)
{
	if (usb->listener.seen)
		usb->listener.seen(usb->listener.ctx, t_us, arrived, &usb->now.device);
}

static void depart(struct usb *usb, int64_t t_us)
{
	if (!usb->arrived)
		return;
	usb->arrived = false;
	usb_handle_close(usb);
	tell(usb, t_us, false);
}

static bool is_same(const struct usb_found *a, const struct usb_found *b)
{
	return a->bus == b->bus && a->number == b->number;
}

static bool is_stale(const struct usb *usb, const struct usb_found *found, int64_t t_us)
{
	return usb->stale_number != 0 && found->bus == usb->stale_bus &&
	       found->number == usb->stale_number && t_us < usb->stale_until_us;
}

/* Whether the node can be opened; 0 and false while udev may not have got to it yet. */
static int may_open(struct usb *usb, const struct usb_found *found, int64_t t_us, bool *ret,
		    struct err *err)
{
	char path[USB_SYSFS_PATH_MAX];
	int code;

	usb_node_path(usb->dev, found, path);
	if (access(path, R_OK | W_OK) == 0) {
		usb->refused_since_us = 0;
		*ret = true;
		return 0;
	}
	code = -errno;
	if (usb->refused_since_us == 0)
		usb->refused_since_us = t_us;
	if (t_us - usb->refused_since_us >= USB_GRACE_US)
		return node_refused(path, NODE_USB, code, err);
	*ret = false;
	return 0;
}

/* Looks once; *ret: whether to look again soon, although the kernel may tell nothing more. */
static int look(struct usb *usb, int64_t t_us, bool *ret_again, struct err *err)
{
	bool active = usb->port == SLOT_USB_JOINED && usb->power == SLOT_POWER_ON;
	struct usb_found found = { 0 };
	bool there = false, may = false;
	int r;

	*ret_again = true;
	r = usb_find(usb->sysfs, &usb->wanted, &found, &there, err);
	if (r < 0)
		return r;
	if (!there || !is_stale(usb, &found, t_us))
		usb->stale_number = 0;
	if (usb->arrived && (!there || !is_same(&found, &usb->now)))
		depart(usb, t_us);
	if (!there)
		usb->refused_since_us = 0;
	*ret_again = active && there && !usb->arrived;
	if (!*ret_again || !found.ready || is_stale(usb, &found, t_us))
		return 0;
	r = may_open(usb, &found, t_us, &may, err);
	if (r < 0 || !may)
		return r;
	*ret_again = false;
	usb->now = found;
	if (!usb->wanted.port[0])
		text_copy(usb->wanted.seen_port, sizeof(usb->wanted.seen_port), found.port);
	usb->arrived = true;
	usb->detached = 0;
	tell(usb, t_us, true);
	return 0;
}

static int look_and_plan(struct usb *usb, struct err *err)
{
	int64_t t_us = usb_now_us();
	bool again = true;
	int r = look(usb, t_us, &again, err);

	usb->look_us = again || usb->events_fd < 0 ? t_us + USB_LOOK_US : INT64_MAX;
	return r;
}

int usb_step(struct usb *usb, struct err *err)
{
	bool event = usb->events_fd >= 0 && usb_events_drain(usb->events_fd);
	int r = usb_context_step(usb, err);

	if (r < 0)
		return r;
	if (event || usb_now_us() >= usb->look_us)
		return look_and_plan(usb, err);
	return 0;
}

int usb_check(const struct usb *usb, struct err *err)
{
	struct usb_found found;
	bool there = false;

	return usb_find(usb->sysfs, &usb->wanted, &found, &there, err);
}

/* What is listed now is of the time before: it does not count when power or port come back. */
static void doubt_listing(struct usb *usb)
{
	struct usb_found found;
	bool there = false;
	struct err ignored = ERR_INIT;

	if (usb_find(usb->sysfs, &usb->wanted, &found, &there, &ignored) == 0 && there) {
		usb->stale_bus = found.bus;
		usb->stale_number = found.number;
	} else {
		usb->stale_number = 0;
	}
	usb->stale_until_us = INT64_MAX;
}

static int part(struct usb *usb, struct err *err)
{
	int64_t t_us = usb_now_us();

	usb_give_back(usb);
	usb_handle_close(usb);
	usb->port = SLOT_USB_PARTED;
	depart(usb, t_us);
	if (!usb->vbus.set)
		return 0;
	doubt_listing(usb);
	return usb->vbus.set(usb->vbus.ctx, SLOT_USB_PARTED, err);
}

int usb_join(struct usb *usb, enum slot_usb_port port, struct err *err)
{
	int r = 0;

	if (port == SLOT_USB_PARTED)
		return part(usb, err);
	if (usb->vbus.set)
		r = usb->vbus.set(usb->vbus.ctx, SLOT_USB_JOINED, err);
	if (r < 0)
		return r;
	usb->port = SLOT_USB_JOINED;
	if (usb->power == SLOT_POWER_ON)
		usb->stale_until_us = usb_now_us() + USB_STALE_US;
	return look_and_plan(usb, err);
}

void usb_power(struct usb *usb, enum slot_power power, int64_t t_us)
{
	if (power == usb->power)
		return;
	usb->power = power;
	if (power == SLOT_POWER_OFF) {
		usb->off_us = t_us;
		usb_handle_close(usb);
		depart(usb, t_us);
		doubt_listing(usb);
		return;
	}
	usb->stale_until_us = t_us + USB_STALE_US;
	usb->look_us = t_us;
}

bool usb_device(const struct usb *usb, struct slot_usb_device *ret)
{
	if (!usb->arrived)
		return false;
	*ret = usb->now.device;
	return true;
}

void usb_release(struct usb *usb)
{
	usb_handle_close(usb);
}
