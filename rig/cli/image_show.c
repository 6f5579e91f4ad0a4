/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_show.h"

#include <inttypes.h>
#include <stdio.h>

static const char *right(bool is)
{
	return is ? "right" : "WRONG";
}

static void show_flags(uint8_t flags)
{
	static const char *const names[] = { "drop module info", "compressed", "combined" };
	const char *before = " (";

	printf(", flags 0x%02x", flags);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(flags & 1u << i))
			continue;
		printf("%s%s", before, names[i]);
		before = ", ";
	}
	printf("%s\n", before[0] == ',' ? ")" : "");
}

static void show_header(const struct image_inspection *in)
{
	const struct image_header *header = &in->header;
	char text[CLI_IMAGE_NAME_MAX];

	image_module_text(header, text);
	printf("  module   %s", text);
	image_version_text(header, text);
	printf(", version %s\n", text);
	printf("  header   at 0x%zx: 0x%08" PRIx32 " to 0x%08" PRIx32 ", %" PRIu64 " bytes",
	       in->header_offset, header->start, header->end, in->told);
	if (in->told != in->len)
		printf(" (the file has %zu)", in->len);
	show_flags(header->flags);
	for (size_t i = 0; i < ARRAY_LEN(header->dependency); i++) {
		if (!header->dependency[i].function)
			continue;
		image_need_text(&header->dependency[i], header->platform_id, text);
		printf("  needs    %s\n", text);
	}
	if (in->has_vectors)
		printf("  vectors  stack 0x%08" PRIx32 ", reset 0x%08" PRIx32 "\n", in->stack,
		       in->reset);
}

static void show_tail(const struct image_inspection *in)
{
	bool sha_right = memcmp(in->sha_stored, in->sha_computed, SHA256_BYTES) == 0;
	char hex[SHA256_HEX];

	if (!in->tail_at) {
		printf("  tail     not there\n");
		return;
	}
	if (in->has_product && (in->product_id != 0xffff || in->product_version != 0xffff))
		printf("  product  id %u, version %u\n", in->product_id, in->product_version);
	else
		printf("  product  none\n");
	printf("  suffix   %u bytes\n", in->suffix_size);
	hash_hex(in->sha_stored, hex);
	printf("  SHA-256  %s %s\n", hex, right(sha_right));
	hash_hex(in->sha_computed, hex);
	if (!sha_right)
		printf("           %s computed\n", hex);
	printf("  CRC      %08" PRIx32 " %s", in->crc_stored,
	       right(in->crc_stored == in->crc_computed));
	if (in->crc_stored != in->crc_computed)
		printf(", %08" PRIx32 " computed", in->crc_computed);
	printf("\n");
}

static void show_embedded(const struct image_embedded *embedded)
{
	char module[CLI_IMAGE_NAME_MAX];
	char version[CLI_IMAGE_NAME_MAX];

	image_module_text(&embedded->header, module);
	image_version_text(&embedded->header, version);
	printf("  has      at 0x%zx: %s, version %s, %zu bytes, CRC %08" PRIx32 " %s\n",
	       embedded->offset, module, version, embedded->len, embedded->crc_stored,
	       right(embedded->crc_stored == embedded->crc_computed));
}

void image_show(const struct image_file *file)
{
	const struct image_inspection *in = &file->inspection;
	struct image_findings findings;

	printf("%s\n", file->path);
	show_header(in);
	show_tail(in);
	for (size_t i = 0; i < in->embedded_count; i++)
		show_embedded(&in->embedded[i]);
	image_verify(in, NULL, &findings);
	for (size_t i = 0; i < findings.count; i++)
		printf("  wrong    0x%zx: %s\n", findings.items[i].offset, findings.items[i].text);
}
