/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/record.h"
#include "vboard/bus.h"
#include "vboard/cells.h"

#include <stdlib.h>

enum {
	RECORD_WORDS_MAX = 1 << 18,
	RECORD_OPS_MAX = 1 << 18,
	RECORD_EVENTS_MAX = 1 << 16,
	RAM_WORDS = VBOARD_RAM_BYTES / 4,
	FLASH_WORDS = VBOARD_FLASH_BYTES / 4,
};

struct recorder {
	struct record_lists lists;
	uint64_t begin_cycle;
	bool spoiled;
	bool crc_known;
	uint32_t *ram_written; /* word indices */
	uint32_t ram_written_count, ram_written_size;
	struct insn **decoded; /* entries of the recording's cache that are filled */
	uint32_t decoded_count, decoded_size;
	struct record_flags flags;
};

struct recorder *recorder_new(void)
{
	return calloc(1, sizeof(struct recorder));
}

void record_lists_release(struct record_lists *lists)
{
	free(lists->reads);
	free(lists->ram);
	free(lists->events);
	free(lists->ops);
	*lists = (struct record_lists){ 0 };
}

void recorder_free(struct recorder *rec)
{
	if (!rec)
		return;
	record_lists_release(&rec->lists);
	free(rec->ram_written);
	free(rec->decoded);
	free(rec);
}

uint64_t record_begin_cycle(const struct recorder *rec)
{
	return rec->begin_cycle;
}

void record_spoil(struct vboard *vb)
{
	vb->recorder->spoiled = true;
}

/* Room for one more of 'each' bytes; false (and the recording is spoiled) when there is none. */
static bool grow(struct recorder *rec, void *list, uint32_t count, uint32_t *size, uint32_t max,
		 size_t each)
{
	uint32_t wanted = *size ? 2 * *size : 256;
	void *old;
	void *bigger;

	if (count < *size)
		return true;
	memcpy(&old, list, sizeof(old));
	bigger = count < max ? realloc(old, wanted * each) : NULL;
	if (!bigger) {
		rec->spoiled = true;
		return false;
	}
	memcpy(list, &bigger, sizeof(bigger));
	*size = wanted;
	return true;
}

void record_begin(struct vboard *vb, struct recorder *rec)
{
	rec->begin_cycle = vb->s.cycles;
	rec->spoiled = false;
	rec->crc_known = false;
	vb->recorder = rec;
	vb->record_flags = &rec->flags;
	vb->code = &vb->record_code;
	vb->ram_window = 0;
	flash_refresh_window(vb);
}

static void note_read(struct recorder *rec, uint32_t address, const uint8_t *bytes)
{
	struct record_lists *lists = &rec->lists;

	if (!grow(rec, &lists->reads, lists->read_count, &lists->read_size, RECORD_WORDS_MAX,
		  sizeof(*lists->reads)))
		return;
	lists->reads[lists->read_count].address = address;
	memcpy(&lists->reads[lists->read_count].value, bytes, 4);
	lists->read_count++;
}

static void know_ram(struct vboard *vb, uint32_t word)
{
	struct recorder *rec = vb->recorder;

	if (rec->flags.ram[word] & RECORD_KNOWN)
		return;
	rec->flags.ram[word] |= RECORD_KNOWN;
	note_read(rec, RAM_BASE + 4 * word, &vb->s.chip.ram[4 * (size_t)word]);
}

static void know_flash(struct vboard *vb, uint32_t word)
{
	struct recorder *rec = vb->recorder;

	if (rec->flags.flash[word] & RECORD_KNOWN)
		return;
	rec->flags.flash[word] |= RECORD_KNOWN;
	note_read(rec, FLASH_BASE + 4 * word, &vb->s.flash[4 * (size_t)word]);
}

