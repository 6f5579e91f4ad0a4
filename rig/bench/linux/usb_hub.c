/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power of hub ports. Two ways: the kernel's own file "disable" of a port (since 6.0), which is
 * preferred, for the kernel then knows and leaves the port off; else the hub's class request behind
 * the kernel's back, which switches a port on again when it sees the device leave. So the second
 * way looks again, and says when it did not last.
 *
 * A socket of a USB 3 hub is two ports, one for each kind of bus ("peer"): its VBUS is off only
 * when both are.
 */
#include "bench/linux/usb_hub.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/linux/node.h"
#include "bench/linux/usb_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libusb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	HUB_GET_STATUS = 0,
	HUB_CLEAR_FEATURE = 1,
	HUB_SET_FEATURE = 3,
	HUB_GET_DESCRIPTOR = 6,
	HUB_TYPE_IN = 0xa0, /* class, from the device */
	HUB_TYPE_PORT_IN = 0xa3,
	HUB_TYPE_PORT_OUT = 0x23,
	FEATURE_PORT_POWER = 8,
	DESCRIPTOR_HUB = 0x29,
	DESCRIPTOR_HUB_SUPER = 0x2a,
	DESCRIPTOR_BYTES_MIN = 7,
	SWITCHING_MASK = 3, /* wHubCharacteristics, bits 1 and 0 */
	STATUS_POWER = 1 << 8,
	STATUS_POWER_SUPER = 1 << 9,
	SPEED_SUPER = 5000, /* Mbit/s, as sysfs says it */
	ANSWER_MS_MAX = 1000,
	LAST_US = 300000, /* a port that is off so long stays off: the kernel looks sooner */
	LAST_STEP_US = 20000,
	LAST_TRIES = 4,
	NEIGHBOUR_TEXT_MAX = USB_PORT_MAX + 16, /* ", 1-1.4 (2b04:c008)" */
};

/* A port: its hub and, when the kernel shows one, its folder. */
struct place {
	struct usb_found hub;
	bool super;
	unsigned int port;
	char folder[USB_SYSFS_PATH_MAX]; /* empty: none */
	char dev[USB_SYSFS_PATH_MAX];
};

bool usb_hub_of_port(const char *port_path, char ret_hub[USB_PORT_MAX], unsigned int *ret_port)
{
	const char *last;

	if (!usb_port_is_valid(port_path))
		return false;
	last = strrchr(port_path, '.');
	if (last) {
		text_copy(ret_hub, USB_PORT_MAX, port_path);
		ret_hub[last - port_path] = '\0';
	} else {
		snprintf(ret_hub, USB_PORT_MAX, "usb%u",
			 (unsigned int)strtoul(port_path, NULL, 10));
	}
	*ret_port = (unsigned int)strtoul((last ? last : strchr(port_path, '-')) + 1, NULL, 10);
	return *ret_port <= USB_HUB_PORTS_MAX;
}

bool usb_hub_parse(const uint8_t *bytes, size_t len, struct usb_hub_descriptor *ret)
{
	static const enum hub_switching ways[] = { HUB_SWITCHING_GANGED, HUB_SWITCHING_EACH,
						   HUB_SWITCHING_NONE, HUB_SWITCHING_NONE };

	if (len < DESCRIPTOR_BYTES_MIN || bytes[0] < DESCRIPTOR_BYTES_MIN ||
	    (bytes[1] != DESCRIPTOR_HUB && bytes[1] != DESCRIPTOR_HUB_SUPER) || bytes[2] == 0 ||
	    bytes[2] > USB_HUB_PORTS_MAX)
		return false;
	ret->ports = bytes[2];
	ret->switching = ways[bytes[3] & SWITCHING_MASK];
	return true;
}

