/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/code.h"

void code_reset(struct code *code)
{
	*code = (struct code){ 0 };
}

void code_mark(struct code *code, int64_t start_us, int64_t lit_us)
{
	if (code->marks < CODE_MARKS_MAX) {
		code->start_us[code->marks] = start_us;
		code->lit_us[code->marks] = lit_us;
	}
	/* beyond the limit the number only says so */
	if (code->marks <= CODE_MARKS_MAX)
		code->marks++;
}

static int64_t code_lit_us(const struct board_led_state *word)
{
	return word->lit_us ? word->lit_us : word->period_us / 2;
}

/* In the middle between the darkness within the code and that after it. */
int64_t code_pause_us(const struct board_led_state *word)
{
	return (word->period_us - code_lit_us(word) + word->pause_us) / 2;
}

static bool code_is_near(int64_t a_us, int64_t b_us, int64_t slack_us)
{
	return a_us >= b_us - slack_us && a_us <= b_us + slack_us;
}

bool code_fits(const struct code *code, const struct board_led_state *word, int64_t slack_us)
{
	if (code->marks < 1 || code->marks > CODE_MARKS_MAX)
		return false;
	slack_us += word->tolerance_us;
	for (int32_t i = 0; i < code->marks; i++) {
		if (!code_is_near(code->lit_us[i], code_lit_us(word), slack_us))
			return false;
		if (i > 0 && !code_is_near(code->start_us[i] - code->start_us[i - 1],
					   word->period_us, slack_us))
			return false;
	}
	return true;
}
