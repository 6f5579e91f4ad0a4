/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trial's LED showed, as a strip over the time of the trial in the LED's own colours: even
 * light is full, blinking is striped, breathing comes and goes, darkness is dark, and what could
 * not be told is hatched. Below it, what was found about it by name.
 */
#include "results/report_model.h"
#include "base/text.h"

#include "board/board.h"

#include <inttypes.h>
#include <string.h>

enum {
	STRIP_WIDTH = 720,
	STRIP_HEIGHT = 16,
	STRIP_STRIPE = 6, /* of a blink, whatever its period: the eye must see it */
	STRIP_WAVE = 40,  /* of a fade */
	STRIP_TITLE_MAX = 200,
};

/* As a person sees them; names of the classes and of the patterns come from the numbers. */
static const char *const strip_colours[LED_COLOUR_COUNT] = {
	[LED_COLOUR_OFF] = "#23272e",	  [LED_COLOUR_RED] = "#ff1f1f",
	[LED_COLOUR_GREEN] = "#00d419",	  [LED_COLOUR_BLUE] = "#2438ff",
	[LED_COLOUR_YELLOW] = "#ffe100",  [LED_COLOUR_CYAN] = "#00dfe8",
	[LED_COLOUR_MAGENTA] = "#f51fe4", [LED_COLOUR_WHITE] = "#ffffff",
	[LED_COLOUR_ORANGE] = "#ff7a00",
};

static const char *strip_colour(enum led_colour colour)
{
	bool known = (unsigned int)colour < LED_COLOUR_COUNT && strip_colours[colour];

	return known ? strip_colours[colour] : "#8b949e";
}

void report_put_html_strip_defs(FILE *out)
{
	fputs("<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\n", out);
	for (int i = 0; i < LED_COLOUR_COUNT; i++) {
		const char *colour = strip_colour((enum led_colour)i);

		fprintf(out,
			"<pattern id=\"b%d\" width=\"%d\" height=\"%d\" "
			"patternUnits=\"userSpaceOnUse\"><rect width=\"%d\" height=\"%d\" "
			"fill=\"#23272e\"/><rect width=\"%d\" height=\"%d\" "
			"fill=\"%s\"/></pattern>\n",
			i, STRIP_STRIPE, STRIP_HEIGHT, STRIP_STRIPE, STRIP_HEIGHT, STRIP_STRIPE / 2,
			STRIP_HEIGHT, colour);
		fprintf(out,
			"<linearGradient id=\"f%d\" x2=\"%d\" gradientUnits=\"userSpaceOnUse\" "
			"spreadMethod=\"reflect\"><stop stop-color=\"%s\"/>"
			"<stop offset=\"1\" stop-color=\"#23272e\"/></linearGradient>\n",
			i, STRIP_WAVE / 2, colour);
	}
	fprintf(out,
		"<pattern id=\"u\" width=\"%d\" height=\"%d\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><rect width=\"%d\" height=\"%d\" "
		"fill=\"#8b949e\"/><rect width=\"2\" height=\"%d\" fill=\"#59636e\"/></pattern>\n",
		STRIP_STRIPE, STRIP_STRIPE, STRIP_STRIPE, STRIP_STRIPE, STRIP_STRIPE);
	fputs("</defs></svg>\n", out);
}

static void put_fill(enum led_colour colour, enum led_pattern pattern, FILE *out)
{
	int number = (unsigned int)colour < LED_COLOUR_COUNT ? (int)colour : 0;

	/* a database may hold anything */
	if ((unsigned int)pattern >= LED_PATTERN_COUNT)
		pattern = LED_PATTERN_UNKNOWN;
	switch (pattern) {
	case LED_PATTERN_SOLID: fputs(strip_colour(colour), out); break;
	case LED_PATTERN_BLINK:
	case LED_PATTERN_SOS:
	case LED_PATTERN_CODE: fprintf(out, "url(#b%d)", number); break;
	case LED_PATTERN_FADE: fprintf(out, "url(#f%d)", number); break;
	case LED_PATTERN_SEQUENCE:
	case LED_PATTERN_UNKNOWN:
	case LED_PATTERN_COUNT: fputs("url(#u)", out); break;
	}
}

static double strip_x(int64_t t_us, int64_t end_us)
{
	return end_us > 0 ? (double)t_us * STRIP_WIDTH / (double)end_us : 0;
}

static void put_state(const struct obs *obs, int64_t until_us, int64_t end_us, FILE *out)
{
	double x = strip_x(obs->t_us, end_us);
	char title[STRIP_TITLE_MAX];
	char time[REPORT_TIME_TEXT];

	text_format_human(obs->t_us, time, sizeof(time));
	snprintf(title, sizeof(title), "%s, from %s", obs->text, time);
	fprintf(out, "<rect x=\"%.2f\" width=\"%.2f\" height=\"%d\" fill=\"", x,
		strip_x(until_us, end_us) - x, STRIP_HEIGHT);
	put_fill((enum led_colour)(obs->code >> 8), (enum led_pattern)(obs->code & 0xff), out);
	fputs("\">", out);
	report_put_element(out, "title", "", title);
	fputs("</rect>", out);
}

/* The moment of the cut, over the colours. */
static void put_cut(const struct obs *obs, int64_t end_us, FILE *out)
{
	fprintf(out,
		"<path d=\"M%.2f 0v%d\" stroke=\"#000\" stroke-width=\"3\"/>"
		"<path d=\"M%.2f 0v%d\" stroke=\"#fff\" stroke-width=\"1\"/>",
		strip_x(obs->t_us, end_us), STRIP_HEIGHT, strip_x(obs->t_us, end_us), STRIP_HEIGHT);
}

static size_t next_led(const struct obs_log *log, size_t i)
{
	while (i < log->count && log->items[i].kind != OBS_LED)
		i++;
	return i;
}

static void put_findings(const struct obs_log *log, FILE *out)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct obs *obs = &log->items[i];

		if (obs->kind == OBS_NOTE && obs->code != OBS_NOTE_PLAIN)
			report_put_element(out, "div", " class=\"found\"", obs->text);
	}
}

void report_put_html_strip(const struct obs_log *log, FILE *out)
{
	int64_t end_us = log->count ? log->items[log->count - 1].t_us : 0;
	size_t i = next_led(log, 0);

	if (i == log->count)
		return;
	fprintf(out,
		"<svg class=\"strip\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"preserveAspectRatio=\"none\" role=\"img\" aria-label=\"the LED\">",
		STRIP_WIDTH, STRIP_HEIGHT, STRIP_WIDTH, STRIP_HEIGHT);
	while (i < log->count) {
		size_t next = next_led(log, i + 1);

		put_state(&log->items[i], next < log->count ? log->items[next].t_us : end_us,
			  end_us, out);
		i = next;
	}
	for (size_t k = 0; k < log->count; k++)
		if (log->items[k].kind == OBS_CUT_DELIVERED)
			put_cut(&log->items[k], end_us, out);
	fputs("</svg>\n", out);
	put_findings(log, out);
}
