/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "release/release.h"
#include "base/file.h"
#include "lib/edit.h"
#include "lib/module.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdlib.h>

enum { JUNK = 16, BODY = 64 };

/* A made-up package in a cache of its own, and a manifest that fits it. */
struct toy {
	char cache[200];
	char manifest[256];  /* path */
	char *good;	     /* text */
	uint8_t *bootloader; /* lies inside of its file */
	size_t bootloader_len;
	uint8_t *system;
	size_t system_len;
};

static void put_bytes(const struct toy *toy, const char *name, const void *data, size_t len,
		      char ret_hex[SHA256_HEX])
{
	uint8_t digest[SHA256_BYTES];
	char path[256];

	snprintf(path, sizeof(path), "%s/pkg-2.0/%s", toy->cache, name);
	ck_assert_int_eq(file_write(path, data, len, NULL), 0);
	hash_sha256(data, len, digest);
	hash_hex(digest, ret_hex);
}

static void toy_init(struct toy *toy)
{
	static const struct image_header bootloader = { .start = 0x1000,
							.version = 7,
							.platform_id = 8,
							.function = IMAGE_FUNCTION_BOOTLOADER };
	static const struct image_header system = { .start = 0x2000,
						    .version = 17,
						    .platform_id = 8,
						    .function = IMAGE_FUNCTION_SYSTEM,
						    .index = 1 };
	char folder[256];
	char both_sha[SHA256_HEX];
	char system_sha[SHA256_HEX];
	uint8_t *both;

	snprintf(toy->cache, sizeof(toy->cache), "%s", testing_folder());
	snprintf(folder, sizeof(folder), "%s/pkg-2.0/d", toy->cache);
	ck_assert_int_eq(file_make_dirs(folder, NULL), 0);
	toy->bootloader = module_make(bootloader, 0, BODY, &toy->bootloader_len);
	toy->system = module_make(system, IMAGE_VECTORS_BYTES, BODY, &toy->system_len);
	both = calloc(1, 2 * JUNK + toy->bootloader_len);
	ck_assert_ptr_nonnull(both);
	memcpy(both + JUNK, toy->bootloader, toy->bootloader_len);
	put_bytes(toy, "d/both.bin", both, 2 * JUNK + toy->bootloader_len, both_sha);
	put_bytes(toy, "system.bin", toy->system, toy->system_len, system_sha);
	free(both);
	snprintf(toy->manifest, sizeof(toy->manifest), "%s/toy-1.yaml", toy->cache);
	ck_assert_int_gt(asprintf(&toy->good,
				  "release: toy-1\n"			    /* 1 */
				  "board: toy\n"			    /* 2 */
				  "version: 1.0\n"			    /* 3 */
				  "package: pkg\n"			    /* 4 */
				  "package_version: 2.0\n"		    /* 5 */
				  "config_code:\n"			    /* 6 */
				  "  {module: system-part1, library: 18,\n" /* 7 */
				  "   read: 0,\n"			    /* 8 */
				  "   write: 4}\n"			    /* 9 */
				  "modules:\n"				    /* 10 */
				  "  - name: bootloader\n"		    /* 11 */
				  "    file: d/both.bin\n"		    /* 12 */
				  "    file_sha256: %s\n"		    /* 13 */
				  "    offset: 16\n"			    /* 14 */
				  "    length: 132\n"			    /* 15 */
				  "    version: 7\n"			    /* 16 */
				  "  - name: system-part1\n"		    /* 17 */
				  "    file: system.bin\n"		    /* 18 */
				  "    file_sha256: %s\n"		    /* 19 */
				  "    version: 17\n"			    /* 20 */
				  "    set_version: 18\n",		    /* 21 */
				  both_sha, system_sha),
			 0);
	ck_assert_uint_eq(toy->bootloader_len, 132);
}

static void toy_release(struct toy *toy)
{
	free(toy->good);
	free(toy->bootloader);
	free(toy->system);
}

static int toy_load(const struct toy *toy, const char *text, struct release *ret, struct err *err)
{
	ck_assert_int_eq(file_write(toy->manifest, text, strlen(text), NULL), 0);
	return release_load(toy->manifest, toy->cache, ret, err);
}

