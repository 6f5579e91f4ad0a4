/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/usb_sysfs.h"

#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool usb_port_is_valid(const char *text)
{
	unsigned int depth = 0;
	bool digits = false;

	if (strlen(text) >= USB_PORT_MAX)
		return false;
	for (const char *c = text; *c; c++) {
		bool separates = *c == (depth == 0 ? '-' : '.');

		if (isdigit((unsigned char)*c) && (digits || *c != '0')) {
			digits = true;
		} else if (separates && digits && depth < USB_PORT_DEPTH_MAX) {
			digits = false;
			depth++;
		} else {
			return false;
		}
	}
	return digits && depth > 0;
}

bool usb_path(char ret[USB_SYSFS_PATH_MAX], const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(ret, USB_SYSFS_PATH_MAX, fmt, args);
	va_end(args);
	if (n >= 0 && n < USB_SYSFS_PATH_MAX)
		return true;
	ret[0] = '\0';
	return false;
}

bool usb_sysfs_line(const char *dir, const char *name, char *ret, size_t size)
{
	char path[USB_SYSFS_PATH_MAX];
	ssize_t n;
	int fd;

	if (!usb_path(path, "%s/%s", dir, name))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

static bool read_number(const char *dir, const char *name, int base, unsigned int max,
			unsigned int *ret)
{
	char text[16];
	unsigned long value;
	char *end;

	if (!usb_sysfs_line(dir, name, text, sizeof(text)) || !isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoul(text, &end, base);
	if (errno != 0 || *end != '\0' || value > max)
		return false;
	*ret = (unsigned int)value;
	return true;
}

/* An interface's folder, "1-1:1.0", is there as soon as the device has a configuration. */
static bool has_interface(const char *dir, const char *port)
{
	size_t len = strlen(port);
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!found && (entry = readdir(d)))
		found = strncmp(entry->d_name, port, len) == 0 && entry->d_name[len] == ':';
	closedir(d);
	return found;
}

bool usb_sysfs_read(const char *sysfs, const char *port, struct usb_found *ret)
{
	struct usb_found found = { 0 };
	unsigned int vendor, product, release;
	char dir[USB_SYSFS_PATH_MAX];

	if (!usb_path(dir, "%s/%s", sysfs, port) ||
	    !text_copy(found.port, sizeof(found.port), port))
		return false;
	if (!read_number(dir, "busnum", 10, 255, &found.bus) ||
	    !read_number(dir, "devnum", 10, 127, &found.number) ||
	    !read_number(dir, "idVendor", 16, UINT16_MAX, &vendor) ||
	    !read_number(dir, "idProduct", 16, UINT16_MAX, &product) ||
	    !read_number(dir, "bcdDevice", 16, UINT16_MAX, &release))
		return false;
	found.device.vendor = (uint16_t)vendor;
	found.device.product = (uint16_t)product;
	found.device.release = (uint16_t)release;
	/* Asked only now: until there are interfaces the kernel may be busy with the device for
	 * seconds, and would keep us waiting too. Many devices have no serial number. */
	found.ready = has_interface(dir, port);
	if (found.ready &&
	    !usb_sysfs_line(dir, "serial", found.device.serial, sizeof(found.device.serial)))
		found.device.serial[0] = '\0';
	*ret = found;
	return true;
}

size_t usb_sysfs_list(const char *sysfs, struct usb_found *ret, size_t max)
{
	DIR *d = opendir(sysfs);
	struct dirent *entry;
	size_t count = 0;

	if (!d)
		return 0;
	while (count < max && (entry = readdir(d)))
		if (usb_port_is_valid(entry->d_name) &&
		    usb_sysfs_read(sysfs, entry->d_name, &ret[count]))
			count++;
	closedir(d);
	return count;
}

static bool is_device_id(const char *serial)
{
	return strlen(serial) == USB_DEVICE_ID_DIGITS &&
	       strspn(serial, "0123456789abcdefABCDEF") == USB_DEVICE_ID_DIGITS;
}

static bool has_ids(const struct usb_wanted *wanted, const struct slot_usb_device *device)
{
	if (wanted->vendor && device->vendor != wanted->vendor)
		return false;
	for (size_t i = 0; i < wanted->product_count; i++)
		if (device->product == wanted->products[i])
			return true;
	return wanted->product_count == 0;
}

/* "2b04:c008 2b04:d008" */
static void format_ids(const struct usb_wanted *wanted, char *buf, size_t size)
{
	FILE *out = fmemopen(buf, size, "w");

	buf[0] = '\0';
	if (!out)
		return;
	if (wanted->product_count == 0)
		fprintf(out, "vendor %04x", wanted->vendor);
	for (size_t i = 0; i < wanted->product_count; i++)
		fprintf(out, "%s%04x:%04x", i ? ", " : "", wanted->vendor, wanted->products[i]);
	fclose(out);
}

/* What is on the port must be such a board ... */
static int check_ids(const struct usb_wanted *wanted, const struct usb_found *found,
		     struct err *err)
{
	char ids[16 * USB_PRODUCTS_MAX];

	if (has_ids(wanted, &found->device))
		return 0;
	format_ids(wanted, ids, sizeof(ids));
	return err_set(err, ERR_RIG, -EXDEV,
		       "usb port '%s' has %04x:%04x on it, not a board '%s' (%s)", found->port,
		       found->device.vendor, found->device.product, wanted->board, ids);
}

/* ... and this one. A number that all old boards share says nothing; a device id that differs says
 * all. */
static int check_identity(const struct usb_wanted *wanted, const struct usb_found *found,
			  struct err *err)
{
	const char *serial = found->device.serial;

	if (!found->ready || !is_device_id(wanted->serial) || !is_device_id(serial) ||
	    strcasecmp(wanted->serial, serial) == 0)
		return 0;
	return err_set(err, ERR_RIG, -EXDEV,
		       "usb port '%s' has board '%s' on it, the bench file says '%s'", found->port,
		       serial, wanted->serial);
}

static int find_port(const char *port, const struct usb_found *found, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(found[i].port, port) == 0)
			return (int)i;
	return -1;
}

