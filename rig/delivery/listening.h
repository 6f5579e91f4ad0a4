/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console of a board that listens (facts: particle-gen2 5.2, 5.3): how it is entered, and bytes
 * to and from it. Answers as in delivery/step.h.
 */
#ifndef DELIVERY_LISTENING_H
#define DELIVERY_LISTENING_H

#include "delivery/step.h"

/* What the talk needs to know of the line. */
struct listening {
	const struct delivery_run *run;
	bool joined; /* the USB was, to have the line: it is parted with the line */
	bool cut; /* the armed cut happened, which a slot tells once; the last bytes come first */
};

/*
 * Opens the line and brings the running board into listening mode: by 28800 baud where the line is
 * a device on its USB, else by SETUP held while the system runs. Over when it does not answer.
 */
int listening_enter(struct listening *line, const struct delivery_run *run,
		    struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/* The mode is left ('x'), if the board still hears it. */
int listening_leave(struct listening *line, struct delivery_outcome *ret,
		    struct err *err) MUST_CHECK;

/*
 * Lets the line go, whatever 'step' is; returns it, or the errno when letting go failed. For the
 * end of every talk.
 */
int listening_release(struct listening *line, int step, struct err *err) MUST_CHECK;

/* Sends bytes; over when the board does not take them in time. */
int listening_say(struct listening *line, const void *bytes, size_t len,
		  struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/* The next byte; *ret_heard is false when none came until 'deadline_us'. */
int listening_hear(struct listening *line, int64_t deadline_us, uint8_t *ret_byte, bool *ret_heard,
		   struct delivery_outcome *ret, struct err *err) MUST_CHECK;

/*
 * Text until 'until' was part of it (NULL: until it was quiet for a while) or 'deadline_us';
 * ended with NUL; what does not fit is dropped. *ret_found: 'until' was seen.
 */
int listening_read(struct listening *line, const char *until, int64_t deadline_us, char *ret_text,
		   size_t size, bool *ret_found, struct delivery_outcome *ret,
		   struct err *err) MUST_CHECK;

/*
 * For a board that does not answer, or whose line is not there: it did not play along, unless its
 * line is its own device on the USB and the rig lost that (delivery_absent()). DELIVERY_OVER, or a
 * negative errno.
 */
int listening_silent(struct listening *line, enum delivery_hurt hurt, const char *text,
		     struct delivery_outcome *ret, struct err *err) MUST_CHECK;

#endif
