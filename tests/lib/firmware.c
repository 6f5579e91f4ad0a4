/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/firmware.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *data_file(const char *folder, const char *below, const char *name)
{
	AUTO_FREE char *data = data_dir();
	char *path = NULL;

	ck_assert_int_gt(asprintf(&path, "%s/%s/%s/%s.yaml", data, folder, below, name), 0);
	return path;
}

static void must_be_missing(const struct err *err)
{
	char text[ERR_TEXT_MAX + ERR_FILE_MAX + 16];

	err_format(err, text, sizeof(text));
	ck_assert_msg(err->code == -ENOENT, "%s", text);
}

struct loaded *firmware_scenario(const char *name)
{
	return firmware_scenario_in("smoke", name);
}

struct loaded *firmware_scenario_in(const char *folder, const char *name)
{
	AUTO_FREE char *path = data_file("scenarios", folder, name);
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	struct err err = ERR_INIT;
	struct loaded *loaded = NULL;

	ck_assert_msg(scenario_load(path, scenario, &err) == 0, "%s:%u: %s", path, err.line,
		      err.text);
	if (loaded_open(scenario, &loaded, &err) == 0)
		return loaded;
	must_be_missing(&err);
	return NULL;
}

bool firmware_release(const char *name, struct release *ret)
{
	AUTO_FREE char *path = data_file("firmware-under-test", "releases", name);
	AUTO_FREE char *cache = release_cache_dir();
	struct err err = ERR_INIT;

	if (release_load(path, cache, ret, &err) == 0)
		return true;
	must_be_missing(&err);
	return false;
}

void firmware_install(struct vboard *vb, const struct release *release)
{
	for (size_t i = 0; i < release->module_count; i++) {
		const struct image *image = &release->modules[i].image;

		ck_assert(vboard_flash_load(vb, image->header.start, image->bytes, image->len));
	}
}

unsigned int flow_scale(unsigned int full, unsigned int small)
{
	const char *scale = getenv("FLOW_SCALE");

	return scale && strcmp(scale, "small") == 0 ? small : full;
}
