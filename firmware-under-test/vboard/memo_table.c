/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States as keys, and the table of stretches that begin in them. */
#include "vboard/memo.h"
#include "vboard/memo_state.h"
#include "vboard/cpu.h"
#include "vboard/time_fields.h"

#include <stdlib.h>

/* What a stretch depends on besides the chip, RAM and flash. */
struct surroundings {
	struct backup_state backup;
	uint32_t option_bytes;
	uint32_t line_held[2];
	struct radio_air air;
	uint32_t led_high[3];
	uint32_t handover_pc, return_pc;
	struct rail_state rail;
	struct vboard_timing timing;
};

void memo_take_image(const struct vboard *vb, struct memo_image *ret)
{
	struct chip_state *chip = (struct chip_state *)(void *)ret->bytes;

	memcpy(ret->bytes, &vb->s.chip, sizeof(ret->bytes));
	cpu_plain_flags(&chip->cpu);
	chip->crc = 0; /* see RECORD_CRC_ADDRESS */
	chip_shift_time(chip, 0u - vb->s.cycles);
}

void memo_image_restore(struct vboard *vb, const struct memo_image *image)
{
	uint32_t crc = vb->s.chip.crc;

	memcpy(&vb->s.chip, image->bytes, sizeof(image->bytes));
	vb->s.chip.crc = crc;
	chip_shift_time(&vb->s.chip, vb->s.cycles);
}

/* Two multiply-and-fold lanes; keys are told apart by 128 bits. */
static void mix(struct memo_key *key, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, bytes + i, len - i < 8 ? len - i : 8);
		key->word[0] = (key->word[0] ^ word) * 0x9fb21c651e98df25u;
		key->word[0] ^= key->word[0] >> 29;
		key->word[1] = (key->word[1] + word) * 0xd6e8feb86659fd93u;
		key->word[1] ^= key->word[1] >> 32;
	}
}

struct memo_key memo_key_of(struct vboard *vb)
{
	struct memo_key key = { { 0x243f6a8885a308d3u, 0x13198a2e03707344u } };
	struct surroundings around = {
		.backup = vb->s.backup,
		.option_bytes = vb->s.option_bytes,
		.handover_pc = vb->handover_pc,
		.return_pc = vb->return_pc,
		.rail = vb->s.rail,
		.timing = vb->s.timing,
		.air = vb->s.air,
	};

	memcpy(around.line_held, vb->s.line_held, sizeof(around.line_held));
	memcpy(around.led_high, vb->s.led_high, sizeof(around.led_high));
	memo_take_image(vb, &vb->memo->image);
	mix(&key, vb->memo->image.bytes, sizeof(vb->memo->image.bytes));
	mix(&key, &around, sizeof(around));
	return key;
}

static const uint8_t *memory_at(const struct vboard *vb, uint32_t address)
{
	if (address == RECORD_CRC_ADDRESS)
		return (const uint8_t *)&vb->s.chip.crc;
	return address >= RAM_BASE ? &vb->s.chip.ram[address - RAM_BASE]
				   : &vb->s.flash[address - FLASH_BASE];
}

bool memo_reads_match(const struct vboard *vb, const struct stretch *stretch)
{
	const struct record_word *reads = stretch->lists.reads;

	for (uint32_t i = stretch->lists.read_count; i-- > 0;)
		if (memcmp(memory_at(vb, reads[i].address), &reads[i].value, 4) != 0)
			return false;
	return true;
}

static bool same_key(const struct memo_key *a, const struct memo_key *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

struct stretch *memo_find(struct vboard *vb, const struct memo_key *key)
{
	struct stretch **head = &vb->memo->buckets[key->word[0] % MEMO_BUCKETS];

	for (struct stretch **at = head; *at; at = &(*at)->next) {
		struct stretch *found = *at;

		if (!same_key(&found->key, key))
			continue;
		if (!memo_reads_match(vb, found)) {
			vb->memo->counts.refused++;
			continue;
		}
		*at = found->next;
		found->next = *head;
		*head = found;
		found->used = vb->memo->round;
		return found;
	}
	return NULL;
}

static size_t stretch_bytes(const struct stretch *stretch)
{
	const struct record_lists *lists = &stretch->lists;

	return sizeof(*stretch) + (stretch->end ? sizeof(*stretch->end) : 0) +
	       lists->read_count * sizeof(*lists->reads) + lists->ram_count * sizeof(*lists->ram) +
	       lists->event_count * sizeof(*lists->events) + lists->op_count * sizeof(*lists->ops);
}

/* Frees the stretches that were not used since 'round'. */
static void forget_before(struct memo *memo, uint64_t round)
{
	for (size_t i = 0; i < MEMO_BUCKETS; i++) {
		struct stretch **at = &memo->buckets[i];

		while (*at) {
			struct stretch *old = *at;

			if (old->used >= round) {
				at = &old->next;
				continue;
			}
			*at = old->next;
			memo->bytes -= stretch_bytes(old);
			record_lists_release(&old->lists);
			free(old->end);
			free(old);
		}
	}
}

void memo_forget_all(struct memo *memo)
{
	forget_before(memo, UINT64_MAX);
}

/* When it is full, what was not used since it was full last time goes; if that is little, all. */
void memo_add(struct memo *memo, struct stretch *stretch)
{
	struct stretch **head = &memo->buckets[stretch->key.word[0] % MEMO_BUCKETS];

	if (memo->bytes + stretch_bytes(stretch) > memo->bytes_max) {
		forget_before(memo, memo->round);
		memo->round++;
		if (memo->bytes > memo->bytes_max / 2)
			memo_forget_all(memo);
	}
	stretch->used = memo->round;
	stretch->next = *head;
	*head = stretch;
	memo->bytes += stretch_bytes(stretch);
	memo->counts.stretches++;
}
