/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/node.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NODE_NAME_MAX = 64, NODE_GROUPS_MAX = 128, NODE_PROC_PATH_MAX = 300 };

static const char *const rules[] = {
	[NODE_USB] =
		"SUBSYSTEM==\"usb\", ATTR{idVendor}==\"2b04\", GROUP=\"plugdev\", MODE=\"0660\"",
	[NODE_TTY] =
		"SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"2b04\", GROUP=\"dialout\", MODE=\"0660\"",
	[NODE_USB_PORT_FILE] =
		"SUBSYSTEM==\"usb\", DRIVER==\"hub\", RUN+=\"/bin/sh -c 'chgrp plugdev "
		"/sys$devpath/*-port*/disable; chmod g+w /sys$devpath/*-port*/disable'\"",
};

/* The name of group 'gid' by /etc/group; the number when it has none there. */
static void group_name(gid_t gid, char ret[NODE_NAME_MAX])
{
	char line[NODE_PROC_PATH_MAX];
	FILE *f = fopen("/etc/group", "re");

	snprintf(ret, NODE_NAME_MAX, "%u", (unsigned int)gid);
	while (f && fgets(line, sizeof(line), f)) {
		char *name = line, *after, *number;

		number = strchr(line, ':');
		if (!number)
			continue;
		*number++ = '\0';
		number = strchr(number, ':');
		if (!number || strtoul(number + 1, &after, 10) != gid || *after != ':')
			continue;
		snprintf(ret, NODE_NAME_MAX, "%.*s", NODE_NAME_MAX - 1, name);
		break;
	}
	if (f)
		fclose(f);
}

static bool is_in_group(gid_t gid)
{
	gid_t groups[NODE_GROUPS_MAX];
	int count = getgroups(NODE_GROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

static int refused_permission(const char *path, enum node_kind kind, int code, struct err *err)
{
	char group[NODE_NAME_MAX];
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, ERR_RIG, code, "no permission for '%s'", path);
	group_name(st.st_gid, group);
	if ((st.st_mode & S_IWGRP) && !is_in_group(st.st_gid))
		return err_set(
			err, ERR_RIG, code,
			"no permission for '%s': it is of group '%s', this user is not in it", path,
			group);
	return err_set(err, ERR_RIG, code,
		       "no permission for '%s' (group '%s', mode %03o); udev rule to add: %s", path,
		       group, (unsigned int)(st.st_mode & 0777), rules[kind]);
}

/* Whether the process 'pid' (text) has the node open. */
static bool process_has(const char *pid, const struct stat *node)
{
	char dir[NODE_PROC_PATH_MAX], path[NODE_PROC_PATH_MAX + NAME_MAX + 2];
	struct dirent *entry;
	struct stat st;
	bool has = false;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	d = opendir(dir);
	if (!d)
		return false;
	while (!has && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		has = stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == node->st_rdev;
	}
	closedir(d);
	return has;
}

/* The process that has the node open, as "name (pid)"; false when none is seen. */
static bool holder(const char *path, char ret[NODE_NAME_MAX])
{
	char file[NODE_PROC_PATH_MAX], name[32] = "?";
	struct dirent *entry;
	struct stat node;
	bool found = false;
	DIR *d;

	if (stat(path, &node) < 0 || !S_ISCHR(node.st_mode))
		return false;
	d = opendir("/proc");
	while (d && !found && (entry = readdir(d))) {
		FILE *f;

		if (entry->d_name[strspn(entry->d_name, "0123456789")] != '\0' ||
		    strtol(entry->d_name, NULL, 10) == getpid() ||
		    !process_has(entry->d_name, &node))
			continue;
		found = true;
		snprintf(file, sizeof(file), "/proc/%s/comm", entry->d_name);
		f = fopen(file, "re");
		if (f && fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		if (f)
			fclose(f);
		snprintf(ret, NODE_NAME_MAX, "%.20s (process %.20s)", name, entry->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

int node_refused(const char *path, enum node_kind kind, int code, struct err *err)
{
	char who[NODE_NAME_MAX];

	if (code == -EACCES || code == -EPERM)
		return refused_permission(path, kind, code, err);
	if (code == -EBUSY || code == -EAGAIN)
		return err_set(err, ERR_RIG, -EBUSY, "'%s' is in use by %s", path,
			       holder(path, who) ? who : "another program");
	return err_set(err, ERR_RIG, code, "cannot open '%s': %s", path, strerror(-code));
}
