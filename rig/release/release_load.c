/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "release/release.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

#include <cyaml/cyaml.h>
#include <errno.h>

struct raw_module {
	struct release_module module;
	char file_sha256[SHA256_HEX];
	uint16_t version;
};

struct raw_release {
	struct release release; /* all but its modules */
	struct raw_module *modules;
	uint32_t modules_count;
};

/* A module while it is loaded. */
struct loading {
	const struct yaml_doc *doc;
	const struct raw_module *raw;
	char at[YAML_PATH_MAX]; /* "modules[2]" */
	char *path;		/* of its file in the cache */
};

static const cyaml_schema_field_t module_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct raw_module, module.name, 1),
	CYAML_FIELD_STRING("file", CYAML_FLAG_DEFAULT, struct raw_module, module.file, 1),
	CYAML_FIELD_STRING("file_sha256", CYAML_FLAG_DEFAULT, struct raw_module, file_sha256,
			   SHA256_HEX - 1),
	CYAML_FIELD_UINT("offset", CYAML_FLAG_OPTIONAL, struct raw_module, module.offset),
	CYAML_FIELD_UINT("length", CYAML_FLAG_OPTIONAL, struct raw_module, module.length),
	CYAML_FIELD_UINT("version", CYAML_FLAG_OPTIONAL, struct raw_module, version),
	CYAML_FIELD_UINT("set_version", CYAML_FLAG_OPTIONAL, struct raw_module, module.set_version),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t module_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_module, module_fields),
};