/* The folder "HUB/INTERFACE/HUB-portN". */
static void find_folder(const char *sysfs, const char *hub, unsigned int port,
			char ret[USB_SYSFS_PATH_MAX])
{
	char dir[USB_SYSFS_PATH_MAX];
	struct dirent *entry;
	DIR *d;

	ret[0] = '\0';
	usb_path(dir, "%s/%s", sysfs, hub);
	d = opendir(dir);
	while (d && ret[0] == '\0' && (entry = readdir(d))) {
		if (!strchr(entry->d_name, ':'))
			continue;
		if (!usb_path(ret, "%s/%s/%s-port%u", dir, entry->d_name, hub, port) ||
		    access(ret, F_OK) < 0)
			ret[0] = '\0';
	}
	if (d)
		closedir(d);
}

static int place_init(struct place *place, const struct usb_hub_roots *roots, const char *hub,
		      unsigned int port, struct err *err)
{
	const char *sysfs = roots->sysfs ? roots->sysfs : "/sys/bus/usb/devices";
	char dir[USB_SYSFS_PATH_MAX], speed[16] = "";

	*place = (struct place){ .port = port };
	if (!usb_sysfs_read(sysfs, hub, &place->hub))
		return err_set(err, ERR_RIG, -ENODEV, "usb: there is no hub '%s'", hub);
	text_copy(place->dev, sizeof(place->dev), roots->dev ? roots->dev : "/dev/bus/usb");
	find_folder(sysfs, hub, port, place->folder);
	usb_path(dir, "%s/%s", sysfs, hub);
	if (usb_sysfs_line(dir, "speed", speed, sizeof(speed)))
		place->super = strtoul(speed, NULL, 10) >= SPEED_SUPER;
	return 0;
}

static int place_of_path(struct place *place, const struct usb_hub_roots *roots,
			 const char *port_path, struct err *err)
{
	char hub[USB_PORT_MAX];
	unsigned int port;

	if (!usb_hub_of_port(port_path, hub, &port))
		return err_set(err, ERR_RIG, -EINVAL, "'%s' is no usb port path, such as '1-1.4'",
			       port_path);
	return place_init(place, roots, hub, port, err);
}

