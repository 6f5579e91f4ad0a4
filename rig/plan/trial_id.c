/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One spelling for each spec: numbers are plain decimal without sign or leading zeros, fields stand
 * in one order. So two ids are the same trial exactly when they are the same text.
 */
#include "plan/trial_spec.h"
#include "base/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum trial_id_sizes {
	CUT_WORD_MAX = 64, /* "PARTachunkNUMBERpMICROSECONDS" with the widest numbers there are */
	FORM_WORD_MAX = 12,
	AGAIN_WORD_MAX = 36,
	WRONG_MAX = 96,
	ID_SHOWN_MAX = 320, /* of an id that is wrong: the reason must fit the line, too */
	PERMILLE_MAX = 999,
};

static const char control_word[] = "none";
static const char fuzz_word[] = ".fuzz-";
static const char image_word[] = ".image-";

struct cursor {
	const char *id;
	const char *at;
	struct err *err;
};

uint64_t trial_spec_seed(const struct trial_spec *spec)
{
	/* A plan draws its j-th cut from stream j of the run's seed; none has that many cuts. */
	return rng_derive(rng_derive(spec->run_seed, UINT64_MAX), spec->number);
}

static void form_format(const struct cut_form_at *form, char *buf, size_t size)
{
	if (form->form == CUT_FORM_TORN)
		snprintf(buf, size, "t%" PRIu32, form->permille);
	else
		snprintf(buf, size, "%c", form->form == CUT_FORM_AFTER ? 'a' : 'b');
}

static void operation_format(const struct cut_point *cut, char *buf, size_t size)
{
	char form[FORM_WORD_MAX];

	form_format(&cut->form, form, sizeof(form));
	snprintf(buf, size, "%" PRIu32 "o%" PRIu64 "%s", cut->part, cut->at, form);
}

static void anchor_format(const struct cut_point *cut, char *buf, size_t size)
{
	char chunk[FORM_WORD_MAX] = "";

	if (cut->anchor == CUT_ANCHOR_CHUNK)
		snprintf(chunk, sizeof(chunk), "%" PRIu32, cut->chunk);
	snprintf(buf, size, "%" PRIu32 "a%s%sp%" PRIu64, cut->part, cut_anchor_name(cut->anchor),
		 chunk, cut->at);
}

/* Nothing, or "-OPERATIONform". */
static void again_format(const struct trial_spec *spec, char buf[AGAIN_WORD_MAX])
{
	char form[FORM_WORD_MAX];

	buf[0] = '\0';
	if (!trial_spec_cuts_again(spec))
		return;
	form_format(&spec->again.form, form, sizeof(form));
	snprintf(buf, AGAIN_WORD_MAX, "-%" PRIu64 "%s", spec->again.at, form);
}

void trial_cut_format(const struct cut_point *cut, char *buf, size_t size)
{
	switch (cut->by) {
	case CUT_BY_NONE:
		if (cut->part == 0)
			snprintf(buf, size, "%s", control_word);
		else
			snprintf(buf, size, "%" PRIu32 "n", cut->part);
		break;
	case CUT_BY_TIME: snprintf(buf, size, "%" PRIu32 "t%" PRIu64, cut->part, cut->at); break;
	case CUT_BY_OPERATION: operation_format(cut, buf, size); break;
	case CUT_BY_INSTRUCTION:
		snprintf(buf, size, "%" PRIu32 "i%" PRIu64, cut->part, cut->at);
		break;
	case CUT_BY_ANCHOR: anchor_format(cut, buf, size); break;
	}
}

void trial_id_format(const struct trial_spec *spec, char ret_id[TRIAL_ID_MAX])
{
	char cut[CUT_WORD_MAX];
	char again[AGAIN_WORD_MAX];
	char acts[FUZZ_ACTS_TEXT_MAX];
	char image[IMAGE_MUTATION_ID_MAX];
	int len;

	trial_cut_format(&spec->cut, cut, sizeof(cut));
	again_format(spec, again);
	len = snprintf(ret_id, TRIAL_ID_MAX, "%s.%" PRIu64 ".%" PRIu64 ".%s%s.%" PRId64 ".%c",
		       spec->scenario, spec->run_seed, spec->number, cut, again, spec->off_us,
		       spec->vbat == VBAT_KEPT ? 'k' : 'l');
	if (spec->fall_us != 0 || spec->rise_us != 0)
		len += snprintf(ret_id + len, TRIAL_ID_MAX - (size_t)len, ".%" PRId64 ".%" PRId64,
				spec->fall_us, spec->rise_us);
	if (spec->acts.count > 0) {
		fuzz_acts_format(&spec->acts, acts);
		len += snprintf(ret_id + len, TRIAL_ID_MAX - (size_t)len, "%s%s", fuzz_word, acts);
	}
	if (spec->image.kind != IMAGE_MUTATION_UNKNOWN) {
		image_mutation_format(&spec->image, image);
		snprintf(ret_id + len, TRIAL_ID_MAX - (size_t)len, "%s%s", image_word, image);
	}
}