static const cyaml_schema_field_t code_fields[] = {
	CYAML_FIELD_STRING("module", CYAML_FLAG_DEFAULT, struct release_config_code, module, 1),
	CYAML_FIELD_UINT("ready_library", CYAML_FLAG_OPTIONAL, struct release_config_code,
			 ready_library),
	CYAML_FIELD_UINT("ready", CYAML_FLAG_OPTIONAL, struct release_config_code, ready),
	CYAML_FIELD_UINT("library", CYAML_FLAG_OPTIONAL, struct release_config_code, library),
	CYAML_FIELD_UINT("read", CYAML_FLAG_OPTIONAL, struct release_config_code, read),
	CYAML_FIELD_UINT("write", CYAML_FLAG_OPTIONAL, struct release_config_code, write),
	CYAML_FIELD_UINT("read_address", CYAML_FLAG_OPTIONAL, struct release_config_code,
			 read_address),
	CYAML_FIELD_UINT("write_address", CYAML_FLAG_OPTIONAL, struct release_config_code,
			 write_address),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t release_fields[] = {
	CYAML_FIELD_STRING("release", CYAML_FLAG_DEFAULT, struct raw_release, release.name, 1),
	CYAML_FIELD_STRING("board", CYAML_FLAG_DEFAULT, struct raw_release, release.board, 1),
	CYAML_FIELD_STRING("version", CYAML_FLAG_DEFAULT, struct raw_release, release.version, 1),
	CYAML_FIELD_STRING("package", CYAML_FLAG_OPTIONAL, struct raw_release, release.package, 1),
	CYAML_FIELD_STRING("package_version", CYAML_FLAG_OPTIONAL, struct raw_release,
			   release.package_version, 1),
	CYAML_FIELD_STRING("folder", CYAML_FLAG_OPTIONAL, struct raw_release, release.folder, 1),
	CYAML_FIELD_MAPPING("config_code", CYAML_FLAG_DEFAULT, struct raw_release,
			    release.config_code, code_fields),
	CYAML_FIELD_SEQUENCE("modules", CYAML_FLAG_POINTER, struct raw_release, modules,
			     &module_schema, 1, RELEASE_MODULES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t release_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_release, release_fields),
};

static int check_names(const struct yaml_doc *doc, const struct release *release, struct err *err)
{
	const struct {
		const char *path;
		const char *text;
	} names[] = {
		{ "release", release->name },
		{ "board", release->board },
		{ "version", release->version },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(names) && r == 0; i++)
		r = yaml_doc_name(doc, names[i].path, names[i].text, ".", err);
	return r;
}

/* Where the files are: in a package of the cache, or in a folder of the repository. */
static int check_source(const struct yaml_doc *doc, const struct release *release, struct err *err)
{
	int package = yaml_doc_has(doc, "package") + yaml_doc_has(doc, "package_version");
	bool folder = yaml_doc_has(doc, "folder");
	int r;

	if (folder ? package != 0 : package != 2)
		return yaml_doc_fail(doc, err, "release",
				     "a release needs either 'package' and 'package_version', "
				     "or 'folder'");
	if (folder && release->folder[0] == '/')
		return yaml_doc_fail(doc, err, "folder", "'%s' must be relative to the manifest",
				     release->folder);
	if (folder)
		return 0;
	r = yaml_doc_name(doc, "package", release->package, ".", err);
	if (r == 0)
		r = yaml_doc_name(doc, "package_version", release->package_version, ".", err);
	return r;
}

static int check_thumb(const struct yaml_doc *doc, const char *path, uint32_t address,
		       struct err *err)
{
	if (address % 2 == 0)
		return yaml_doc_fail(doc, err, path, "address 0x%x has no Thumb bit", address);
	return 0;
}

static int check_code(const struct yaml_doc *doc, struct release_config_code *code, struct err *err)
{
	int exports = yaml_doc_has(doc, "config_code.library") +
		      yaml_doc_has(doc, "config_code.read") +
		      yaml_doc_has(doc, "config_code.write");
	int addresses = yaml_doc_has(doc, "config_code.read_address") +
			yaml_doc_has(doc, "config_code.write_address");
	int ready = yaml_doc_has(doc, "config_code.ready_library") +
		    yaml_doc_has(doc, "config_code.ready");
	int r = 0;

	if (!(addresses == 2 && exports == 0) && !(addresses == 0 && exports == 3))
		return yaml_doc_fail(doc, err, "config_code",
				     "'config_code' needs either 'read_address' and "
				     "'write_address', or 'library', 'read' and 'write'");
	if (ready == 1 || (ready == 2 && addresses))
		return yaml_doc_fail(doc, err, "config_code",
				     "'ready_library' and 'ready' go together, and with 'library'");
	code->exported = exports == 3;
	code->has_ready = ready == 2;
	if (addresses)
		r = check_thumb(doc, "config_code.read_address", code->read_address, err);
	if (addresses && r == 0)
		r = check_thumb(doc, "config_code.write_address", code->write_address, err);
	return r;
}

/* What the manifest alone can say wrong about a module. */
static int check_module(const struct loading *load, struct err *err)
{
	const struct release_module *module = &load->raw->module;
	char path[YAML_PATH_MAX];
	int r = yaml_doc_name(load->doc, yaml_path(path, "%s.name", load->at), module->name, "",
			      err);

	if (r < 0)
		return r;
	if (module->file[0] == '/' || strstr(module->file, ".."))
		return yaml_doc_fail(load->doc, err, yaml_path(path, "%s.file", load->at),
				     "'%s' is not a path inside the package or folder",
				     module->file);
	if (strspn(load->raw->file_sha256, "0123456789abcdef") != SHA256_HEX - 1)
		return yaml_doc_fail(load->doc, err, yaml_path(path, "%s.file_sha256", load->at),
				     "'file_sha256' must be 64 digits of 0-9 a-f");
	if (yaml_doc_has(load->doc, yaml_path(path, "%s.offset", load->at)) !=
	    yaml_doc_has(load->doc, yaml_path(path, "%s.length", load->at)))
		return yaml_doc_fail(load->doc, err, load->at, "'offset' and 'length' go together");
	return 0;
}

static int read_file(const struct loading *load, const struct release *release, uint8_t **ret_data,
		     size_t *ret_len, struct err *err)
{
	struct err cause = ERR_INIT;
	AUTO_FREE uint8_t *data = NULL;
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX];
	size_t len;
	int r = file_read(load->path, IMAGE_BYTES_MAX, &data, &len, &cause);

	if (r == -ENOENT && !release->folder[0]) {
		yaml_doc_fail(load->doc, err, load->at,
			      "'%s' is not in the firmware cache, run "
			      "'tools/fetch-particle-firmware %s'",
			      load->path, release->name);
		if (err)
			err->code = r;
		return r;
	}
	if (r < 0)
		return yaml_doc_fail(load->doc, err, load->at, "%s", cause.text);
	hash_sha256(data, len, digest);
	hash_hex(digest, hex);
	if (strcmp(hex, load->raw->file_sha256) != 0) {
		char path[YAML_PATH_MAX];

		return yaml_doc_fail(load->doc, err, yaml_path(path, "%s.file_sha256", load->at),
				     "'%s' has SHA-256 %s", load->path, hex);
	}
	*ret_len = len;
	*ret_data = data;
	data = NULL;
	return 0;
}

/* The module's bytes out of its file; a bad image is told with the path of that file. */
static int parse_module(const struct loading *load, const uint8_t *data, size_t len,
			struct image *ret, struct err *err)
{
	const struct release_module *module = &load->raw->module;
	struct err cause = ERR_INIT;
	char path[YAML_PATH_MAX];

	if (module->offset > len || module->length > len - module->offset)
		return yaml_doc_fail(load->doc, err, yaml_path(path, "%s.offset", load->at),
				     "offset %u and length %u lie outside of '%s' (%zu bytes)",
				     module->offset, module->length, load->path, len);
	if (module->length != 0)
		len = module->length;
	if (image_parse(data + module->offset, len, ret, &cause) < 0)
		return err_set_at(err, load->path, 0, "module '%s'%s: %s", module->name,
				  module->length ? " (embedded)" : "", cause.text);
	if (load->raw->version == 0 || ret->header.version == load->raw->version)
		return 0;
	yaml_doc_fail(load->doc, err, yaml_path(path, "%s.version", load->at),
		      "module '%s' has version %u, not %u", module->name, ret->header.version,
		      load->raw->version);
	image_release(ret);
	return -EINVAL;
}

