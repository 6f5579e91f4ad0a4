/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign bytes: descriptors and layout strings as a device tells them. */
#include "usb/dfu.h"

#include <string.h>

enum descriptor {
	TYPE_CONFIGURATION = 2,
	TYPE_INTERFACE = 4,
	TYPE_DFU = 0x21, /* DFU 1.1, 4.1.3 */
	CONFIGURATION_BYTES = 9,
	INTERFACE_BYTES = 9,
	DFU_BYTES = 9,
	CLASS_APPLICATION = 0xfe,
	SUBCLASS_DFU = 1,
	PROTOCOL_DFU_MODE = 2,
};

enum { DIGITS_MAX = 8 };

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static bool is_dfu_mode(const uint8_t *at)
{
	return at[5] == CLASS_APPLICATION && at[6] == SUBCLASS_DFU && at[7] == PROTOCOL_DFU_MODE;
}

static bool take_interface(const uint8_t *at, struct dfu_interface *interface)
{
	if (interface->memory_count == DFU_MEMORIES_MAX)
		return false;
	if (interface->memory_count > 0 && at[2] != interface->number)
		return false;
	interface->number = at[2];
	interface->memories[interface->memory_count++] =
		(struct dfu_memory){ .alternate = at[3], .string = at[8] };
	return true;
}

bool dfu_parse_configuration(const uint8_t *bytes, size_t len, struct dfu_interface *ret)
{
	struct dfu_interface interface = { 0 };
	size_t at = 0;
	bool here = false; /* in the DFU interface's descriptors */
	bool good = len >= CONFIGURATION_BYTES && bytes[1] == TYPE_CONFIGURATION &&
		    get16(bytes + 2) <= len;

	if (!good)
		return false;
	len = get16(bytes + 2);
	while (good && len - at >= 2) {
		uint8_t size = bytes[at];

		if (size < 2 || size > len - at)
			return false;
		if (bytes[at + 1] == TYPE_INTERFACE && size >= INTERFACE_BYTES) {
			here = is_dfu_mode(bytes + at);
			good = !here || take_interface(bytes + at, &interface);
		} else if (bytes[at + 1] == TYPE_DFU && size >= DFU_BYTES && here) {
			interface.attributes = bytes[at + 2];
			interface.transfer_bytes = get16(bytes + at + 5);
			interface.version = get16(bytes + at + 7);
		}
		at += size;
	}
	good = good && at == len && interface.memory_count > 0 && interface.transfer_bytes > 0;
	if (good)
		*ret = interface;
	return good;
}

/* A number of 'base' at *at, DIGITS_MAX digits at most; moves on. */
static bool take_number(const char **at, unsigned int base, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t value = 0;
	unsigned int count = 0;

	for (; **at; (*at)++, count++) {
		char c = **at >= 'A' && **at <= 'F' ? (char)(**at - 'A' + 'a') : **at;
		const char *digit = strchr(digits, c);

		if (!digit || (unsigned int)(digit - digits) >= base)
			break;
		if (count == DIGITS_MAX)
			return false;
		value = value * base + (uint32_t)(digit - digits);
	}
	if (count == 0)
		return false;
	*ret = value;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static uint32_t unit_bytes(char c)
{
	switch (c) {
	case ' ':
	case 'B': return 1;
	case 'K': return 1024;
	case 'M': return 1024 * 1024;
	default: return 0;
	}
}

/* "03*016Ka": pages, bytes a page, unit, access. */
static bool take_segment(const char **at, uint32_t start, struct dfu_segment *ret)
{
	struct dfu_segment segment = { .start = start };
	uint32_t unit;

	if (!take_number(at, 10, &segment.page_count) || !take_char(at, '*') ||
	    !take_number(at, 10, &segment.page_bytes))
		return false;
	unit = unit_bytes(**at);
	if (unit == 0 || segment.page_bytes > UINT32_MAX / unit)
		return false;
	segment.page_bytes *= unit;
	(*at)++;
	if (**at < 'a' || **at > 'g')
		return false;
	segment.access = (unsigned int)(**at - 'a' + 1);
	(*at)++;
	if (segment.page_bytes == 0 || segment.page_count == 0 ||
	    segment.page_count > (UINT32_MAX - start) / segment.page_bytes)
		return false;
	*ret = segment;
	return true;
}

/* "0x08000000/03*016Ka,01*064Kg" */
static bool take_block(const char **at, struct dfu_memory *memory)
{
	uint32_t start;

	if (!take_char(at, '0') || !(take_char(at, 'x') || take_char(at, 'X')) ||
	    !take_number(at, 16, &start) || !take_char(at, '/'))
		return false;
	do {
		struct dfu_segment *segment = &memory->segments[memory->segment_count];

		if (memory->segment_count == DFU_SEGMENTS_MAX || !take_segment(at, start, segment))
			return false;
		start += segment->page_bytes * segment->page_count;
		memory->segment_count++;
	} while (take_char(at, ','));
	return true;
}

bool dfu_parse_layout(const char *text, struct dfu_memory *memory)
{
	struct dfu_memory parsed = { .alternate = memory->alternate, .string = memory->string };
	size_t len = 0;

	if (!take_char(&text, '@'))
		return false;
	for (; *text && *text != '/'; text++)
		if (len + 1 < sizeof(parsed.name))
			parsed.name[len++] = *text;
	while (len > 0 && parsed.name[len - 1] == ' ')
		parsed.name[--len] = '\0';
	while (take_char(&text, '/'))
		if (!take_block(&text, &parsed))
			return false;
	if (*text || parsed.segment_count == 0)
		return false;
	*memory = parsed;
	return true;
}

const struct dfu_segment *dfu_segment_at(const struct dfu_memory *memory, uint32_t address)
{
	for (size_t i = 0; i < memory->segment_count; i++) {
		const struct dfu_segment *segment = &memory->segments[i];

		if (address >= segment->start &&
		    address - segment->start < segment->page_bytes * segment->page_count)
			return segment;
	}
	return NULL;
}

bool dfu_grants(const struct dfu_memory *memory, uint32_t address, size_t len, unsigned int access)
{
	size_t done = 0;

	if (len > UINT32_MAX - address)
		return false;
	while (done < len) {
		uint32_t at = address + (uint32_t)done;
		const struct dfu_segment *segment = dfu_segment_at(memory, at);

		if (!segment || (segment->access & access) != access)
			return false;
		done += segment->page_bytes * segment->page_count - (at - segment->start);
	}
	return true;
}