void record_read(struct vboard *vb, uint32_t address, uint32_t size)
{
	uint32_t offset = address - RAM_BASE;

	if (offset < VBOARD_RAM_BYTES) {
		for (uint32_t w = offset / 4; w <= (offset + size - 1) / 4 && w < RAM_WORDS; w++)
			know_ram(vb, w);
		return;
	}
	offset = address < VBOARD_FLASH_BYTES ? address : address - FLASH_BASE;
	if (offset < VBOARD_FLASH_BYTES)
		for (uint32_t w = offset / 4; w <= (offset + size - 1) / 4 && w < FLASH_WORDS; w++)
			know_flash(vb, w);
}

void record_ram_write(struct vboard *vb, uint32_t offset, uint32_t size)
{
	struct recorder *rec = vb->recorder;
	bool whole = size == 4 && !(offset & 3);

	for (uint32_t w = offset / 4; w <= (offset + size - 1) / 4 && w < RAM_WORDS; w++) {
		if (!whole)
			know_ram(vb, w); /* the rest of the word stays */
		if (rec->flags.ram[w] & RECORD_WRITTEN)
			continue;
		rec->flags.ram[w] |= RECORD_KNOWN | RECORD_WRITTEN;
		if (grow(rec, &rec->ram_written, rec->ram_written_count, &rec->ram_written_size,
			 RECORD_WORDS_MAX, sizeof(*rec->ram_written)))
			rec->ram_written[rec->ram_written_count++] = w;
	}
}

void record_crc_set(struct vboard *vb)
{
	vb->recorder->crc_known = true;
	vb->recorder->lists.crc_changed = true;
}

void record_crc_read(struct vboard *vb)
{
	struct recorder *rec = vb->recorder;

	if (!rec->crc_known)
		note_read(rec, RECORD_CRC_ADDRESS, (const uint8_t *)&vb->s.chip.crc);
	rec->crc_known = true;
}

void record_code(struct vboard *vb, struct insn *entry)
{
	struct recorder *rec = vb->recorder;

	record_read(vb, entry->pc, 2u * entry->len);
	if (grow(rec, &rec->decoded, rec->decoded_count, &rec->decoded_size, RECORD_WORDS_MAX,
		 sizeof(struct insn *)))
		rec->decoded[rec->decoded_count++] = entry;
	else
		entry->op = OP_DECODE; /* not known to be forgotten later: decode each time */
}

static void note_event(struct recorder *rec, const struct record_event *event)
{
	struct record_lists *lists = &rec->lists;

	if (grow(rec, &lists->events, lists->event_count, &lists->event_size, RECORD_EVENTS_MAX,
		 sizeof(*lists->events)))
		lists->events[lists->event_count++] = *event;
}

void record_edge(struct vboard *vb, uint64_t cycle, enum vboard_led led, bool high)
{
	note_event(vb->recorder,
		   &(struct record_event){ .cycle = (uint32_t)(cycle - vb->recorder->begin_cycle),
					   .led = (uint8_t)led,
					   .value = high });
}

void record_serial(struct vboard *vb, uint64_t cycle, unsigned int port, uint8_t byte)
{
	note_event(vb->recorder,
		   &(struct record_event){ .cycle = (uint32_t)(cycle - vb->recorder->begin_cycle),
					   .port = (uint8_t)port,
					   .value = byte });
}

static void note_op(struct recorder *rec, const struct record_op *op)
{
	struct record_lists *lists = &rec->lists;

	if (grow(rec, &lists->ops, lists->op_count, &lists->op_size, RECORD_OPS_MAX,
		 sizeof(*lists->ops)))
		lists->ops[lists->op_count++] = *op;
}

void record_flash(struct vboard *vb, const struct record_op *op, uint64_t begin)
{
	struct recorder *rec = vb->recorder;
	struct record_op noted = *op;

	noted.begin = (uint32_t)(begin - rec->begin_cycle);
	if (op->kind == VBOARD_FLASH_PROGRAM)
		record_read(vb, op->address, op->bytes);
	if (op->kind == VBOARD_FLASH_ERASE)
		memset(&rec->flags.flash[(op->address - FLASH_BASE) / 4],
		       RECORD_KNOWN | RECORD_WRITTEN, op->bytes / 4);
	note_op(rec, &noted);
}