static int fail(const struct cursor *cursor, const char *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static int fail(const struct cursor *cursor, const char *at, const char *fmt, ...)
{
	char wrong[WRONG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(wrong, sizeof(wrong), fmt, ap);
	va_end(ap);
	return err_set(cursor->err, ERR_USAGE, -EINVAL, "trial id '%.*s': character %zu: %s",
		       ID_SHOWN_MAX, cursor->id, (size_t)(at - cursor->id) + 1, wrong);
}

/* One character out of 'choices'. */
static int parse_char(struct cursor *cursor, const char *choices, const char *what, char *ret)
{
	char c = *cursor->at;

	if (c == '\0' || !strchr(choices, c))
		return fail(cursor, cursor->at, "expected %s", what);
	*ret = c;
	cursor->at++;
	return 0;
}

static int parse_dot(struct cursor *cursor, const char *field)
{
	if (*cursor->at != '.')
		return fail(cursor, cursor->at, "expected '.' after the %s", field);
	cursor->at++;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int parse_number(struct cursor *cursor, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *start = cursor->at;
	bool overflow = false;
	uint64_t value = 0;

	if (!is_digit(*start))
		return fail(cursor, start, "expected a digit");
	if (start[0] == '0' && is_digit(start[1]))
		return fail(cursor, start, "a number has no leading zeros");
	for (; is_digit(*cursor->at); cursor->at++)
		overflow |= __builtin_mul_overflow(value, 10u, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*cursor->at - '0'), &value);
	if (overflow || value < min || value > max)
		return fail(cursor, start, "number is not in %" PRIu64 "..%" PRIu64, min, max);
	*ret = value;
	return 0;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

static int parse_name(struct cursor *cursor, char ret[SCENARIO_NAME_MAX])
{
	size_t len = 0;

	while (is_name_char(cursor->at[len]))
		len++;
	if (len == 0)
		return fail(cursor, cursor->at, "expected a scenario's name ([a-z0-9-])");
	if (len >= SCENARIO_NAME_MAX)
		return fail(cursor, cursor->at + SCENARIO_NAME_MAX - 1,
			    "scenario's name is longer than %d", SCENARIO_NAME_MAX - 1);
	memcpy(ret, cursor->at, len);
	ret[len] = '\0';
	cursor->at += len;
	return 0;
}

static int parse_form(struct cursor *cursor, struct cut_form_at *ret)
{
	uint64_t permille = 0;
	char form = '\0';

	if (parse_char(cursor, "bat", "'b', 'a' or 't' after the operation", &form))
		return -EINVAL;
	if (form == 't' && parse_number(cursor, 1, PERMILLE_MAX, &permille))
		return -EINVAL;
	ret->form = form == 'b' ? CUT_FORM_BEFORE : form == 'a' ? CUT_FORM_AFTER : CUT_FORM_TORN;
	ret->permille = (uint32_t)permille;
	return 0;
}

/* "readyp300" or "chunk137p0". */
static int parse_anchor(struct cursor *cursor, struct cut_point *ret)
{
	uint64_t chunk = 0;
	char plus;

	for (int i = CUT_ANCHOR_NONE + 1; i < CUT_ANCHOR_COUNT; i++) {
		const char *name = cut_anchor_name((enum cut_anchor)i);

		if (strncmp(cursor->at, name, strlen(name)) == 0)
			ret->anchor = (enum cut_anchor)i;
	}
	if (ret->anchor == CUT_ANCHOR_NONE)
		return fail(cursor, cursor->at, "expected a point of the delivery");
	cursor->at += strlen(cut_anchor_name(ret->anchor));
	if (ret->anchor == CUT_ANCHOR_CHUNK && parse_number(cursor, 0, UINT32_MAX, &chunk))
		return -EINVAL;
	ret->chunk = (uint32_t)chunk;
	if (parse_char(cursor, "p", "'p' after the point", &plus))
		return -EINVAL;
	return parse_number(cursor, 0, INT64_MAX, &ret->at);
}

static int parse_cut(struct cursor *cursor, struct cut_point *ret)
{
	uint64_t part;
	char by = '\0';

	if (strncmp(cursor->at, control_word, strlen(control_word)) == 0) {
		cursor->at += strlen(control_word);
		return 0;
	}
	if (!is_digit(*cursor->at))
		return fail(cursor, cursor->at, "expected '%s' or a part's number", control_word);
	if (parse_number(cursor, 1, SCENARIO_PARTS_MAX, &part) ||
	    parse_char(cursor, "tioan", "'t', 'i', 'o', 'a' or 'n' after the part", &by))
		return -EINVAL;
	ret->part = (uint32_t)part;
	if (by == 'n')
		return 0;
	if (by == 'a') {
		ret->by = CUT_BY_ANCHOR;
		return parse_anchor(cursor, ret);
	}
	if (parse_number(cursor, 0, UINT64_MAX, &ret->at))
		return -EINVAL;
	ret->by = by == 't' ? CUT_BY_TIME : by == 'i' ? CUT_BY_INSTRUCTION : CUT_BY_OPERATION;
	return by == 'o' ? parse_form(cursor, &ret->form) : 0;
}

/* "-OPERATIONform" behind a cut. */
static int parse_again(struct cursor *cursor, struct trial_spec *ret)
{
	if (*cursor->at != '-')
		return 0;
	if (ret->cut.by == CUT_BY_NONE)
		return fail(cursor, cursor->at, "what is not cut is not cut again");
	cursor->at++;
	if (parse_number(cursor, 0, UINT64_MAX, &ret->again.at))
		return -EINVAL;
	return parse_form(cursor, &ret->again.form);
}

/* ".FALL.RISE", which is there when one of them is not 0. */
static int parse_ramps(struct cursor *cursor, struct trial_spec *ret)
{
	const char *start = cursor->at;
	uint64_t fall_us;
	uint64_t rise_us;

	if (start[0] != '.' || !is_digit(start[1]))
		return 0;
	if (parse_dot(cursor, "VBAT") || parse_number(cursor, 0, SCENARIO_RAMP_US_MAX, &fall_us) ||
	    parse_dot(cursor, "fall time") ||
	    parse_number(cursor, 0, SCENARIO_RAMP_US_MAX, &rise_us))
		return -EINVAL;
	if (fall_us == 0 && rise_us == 0)
		return fail(cursor, start, "a supply without fall and rise time is not spelled");
	ret->fall_us = (int64_t)fall_us;
	ret->rise_us = (int64_t)rise_us;
	return 0;
}

/* ".fuzz-ACTS", which is there when there are any. */
static int parse_acts(struct cursor *cursor, struct trial_spec *ret)
{
	size_t word = strlen(fuzz_word);
	const char *why = NULL;
	size_t len;
	size_t at = 0;

	if (strncmp(cursor->at, fuzz_word, word) != 0)
		return 0;
	cursor->at += word;
	len = strcspn(cursor->at, ".");
	if (len == 0)
		return fail(cursor, cursor->at, "expected what is done to the transfer");
	if (ret->cut.part == 0)
		return fail(cursor, cursor->at, "nothing is done to the transfers of a control");
	if (!fuzz_acts_parse(cursor->at, len, &ret->acts, &at, &why))
		return fail(cursor, cursor->at + at, "%s", why);
	cursor->at += len;
	return 0;
}

/* ".image-MUTATION", the last of all. */
static int parse_image(struct cursor *cursor, struct trial_spec *ret)
{
	size_t word = strlen(image_word);
	struct err cause = ERR_INIT;

	if (strncmp(cursor->at, image_word, word) != 0)
		return 0;
	cursor->at += word;
	if (ret->cut.part == 0)
		return fail(cursor, cursor->at, "nothing is done to the modules of a control");
	if (image_mutation_parse(cursor->at, &ret->image, &cause) < 0)
		return fail(cursor, cursor->at, "%s", cause.text);
	cursor->at += strlen(cursor->at);
	return 0;
}

/* A part is there when, and only when, something is tried on it. */
static int check_tries(struct cursor *cursor, const struct trial_spec *spec)
{
	if (spec->cut.part > 0 && trial_spec_is_control(spec))
		return fail(cursor, cursor->at, "neither a cut nor anything done to the update");
	return 0;
}

int trial_id_parse(const char *id, struct trial_spec *ret, struct err *err)
{
	struct cursor cursor = { .id = id, .at = id, .err = err };
	struct trial_spec spec = { 0 };
	uint64_t off_us;
	char vbat = '\0';

	if (parse_name(&cursor, spec.scenario) || parse_dot(&cursor, "scenario") ||
	    parse_number(&cursor, 0, UINT64_MAX, &spec.run_seed) || parse_dot(&cursor, "seed") ||
	    parse_number(&cursor, 0, UINT64_MAX, &spec.number) || parse_dot(&cursor, "number") ||
	    parse_cut(&cursor, &spec.cut) || parse_again(&cursor, &spec) ||
	    parse_dot(&cursor, "cut") || parse_number(&cursor, 0, INT64_MAX, &off_us) ||
	    parse_dot(&cursor, "off time") ||
	    parse_char(&cursor, "lk", "'l' or 'k' (VBAT lost or kept)", &vbat) ||
	    parse_ramps(&cursor, &spec) || parse_acts(&cursor, &spec) ||
	    parse_image(&cursor, &spec) || check_tries(&cursor, &spec))
		return -EINVAL;
	if (*cursor.at != '\0')
		return fail(&cursor, cursor.at, "nothing may follow");
	spec.off_us = (int64_t)off_us;
	spec.vbat = vbat == 'k' ? VBAT_KEPT : VBAT_LOST;
	*ret = spec;
	return 0;
}
