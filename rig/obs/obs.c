/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "obs/obs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const obs_kind_names[OBS_KIND_COUNT] = {
#define X(name, number, text) [OBS_##name] = (text),
	OBS_KIND_LIST(X)
#undef X
};

const char *obs_kind_name(enum obs_kind kind)
{
	return (unsigned int)kind < OBS_KIND_COUNT ? obs_kind_names[kind]
						   : obs_kind_names[OBS_UNKNOWN];
}

enum obs_kind obs_kind_from_name(const char *name)
{
	for (unsigned int i = 0; i < OBS_KIND_COUNT; i++)
		if (strcmp(obs_kind_names[i], name) == 0)
			return (enum obs_kind)i;
	return OBS_UNKNOWN;
}

void obs_log_init(struct obs_log *log)
{
	*log = (struct obs_log){ 0 };
}

void obs_log_release(struct obs_log *log)
{
	free(log->items);
	log->items = NULL;
	log->count = 0;
	log->capacity = 0;
}

void obs_log_clear(struct obs_log *log)
{
	log->count = 0;
	log->truncated = false;
}

static bool obs_log_grow(struct obs_log *log)
{
	size_t capacity = log->capacity ? log->capacity * 2 : 64;
	struct obs *items;

	if (log->count < log->capacity)
		return true;
	if (log->count >= OBS_LOG_MAX)
		return false;
	items = realloc(log->items, capacity * sizeof(*items));
	if (!items)
		return false;
	log->items = items;
	log->capacity = capacity;
	return true;
}

static void obs_log_put(void *ctx, const struct obs *obs)
{
	struct obs_log *log = ctx;

	if (!obs_log_grow(log)) {
		log->truncated = true;
		return;
	}
	log->items[log->count++] = *obs;
}

struct obs_sink obs_log_sink(struct obs_log *log)
{
	return (struct obs_sink){ .put = obs_log_put, .ctx = log };
}

void obs_put(const struct obs_sink *sink, int64_t t_us, enum obs_kind kind, int32_t code,
	     int64_t value, const char *text)
{
	struct obs obs = { .t_us = t_us, .kind = kind, .code = code, .value = value };

	text_copy(obs.text, sizeof(obs.text), text ? text : "");
	sink->put(sink->ctx, &obs);
}
