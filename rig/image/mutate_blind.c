/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutations that know nothing of the format, as a bad link or bad flash makes them. */
#include "image/fields.h"
#include "image/mutate_kinds.h"

enum blind_limits {
	BLOCK_MIN = 1,
	BLOCK_MAX = 4096, /* a page, or some chunks of an update */
	TRIES = 16,	  /* to find a place that a block changes */
	CHUNK_BYTES = 512,
};

/* Changes beyond would be written over by the sums. */
static size_t changeable(const struct mutant *m)
{
	if (!m->sealed)
		return m->len;
	return m->len > IMAGE_SHA_BACK ? m->len - IMAGE_SHA_BACK : 0;
}

static int nothing_there(struct err *err)
{
	return mutant_cannot(err, "there are no bytes to change");
}

int mutate_bit_flip(struct mutant *m, struct err *err)
{
	size_t room = changeable(m);
	size_t at = (size_t)rng_below(&m->rng, room);
	unsigned int bit = (unsigned int)rng_below(&m->rng, 8);

	if (room == 0)
		return nothing_there(err);
	mutant_say(m, "offset 0x%zx: bit %u flipped, 0x%02x became 0x%02x", at, bit, m->bytes[at],
		   m->bytes[at] ^ 1u << bit);
	m->bytes[at] ^= (uint8_t)(1u << bit);
	return 0;
}

int mutate_byte_set(struct mutant *m, struct err *err)
{
	size_t room = changeable(m);
	size_t at = (size_t)rng_below(&m->rng, room);
	uint8_t value;

	if (room == 0)
		return nothing_there(err);
	value = (uint8_t)mutant_pick_other(m, UINT8_MAX + 1, m->bytes[at]);
	mutant_say(m, "offset 0x%zx: 0x%02x became 0x%02x", at, m->bytes[at], value);
	m->bytes[at] = value;
	return 0;
}

/* Place and size of a block; sizes are as often small as large. */
static size_t pick_block(struct mutant *m, size_t room, size_t *ret_len)
{
	size_t most = room < BLOCK_MAX ? room : BLOCK_MAX;
	size_t magnitude = (size_t)1 << rng_below(&m->rng, 13);
	size_t len = BLOCK_MIN + (size_t)rng_below(&m->rng, magnitude < most ? magnitude : most);

	*ret_len = len;
	return (size_t)rng_below(&m->rng, room - len + 1);
}

static int fill_block(struct mutant *m, uint8_t fill, struct err *err)
{
	size_t room = changeable(m);

	for (int i = 0; room > 0 && i < TRIES; i++) {
		size_t len;
		size_t at = pick_block(m, room, &len);
		size_t changed = 0;

		for (size_t k = 0; k < len; k++)
			changed += m->bytes[at + k] != fill;
		if (changed == 0)
			continue;
		memset(m->bytes + at, fill, len);
		mutant_say(m, "offset 0x%zx: %zu bytes became 0x%02x, %zu of them differed", at,
			   len, fill, changed);
		return 0;
	}
	return nothing_there(err);
}

int mutate_zero_block(struct mutant *m, struct err *err)
{
	return fill_block(m, 0x00, err);
}

int mutate_ff_block(struct mutant *m, struct err *err)
{
	return fill_block(m, 0xff, err);
}

int mutate_body_splice(struct mutant *m, struct err *err)
{
	size_t room = changeable(m);

	for (int i = 0; room > 0 && i < TRIES; i++) {
		size_t len;
		size_t from = pick_block(m, room, &len);
		size_t to = (size_t)rng_below(&m->rng, room - len + 1);

		if (memcmp(m->bytes + to, m->bytes + from, len) == 0)
			continue;
		memmove(m->bytes + to, m->bytes + from, len);
		mutant_say(m, "offset 0x%zx: the %zu bytes from 0x%zx copied over", to, len, from);
		return 0;
	}
	return nothing_there(err);
}

int mutate_truncate(struct mutant *m, struct err *err)
{
	size_t cut;

	if (m->len < 2)
		return nothing_there(err);
	/* a few bytes, the last chunk, or anywhere */
	switch (rng_below(&m->rng, 3)) {
	case 0: cut = 1 + (size_t)rng_below(&m->rng, 4); break;
	case 1: cut = 1 + (size_t)rng_below(&m->rng, CHUNK_BYTES); break;
	default: cut = 1 + (size_t)rng_below(&m->rng, m->len - 1); break;
	}
	if (cut >= m->len)
		cut = m->len - 1;
	m->len -= cut;
	mutant_say(m, "offset 0x%zx: the last %zu bytes are gone", m->len, cut);
	return 0;
}

int mutate_pad(struct mutant *m, struct err *err)
{
	static const char *const names[] = { "0x00", "0xff", "random" };
	size_t most = m->capacity - m->len;
	size_t magnitude = (size_t)1 << rng_below(&m->rng, 13);
	size_t len = 1 + (size_t)rng_below(&m->rng, magnitude < most ? magnitude : most);
	unsigned int what = (unsigned int)rng_below(&m->rng, ARRAY_LEN(names));

	if (m->len + len > IMAGE_BYTES_MAX)
		return mutant_cannot(err, "there is no room for more bytes");
	for (size_t i = 0; i < len; i++)
		m->bytes[m->len + i] = what == 0   ? 0x00
				       : what == 1 ? 0xff
						   : (uint8_t)rng_next(&m->rng);
	mutant_say(m, "offset 0x%zx: %zu bytes added, %s", m->len, len, names[what]);
	m->len += len;
	return 0;
}
