/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A synthetic RGB LED: colours over time -> edges of three active-low lines, as a PWM timer of
 * 100 Hz gives them. Deterministic: phase, and the order of edges of one moment, come from a seed.
 */
#ifndef TESTS_LIB_LED_GEN_H
#define TESTS_LIB_LED_GEN_H

#include "base/rng.h"
#include "led/led.h"

#define LED_GEN_OFF	0x000000u
#define LED_GEN_RED	0xff0000u
#define LED_GEN_GREEN	0x00ff00u
#define LED_GEN_BLUE	0x0000ffu
#define LED_GEN_YELLOW	0xffff00u
#define LED_GEN_CYAN	0x00ffffu
#define LED_GEN_MAGENTA 0xff00ffu
#define LED_GEN_WHITE	0xffffffu
#define LED_GEN_ORANGE	0xff6000u

enum led_gen_load {
	LED_GEN_AT_ONCE = 0, /* a new duty acts in the running PWM period */
	LED_GEN_NEXT = 1,    /* ... from the next one on (compare preload) */
};

struct led_gen {
	void (*edge)(void *ctx, int64_t t_us, enum led_channel channel, bool high);
	void *ctx;
	struct rng rng;
	enum led_gen_load load;
	int64_t t_us;
	int64_t period_us; /* of the PWM */
	int64_t phase_us;
	int32_t brightness_pct;
	int64_t wanted_us[LED_CHANNELS]; /* lit time per PWM period */
	int64_t acting_us[LED_CHANNELS];
	bool lit[LED_CHANNELS];
};

/* An LED that is dark at 't_us'; 'edge' gets every edge, in order. */
void led_gen_init(struct led_gen *gen, uint64_t seed, int64_t t_us, int32_t brightness_pct,
		  void (*edge)(void *ctx, int64_t t_us, enum led_channel channel, bool high),
		  void *ctx);

/* The firmware sets the timer up again: the PWM starts at another phase. */
void led_gen_rephase(struct led_gen *gen);

/* Power is gone: all lines high at once. */
void led_gen_cut(struct led_gen *gen);

/* Lit in 'rgb' for 'us' microseconds. */
void led_gen_solid(struct led_gen *gen, uint32_t rgb, int64_t us);

/* Lit for 'on_us', dark for 'off_us', and again, for 'us' in all. */
void led_gen_blink(struct led_gen *gen, uint32_t rgb, int64_t on_us, int64_t off_us, int64_t us);

/*
 * Triangle from full to dark and back in 'period_us', in steps of 'tick_us', for 'us' in all;
 * begins 'at_us' into it (0 = at full).
 */
void led_gen_fade(struct led_gen *gen, uint32_t rgb, int64_t period_us, int64_t tick_us,
		  int64_t at_us, int64_t us);

/* One pass of an SOS with its code; all times scaled to 'pct' percent. */
void led_gen_sos(struct led_gen *gen, uint32_t rgb, int code, int pct);

#endif
