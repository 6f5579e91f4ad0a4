/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_show.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

/* Names of files may be any bytes; JSON is UTF-8. */
static json_t *name_json(const char *name)
{
	json_t *string = json_string(name);
	AUTO_FREE char *ascii = string ? NULL : strdup(name);

	for (char *p = ascii; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return string ? string : ascii ? json_string(ascii) : NULL;
}

static json_t *crc_json(uint32_t stored, uint32_t computed)
{
	char text[2][16];

	snprintf(text[0], sizeof(text[0]), "%08" PRIx32, stored);
	snprintf(text[1], sizeof(text[1]), "%08" PRIx32, computed);
	return json_pack("{s:s, s:s, s:b}", "stored", text[0], "computed", text[1], "right",
			 stored == computed);
}

static json_t *sha_json(const struct image_inspection *in)
{
	char stored[SHA256_HEX];
	char computed[SHA256_HEX];

	hash_hex(in->sha_stored, stored);
	hash_hex(in->sha_computed, computed);
	return json_pack("{s:s, s:s, s:b}", "stored", stored, "computed", computed, "right",
			 strcmp(stored, computed) == 0);
}

static json_t *header_json(const struct image_header *header)
{
	char releases[IMAGE_RELEASES_TEXT_MAX];
	json_t *needs = json_array();
	json_t *root;

	for (size_t i = 0; i < ARRAY_LEN(header->dependency); i++) {
		const struct image_dependency *need = &header->dependency[i];

		if (need->function)
			json_array_append_new(needs,
					      json_pack("{s:s, s:i, s:i, s:i}", "function",
							image_function_name(need->function),
							"function_number", need->function, "index",
							need->index, "version", need->version_min));
	}
	root = json_pack("{s:I, s:I, s:i, s:i, s:i, s:s, s:i, s:s, s:i, s:o}", "start",
			 (json_int_t)header->start, "end", (json_int_t)header->end, "flags",
			 header->flags, "version", header->version, "platform_id",
			 header->platform_id, "platform", image_platform_name(header->platform_id),
			 "function_number", header->function, "function",
			 image_function_name(header->function), "index", header->index,
			 "dependencies", needs);
	if (root && image_version_releases(header, releases))
		json_object_set_new(root, "releases", json_string(releases));
	return root;
}

static json_t *embedded_json(const struct image_inspection *in)
{
	json_t *list = json_array();

	for (size_t i = 0; i < in->embedded_count; i++) {
		const struct image_embedded *embedded = &in->embedded[i];

		json_array_append_new(
			list,
			json_pack("{s:I, s:I, s:o, s:o}", "offset", (json_int_t)embedded->offset,
				  "bytes", (json_int_t)embedded->len, "header",
				  header_json(&embedded->header), "crc",
				  crc_json(embedded->crc_stored, embedded->crc_computed)));
	}
	return list;
}

static json_t *findings_json(const struct image_inspection *in)
{
	json_t *list = json_array();
	struct image_findings findings;

	image_verify(in, NULL, &findings);
	for (size_t i = 0; i < findings.count; i++)
		json_array_append_new(list, json_pack("{s:I, s:s}", "offset",
						      (json_int_t)findings.items[i].offset, "text",
						      findings.items[i].text));
	return list;
}

static json_t *module_json(const struct image_file *file)
{
	const struct image_inspection *in = &file->inspection;
	json_t *root = json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "file",
				 name_json(file->path), "bytes", (json_int_t)in->len,
				 "header_offset", (json_int_t)in->header_offset, "told_bytes",
				 (json_int_t)in->told, "header", header_json(&in->header),
				 "embedded", embedded_json(in), "wrong", findings_json(in));

	if (!root)
		return NULL;
	if (in->has_vectors)
		json_object_set_new(root, "vectors",
				    json_pack("{s:I, s:I}", "stack", (json_int_t)in->stack, "reset",
					      (json_int_t)in->reset));
	if (!in->tail_at)
		return root;
	json_object_set_new(root, "crc", crc_json(in->crc_stored, in->crc_computed));
	json_object_set_new(root, "sha256", sha_json(in));
	json_object_set_new(root, "suffix_bytes", json_integer(in->suffix_size));
	if (in->has_product)
		json_object_set_new(root, "product",
				    json_pack("{s:i, s:i}", "id", in->product_id, "version",
					      in->product_version));
	return root;
}

int image_show_json(const struct image_file *files, size_t count, const struct image_failed *failed,
		    size_t failed_count, struct err *err)
{
	json_t *modules = json_array();
	json_t *others = json_array();
	json_t *root;
	bool bad = false;

	for (size_t i = 0; i < count; i++)
		bad |= json_array_append_new(modules, module_json(&files[i])) != 0;
	for (size_t i = 0; i < failed_count; i++)
		bad |= json_array_append_new(others, json_pack("{s:o, s:o}", "file",
							       name_json(failed[i].path), "text",
							       name_json(failed[i].text))) != 0;
	root = json_pack("{s:o, s:o}", "modules", modules, "no_modules", others);
	bad |= !root || json_dumpf(root, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF;
	json_decref(root);
	return bad && !ferror(stdout) ? err_set(err, ERR_RIG, -ENOMEM, "no memory for JSON") : 0;
}
