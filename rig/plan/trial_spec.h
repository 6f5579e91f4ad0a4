/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One trial, fully said: everything that makes it what it is, and the id that replays it.
 * Id: SCENARIO.SEED.NUMBER.CUT.OFF.VBAT[.FALL.RISE][.fuzz-ACTS][.image-MUTATION], e.g.
 * "p1-power-loss.1.42.1t3401233.500000.l".
 * Shell-safe
 * ([a-z0-9.-] only), at most TRIAL_ID_MAX, and it round-trips: the id alone gives the spec back.
 *   SEED    of the run, decimal
 *   NUMBER  of the trial in the run's plan, from 0; it also draws the torn bits
 *   CUT     "none", or PART then: n (no cut, but see ACTS) | t<us> | i<instruction> | o<operation>b
 * | o<operation>a | o<operation>t<permille> | a<point>p<us> | achunk<number>p<us>, so long after a
 * point of the delivery; then, when power is cut again in the boot that follows,
 *           -<operation of that boot> and b, a or t<permille>
 *   OFF     microseconds without power
 *   VBAT    l lost, k kept
 *   ACTS    what is done to the part's transfer, as fuzz_acts_format() spells it
 *   MUTATION  and to its module, as image_mutation_format() does
 *   FALL    microseconds in which the supply falls, RISE in which it rises; both are left out when
 *           both are 0
 */
#ifndef PLAN_TRIAL_SPEC_H
#define PLAN_TRIAL_SPEC_H

#include "fuzz/acts.h"
#include "scenario/scenario.h"

enum trial_limits {
	TRIAL_ID_MAX = 480, /* holds every spec: name 39, 64-bit numbers 20 digits each, the NUL */
};

/* Power is cut again in the boot that follows the cut. form.form CUT_FORM_NONE: it is not. */
struct cut_again {
	uint64_t at; /* flash operation since power came back, from 0 */
	struct cut_form_at form;
};

struct trial_spec {
	char scenario[SCENARIO_NAME_MAX];
	uint64_t run_seed;
	uint64_t number;
	struct cut_point cut; /* by == CUT_BY_NONE: no cut, the rest of it 0 but for the part */
	int64_t off_us;	      /* not negative */
	enum vbat_mode vbat;  /* VBAT_LOST or VBAT_KEPT */
	int64_t fall_us; /* 0..SCENARIO_RAMP_US_MAX, of the full supply; power is cut at its begin
			  */
	int64_t rise_us; /* the same, up */
	struct cut_again again;
	struct fuzz_acts acts;	     /* done to the transfer of the part */
	struct image_mutation image; /* done to its module; kind IMAGE_MUTATION_UNKNOWN: nothing */
};

/*
 * The seed of everything that is left to chance inside the trial (torn bits): made of the run's
 * seed and the number alone, and independent of what plan_make() draws.
 */
uint64_t trial_spec_seed(const struct trial_spec *spec);

/* Something is done to the update itself on purpose. */
static inline bool trial_spec_meddles(const struct trial_spec *spec)
{
	return spec->acts.count > 0 || spec->image.kind != IMAGE_MUTATION_UNKNOWN;
}

/* All parts as they should be, without a cut. Any other trial is about one part, cut.part. */
static inline bool trial_spec_is_control(const struct trial_spec *spec)
{
	return spec->cut.by == CUT_BY_NONE && !trial_spec_meddles(spec);
}

static inline bool trial_spec_cuts_again(const struct trial_spec *spec)
{
	return spec->again.form.form != CUT_FORM_NONE;
}

/* Writes the id, which always fits. */
void trial_id_format(const struct trial_spec *spec, char ret_id[TRIAL_ID_MAX]);

/* The CUT word alone, for tables and timelines; cut short when 'size' is. */
void trial_cut_format(const struct cut_point *cut, char *buf, size_t size);

/*
 * Reads an id back; *ret is written only on success. ERR_USAGE with the position (the first
 * character is 1) of what is wrong and what is wrong there, also for other spellings of a number.
 */
int trial_id_parse(const char *id, struct trial_spec *ret, struct err *err) MUST_CHECK;

#endif
