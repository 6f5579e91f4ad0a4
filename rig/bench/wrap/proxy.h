/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of bench/wrap: a slot that makes a struct wrap_call of each call and gives it to a
 * wrapper, which carries it out on the slot inside, or does as it likes.
 */
#ifndef BENCH_WRAP_PROXY_H
#define BENCH_WRAP_PROXY_H

#include "bench/wrap/call.h"

struct wrap_ops {
	int (*call)(void *ctx, struct wrap_call *call, struct err *err);
	/* The slot inside tells something; proxy_tell() hands it on. */
	void (*event)(void *ctx, const struct wrap_event *event);
	int64_t (*now_us)(void *ctx);
	void (*close)(void *ctx); /* frees 'ctx'; the slot inside is closed already */
};

struct proxy {
	struct slot inner; /* backend NULL: there is none */
	const struct wrap_ops *ops;
	void *ctx;
	struct slot_listener listener; /* the caller's */
};

/*
 * Makes *ret a slot in front of 'inner' (owned from here on; NULL: none) with its name and
 * capabilities, or those given. On failure 'inner' is as it was, and 'ctx' is the caller's.
 */
int proxy_open(const struct slot *inner, const struct wrap_ops *ops, void *ctx, struct slot *ret,
	       struct proxy **ret_proxy, struct err *err) MUST_CHECK;

/* Tells the caller's listener, when it listens to such events. */
void proxy_tell(const struct proxy *proxy, const struct wrap_event *event);

#endif
