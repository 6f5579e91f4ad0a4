/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz/acts.h"

#include "base/macros.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *danger;
} acts_table[] = { [FUZZ_NONE] = { "none", NULL },
#define X(name, number, text, danger) [FUZZ_##name] = { text, danger },
		   FUZZ_ACT_LIST(X)
#undef X
};

struct cursor {
	const char *at;
	const char *end;
	const char *why;
};

const char *fuzz_act_name(enum fuzz_act_kind kind)
{
	return acts_table[kind].name;
}

enum fuzz_act_kind fuzz_act_from_name(const char *name)
{
	for (int i = FUZZ_NONE + 1; i < FUZZ_COUNT; i++)
		if (strcmp(acts_table[i].name, name) == 0)
			return (enum fuzz_act_kind)i;
	return FUZZ_NONE;
}

const char *fuzz_act_danger(enum fuzz_act_kind kind)
{
	return acts_table[kind].danger;
}

const struct fuzz_act *fuzz_act_at(const struct fuzz_acts *acts, uint32_t unit,
				   enum fuzz_act_kind kind)
{
	for (size_t i = 0; acts && i < acts->count; i++)
		if (acts->items[i].unit == unit && acts->items[i].kind == kind)
			return &acts->items[i];
	return NULL;
}

bool fuzz_acts_put(struct fuzz_acts *acts, const struct fuzz_act *act)
{
	size_t at = acts->count;

	if (at == FUZZ_ACTS_MAX || fuzz_act_at(acts, act->unit, act->kind))
		return false;
	for (; at > 0 && acts->items[at - 1].unit > act->unit; at--)
		acts->items[at] = acts->items[at - 1];
	acts->items[at] = *act;
	acts->count++;
	return true;
}

void fuzz_acts_format(const struct fuzz_acts *acts, char ret[FUZZ_ACTS_TEXT_MAX])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < acts->count; i++) {
		const struct fuzz_act *act = &acts->items[i];

		len += (size_t)snprintf(ret + len, FUZZ_ACTS_TEXT_MAX - len, "%s%s%" PRIu32,
					i ? "-" : "", acts_table[act->kind].name, act->unit);
		if (act->value)
			len += (size_t)snprintf(ret + len, FUZZ_ACTS_TEXT_MAX - len, "v%" PRIu64,
						act->value);
	}
}

static bool is_digit(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

static bool fail(struct cursor *cursor, const char *why)
{
	cursor->why = why;
	return false;
}

static bool parse_number(struct cursor *cursor, uint64_t max, uint64_t *ret)
{
	const char *start = cursor->at;
	uint64_t value = 0;

	if (!is_digit(cursor))
		return fail(cursor, "expected a digit");
	for (; is_digit(cursor); cursor->at++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*cursor->at - '0'), &value) ||
		    value > max)
			return fail(cursor, "the number is too large");
		if (*start == '0' && cursor->at > start)
			return fail(cursor, "a number has no leading zeros");
	}
	*ret = value;
	return true;
}

static bool parse_word(struct cursor *cursor, enum fuzz_act_kind *ret)
{
	const char *start = cursor->at;
	char name[FUZZ_ACT_NAME_MAX];
	size_t len = 0;

	while (start + len < cursor->end && start[len] >= 'a' && start[len] <= 'z')
		len++;
	if (len == 0 || len >= sizeof(name))
		return fail(cursor, "expected what is done to the transfer");
	memcpy(name, start, len);
	name[len] = '\0';
	*ret = fuzz_act_from_name(name);
	if (*ret == FUZZ_NONE)
		return fail(cursor, "nothing that is done to a transfer is called so");
	cursor->at += len;
	return true;
}

static bool parse_act(struct cursor *cursor, struct fuzz_act *ret)
{
	uint64_t unit;

	if (!parse_word(cursor, &ret->kind) || !parse_number(cursor, UINT32_MAX, &unit))
		return false;
	ret->unit = (uint32_t)unit;
	if (cursor->at == cursor->end || *cursor->at != 'v')
		return true;
	cursor->at++;
	if (!parse_number(cursor, UINT64_MAX, &ret->value))
		return false;
	return ret->value ? true : fail(cursor, "a value of 0 is not spelled");
}

static bool parse_all(struct cursor *cursor, struct fuzz_acts *ret)
{
	while (cursor->at < cursor->end) {
		struct fuzz_act act = { 0 };

		if (ret->count == FUZZ_ACTS_MAX)
			return fail(cursor, "more is done to a transfer than may be");
		if (ret->count > 0) {
			if (*cursor->at != '-')
				return fail(cursor, "expected '-'");
			cursor->at++;
		}
		if (!parse_act(cursor, &act))
			return false;
		if (ret->count > 0 && ret->items[ret->count - 1].unit > act.unit)
			return fail(cursor, "what is done stands in the order of its units");
		ret->items[ret->count++] = act;
	}
	return true;
}

bool fuzz_acts_parse(const char *text, size_t len, struct fuzz_acts *ret, size_t *ret_at,
		     const char **ret_why)
{
	struct cursor cursor = { .at = text, .end = text + len };
	struct fuzz_acts acts = { .count = 0 };

	if (!parse_all(&cursor, &acts)) {
		*ret_at = (size_t)(cursor.at - text);
		*ret_why = cursor.why;
		return false;
	}
	*ret = acts;
	return true;
}