/* The other half of a USB 3 socket; false when there is none. */
static bool place_of_peer(struct place *peer, const struct usb_hub_roots *roots,
			  const struct place *place)
{
	char link[USB_SYSFS_PATH_MAX], target[USB_SYSFS_PATH_MAX];
	struct err ignored = ERR_INIT;
	char *name, *port;
	ssize_t n;

	if (place->folder[0] == '\0' || !usb_path(link, "%s/peer", place->folder))
		return false;
	n = readlink(link, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	port = strstr(name, "-port");
	if (!port)
		return false;
	*port = '\0';
	return place_init(peer, roots, name, (unsigned int)strtoul(port + 5, NULL, 10), &ignored) ==
	       0;
}

/* A hub's node, opened for requests. */
struct hub_link {
	struct libusb_context *context;
	struct libusb_device_handle *handle;
	int fd;
};

static void hub_close(struct hub_link *link)
{
	if (link->handle)
		libusb_close(link->handle);
	if (link->context)
		libusb_exit(link->context);
	if (link->fd >= 0)
		close(link->fd);
}

static int hub_open(const struct place *place, struct hub_link *ret, struct err *err)
{
	struct hub_link link = { .fd = -1 };
	char path[USB_SYSFS_PATH_MAX];
	int code, r = 0;

	usb_node_path(place->dev, &place->hub, path);
	link.fd = open(path, O_RDWR | O_CLOEXEC);
	if (link.fd < 0)
		return node_refused(path, NODE_USB, -errno, err);
	code = libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
	if (code == 0)
		code = libusb_init(&link.context);
	if (code == 0)
		code = libusb_wrap_sys_device(link.context, link.fd, &link.handle);
	if (code < 0) {
		r = err_set(err, ERR_RIG, -EIO, "usb hub '%s': %s", place->hub.port,
			    libusb_strerror(code));
		hub_close(&link);
		return r;
	}
	*ret = link;
	return 0;
}

/* One request, that must carry 'len_min' bytes at least. */
static int hub_ask(const struct hub_link *link, const struct place *place,
		   const struct slot_usb_setup *setup, uint8_t *data, uint16_t len_min,
		   struct err *err)
{
	int n = libusb_control_transfer(link->handle, setup->type, setup->request, setup->value,
					setup->index, data, setup->length, ANSWER_MS_MAX);

	if (n < 0)
		return err_set(err, ERR_RIG, n == LIBUSB_ERROR_NO_DEVICE ? -ENODEV : -EIO,
			       "usb hub '%s', port %u: %s", place->hub.port, place->port,
			       libusb_strerror(n));
	if (n < len_min)
		return err_set(err, ERR_RIG, -EIO, "usb hub '%s' answers %d bytes of %d",
			       place->hub.port, n, len_min);
	return n;
}

static int read_descriptor(const struct place *place, struct usb_hub_descriptor *ret,
			   struct err *err)
{
	const struct slot_usb_setup setup = {
		HUB_TYPE_IN, HUB_GET_DESCRIPTOR,
		(uint16_t)((place->super ? DESCRIPTOR_HUB_SUPER : DESCRIPTOR_HUB) << 8), 0,
		USB_HUB_DESCRIPTOR_MAX
	};
	uint8_t bytes[USB_HUB_DESCRIPTOR_MAX] = { 0 };
	struct hub_link link;
	int r = hub_open(place, &link, err);

	if (r < 0)
		return r;
	r = hub_ask(&link, place, &setup, bytes, DESCRIPTOR_BYTES_MIN, err);
	hub_close(&link);
	if (r < 0)
		return r;
	if (!usb_hub_parse(bytes, (size_t)r, ret))
		return err_set(err, ERR_RIG, -EPROTO, "usb hub '%s' has no hub descriptor",
			       place->hub.port);
	if (place->port > ret->ports)
		return err_set(err, ERR_RIG, -ENODEV, "usb hub '%s' has %u ports, and none of %u",
			       place->hub.port, ret->ports, place->port);
	return 0;
}

static int ask_power(const struct hub_link *link, const struct place *place, enum hub_power *ret,
		     struct err *err)
{
	const struct slot_usb_setup setup = { HUB_TYPE_PORT_IN, HUB_GET_STATUS, 0,
					      (uint16_t)place->port, 4 };
	unsigned int mask = place->super ? STATUS_POWER_SUPER : STATUS_POWER;
	uint8_t bytes[4] = { 0 };
	int r = hub_ask(link, place, &setup, bytes, sizeof(bytes), err);

	if (r < 0)
		return r;
	*ret = ((unsigned int)bytes[0] | (unsigned int)bytes[1] << 8) & mask ? HUB_POWER_ON
									     : HUB_POWER_OFF;
	return 0;
}

/* Whether the port is as ordered for LAST_US; *ret false when it is not. */
static int lasts(const struct hub_link *link, const struct place *place, enum hub_power power,
		 bool *ret, struct err *err)
{
	int64_t until_us = clock_now_us() + (power == HUB_POWER_OFF ? LAST_US : 0);
	enum hub_power now = power;
	int r;

	for (;;) {
		r = ask_power(link, place, &now, err);
		if (r < 0)
			return r;
		if (now != power || clock_now_us() >= until_us)
			break;
		usleep(LAST_STEP_US);
	}
	*ret = now == power;
	return 0;
}

static int set_by_request(const struct place *place, enum hub_power power, struct err *err)
{
	const struct slot_usb_setup setup = {
		HUB_TYPE_PORT_OUT,
		power == HUB_POWER_ON ? HUB_SET_FEATURE : HUB_CLEAR_FEATURE,
		FEATURE_PORT_POWER,
		(uint16_t)place->port,
		0,
	};
	struct hub_link link;
	bool done = false;
	int r = hub_open(place, &link, err);

	if (r < 0)
		return r;
	for (int i = 0; i < LAST_TRIES && r >= 0 && !done; i++) {
		r = hub_ask(&link, place, &setup, NULL, 0, err);
		if (r >= 0)
			r = lasts(&link, place, power, &done, err);
	}
	hub_close(&link);
	if (r >= 0 && !done)
		return err_set(err, ERR_RIG, -EIO,
			       "usb hub '%s', port %u: is told to switch %s, and does not stay so",
			       place->hub.port, place->port, power == HUB_POWER_ON ? "on" : "off");
	return r < 0 ? r : 0;
}

/* By the kernel's file. -ENOENT without 'err': it has none. */
static int set_by_file(const struct place *place, enum hub_power power, struct err *err)
{
	char path[USB_SYSFS_PATH_MAX];
	ssize_t n;
	int fd, code = 0;

	if (place->folder[0] == '\0' || !usb_path(path, "%s/disable", place->folder))
		return -ENOENT;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return node_refused(path, NODE_USB_PORT_FILE, -errno, err);
	do
		n = write(fd, power == HUB_POWER_ON ? "0" : "1", 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		code = n < 0 ? -errno : -EIO;
	close(fd);
	return code ? err_set(err, ERR_RIG, code, "cannot write '%s': %s", path, strerror(-code))
		    : 0;
}

static int set_port(const struct place *place, enum hub_power power, struct err *err)
{
	struct err refused = ERR_INIT, raw = ERR_INIT;
	int r = set_by_file(place, power, &refused);

	if (r == 0)
		return 0;
	if (r != -ENOENT && r != -EACCES && r != -EPERM) {
		if (err)
			*err = refused;
		return r;
	}
	r = set_by_request(place, power, &raw);
	if (r < 0 &&
	    err) /* the kernel's file is the better way: its permission is the one to give */
		*err = refused.kind != ERR_NONE && r == -EACCES ? refused : raw;
	return r;
}

/* The port and, on a USB 3 hub, its other half. */
static int set_socket(const struct usb_hub_roots *roots, const struct place *place,
		      enum hub_power power, struct err *err)
{
	struct place peer;
	int r = set_port(place, power, err);

	if (r == 0 && place_of_peer(&peer, roots, place))
		r = set_port(&peer, power, err);
	return r;
}

/* Who may not ask the hub, but may write the kernel's file, is taken at its word for one port. */
static bool only_file_is_ours(const struct place *place, int code)
{
	char path[USB_SYSFS_PATH_MAX];

	return (code == -EACCES || code == -EPERM) && place->folder[0] != '\0' &&
	       usb_path(path, "%s/disable", place->folder) && access(path, W_OK) == 0;
}

int usb_hub_switching_at(const struct usb_hub_roots *roots, const char *port_path,
			 enum hub_switching *ret, struct err *err)
{
	struct usb_hub_descriptor descriptor;
	struct place place;
	int r = place_of_path(&place, roots, port_path, err);

	if (r == 0)
		r = read_descriptor(&place, &descriptor, err);
	if (r == 0)
		*ret = descriptor.switching;
	return r;
}

int usb_hub_set_at(const struct usb_hub_roots *roots, const char *port_path, enum hub_power power,
		   struct err *err)
{
	struct usb_hub_descriptor descriptor = { 0 };
	struct err refused = ERR_INIT;
	struct place place;
	int r = place_of_path(&place, roots, port_path, err);

	if (r < 0)
		return r;
	r = read_descriptor(&place, &descriptor, &refused);
	if (r < 0 && only_file_is_ours(&place, r))
		return set_socket(roots, &place, power, err);
	if (r < 0) {
		if (err)
			*err = refused;
		return r;
	}
	if (descriptor.switching == HUB_SWITCHING_NONE)
		return err_set(err, ERR_RIG, -EOPNOTSUPP, "usb hub '%s' cannot switch its ports",
			       place.hub.port);
	if (descriptor.switching == HUB_SWITCHING_EACH)
		return set_socket(roots, &place, power, err);
	/* ganged: power goes when the last of them is told (USB 2.0, 11.11) */
	for (unsigned int port = 1; port <= descriptor.ports && r == 0; port++) {
		char hub[USB_PORT_MAX];

		text_copy(hub, sizeof(hub), place.hub.port);
		r = place_init(&place, roots, hub, port, err);
		if (r == 0)
			r = set_socket(roots, &place, power, err);
	}
	return r;
}

int usb_hub_get_at(const struct usb_hub_roots *roots, const char *port_path, enum hub_power *ret,
		   struct err *err)
{
	struct hub_link link;
	struct place place;
	int r = place_of_path(&place, roots, port_path, err);

	if (r == 0)
		r = hub_open(&place, &link, err);
	if (r < 0)
		return r;
	r = ask_power(&link, &place, ret, err);
	hub_close(&link);
	return r;
}

/* Adds the devices on the hub's ports, but for the one in 'port'. */
static void add_neighbours(const struct usb_found *all, size_t count, const char *hub,
			   unsigned int port, char text[HUB_TEXT_MAX])
{
	char other[USB_PORT_MAX];
	unsigned int other_port;

	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);

		if (!usb_hub_of_port(all[i].port, other, &other_port) || strcmp(hub, other) != 0 ||
		    other_port == port || used + NEIGHBOUR_TEXT_MAX >= HUB_TEXT_MAX)
			continue;
		snprintf(text + used, NEIGHBOUR_TEXT_MAX, "%s%s (%04x:%04x)", used ? ", " : "",
			 all[i].port, all[i].device.vendor, all[i].device.product);
	}
}

