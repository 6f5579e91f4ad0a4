/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Duty samples -> what an eye would see: runs of one colour with a brightness, or darkness. A
 * change must be seen in two windows before it counts, so a window in which the firmware was just
 * writing three compare registers, or a timer was set up again, makes no colour of its own.
 */
#ifndef LED_LIGHT_H
#define LED_LIGHT_H

#include "led/colour.h"
#include "led/duty.h"

enum light_limits {
	LIGHT_STEPS_MAX = 2, /* most steps one sample can give */
};

/* From 'start_us' on the LED shows this; until the next step, at least up to 'end_us'. */
struct light_step {
	int64_t start_us;
	int64_t end_us;
	bool dark;
	bool fresh;	   /* another colour than before, or light after darkness */
	bool doubt;	   /* dark only if an edge is missing, or lit only if none is */
	bool exact;	   /* the level is one of whole periods */
	bool anew;	   /* levels before were wrong */
	bool amends;	   /* takes the place of the darkness that began here */
	struct hue hue;	   /* what was seen in this step */
	int32_t level_ppm; /* of the brightest channel */
	int32_t noise_ppm; /* how far that may be off (1 sigma) */
	int32_t full_ppm;  /* highest level since the last longer darkness */
};

struct light {
	uint8_t blind; /* bit n: channel n has no line; kept over a reset */
	bool known;    /* 'shown' holds something */
	struct light_step shown;
	struct hue run;	   /* all light of the run that is shown */
	struct hue lately; /* ... and the last of it, to find a colour that changes under noise */
	int32_t lately_count;
	int64_t lately_us; /* that began here */
	bool waiting;	   /* 'next' differs from what is shown and waits for a second window */
	bool pairs;	   /* ... which may be the next one ('next' is whole periods) */
	struct light_step next;
	int64_t from_us;       /* where the light of 'next' began */
	bool dawned;	       /* something was lit since it was dark, and is not shown yet */
	int64_t dawn_us;       /* ... from here on */
	struct hue dawn;       /* ... as far as it was seen whole */
	struct light_step odd; /* last sample that differed from what is shown */
	int32_t full_ppm;
	bool spiked;	  /* what was lit last was a spike */
	int64_t end_us;	  /* what was lit before it ended here */
	int64_t noise_us; /* as known last: better than when it was light */
};

void light_reset(struct light *light);

/* Takes one sample; returns how many steps it made certain, in order of time. */
size_t light_take(struct light *light, const struct duty_sample *sample,
		  struct light_step ret_steps[LIGHT_STEPS_MAX]);

#endif
