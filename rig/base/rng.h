/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rig's only source of chance: xoshiro256**, seeded through splitmix64. Same seed, same
 * numbers on every machine; no state outside the struct.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Starts a sequence; any seed is good, also 0. */
void rng_init(struct rng *rng, uint64_t seed);

/* Next 64 bits. */
uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound), without modulo bias; bound 0 gives 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* A seed for part 'stream' of a whole seeded with 'seed': independent of the order of use. */
uint64_t rng_derive(uint64_t seed, uint64_t stream);

#endif