START_TEST(good_manifest)
{
	struct err err = ERR_INIT;
	struct release release;
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX];
	struct toy toy;

	toy_init(&toy);
	ck_assert_msg(toy_load(&toy, toy.good, &release, &err) == 0, "%u: %s", err.line, err.text);
	ck_assert_str_eq(release.path, toy.manifest);
	ck_assert_str_eq(release.name, "toy-1");
	ck_assert_str_eq(release.board, "toy");
	ck_assert_str_eq(release.version, "1.0");
	ck_assert_str_eq(release.package, "pkg");
	ck_assert_str_eq(release.package_version, "2.0");
	ck_assert_str_eq(release.config_code.module, "system-part1");
	ck_assert(release.config_code.exported);
	ck_assert(!release.config_code.has_ready);
	ck_assert_uint_eq(release.config_code.library, 18);
	ck_assert_uint_eq(release.config_code.read, 0);
	ck_assert_uint_eq(release.config_code.write, 4);
	ck_assert_uint_eq(release.module_count, 2);
	ck_assert_int_eq(release_find_module(&release, "bootloader"), 0);
	ck_assert_int_eq(release_find_module(&release, "system-part1"), 1);
	ck_assert_int_eq(release_find_module(&release, "system-part2"), -ENOENT);
	ck_assert_uint_eq(release.modules[0].image.len, toy.bootloader_len);
	ck_assert_mem_eq(release.modules[0].image.bytes, toy.bootloader, toy.bootloader_len);
	ck_assert_uint_eq(release.modules[0].line, 11);
	/* restaged: as installed, not as in the package */
	ck_assert_uint_eq(release.modules[1].image.header.version, 18);
	ck_assert_uint_eq(release.modules[1].image.len, toy.system_len);
	hash_sha256(release.modules[1].image.bytes, toy.system_len, digest);
	hash_hex(digest, hex);
	ck_assert_str_eq(release.modules[1].sha256, hex);
	release_release(&release);
	toy_release(&toy);
}
END_TEST

START_TEST(address_instead_of_export)
{
	static const struct edit edit = {
		.from = "  {module: system-part1, library: 18,\n   read: 0,\n   write: 4}\n",
		.to = "  module: system-part1\n  read_address: 0x08060101\n"
		      "  write_address: 0x08060103\n",
	};
	struct release release;
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &edit);
	ck_assert_int_eq(toy_load(&toy, text, &release, NULL), 0);
	ck_assert_uint_eq(release.config_code.read_address, 0x08060101);
	ck_assert_uint_eq(release.config_code.write_address, 0x08060103);
	ck_assert_str_eq(release.config_code.module, "system-part1");
	ck_assert(!release.config_code.exported);
	ck_assert(!release.config_code.has_ready);
	release_release(&release);
	free(text);
	toy_release(&toy);
}
END_TEST

START_TEST(code_that_needs_a_running_start)
{
	static const struct edit edit = { .from = "library: 18,",
					  .to = "library: 18, ready_library: 7, ready: 2," };
	struct release release;
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &edit);
	ck_assert_int_eq(toy_load(&toy, text, &release, NULL), 0);
	ck_assert(release.config_code.has_ready);
	ck_assert_uint_eq(release.config_code.ready_library, 7);
	ck_assert_uint_eq(release.config_code.ready, 2);
	release_release(&release);
	free(text);
	toy_release(&toy);
}
END_TEST

START_TEST(files_beside_the_manifest)
{
	static const struct edit edit = {
		.from = "package: pkg\npackage_version: 2.0\n",
		.to = "folder: ./pkg-2.0\n",
	};
	struct release release;
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &edit);
	ck_assert_int_eq(file_write(toy.manifest, text, strlen(text), NULL), 0);
	ck_assert_int_eq(release_load(toy.manifest, "/nowhere", &release, NULL), 0);
	ck_assert_str_eq(release.folder, "./pkg-2.0");
	ck_assert_str_eq(release.package, "");
	ck_assert_mem_eq(release.modules[0].image.bytes, toy.bootloader, toy.bootloader_len);
	release_release(&release);
	free(text);
	toy_release(&toy);
}
END_TEST

static const char source[] = "a release needs either 'package' and 'package_version', or "
			     "'folder'";

static const char either[] = "'config_code' needs either 'read_address' and 'write_address', or "
			     "'library', 'read' and 'write'";
static const char ready[] = "'ready_library' and 'ready' go together, and with 'library'";