bool record_knows(const struct vboard *vb, uint32_t address, uint32_t bytes)
{
	const struct recorder *rec = vb->recorder;
	bool is_flash = address - FLASH_BASE < VBOARD_FLASH_BYTES;
	const uint8_t *flags = is_flash ? rec->flags.flash : rec->flags.ram;
	uint32_t offset = address - (is_flash ? (uint32_t)FLASH_BASE : (uint32_t)RAM_BASE);

	for (uint32_t w = offset / 4; w < (offset + bytes + 3) / 4; w++)
		if (!(flags[w] & RECORD_KNOWN))
			return false;
	return true;
}

static void take_ram(const struct vboard *vb, struct recorder *rec)
{
	struct record_lists *lists = &rec->lists;

	for (uint32_t i = 0; i < rec->ram_written_count; i++) {
		uint32_t offset = 4 * rec->ram_written[i];

		if (!grow(rec, &lists->ram, lists->ram_count, &lists->ram_size, RECORD_WORDS_MAX,
			  sizeof(*lists->ram)))
			return;
		lists->ram[lists->ram_count].address = RAM_BASE + offset;
		memcpy(&lists->ram[lists->ram_count].value, &vb->s.chip.ram[offset], 4);
		lists->ram_count++;
	}
}

/* Everything as it was before the recording, at the cost of what it touched. */
static void forget(struct recorder *rec)
{
	const struct record_lists *lists = &rec->lists;

	for (uint32_t i = 0; i < rec->decoded_count; i++)
		rec->decoded[i]->op = OP_DECODE;
	if (rec->spoiled) {
		memset(rec->flags.ram, 0, sizeof(rec->flags.ram));
		memset(rec->flags.flash, 0, sizeof(rec->flags.flash));
	}
	for (uint32_t i = 0; i < rec->ram_written_count; i++)
		rec->flags.ram[rec->ram_written[i]] = 0;
	for (uint32_t i = 0; i < lists->read_count; i++) {
		uint32_t address = lists->reads[i].address;

		if (address == RECORD_CRC_ADDRESS)
			continue;
		if (address >= RAM_BASE)
			rec->flags.ram[(address - RAM_BASE) / 4] = 0;
		else
			rec->flags.flash[(address - FLASH_BASE) / 4] = 0;
	}
	for (uint32_t i = 0; i < lists->op_count; i++)
		if (lists->ops[i].kind == VBOARD_FLASH_ERASE)
			memset(&rec->flags.flash[(lists->ops[i].address - FLASH_BASE) / 4], 0,
			       lists->ops[i].bytes / 4);
	rec->decoded_count = 0;
	rec->ram_written_count = 0;
}

/* A list grows by doubling; what is kept should not. */
static void *trimmed(void *list, size_t count, size_t each)
{
	void *small;

	if (count == 0) {
		free(list);
		return NULL;
	}
	small = realloc(list, count * each);
	return small ? small : list;
}

bool record_end(struct vboard *vb, bool without_ram, struct record_lists *ret)
{
	struct recorder *rec = vb->recorder;
	struct record_lists *lists = &rec->lists;

	vb->recorder = NULL;
	vb->record_flags = NULL;
	vb->code = &vb->plain_code;
	vb->ram_window = RAM_WINDOW;
	flash_refresh_window(vb);
	if (!without_ram)
		take_ram(vb, rec);
	forget(rec);
	if (rec->spoiled) {
		lists->read_count = lists->ram_count = lists->event_count = lists->op_count = 0;
		lists->crc_changed = false;
		return false;
	}
	lists->reads = trimmed(lists->reads, lists->read_count, sizeof(*lists->reads));
	lists->ram = trimmed(lists->ram, lists->ram_count, sizeof(*lists->ram));
	lists->events = trimmed(lists->events, lists->event_count, sizeof(*lists->events));
	lists->ops = trimmed(lists->ops, lists->op_count, sizeof(*lists->ops));
	*ret = *lists;
	rec->lists = (struct record_lists){ 0 };
	return true;
}
