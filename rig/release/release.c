/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "release/release.h"

#include <errno.h>

void release_release(struct release *release)
{
	if (!release)
		return;
	for (size_t i = 0; i < release->module_count; i++)
		image_release(&release->modules[i].image);
	release->module_count = 0;
}

int release_find_module(const struct release *release, const char *name)
{
	for (size_t i = 0; i < release->module_count; i++)
		if (strcmp(release->modules[i].name, name) == 0)
			return (int)i;
	return -ENOENT;
}

char *release_cache_dir(void)
{
	static const struct {
		const char *variable;
		const char *folder;
	} places[] = {
		{ "OTARIG_CACHE", "" },
		{ "XDG_CACHE_HOME", "/otarig" },
		{ "HOME", "/.cache/otarig" },
	};
	char *path;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *value = getenv(places[i].variable);

		if (!value || !value[0])
			continue;
		return asprintf(&path, "%s%s", value, places[i].folder) < 0 ? NULL : path;
	}
	return NULL;
}
