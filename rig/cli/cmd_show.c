/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

enum show_option { OPT_RESULTS };

enum { DETAIL_MAX = 2 * OBS_TEXT_MAX };

static void led_text(const struct obs *obs, char *buf, size_t size)
{
	enum led_colour colour = (enum led_colour)(obs->code >> 8);
	enum led_pattern pattern = (enum led_pattern)(obs->code & 0xff);
	char period[32];

	text_format_human(obs->value, period, sizeof(period));
	if (pattern == LED_PATTERN_SOS)
		snprintf(buf, size, "%s: SOS, %" PRId64 " blinks", obs->text, obs->value);
	else if (pattern == LED_PATTERN_CODE)
		snprintf(buf, size, "%s: %s, %" PRId64 " blinks", obs->text,
			 led_colour_name(colour), obs->value);
	else if (pattern == LED_PATTERN_BLINK || pattern == LED_PATTERN_FADE)
		snprintf(buf, size, "%s: %s %s, period %s", obs->text, led_colour_name(colour),
			 led_pattern_name(pattern), period);
	else
		snprintf(buf, size, "%s: %s %s", obs->text, led_colour_name(colour),
			 led_pattern_name(pattern));
}

static void module_text(const struct obs *obs, char *buf, size_t size)
{
	static const char *const words[] = {
		[OBS_MODULE_UNTOLD] = "not told",
		[OBS_MODULE_NEW] = "the new one runs",
		[OBS_MODULE_OTHER] = "another one runs",
		[OBS_MODULE_BAD] = "not sound",
	};
	bool known = obs->code >= 0 && (size_t)obs->code < ARRAY_LEN(words);

	snprintf(buf, size, "%s (%s)", known ? words[obs->code] : "?", obs->text);
}

static void reflash_text(const struct obs *obs, char *buf, size_t size)
{
	switch ((enum obs_reflash)obs->code) {
	case OBS_REFLASH_ANSWERED: snprintf(buf, size, "DFU answers"); break;
	case OBS_REFLASH_WRITTEN:
		snprintf(buf, size, "%s written, %" PRId64 " bytes", obs->text, obs->value);
		break;
	case OBS_REFLASH_LEFT: snprintf(buf, size, "told to start"); break;
	case OBS_REFLASH_FAILED: snprintf(buf, size, "failed: %s", obs->text); break;
	}
}

static void detail_text(const struct obs *obs, char *buf, size_t size)
{
	char time[32];

	text_format_human(obs->value, time, sizeof(time));
	switch (obs->kind) {
	case OBS_POWER_COMMANDED:
	case OBS_POWER_CONFIRMED: snprintf(buf, size, "%s", obs->code ? "on" : "off"); break;
	case OBS_LINE_COMMANDED:
		snprintf(buf, size, "%s %s", obs->text, obs->code ? "held" : "released");
		break;
	case OBS_LED: led_text(obs, buf, size); break;
	case OBS_DELIVERY:
		snprintf(buf, size, "part %d: %s, %" PRId64 " bytes", obs->code, obs->text,
			 obs->value);
		break;
	case OBS_CUT_DELIVERED:
		snprintf(buf, size, "part %d, %s after its delivery began", obs->code, time);
		break;
	case OBS_ALIVE: snprintf(buf, size, "after %s", time); break;
	case OBS_TIMEOUT: snprintf(buf, size, "%s: not within %s", obs->text, time); break;
	case OBS_APPLY: snprintf(buf, size, "an update, shown for %s", time); break;
	case OBS_USB: snprintf(buf, size, "%s %s", obs->text, obs->code ? "came" : "left"); break;
	case OBS_REFLASH: reflash_text(obs, buf, size); break;
	case OBS_MODULE: module_text(obs, buf, size); break;
	case OBS_FED: snprintf(buf, size, "though power was off, %s", obs->text); break;
	case OBS_UNKNOWN:
	case OBS_PHASE:
	case OBS_CUT_ARMED:
	case OBS_CUT_MISSED:
	case OBS_RUNG:
	case OBS_DFU:
	case OBS_PROBE:
	case OBS_RIG_FAULT:
	case OBS_NOTE:
	case OBS_KIND_COUNT: snprintf(buf, size, "%s", obs->text); break;
	}
}

static bool is_evidence(const struct verdict *verdict, size_t index)
{
	for (uint32_t i = 0; i < verdict->evidence_count; i++)
		if (verdict->evidence[i] == index)
			return true;
	return false;
}

static void print_timeline(const struct obs_log *log, const struct verdict *verdict)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct obs *obs = &log->items[i];
		char detail[DETAIL_MAX];

		detail_text(obs, detail, sizeof(detail));
		printf("%c %12.6f s  %-15s  %s\n", is_evidence(verdict, i) ? '*' : ' ',
		       (double)obs->t_us / 1e6, obs_kind_name(obs->kind), detail);
	}
	if (log->truncated)
		printf("  (more was seen than the log holds)\n");
}

static int cmd_show(const struct command_input *input, struct err *err)
{
	struct store_attempt attempt;
	struct store *store = NULL;
	struct obs_log log;
	char recovery[32];
	int r;

	obs_log_init(&log);
	r = cli_find_trial(input->argument, input->options[OPT_RESULTS], &store, &attempt, &log,
			   err);
	if (r == 0) {
		text_format_human(attempt.verdict.recovery_us, recovery, sizeof(recovery));
		printf("trial     %s\nphase     %s\n", attempt.trial_id,
		       attempt.phase[0]			      ? attempt.phase
		       : trial_spec_is_control(&attempt.spec) ? "control"
							      : "elsewhere");
		printf("outcome   %s: %s\n",
		       attempt.ended ? outcome_name(attempt.verdict.outcome) : "never ended",
		       attempt.verdict.reason);
		printf("recovered %s, %s after power came back\n",
		       rung_name(attempt.verdict.recovered_by), recovery);
		printf("\n  time            what             ('*': the verdict rests on it)\n");
		print_timeline(&log, &attempt.verdict);
		store_close(store);
	}
	obs_log_release(&log);
	return r;
}

const struct command command_show = {
	.name = "show",
	.argument = "TRIAL-ID",
	.summary = "show a stored trial: its verdict and its timeline",
	.options = {
		[OPT_RESULTS] = { "results", "DB", "database (default: results/runs/SCENARIO.db)" },
	},
	.run = cmd_show,
};
