/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device with the reference firmware, as its tests handle it: releases by name, updates that are
 * delivered and cut at a flash operation, boots, and what it says on its serial port and LED.
 */
#ifndef TESTS_LIB_DEVICE_H
#define TESTS_LIB_DEVICE_H

#include "lib/cloud_peer.h"
#include "lib/led_watch.h"

struct image;
struct loaded;

enum device_limits { DEVICE_TEXT_MAX = 8192, DEVICE_OPS_MAX = 16384 };

enum device_part { DEVICE_PART1 = 0, DEVICE_PART2 = 1, DEVICE_USER = 2 };

struct device {
	struct loaded *loaded;
	struct vboard *vb;
	struct led_watch watch;	    /* since the last device_boot() */
	char text[DEVICE_TEXT_MAX]; /* what it said since */
	size_t text_len;
	/* flash operations since the last delivery began */
	struct vboard_flash_op ops[DEVICE_OPS_MAX];
	size_t op_count;
	void *storage;		/* of device_keep() */
	struct cloud_peer peer; /* what its radio reaches, once device_go_online() was called */
};

/* A device with release reference-FROM-p1, to be updated to reference-TO-p1; booted once. */
struct device *device_new(const char *from, const char *to);
void device_free(struct device *dev);

/* Keeps what outlives power, and puts it back; the device is off afterwards. */
void device_keep(struct device *dev);
void device_put_back(struct device *dev);

/* Power off and on again after a second; forgets what was seen; runs for 'ms'. */
void device_boot(struct device *dev, unsigned int ms);

/* The same, and runs only until it says 'text'; false when it has not within 'ms'. */
bool device_boot_until(struct device *dev, const char *text, unsigned int ms);

/*
 * Delivers a part from the running or switched-off device, with power cut at 'cut' (NULL: not at
 * all; counted in operations from the delivery's beginning). True when the cut happened; the device
 * is off then. Without a cut it has run until the update was applied and the system was up.
 */
bool device_deliver(struct device *dev, enum device_part part, const struct vboard_cut *cut);

/* From now on there is a network and the cloud. */
void device_go_online(struct device *dev);

/* Runs for 'ms' with the cloud answering. */
void device_run_online(struct device *dev, unsigned int ms);

/* Boots with a cut by operation armed; true when it happened within 'ms'. */
bool device_boot_cut(struct device *dev, const struct vboard_cut *cut, unsigned int ms);

/* Did it say that since its last boot? */
bool device_said(const struct device *dev, const char *text);

/* Did the LED show that word since the last boot? */
bool device_showed(const struct device *dev, const char *word);

/* The module that an update of 'part' delivers. */
const struct image *device_image(const struct device *dev, enum device_part part);

/* The module of 'from' or of 'to' is in flash, byte for byte. */
bool device_holds(const struct device *dev, enum device_part part, bool of_new_release);

/*
 * Number of the first or last operation of the delivery seen so far that falls on [begin, end), at
 * or after number 'from'; fails the test when there is none.
 */
size_t device_first_op(const struct device *dev, uint32_t begin, uint32_t end, size_t from);
size_t device_last_op(const struct device *dev, uint32_t begin, uint32_t end);

/* Where a part is installed. */
uint32_t device_address(enum device_part part);

#endif
