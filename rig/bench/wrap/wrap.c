/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/wrap/wrap.h"

#include "base/file.h"

#include <errno.h>

static int put_fault(const struct bench_wrap *wrap, const char *path, struct slot *slot,
		     struct err *err)
{
	const struct wrap_rates rates = { .late = wrap->late_permille,
					  .lost = wrap->lost_permille,
					  .stuck = wrap->stuck_permille,
					  .wrong = wrap->wrong_permille };
	struct wrap_fault fault = { .seed = wrap->seed };

	(void)path;
	for (int i = 0; i < WRAP_TARGETS; i++)
		fault.rates[i] = rates;
	return wrap_fault(slot, &fault, err);
}

static int put_record(const struct bench_wrap *wrap, const char *path, struct slot *slot,
		      struct err *err)
{
	AUTO_FREE char *file = file_beside(path, wrap->file);

	if (!file)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	return wrap_record(slot, file, err);
}

/* In the place of a slot, not in front of one. */
static int open_replay(const struct bench_wrap *wrap, const char *path, struct slot *ret,
		       struct err *err)
{
	AUTO_FREE char *file = file_beside(path, wrap->file);

	if (!file)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	return wrap_replay(file, ret, err);
}

static int (*const puts_of[])(const struct bench_wrap *wrap, const char *path, struct slot *slot,
			      struct err *err) = {
	[BENCH_WRAP_FAULT] = put_fault,
	[BENCH_WRAP_RECORD] = put_record,
};

int wrap_open(const struct bench_slot *bench, const char *path,
	      int (*open)(const struct bench_slot *bench, struct slot *ret, struct err *err),
	      struct slot *ret, struct err *err)
{
	bool replay = bench->wrap_count > 0 && bench->wraps[0].kind == BENCH_WRAP_REPLAY;
	struct slot slot;
	int r = replay ? open_replay(&bench->wraps[0], path, &slot, err) : open(bench, &slot, err);

	if (r < 0)
		return r;
	for (size_t i = replay ? 1 : 0; i < bench->wrap_count && r == 0; i++)
		r = puts_of[bench->wraps[i].kind](&bench->wraps[i], path, &slot, err);
	if (r < 0)
		slot_close(&slot);
	else
		*ret = slot;
	return r;
}