static const struct edit edits[] = {
	{ "board:", "bord:", 2, "unknown key 'bord'" },
	{ "version: 1.0\n", "", 1, "missing key 'version'" },
	{ "    version: 7", "    file: x", 16, "duplicate key 'file'" },
	{ "toy-1", "toy/1", 1, "'toy/1' has bad characters for 'release', use a-z 0-9 - ." },
	{ "package: pkg", "package: ../pkg", 4,
	  "'../pkg' has bad characters for 'package', use a-z 0-9 - ." },
	{ "package: pkg\n", "", 1, source },
	{ "package_version: 2.0\n", "", 1, source },
	{ "package: pkg\n", "package: pkg\nfolder: x\n", 1, source },
	{ "package: pkg\npackage_version: 2.0\n", "folder: /x\n", 4,
	  "'/x' must be relative to the manifest" },
	{ "   read: 0,\n", "", 6, either },
	{ "   read: 0,\n", "   read_address: 1,\n", 6, either },
	{ "   read: 0,\n", "   read: 0,\n   read_address: 1,\n", 6, either },
	{ "  {module: system-part1, library: 18,\n   read: 0,\n   write: 4}\n",
	  "  module: system-part1\n  read_address: 0x8000100\n  write_address: 1\n", 8,
	  "address 0x8000100 has no Thumb bit" },
	{ "  {module: system-part1, library: 18,\n   read: 0,\n   write: 4}\n",
	  "  read_address: 1\n  write_address: 1\n", 6, "missing key 'module' in 'config_code'" },
	{ "   read: 0,\n", "   read: 0,\n   ready: 2,\n", 6, ready },
	{ "   read: 0,\n", "   read: 0,\n   ready_library: 2,\n", 6, ready },
	{ "  {module: system-part1, library: 18,\n   read: 0,\n   write: 4}\n",
	  "  {module: system-part1, read_address: 1, write_address: 1, ready: 2,\n"
	  "   ready_library: 7}\n",
	  6, ready },
	{ "module: system-part1", "module: system-part2", 7, "there is no module 'system-part2'" },
	{ "name: bootloader", "name: Boot", 11,
	  "'Boot' has bad characters for 'modules[0].name', use a-z 0-9 -" },
	{ "name: bootloader", "name: system-part1", 17, "a second module 'system-part1'" },
	{ "d/both.bin", "/etc/passwd", 12,
	  "'/etc/passwd' is not a path inside the package or folder" },
	{ "d/both.bin", "../x.bin", 12, "'../x.bin' is not a path inside the package or folder" },
	{ "file_sha256: ", "file_sha256: 00", 13,
	  "'modules[0].file_sha256' is longer than 64 bytes" },
	{ "    length: 132\n", "", 11, "'offset' and 'length' go together" },
	{ "version: 7", "version: 8", 16, "module 'bootloader' has version 7, not 8" },
	{ "version: 7", "version: 65536", 16,
	  "'65536' is too large for 'modules[0].version', at most 65535" },
};

START_TEST(bad_manifest)
{
	struct release release = { .module_count = 77 };
	struct err err = ERR_INIT;
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &edits[_i]);
	ck_assert_int_lt(toy_load(&toy, text, &release, &err), 0);
	edit_expect(&edits[_i], &err, toy.manifest);
	ck_assert_uint_eq(release.module_count, 77);
	free(text);
	toy_release(&toy);
}
END_TEST

/* Errors whose text has a path of this machine: their parts. */
static const struct {
	struct edit edit;
	const char *says;
	const char *also;
} located[] = {
	{ { "system.bin", "missing.bin", 17, NULL },
	  "/pkg-2.0/missing.bin' is not in the firmware cache",
	  "run 'tools/fetch-particle-firmware " },
	{ { "system.bin", "d", 17, NULL }, "/pkg-2.0/d': not a regular file", "cannot read '" },
	{ { "system.bin", "d/both.bin", 19, NULL }, "/pkg-2.0/d/both.bin' has SHA-256 ", "'" },
	{ { "offset: 16", "offset: 33", 14, NULL },
	  "offset 33 and length 132 lie outside of '",
	  "/both.bin' (164 bytes)" },
	{ { "length: 132", "length: 0xffffffff", 14, NULL },
	  "lie outside of '",
	  "offset 16 and length 4294967295" },
};