void usb_hub_neighbours_at(const struct usb_hub_roots *roots, const char *port_path,
			   char ret_text[HUB_TEXT_MAX])
{
	const char *sysfs = roots->sysfs ? roots->sysfs : "/sys/bus/usb/devices";
	AUTO_FREE struct usb_found *all = calloc(USB_SYSFS_DEVICES_MAX, sizeof(*all));
	size_t count = all ? usb_sysfs_list(sysfs, all, USB_SYSFS_DEVICES_MAX) : 0;
	struct err ignored = ERR_INIT;
	struct place place, peer;

	ret_text[0] = '\0';
	if (place_of_path(&place, roots, port_path, &ignored) < 0)
		return;
	add_neighbours(all, count, place.hub.port, place.port, ret_text);
	if (place_of_peer(&peer, roots, &place))
		add_neighbours(all, count, peer.hub.port, peer.port, ret_text);
}

int hub_port_switching(const char *port_path, enum hub_switching *ret, struct err *err)
{
	return usb_hub_switching_at(&(struct usb_hub_roots){ 0 }, port_path, ret, err);
}

int hub_port_set(const char *port_path, enum hub_power power, struct err *err)
{
	return usb_hub_set_at(&(struct usb_hub_roots){ 0 }, port_path, power, err);
}

int hub_port_get(const char *port_path, enum hub_power *ret, struct err *err)
{
	return usb_hub_get_at(&(struct usb_hub_roots){ 0 }, port_path, ret, err);
}

void hub_port_neighbours(const char *port_path, char ret_text[HUB_TEXT_MAX])
{
	usb_hub_neighbours_at(&(struct usb_hub_roots){ 0 }, port_path, ret_text);
}

bool hub_ports_together(const char *port_path, const char *other_path)
{
	char hub[USB_PORT_MAX], other[USB_PORT_MAX];
	unsigned int port;

	return usb_hub_of_port(port_path, hub, &port) &&
	       usb_hub_of_port(other_path, other, &port) && strcmp(hub, other) == 0;
}