static int choose_by_port(const struct usb_wanted *wanted, const struct usb_found *found,
			  size_t count, int *ret, struct err *err)
{
	int chosen = find_port(wanted->port, found, count);
	int r = chosen < 0 ? 0 : check_ids(wanted, &found[chosen], err);

	if (r == 0 && chosen >= 0)
		r = check_identity(wanted, &found[chosen], err);
	if (r == 0)
		*ret = chosen;
	return r;
}

/*
 * The board where it was last, in a mode in which it does not say its number. Another board than
 * ours has an id of its own; a device whose number is not read yet is waited for.
 */
static bool is_ours_without_number(const struct usb_wanted *wanted, const struct usb_found *found)
{
	return wanted->vendor != 0 && wanted->product_count > 0 &&
	       has_ids(wanted, &found->device) && !is_device_id(found->device.serial);
}

static int choose_by_serial(const struct usb_wanted *wanted, const struct usb_found *found,
			    size_t count, int *ret, struct err *err)
{
	int chosen = -1;

	for (size_t i = 0; i < count; i++) {
		if (!has_ids(wanted, &found[i].device) ||
		    strcasecmp(found[i].device.serial, wanted->serial) != 0)
			continue;
		if (chosen >= 0)
			return err_set(err, ERR_RIG, -ENOTUNIQ,
				       "usb serial number '%s' is at port '%s' and at '%s': the "
				       "bench file must name the port",
				       wanted->serial, found[chosen].port, found[i].port);
		chosen = (int)i;
	}
	if (chosen < 0 && wanted->seen_port[0]) {
		chosen = find_port(wanted->seen_port, found, count);
		if (chosen >= 0 && !is_ours_without_number(wanted, &found[chosen]))
			chosen = -1;
	}
	*ret = chosen;
	return 0;
}

int usb_choose(const struct usb_wanted *wanted, const struct usb_found *found, size_t count,
	       int *ret, struct err *err)
{
	return wanted->port[0] ? choose_by_port(wanted, found, count, ret, err)
			       : choose_by_serial(wanted, found, count, ret, err);
}

int usb_find(const char *sysfs, const struct usb_wanted *wanted, struct usb_found *ret,
	     bool *ret_there, struct err *err)
{
	struct usb_found one, *all = &one;
	AUTO_FREE struct usb_found *many = NULL;
	size_t count;
	int chosen, r;

	if (wanted->port[0]) {
		count = usb_sysfs_read(sysfs, wanted->port, &one) ? 1 : 0;
	} else {
		many = calloc(USB_SYSFS_DEVICES_MAX, sizeof(*many));
		if (!many)
			return err_set(err, ERR_RIG, -ENOMEM, "out of memory");
		all = many;
		count = usb_sysfs_list(sysfs, many, USB_SYSFS_DEVICES_MAX);
	}
	r = usb_choose(wanted, all, count, &chosen, err);
	if (r < 0)
		return r;
	if (chosen >= 0)
		*ret = all[chosen];
	*ret_there = chosen >= 0;
	return 0;
}

void usb_node_path(const char *dev, const struct usb_found *found, char ret[USB_SYSFS_PATH_MAX])
{
	usb_path(ret, "%s/%03u/%03u", dev, found->bus, found->number);
}
