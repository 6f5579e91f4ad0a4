/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where time passes. A look reads the clock first and then everything else, so that nothing that
 * happened until then is still to come; what is younger is kept for the next one.
 */
#include "bench/linux/backend.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum {
	FILES_MAX = 12,
	LOOK_US_MAX = 20000, /* an LED that stays as it is, and limits, are looked at so often */
	LED_WAIT_US = 4000,
	LED_WAIT_EDGES = 6, /* of a line in a look; twice as many have room */
};

int linux_look(struct linux_backend *be, struct err *err)
{
	int64_t now_us = clock_now_us();
	int r = linux_cut_look(be, now_us, err);

	if (r == 0)
		r = linux_led_look(be, now_us, err);
	if (r == 0 && be->usb)
		r = usb_step(be->usb, err);
	if (r == 0 && be->console)
		r = console_step(be->console, err);
	if (r == 0)
		r = linux_limit_look(be, now_us, err);
	if (r < 0)
		return r;
	if (now_us > be->now_us)
		be->now_us = now_us;
	return 0;
}

static size_t add(struct pollfd *files, size_t count, int fd)
{
	if (fd < 0)
		return count;
	files[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return count + 1;
}

/*
 * A dimmed LED has hundreds of edges a second, whose times are the kernel's: they are read some at
 * a time, as long as the kernel's queue (16 with libgpiod 1.6) has room for more.
 */
static bool led_may_wait(const struct linux_backend *be)
{
	return be->led.read_most > 0 && be->led.read_most <= LED_WAIT_EDGES;
}

static size_t list_files(const struct linux_backend *be, struct pollfd files[FILES_MAX])
{
	size_t count = 0;

	for (int i = LINE_RAIL; i < LINE_COUNT; i++)
		if (be->lines[i] && (i < LINE_RED || !led_may_wait(be)))
			count = add(files, count, gpio_fd(be->lines[i]));
	if (be->sampler)
		count = add(files, count, sampler_fd(be->sampler));
	if (be->cutter)
		count = add(files, count, cutter_fd(be->cutter));
	if (be->console)
		count = add(files, count, console_fd(be->console));
	if (be->usb)
		count = add(files, count, usb_fd(be->usb));
	return count;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Sleeps until a file is ready or something is due. *ret_seen: a file was ready. */
static int sleep_until(struct linux_backend *be, int64_t deadline_us, bool *ret_seen,
		       struct err *err)
{
	struct pollfd files[FILES_MAX];
	size_t count = list_files(be, files);
	int64_t until_us = earlier(deadline_us, be->now_us + LOOK_US_MAX);
	struct timespec left = { 0 };
	int64_t left_us;
	int r;

	if (led_may_wait(be))
		until_us = earlier(until_us, be->now_us + LED_WAIT_US);
	if (be->cut_happened)
		until_us = earlier(until_us, be->confirm_until_us);
	if (be->console)
		until_us = earlier(until_us, console_due_us(be->console));
	if (be->usb)
		until_us = earlier(until_us, usb_due_us(be->usb));
	left_us = until_us - clock_now_us();
	if (left_us > 0)
		left = (struct timespec){ .tv_sec = left_us / 1000000,
					  .tv_nsec = left_us % 1000000 * 1000 };
	r = ppoll(files, count, &left, NULL);
	if (r < 0 && errno != EINTR)
		return err_set(err, ERR_RIG, -errno, "cannot wait for the bench: %s",
			       strerror(errno));
	*ret_seen = r > 0;
	return 0;
}

/* The proof of a cut that happened is there, or is not going to come. */
static bool cut_is_over(const struct linux_backend *be)
{
	bool rail = !be->lines[LINE_RAIL] || be->cut.rail_us != SLOT_CUT_UNSEEN;
	bool loop = !be->lines[LINE_LOOP_BACK] || be->cut.loop_back_us != SLOT_CUT_UNSEEN;

	return be->cut_happened && ((rail && loop) || be->now_us >= be->confirm_until_us);
}

/* What was looked at just now may have been all there was to see: no file is ready any more. */
static bool has_seen(const struct linux_backend *be, bool file_was_ready)
{
	return file_was_ready || (be->usb && usb_landed(be->usb));
}

int linux_pass(struct linux_backend *be, int64_t deadline_us, enum linux_until until,
	       enum slot_wait *ret, struct err *err)
{
	bool seen = false;
	int r;

	for (;;) {
		bool over;

		r = linux_look(be, err);
		if (r < 0)
			return r;
		over = be->now_us >= deadline_us ||
		       (until == LINUX_UNTIL_SEEN && has_seen(be, seen));
		if (cut_is_over(be)) {
			be->cut_happened = false;
			*ret = SLOT_WAIT_CUT;
			return 0;
		}
		if (over && !be->cut_happened) {
			*ret = SLOT_WAIT_DEADLINE;
			return 0;
		}
		r = sleep_until(be, over ? INT64_MAX : deadline_us, &seen, err);
		if (r < 0)
			return r;
	}
}
