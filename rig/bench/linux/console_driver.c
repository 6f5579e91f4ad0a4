/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/console_driver.h"

#include "base/text.h"

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char nodes[] = "/dev/bus/usb";

bool console_driver_parse(const char *name, char ret_port[USB_PORT_MAX], unsigned int *ret_number)
{
	const char *colon = strchr(name, ':'), *dot = colon ? strchr(colon, '.') : NULL;
	char port[USB_PORT_MAX], *end;
	unsigned long number;

	if (!dot || colon - name >= (ptrdiff_t)sizeof(port) || dot[1] < '0' || dot[1] > '9')
		return false;
	text_copy(port, sizeof(port), name);
	port[colon - name] = '\0';
	number = strtoul(dot + 1, &end, 10);
	if (!usb_port_is_valid(port) || *end != '\0' || number > UINT8_MAX)
		return false;
	text_copy(ret_port, USB_PORT_MAX, port);
	*ret_number = (unsigned int)number;
	return true;
}

/* Disconnects or connects (USBDEVFS_*); false when the kernel does not. */
static bool order(const struct usb_found *device, unsigned int interface, int what)
{
	struct usbdevfs_ioctl command = { .ifno = (int)interface, .ioctl_code = what };
	char path[USB_SYSFS_PATH_MAX];
	bool done;
	int fd;

	usb_node_path(nodes, device, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = ioctl(fd, USBDEVFS_IOCTL, &command) >= 0;
	close(fd);
	return done;
}

bool console_driver_take(const char *sysfs, const char *tty, struct console_driver *ret)
{
	struct console_driver driver = { .taken = true };
	char link[USB_SYSFS_PATH_MAX], port[USB_PORT_MAX];
	const char *name = strrchr(tty, '/');
	AUTO_FREE char *folder = NULL;

	if (!name || !usb_path(link, "/sys/class/tty%s/device", name))
		return false;
	folder = realpath(link, NULL);
	name = folder ? strrchr(folder, '/') : NULL;
	if (!name || !console_driver_parse(name + 1, port, &driver.interface) ||
	    !usb_sysfs_read(sysfs, port, &driver.device) ||
	    !order(&driver.device, driver.interface, USBDEVFS_DISCONNECT))
		return false;
	*ret = driver;
	return true;
}

void console_driver_give(const char *sysfs, struct console_driver *driver)
{
	struct usb_found now;

	if (driver->taken && usb_sysfs_read(sysfs, driver->device.port, &now) &&
	    now.bus == driver->device.bus && now.number == driver->device.number)
		IGNORE(!order(&now, driver->interface, USBDEVFS_CONNECT), "it may just have left");
	driver->taken = false;
}
