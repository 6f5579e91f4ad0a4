/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the descriptors of a DFU device: the configuration, and a memory's layout string. */
#include "usb/dfu.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds for every layout that was accepted. */
static void accept_layout(const struct dfu_memory *memory)
{
	assert(memory->segment_count > 0 && memory->segment_count <= DFU_SEGMENTS_MAX);
	assert(memchr(memory->name, '\0', sizeof(memory->name)));
	for (size_t i = 0; i < memory->segment_count; i++) {
		const struct dfu_segment *segment = &memory->segments[i];

		assert(segment->page_bytes > 0 && segment->page_count > 0);
		assert(segment->access >= 1 && segment->access <= 7);
		assert(dfu_segment_at(memory, segment->start));
		assert(dfu_grants(memory, segment->start, 1, 0));
		dfu_grants(memory, segment->start, SIZE_MAX, segment->access);
	}
}

static void parse_layout(const uint8_t *data, size_t size)
{
	struct dfu_memory memory = { .alternate = 1 };
	char text[DFU_LAYOUT_MAX];
	size_t len = size < sizeof(text) ? size : sizeof(text) - 1;

	memcpy(text, data, len);
	text[len] = '\0';
	if (dfu_parse_layout(text, &memory))
		accept_layout(&memory);
	assert(memory.alternate == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfu_interface interface = { 0 };

	if (size == 0)
		return 0;
	if (dfu_parse_configuration(data, size, &interface)) {
		assert(interface.memory_count > 0 && interface.memory_count <= DFU_MEMORIES_MAX);
		assert(interface.transfer_bytes > 0);
	}
	parse_layout(data, size);
	return 0;
}