START_TEST(bad_file)
{
	struct err err = ERR_INIT;
	struct release release;
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &located[_i].edit);
	ck_assert_int_lt(toy_load(&toy, text, &release, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_int_eq(err.code, _i == 0 ? -ENOENT : -EINVAL);
	ck_assert_str_eq(err.file, toy.manifest);
	ck_assert_uint_eq(err.line, located[_i].edit.line);
	ck_assert_msg(strstr(err.text, located[_i].says) && strstr(err.text, located[_i].also),
		      "%s", err.text);
	free(text);
	toy_release(&toy);
}
END_TEST

START_TEST(bad_image_is_told_with_its_own_path)
{
	static const struct edit edit = { .from = "offset: 16", .to = "offset: 15" };
	struct err err = ERR_INIT;
	struct release release;
	char path[256];
	struct toy toy;
	char *text;

	toy_init(&toy);
	text = edit_apply(toy.good, &edit);
	ck_assert_int_lt(toy_load(&toy, text, &release, &err), 0);
	snprintf(path, sizeof(path), "%s/pkg-2.0/d/both.bin", toy.cache);
	ck_assert_str_eq(err.file, path);
	ck_assert_uint_eq(err.line, 0);
	ck_assert_str_eq(err.text, "module 'bootloader' (embedded): offset 0x4: the header tells "
				   "of 32772 bytes, there are only 132");
	free(text);
	toy_release(&toy);
}
END_TEST

/* The second module changed, its hash in the manifest made right. */
static void expect_clash(uint8_t function, uint8_t index, uint8_t platform, const char *says)
{
	struct err err = ERR_INIT;
	char hex[SHA256_HEX];
	struct release release;
	struct toy toy;

	toy_init(&toy);
	toy.system[IMAGE_VECTORS_BYTES + 12] = platform;
	toy.system[IMAGE_VECTORS_BYTES + 14] = function;
	toy.system[IMAGE_VECTORS_BYTES + 15] = index;
	module_seal(toy.system, toy.system_len);
	put_bytes(&toy, "system.bin", toy.system, toy.system_len, hex);
	memcpy(strstr(strstr(toy.good, "system.bin"), "256: ") + 5, hex, SHA256_HEX - 1);
	ck_assert_int_lt(toy_load(&toy, toy.good, &release, &err), 0);
	ck_assert_str_eq(err.text, says);
	ck_assert_uint_eq(err.line, 17);
	toy_release(&toy);
}

START_TEST(modules_that_clash)
{
	expect_clash(4, 1, 6, "module 'system-part1' is for platform 6, 'bootloader' for 8");
	expect_clash(2, 0, 8, "modules 'bootloader' and 'system-part1' are both bootloader 0");
}
END_TEST

static const struct {
	const char *cache, *xdg, *home;
	const char *folder; /* NULL = none */
} places[] = {
	{ "/a", "/b", "/c", "/a" },
	{ "", "/b", "/c", "/b/otarig" },
	{ NULL, NULL, "/c", "/c/.cache/otarig" },
	{ NULL, NULL, "", NULL },
};

static void set_variable(const char *name, const char *value)
{
	ck_assert_int_eq(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

START_TEST(cache_folder)
{
	char *folder;

	set_variable("OTARIG_CACHE", places[_i].cache);
	set_variable("XDG_CACHE_HOME", places[_i].xdg);
	set_variable("HOME", places[_i].home);
	folder = release_cache_dir();
	if (places[_i].folder)
		ck_assert_str_eq(folder ? folder : "none", places[_i].folder);
	else
		ck_assert_ptr_null(folder);
	free(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("release");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, good_manifest);
	tcase_add_test(tcase, address_instead_of_export);
	tcase_add_test(tcase, code_that_needs_a_running_start);
	tcase_add_test(tcase, files_beside_the_manifest);
	tcase_add_loop_test(tcase, bad_manifest, 0, ARRAY_LEN(edits));
	tcase_add_loop_test(tcase, bad_file, 0, ARRAY_LEN(located));
	tcase_add_test(tcase, bad_image_is_told_with_its_own_path);
	tcase_add_test(tcase, modules_that_clash);
	tcase_add_loop_test(tcase, cache_folder, 0, ARRAY_LEN(places));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
