/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz/draw.h"

#include "base/macros.h"

enum {
	DELAY_US_MAX = 2000000, /* below every time-out of these protocols, and above most */
	PRESS_MS_MAX = 12000,	/* SETUP means something else up to 10 s (particle-gen2 4) */
	SIZE_MAX_BYTES = 4096,	/* above the largest chunk there is */
	SPOIL_BITS = 4096 * 8,
	SUM_BITS = 32,
};

/* Two or four bytes: from small to all ones, as lengths and indexes are that matter. */
static uint64_t draw_number(unsigned int bits, struct rng *rng)
{
	return (rng_next(rng) & ((1ull << bits) - 1)) >> rng_below(rng, bits);
}

static uint64_t draw_value(enum fuzz_act_kind kind, uint32_t units, struct rng *rng)
{
	switch (kind) {
	case FUZZ_SPOIL:
	case FUZZ_SEAL: return rng_below(rng, SPOIL_BITS);
	case FUZZ_SUM: return rng_below(rng, SUM_BITS);
	case FUZZ_DELAY: return 1 + rng_below(rng, DELAY_US_MAX);
	case FUZZ_SIZE: return rng_below(rng, SIZE_MAX_BYTES);
	case FUZZ_INDEX: /* another one of the file, or one beyond it */
		return rng_below(rng, 2) ? rng_below(rng, units) : draw_number(16, rng);
	case FUZZ_ADDRESS: return draw_number(32, rng);
	case FUZZ_JUNK:
	case FUZZ_OPTIONS:
	case FUZZ_NOISE: return rng_next(rng);
	case FUZZ_RESET:
	case FUZZ_SETUP: return 1 + rng_below(rng, PRESS_MS_MAX);
	case FUZZ_NONE:
	case FUZZ_DROP:
	case FUZZ_TWICE:
	case FUZZ_SWAP:
	case FUZZ_STALL:
	case FUZZ_HANGUP:
	case FUZZ_AGAIN:
	case FUZZ_EARLY:
	case FUZZ_ABORT:
	case FUZZ_ORDER:
	case FUZZ_TRAFFIC:
	case FUZZ_REKEY:
	case FUZZ_COUNT: break;
	}
	return 0;
}

void fuzz_acts_draw(const enum fuzz_act_kind *kinds, size_t kind_count, size_t count,
		    uint32_t units, struct rng *rng, struct fuzz_acts *ret)
{
	*ret = (struct fuzz_acts){ .count = 0 };
	if (units == 0)
		units = 1;
	for (size_t i = 0; i < count; i++) {
		struct fuzz_act act = { .kind = kinds[rng_below(rng, kind_count)] };

		act.unit = (uint32_t)rng_below(rng, units);
		act.value = draw_value(act.kind, units, rng);
		IGNORE(!fuzz_acts_put(ret, &act), "what is drawn twice is done once");
	}
}
