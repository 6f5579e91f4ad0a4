/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Method: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018);
 * rejection sampling for bounds.
 */
#include "base/rng.h"

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void rng_init(struct rng *rng, uint64_t seed)
{
	for (unsigned int i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&seed);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t floor;
	uint64_t x;

	if (bound == 0)
		return 0;
	floor = (0 - bound) % bound; /* 2^64 mod bound: values below it would be favoured */
	do {
		x = rng_next(rng);
	} while (x < floor);
	return x % bound;
}

uint64_t rng_derive(uint64_t seed, uint64_t stream)
{
	uint64_t state = seed ^ (stream * 0xd1342543de82ef95u);

	splitmix64(&state);
	return splitmix64(&state);
}
