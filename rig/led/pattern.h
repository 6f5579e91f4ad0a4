/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs of light and darkness -> solid, off, blink, fade, SOS. Asks the recognisers, settles who is
 * right when several could be, and hands what is certain to the state.
 */
#ifndef LED_PATTERN_H
#define LED_PATTERN_H

#include "led/blink.h"
#include "led/code.h"
#include "led/fade.h"
#include "led/light.h"
#include "led/sequence.h"
#include "led/sos.h"
#include "led/state.h"
#include "led/words.h"

enum pattern_run {
	PATTERN_NONE = 0, /* before the first */
	PATTERN_DARK,
	PATTERN_LIT,
};

struct pattern {
	struct words words;
	void (*part)(void *ctx, const struct led_look *part); /* NULL: nobody listens */
	void *part_ctx;
	uint8_t blind; /* bit n: channel n has no line */
	struct state state;
	struct blink blink;
	struct fade fade;
	struct wave wave;
	bool coded;	   /* the code before the darkness was judged */
	bool code_whole;   /* it was seen from its beginning */
	bool code_pending; /* it may have ended by another light */
	struct hue code_hue;
	bool noisy;	  /* too much to see a fade by its slopes */
	int64_t waved_us; /* a wave was found last */
	struct sos sos;
	struct code code;
	struct sequence sequence;
	int64_t now_us; /* when what is being handled became known */
	int64_t pwm_us;
	int64_t noise_us; /* of edges */
	int32_t lost;	  /* edges found missing so far */
	bool anchored;	  /* darkness was seen: what comes on is seen from its beginning */
	bool blurred;	  /* what was there before edges were lost may still go on */
	bool joined;	  /* the run began before that: how long it lasted is not known */
	bool held;	  /* the run was told as solid or off */
	bool doubt;	  /* the run is dark only if an edge is missing, or lit only if none is */
	enum pattern_run run;
	struct hue hue;		/* of the run, when it is lit */
	struct hue_stray stray; /* of its windows */
	int64_t sequenced_us;	/* a sequence fitted last */
	struct hue series;	/* of all marks of the blink or the SOS */
	colour_set hue_colours; /* what they may be, as of a few windows ago at most */
	colour_set series_colours;
	int64_t series_count; /* windows and parts in it */
	int32_t series_lost;  /* 'lost' when it began */
	int32_t marks;	      /* of about this colour since the LED was off */
	int64_t start_us;     /* of the run */
	int64_t flat_us;      /* brightness holds since */
	int64_t wait_us;      /* that it holds cannot be told before */
};

/* 'board' is borrowed; 'seen' as in led_decoder_new(). */
void pattern_init(struct pattern *pattern, const struct board *board,
		  void (*seen)(void *ctx, const struct led_seen *seen), void *ctx);

void pattern_reset(struct pattern *pattern, int64_t t_us);

/* Takes what the LED showed; known at 'now_us', edges blurred by PWM of 'pwm_us'. */
void pattern_step(struct pattern *pattern, const struct light_step *step, int64_t now_us,
		  int64_t pwm_us);

/* Edges are missing before 't_us': nothing that was seen counts. */
void pattern_lose(struct pattern *pattern, int64_t t_us);

/* When something becomes certain through nothing happening; INT64_MAX = never. */
int64_t pattern_deadline_us(const struct pattern *pattern);

/* That time has come. */
void pattern_expire(struct pattern *pattern);

#endif
