/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strict rules. What a board checks itself is less: the CRC, the platform, that the end lies in
 * the module's region, and the dependencies (never the SHA-256, nor the start).
 */
#include "image/fields.h"
#include "image/inspect.h"

#include <inttypes.h>
#include <stdarg.h>

enum verify_limits { WORD_BYTES = 4 };

static void add(struct image_findings *findings, size_t offset, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void add(struct image_findings *findings, size_t offset, const char *fmt, ...)
{
	struct image_finding *finding;
	va_list args;

	if (findings->count == IMAGE_FINDINGS_MAX)
		return;
	finding = &findings->items[findings->count++];
	finding->offset = offset;
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
}

static void check_length(const struct image_inspection *in, struct image_findings *findings)
{
	size_t at = in->header_offset + IMAGE_AT_END;
	const struct image_header *header = &in->header;

	if (in->told == 0)
		add(findings, at, "end address 0x%08" PRIx32 " is not above start 0x%08" PRIx32,
		    header->end, header->start);
	else if (in->told < in->header_offset + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN)
		add(findings, at, "end address 0x%08" PRIx32 " leaves no room for a module",
		    header->end);
	else if (in->told > in->len)
		add(findings, at, "the header tells of %" PRIu64 " bytes, there are only %zu",
		    in->told, in->len);
	else if (in->told < in->len)
		add(findings, (size_t)in->told, "%zu bytes after the module's end",
		    in->len - (size_t)in->told);
	if (in->told % WORD_BYTES)
		add(findings, at, "a length of %" PRIu64 " bytes is no multiple of 4", in->told);
	if (in->told != in->len && in->whole_file_crc)
		add(findings, in->len - IMAGE_CRC_BYTES,
		    "the CRC is right at the end of the file: the header lies about the length");
}

static void check_tail(const struct image_inspection *in, struct image_findings *findings)
{
	size_t end = in->tail_at + IMAGE_CRC_BYTES;

	if (!in->tail_at)
		return;
	if (in->crc_stored != in->crc_computed)
		add(findings, in->tail_at, "CRC is %08" PRIx32 ", the bytes before give %08" PRIx32,
		    in->crc_stored, in->crc_computed);
	if (memcmp(in->sha_stored, in->sha_computed, SHA256_BYTES) != 0)
		add(findings, end - IMAGE_SHA_BACK,
		    "SHA-256 is %02x%02x%02x%02x..., the bytes before give %02x%02x%02x%02x...",
		    in->sha_stored[0], in->sha_stored[1], in->sha_stored[2], in->sha_stored[3],
		    in->sha_computed[0], in->sha_computed[1], in->sha_computed[2],
		    in->sha_computed[3]);
	if (in->suffix_size < IMAGE_SUFFIX_BYTES_MIN ||
	    in->suffix_size > in->tail_at - in->header_offset - IMAGE_HEADER_BYTES)
		add(findings, end - IMAGE_SUFFIX_SIZE_BACK, "a suffix of %u bytes is impossible",
		    in->suffix_size);
}

static void check_platform(const struct image_inspection *in, const struct image_platform *want,
			   struct image_findings *findings)
{
	const struct image_platform *got = image_platform(in->header.platform_id);
	size_t at = in->header_offset + IMAGE_AT_PLATFORM;

	if (want && want->id != in->header.platform_id)
		add(findings, at, "it is for platform %u (%s), not for %u (%s)",
		    in->header.platform_id, image_platform_name(in->header.platform_id), want->id,
		    want->name);
	else if (!got)
		add(findings, at, "platform %u is not known", in->header.platform_id);
}

static void check_place(const struct image_inspection *in, struct image_findings *findings)
{
	const struct image_header *header = &in->header;
	const struct image_place *place =
		image_place_of(header->platform_id, header->function, header->index);
	size_t at = in->header_offset;

	/* only of a platform whose places are known can it be said that there is none */
	if (!place && (!image_platform_place(header->platform_id, 0) ||
		       header->function == IMAGE_FUNCTION_NCP))
		return;
	if (!place) {
		add(findings, at + IMAGE_AT_FUNCTION, "there is no place for %s %u on a %s",
		    image_function_name(header->function), header->index,
		    image_platform_name(header->platform_id));
		return;
	}
	if (header->start != place->start)
		add(findings, at + IMAGE_AT_START,
		    "start address 0x%08" PRIx32 ", %s %u lies at 0x%08" PRIx32, header->start,
		    image_function_name(header->function), header->index, place->start);
	if (header->end > place->end - IMAGE_CRC_BYTES)
		add(findings, at + IMAGE_AT_END,
		    "end address 0x%08" PRIx32 ", the place of %s %u ends at 0x%08" PRIx32,
		    header->end, image_function_name(header->function), header->index, place->end);
}

static void check_needs(const struct image_inspection *in, struct image_findings *findings)
{
	for (int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		const struct image_dependency *need = &in->header.dependency[i];
		size_t at = in->header_offset + IMAGE_AT_DEPENDENCY +
			    (size_t)i * IMAGE_DEPENDENCY_BYTES;

		if (!need->function && (need->index || need->version_min))
			add(findings, at, "a dependency on no function, but index %u, version %u",
			    need->index, need->version_min);
		else if (strcmp(image_function_name(need->function), "unknown") == 0)
			add(findings, at, "a dependency on function %u, which is not known",
			    need->function);
		else if (need->function && need->function == in->header.function &&
			 need->index == in->header.index)
			add(findings, at, "it depends on itself");
	}
}

static void check_header(const struct image_inspection *in, struct image_findings *findings)
{
	const struct image_header *header = &in->header;
	bool gen2 = image_platform_generation(header->platform_id) == IMAGE_GENERATION_2;
	size_t at = in->header_offset;

	if (gen2 && in->reserved)
		add(findings, at + IMAGE_AT_RESERVED, "reserved byte is 0x%02x", in->reserved);
	if (gen2 && header->flags)
		add(findings, at + IMAGE_AT_FLAGS, "flags are 0x%02x, no such module is known",
		    header->flags);
	if (header->function == IMAGE_FUNCTION_NONE ||
	    strcmp(image_function_name(header->function), "unknown") == 0)
		add(findings, at + IMAGE_AT_FUNCTION, "function %u is not known", header->function);
	else
		check_place(in, findings);
	/* the lowest bit only says that it is Thumb code */
	if (in->has_vectors && in->told &&
	    (in->reset < header->start || in->reset >= header->end || !(in->reset & 1)))
		add(findings, 4, "reset vector 0x%08" PRIx32 " is not in the module", in->reset);
}

void image_verify(const struct image_inspection *in, const struct image_platform *want,
		  struct image_findings *ret)
{
	ret->count = 0;
	check_header(in, ret);
	check_platform(in, want, ret);
	check_needs(in, ret);
	check_length(in, ret);
	check_tail(in, ret);
}
