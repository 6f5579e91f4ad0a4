/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder that looks like /sys/bus/usb/devices and one like /dev/bus/usb, for tests. */
#ifndef TESTS_LIB_FAKE_USB_TREE_H
#define TESTS_LIB_FAKE_USB_TREE_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_TREE_PATH_MAX = 200 };

struct fake_usb_tree {
	char sysfs[FAKE_TREE_PATH_MAX];
	char dev[FAKE_TREE_PATH_MAX];
};

/* Begins an empty tree in the running test's folder. */
void fake_tree_init(struct fake_usb_tree *tree);

/* A device with its node, configured: interface "1.0" is there. 'serial' NULL: it has none. */
void fake_tree_plug(const struct fake_usb_tree *tree, const char *port, unsigned int number,
		    uint16_t vendor, uint16_t product, const char *serial);

/* The same, but without interface and serial number: the kernel is not done with it. */
void fake_tree_plug_raw(const struct fake_usb_tree *tree, const char *port, unsigned int number,
			uint16_t vendor, uint16_t product);

/* Takes a device off with all that is below it. */
void fake_tree_unplug(const struct fake_usb_tree *tree, const char *port);

/* Adds the folder "PORT/NAME". */
void fake_tree_folder(const struct fake_usb_tree *tree, const char *port, const char *name);

/* Writes the file "PORT/NAME". */
void fake_tree_write(const struct fake_usb_tree *tree, const char *port, const char *name,
		     const char *text);

/* Reads it into 'ret', without the line's end. */
void fake_tree_read(const struct fake_usb_tree *tree, const char *port, const char *name,
		    char ret[64]);

/* Lets other users walk into the tree, and becomes one who owns nothing; false when this process is
 * not root and cannot. */
bool fake_tree_become_nobody(const struct fake_usb_tree *tree);

#endif
