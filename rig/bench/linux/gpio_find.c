/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/gpio_find.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	CHIPS_MAX = 64,
	NAMES_SHOWN_MAX = 8, /* lines of a chip, in an error */
	LIST_TEXT_MAX = 300,
	PATH_TEXT_MAX = 300,
};

/* What was found while looking for a chip. */
struct search {
	const char *name;
	char there[LIST_TEXT_MAX]; /* "gpiochip0 (label), ..." */
	char refused[PATH_TEXT_MAX];
	int refused_code;
};

static void append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? ", " : "", more);
}

static int no_permission(const char *path, int code, struct err *err)
{
	struct stat st;
	struct group *group;

	if (stat(path, &st) != 0)
		return err_set(err, ERR_RIG, code, "cannot open '%s': %s", path, strerror(-code));
	group = getgrgid(st.st_gid);
	if (group && (st.st_mode & S_IRGRP) && (st.st_mode & S_IWGRP) && st.st_gid != 0)
		return err_set(err, ERR_RIG, code,
			       "no permission for '%s': it is for group '%s', be a member of it",
			       path, group->gr_name);
	return err_set(err, ERR_RIG, code,
		       "no permission for '%s': it belongs to group '%s' with mode %03o; a udev "
		       "rule can give it to a group with mode 660",
		       path, group ? group->gr_name : "?", (unsigned int)(st.st_mode & 0777));
}

static int cannot_open(const char *path, int code, struct err *err)
{
	if (code == -EACCES || code == -EPERM)
		return no_permission(path, code, err);
	return err_set(err, ERR_RIG, code, "cannot open GPIO chip '%s': %s", path, strerror(-code));
}

/* Opens the chip when it is the one that is looked for; else NULL and a note of what is there. */
static struct gpio_lib_chip *open_if_wanted(struct search *search, const char *path)
{
	struct gpio_lib_chip_info info;
	char text[2 * GPIO_NAME_MAX + 8];
	struct gpio_lib_chip *chip;
	int r = gpio_lib_open(path, &chip);

	if (r < 0) {
		text_copy(search->refused, sizeof(search->refused), path);
		search->refused_code = r;
		return NULL;
	}
	r = gpio_lib_chip_info(chip, &info);
	if (r == 0 &&
	    (strcmp(info.name, search->name) == 0 || strcmp(info.label, search->name) == 0))
		return chip;
	if (r == 0) {
		snprintf(text, sizeof(text), "%s (%s)", info.name, info.label);
		append(search->there, sizeof(search->there), text);
	}
	gpio_lib_close(chip);
	return NULL;
}

static int is_chip(const struct dirent *entry)
{
	return strncmp(entry->d_name, "gpiochip", strlen("gpiochip")) == 0;
}

static struct gpio_lib_chip *look_in_dev(struct search *search)
{
	struct dirent **entries = NULL;
	struct gpio_lib_chip *chip = NULL;
	int count = scandir("/dev", &entries, is_chip, versionsort);

	for (int i = 0; i < count; i++) {
		char path[PATH_TEXT_MAX];

		snprintf(path, sizeof(path), "/dev/%s", entries[i]->d_name);
		if (!chip && i < CHIPS_MAX)
			chip = open_if_wanted(search, path);
		free(entries[i]);
	}
	free(entries);
	return chip;
}

static int find_chip(const char *name, struct gpio_lib_chip **ret, struct err *err)
{
	struct search search = { .name = name };
	int r;

	if (name[0] == '/') {
		r = gpio_lib_open(name, ret);
		return r < 0 ? cannot_open(name, r, err) : 0;
	}
	*ret = look_in_dev(&search);
	if (*ret)
		return 0;
	if (search.refused_code)
		return cannot_open(search.refused, search.refused_code, err);
	return err_set(err, ERR_RIG, -ENODEV, "there is no GPIO chip '%s'%s%s", name,
		       search.there[0] ? ", but " : "; this machine has none", search.there);
}

static int find_line(struct gpio_lib_chip *chip, const struct bench_line *where,
		     unsigned int *ret_offset, struct err *err)
{
	char names[LIST_TEXT_MAX] = "";
	struct gpio_lib_chip_info info;
	struct gpio_lib_line_info line;
	unsigned int shown = 0;
	uint64_t number;
	int r = gpio_lib_chip_info(chip, &info);

	if (r == 0 && text_parse_u64(where->line, UINT32_MAX, &number, NULL) == 0 &&
	    number < info.lines) {
		*ret_offset = (unsigned int)number;
		return 0;
	}
	for (unsigned int i = 0; r == 0 && i < info.lines; i++) {
		r = gpio_lib_line_info(chip, i, &line);
		if (r == 0 && strcmp(line.name, where->line) == 0) {
			*ret_offset = i;
			return 0;
		}
		if (r == 0 && line.name[0] && shown++ < NAMES_SHOWN_MAX)
			append(names, sizeof(names), line.name);
	}
	if (r < 0)
		return err_set(err, ERR_RIG, r, "cannot ask GPIO chip '%s': %s", where->chip,
			       strerror(-r));
	return err_set(err, ERR_RIG, -ENOENT,
		       "GPIO chip '%s' has no line '%s': it has %u, numbered from 0%s%s%s",
		       where->chip, where->line, info.lines, names[0] ? ", and names " : "", names,
		       shown > NAMES_SHOWN_MAX ? ", ..." : "");
}

int gpio_find(const struct bench_line *where, struct gpio_lib_chip **ret_chip,
	      unsigned int *ret_offset, struct err *err)
{
	struct gpio_lib_chip *chip = NULL;
	int r = find_chip(where->chip, &chip, err);

	if (r < 0)
		return r;
	r = find_line(chip, where, ret_offset, err);
	if (r < 0)
		gpio_lib_close(chip);
	else
		*ret_chip = chip;
	return r;
}

int gpio_find_refused(const struct bench_line *where, struct gpio_lib_chip *chip,
		      unsigned int offset, int code, struct err *err)
{
	struct gpio_lib_line_info info;

	if (code == -EBUSY && gpio_lib_line_info(chip, offset, &info) == 0)
		return err_set(err, ERR_RIG, code, "line '%s' of GPIO chip '%s' is held by '%s'",
			       where->line, where->chip,
			       info.consumer[0] ? info.consumer : "a nameless program");
	return err_set(err, ERR_RIG, code, "cannot take line '%s' of GPIO chip '%s': %s",
		       where->line, where->chip, strerror(-code));
}
