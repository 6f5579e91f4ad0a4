/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A release: the modules a board runs together, where their files come from, and their hashes.
 * Read from firmware-under-test/releases/NAME.yaml; files are found in the firmware cache
 * or the repository and checked, never fetched here (tools/fetch-particle-firmware does that).
 */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H

#include "base/err.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum release_limits {
	RELEASE_NAME_MAX = 48,
	RELEASE_FILE_MAX = 128,
	RELEASE_MODULES_MAX = 8,
	RELEASE_MANIFEST_MAX = 65536,
};

struct release_module {
	char name[RELEASE_NAME_MAX]; /* "bootloader", "system-part1", "system-part2" ... */
	char file[RELEASE_FILE_MAX]; /* path inside the package */
	char sha256[SHA256_HEX];     /* of the module's bytes as installed; computed */
	uint32_t offset;      /* where the module begins inside the file (embedded modules) */
	uint32_t length;      /* 0 = to the end of the file */
	uint16_t set_version; /* 0 = as released; else restaged under this version */
	unsigned int line;    /* of the module in the manifest, for messages */
	struct image image;   /* loaded and checked */
};

/*
 * Where the running system's own code that reads and writes its configuration table is found
 * (virtual board only): in one module, either exported or at addresses.
 */
struct release_config_code {
	char module[RELEASE_NAME_MAX]; /* module that holds both */
	bool exported;		       /* else the addresses count */
	uint32_t library;	       /* index in the module's table of dynamic libraries */
	uint32_t read;		       /* indices in that library */
	uint32_t write;
	uint32_t read_address; /* with the Thumb bit, where nothing is exported */
	uint32_t write_address;
	bool has_ready; /* the module has to be run up to this export before they are called */
	uint32_t ready_library;
	uint32_t ready;
};

struct release {
	char path[ERR_FILE_MAX]; /* the manifest, as given by the user */
	char name[RELEASE_NAME_MAX];
	char board[RELEASE_NAME_MAX];
	char version[RELEASE_NAME_MAX];
	char package[RELEASE_NAME_MAX]; /* npm package name; empty: in the repository */
	char package_version[RELEASE_NAME_MAX];
	/* instead of a package: folder of the files, relative to the manifest */
	char folder[RELEASE_FILE_MAX];
	struct release_config_code config_code;
	struct release_module modules[RELEASE_MODULES_MAX];
	size_t module_count;
};

/*
 * Reads the manifest and every module: from 'cache_dir'/PACKAGE-PACKAGE_VERSION/FILE, or, when it
 * names a 'folder' (firmware kept in the repository), from FOLDER/FILE beside the manifest.
 * A manifest has one "key: value" a line, so that a shell script can read it too. Each module has
 *   name, file
 *   file_sha256     of the whole file
 *   offset, length  both or none: the module is embedded in the file, these bytes of it
 *   version         optional: what the module's header must say
 *   set_version     optional: the version it gets (SHA-256 and CRC made right again)
 * All modules must be for one platform, and no two for the same place. ERR_CONFIG with the
 * manifest's file and line for what the manifest says wrong, with the module's path and offset for
 * a bad image; a module that is not in the cache is ERR_CONFIG with code -ENOENT and says which
 * command fetches it. Caller releases *ret.
 */
int release_load(const char *path, const char *cache_dir, struct release *ret,
		 struct err *err) MUST_CHECK;
void release_release(struct release *release);

/* The module's index in release->modules, or -ENOENT. */
int release_find_module(const struct release *release, const char *name);

/*
 * The folder where fetched firmware lies: $OTARIG_CACHE, else $XDG_CACHE_HOME/otarig, else
 * ~/.cache/otarig. Caller frees; NULL on lack of memory or of a home.
 */
char *release_cache_dir(void);

#endif
