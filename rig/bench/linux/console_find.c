/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/console_find.h"

#include "base/text.h"
#include "bench/linux/usb_sysfs.h"

#include <dirent.h>
#include <string.h>

/* The first entry of the folder 'dir' that begins with "tty" and is longer than that; false when
 * there is none. */
static bool first_tty(const char *dir, char ret[CONSOLE_TTY_MAX])
{
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	while (d && !found && (entry = readdir(d)))
		found = strncmp(entry->d_name, "tty", 3) == 0 && entry->d_name[3] != '\0' &&
			text_copy(ret, CONSOLE_TTY_MAX, entry->d_name);
	if (d)
		closedir(d);
	return found;
}

/* The tty of an interface: "tty/ttyACM0" of cdc_acm; "ttyUSB0" of the adapters' drivers. */
static bool interface_tty(const char *interface, char ret[CONSOLE_TTY_MAX])
{
	char dir[USB_SYSFS_PATH_MAX];

	return (usb_path(dir, "%s/tty", interface) && first_tty(dir, ret)) ||
	       first_tty(interface, ret);
}

struct line {
	unsigned long interface;
	char tty[CONSOLE_TTY_MAX];
};

static int by_interface(const void *a, const void *b)
{
	const struct line *left = a, *right = b;

	return (left->interface > right->interface) - (left->interface < right->interface);
}

bool console_find_tty(const char *sysfs, const char *port, unsigned int nth,
		      char ret[CONSOLE_TTY_MAX])
{
	struct line lines[CONSOLE_LINES_MAX];
	char dir[USB_SYSFS_PATH_MAX], interface[USB_SYSFS_PATH_MAX];
	size_t count = 0, len = strlen(port);
	struct dirent *entry;
	DIR *d;

	if (!usb_path(dir, "%s/%s", sysfs, port))
		return false;
	d = opendir(dir);
	while (d && count < CONSOLE_LINES_MAX && (entry = readdir(d))) {
		const char *name = entry->d_name, *number;

		/* "1-1:1.2": configuration 1, interface 2 */
		if (strncmp(name, port, len) != 0 || name[len] != ':')
			continue;
		number = strchr(name + len, '.');
		if (!number || !usb_path(interface, "%s/%s", dir, name) ||
		    !interface_tty(interface, lines[count].tty))
			continue;
		lines[count++].interface = strtoul(number + 1, NULL, 10);
	}
	if (d)
		closedir(d);
	if (nth >= count)
		return false;
	qsort(lines, count, sizeof(lines[0]), by_interface);
	return text_copy(ret, CONSOLE_TTY_MAX, lines[nth].tty);
}
