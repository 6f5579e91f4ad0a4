/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_usb_tree.h"

#include "lib/testing.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 600, NOBODY = 65534 };

static void make_folder(const char *path)
{
	ck_assert_msg(mkdir(path, 0755) == 0, "mkdir %s", path);
}

void fake_tree_init(struct fake_usb_tree *tree)
{
	const char *folder = testing_folder();

	snprintf(tree->sysfs, sizeof(tree->sysfs), "%.150s/sysfs", folder);
	snprintf(tree->dev, sizeof(tree->dev), "%.150s/dev", folder);
	make_folder(tree->sysfs);
	make_folder(tree->dev);
}

void fake_tree_folder(const struct fake_usb_tree *tree, const char *port, const char *name)
{
	char path[NAME_BYTES];

	snprintf(path, sizeof(path), "%s/%s/%s", tree->sysfs, port, name);
	make_folder(path);
}

void fake_tree_write(const struct fake_usb_tree *tree, const char *port, const char *name,
		     const char *text)
{
	char path[NAME_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", tree->sysfs, port, name);
	f = fopen(path, "we");
	ck_assert_msg(f != NULL, "fopen %s", path);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

void fake_tree_read(const struct fake_usb_tree *tree, const char *port, const char *name,
		    char ret[64])
{
	char path[NAME_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", tree->sysfs, port, name);
	f = fopen(path, "re");
	ck_assert_msg(f != NULL, "fopen %s", path);
	if (!fgets(ret, 64, f))
		ret[0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	fclose(f);
}

static void add_node(const struct fake_usb_tree *tree, unsigned long bus, unsigned int number)
{
	char path[NAME_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%s/%03lu", tree->dev, bus);
	if (access(path, F_OK) < 0)
		make_folder(path);
	snprintf(path, sizeof(path), "%s/%03lu/%03u", tree->dev, bus, number);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0660);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

void fake_tree_plug_raw(const struct fake_usb_tree *tree, const char *port, unsigned int number,
			uint16_t vendor, uint16_t product)
{
	unsigned long bus = strtoul(strncmp(port, "usb", 3) == 0 ? port + 3 : port, NULL, 10);
	char path[NAME_BYTES], text[16];

	snprintf(path, sizeof(path), "%s/%s", tree->sysfs, port);
	make_folder(path);
	snprintf(text, sizeof(text), "%lu\n", bus & 0xff);
	fake_tree_write(tree, port, "busnum", text);
	snprintf(text, sizeof(text), "%u\n", number);
	fake_tree_write(tree, port, "devnum", text);
	snprintf(text, sizeof(text), "%04x\n", vendor);
	fake_tree_write(tree, port, "idVendor", text);
	snprintf(text, sizeof(text), "%04x\n", product);
	fake_tree_write(tree, port, "idProduct", text);
	fake_tree_write(tree, port, "bcdDevice", "0250\n");
	add_node(tree, bus, number);
}

void fake_tree_plug(const struct fake_usb_tree *tree, const char *port, unsigned int number,
		    uint16_t vendor, uint16_t product, const char *serial)
{
	char name[64];

	fake_tree_plug_raw(tree, port, number, vendor, product);
	if (serial) {
		snprintf(name, sizeof(name), "%s\n", serial);
		fake_tree_write(tree, port, "serial", name);
	}
	snprintf(name, sizeof(name), "%s:1.0", port);
	fake_tree_folder(tree, port, name);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fake_tree_unplug(const struct fake_usb_tree *tree, const char *port)
{
	char path[NAME_BYTES];

	snprintf(path, sizeof(path), "%s/%s", tree->sysfs, port);
	ck_assert_int_eq(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

bool fake_tree_become_nobody(const struct fake_usb_tree *tree)
{
	char path[FAKE_TREE_PATH_MAX];

	if (getuid() != 0)
		return false;
	snprintf(path, sizeof(path), "%s", tree->sysfs);
	for (int i = 0; i < 2; i++) { /* the test's folder, and the program's */
		*strrchr(path, '/') = '\0';
		ck_assert_int_eq(chmod(path, 0755), 0);
	}
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
	/* the leak checker looks into its own process */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	return true;
}