static int restage(struct release_module *module, struct err *err)
{
	struct image restaged;
	int r;

	if (module->set_version == 0)
		return 0;
	r = image_with_version(&module->image, module->set_version, &restaged, err);
	if (r < 0)
		return r;
	image_release(&module->image);
	module->image = restaged;
	return 0;
}

/* The module against those before it. */
static int check_against(const struct loading *load, const struct release *release,
			 const struct release_module *module, struct err *err)
{
	const struct image_header *header = &module->image.header;

	for (size_t i = 0; i < release->module_count; i++) {
		const struct release_module *other = &release->modules[i];

		if (strcmp(other->name, module->name) == 0)
			return yaml_doc_fail(load->doc, err, load->at, "a second module '%s'",
					     module->name);
		if (other->image.header.platform_id != header->platform_id)
			return yaml_doc_fail(load->doc, err, load->at,
					     "module '%s' is for platform %u, '%s' for %u",
					     module->name, header->platform_id, other->name,
					     other->image.header.platform_id);
		if (other->image.header.function == header->function &&
		    other->image.header.index == header->index)
			return yaml_doc_fail(load->doc, err, load->at,
					     "modules '%s' and '%s' are both %s %u", other->name,
					     module->name, image_function_name(header->function),
					     header->index);
	}
	return 0;
}

static int load_image(const struct loading *load, struct release *release, struct err *err)
{
	struct release_module module = load->raw->module;
	AUTO_FREE uint8_t *data = NULL;
	uint8_t digest[SHA256_BYTES];
	size_t len = 0;
	int r = read_file(load, release, &data, &len, err);

	if (r < 0)
		return r;
	r = parse_module(load, data, len, &module.image, err);
	if (r < 0)
		return r;
	r = restage(&module, err);
	if (r == 0)
		r = check_against(load, release, &module, err);
	if (r < 0) {
		image_release(&module.image);
		return r;
	}
	module.line = yaml_doc_line(load->doc, load->at);
	hash_sha256(module.image.bytes, module.image.len, digest);
	hash_hex(digest, module.sha256);
	release->modules[release->module_count++] = module;
	return 0;
}

/* Where the module's file must be; caller frees, NULL on lack of memory. */
static char *path_of_file(const struct release *release, const struct release_module *module,
			  const char *cache_dir)
{
	AUTO_FREE char *relative = NULL;
	char *path = NULL;

	if (!release->folder[0])
		return asprintf(&path, "%s/%s-%s/%s", cache_dir, release->package,
				release->package_version, module->file) < 0
			       ? NULL
			       : path;
	if (asprintf(&relative, "%s/%s", release->folder, module->file) < 0)
		return NULL;
	return file_beside(release->path, relative);
}

static int load_module(const struct yaml_doc *doc, const struct raw_module *raw, size_t number,
		       const char *cache_dir, struct release *release, struct err *err)
{
	struct loading load = { .doc = doc, .raw = raw };
	int r;

	yaml_path(load.at, "modules[%zu]", number);
	r = check_module(&load, err);
	if (r < 0)
		return r;
	load.path = path_of_file(release, &raw->module, cache_dir);
	if (!load.path)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a path");
	r = load_image(&load, release, err);
	free(load.path);
	return r;
}

static int release_from_doc(const struct yaml_doc *doc, const char *cache_dir,
			    struct release *release, struct err *err)
{
	const struct raw_release *raw = yaml_doc_get_data(doc);
	int r = check_names(doc, release, err);

	if (r == 0)
		r = check_source(doc, release, err);
	if (r == 0)
		r = check_code(doc, &release->config_code, err);
	for (size_t i = 0; i < raw->modules_count && r == 0; i++)
		r = load_module(doc, &raw->modules[i], i, cache_dir, release, err);
	if (r == 0 && release_find_module(release, release->config_code.module) < 0)
		r = yaml_doc_fail(doc, err, "config_code.module", "there is no module '%s'",
				  release->config_code.module);
	return r;
}

int release_load(const char *path, const char *cache_dir, struct release *ret, struct err *err)
{
	struct yaml_doc *doc;
	struct release release;
	int r = yaml_doc_load(path, RELEASE_MANIFEST_MAX, &release_schema, &doc, err);

	if (r < 0)
		return r;
	release = ((const struct raw_release *)yaml_doc_get_data(doc))->release;
	text_copy(release.path, sizeof(release.path), path);
	r = release_from_doc(doc, cache_dir, &release, err);
	yaml_doc_free(doc);
	if (r < 0) {
		release_release(&release);
		return r;
	}
	*ret = release;
	return 0;
}
