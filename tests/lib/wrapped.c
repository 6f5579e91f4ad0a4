/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/wrapped.h"

#include "bench/wrap/wrap.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

enum { PEEKED_MAX = 1 << 20 };

/* Of the one test that runs in this process. */
static struct {
	char folder[128];
	unsigned int slots;
	uint8_t *peeked;
	size_t put, taken;
} wrapped;

void wrapped_begin(void)
{
	wrapped.slots = 0;
	wrapped.taken = 0;
}

static void next_file(char path[160])
{
	if (!wrapped.folder[0])
		snprintf(wrapped.folder, sizeof(wrapped.folder), "%s", testing_folder());
	snprintf(path, 160, "%s/%u.txt", wrapped.folder, wrapped.slots++);
}

void wrapped_put(enum wrapped how, struct slot *slot)
{
	static const struct wrap_fault none = { .seed = 1 };
	struct err err = ERR_INIT;
	char path[160];
	int r = 0;

	if (how == WRAPPED_RECORD || how == WRAPPED_REPLAY)
		next_file(path);
	if (how == WRAPPED_FAULT)
		r = wrap_fault(slot, &none, &err);
	else if (how == WRAPPED_RECORD)
		r = wrap_record(slot, path, &err);
	else if (how == WRAPPED_REPLAY) {
		slot_close(slot);
		r = wrap_replay(path, slot, &err);
	}
	ck_assert_msg(r == 0, "%s", err.text);
}

void wrapped_peeked(enum wrapped how, void *bytes, size_t len)
{
	if (how != WRAPPED_RECORD && how != WRAPPED_REPLAY)
		return;
	if (!wrapped.peeked)
		wrapped.peeked = malloc(PEEKED_MAX);
	ck_assert_ptr_nonnull(wrapped.peeked);
	if (how == WRAPPED_RECORD) {
		ck_assert_uint_le(wrapped.put + len, PEEKED_MAX);
		memcpy(wrapped.peeked + wrapped.put, bytes, len);
		wrapped.put += len;
		return;
	}
	ck_assert_uint_le(wrapped.taken + len, wrapped.put);
	memcpy(bytes, wrapped.peeked + wrapped.taken, len);
	wrapped.taken += len;
}
