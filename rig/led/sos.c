/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/sos.h"

/* Busy-wait timing of the firmware: facts of the board say +-10 %; clocks are off by 5 % more. */
enum sos_times {
	SOS_TOLERANCE_SHARE = 6,
	SOS_DOT_US = 150000,
	SOS_DASH_US = 300000,
	SOS_GAP_US = 100000,
	SOS_LETTER_GAP_US = SOS_GAP_US + 100000,
	SOS_BODY_GAP_US = SOS_GAP_US + 900000,
	SOS_CODE_US = 300000,
	SOS_CODE_GAP_US = 300000,
	SOS_END_GAP_US = SOS_CODE_GAP_US + 800000,
};

static const struct {
	int64_t mark_us;
	int64_t gap_us;
} sos_body[SOS_BODY_MARKS] = {
	{ SOS_DOT_US, SOS_GAP_US },	   { SOS_DOT_US, SOS_GAP_US },
	{ SOS_DOT_US, SOS_LETTER_GAP_US }, { SOS_DASH_US, SOS_GAP_US },
	{ SOS_DASH_US, SOS_GAP_US },	   { SOS_DASH_US, SOS_LETTER_GAP_US },
	{ SOS_DOT_US, SOS_GAP_US },	   { SOS_DOT_US, SOS_GAP_US },
	{ SOS_DOT_US, SOS_BODY_GAP_US },
};

static bool sos_is_near(int64_t len_us, int64_t nominal_us, int64_t slack_us)
{
	int64_t off = len_us - nominal_us;

	return (off < 0 ? -off : off) <= nominal_us / SOS_TOLERANCE_SHARE + slack_us;
}

void sos_reset(struct sos *sos)
{
	*sos = (struct sos){ 0 };
}

enum sos_result sos_give_up(struct sos *sos)
{
	bool counts = sos->marks >= SOS_BODY_MARKS;

	sos->told_us = sos->start_us;
	sos->told_count = 0;
	sos->marks = 0;
	return counts ? SOS_LOST_COUNTS : SOS_LOST;
}

enum sos_result sos_mark(struct sos *sos, int64_t start_us, int64_t len_us, int64_t slack_us)
{
	enum sos_result result = SOS_FITS;
	int64_t expected_us =
		sos->marks < SOS_BODY_MARKS ? sos_body[sos->marks].mark_us : SOS_CODE_US;

	if (sos->marks && (!sos_is_near(len_us, expected_us, slack_us) ||
			   sos->marks == SOS_BODY_MARKS + SOS_CODE_MAX))
		result = sos_give_up(sos);
	if (sos->marks) {
		sos->marks++;
		return result;
	}
	/* any dot may be the first one */
	if (!sos_is_near(len_us, SOS_DOT_US, slack_us))
		return result == SOS_FITS ? SOS_LOST : result;
	sos->start_us = start_us;
	sos->marks = 1;
	return result;
}

enum sos_result sos_gap(struct sos *sos, int64_t len_us, int64_t slack_us)
{
	if (sos->marks == 0)
		return SOS_LOST;
	if (sos->marks <= SOS_BODY_MARKS)
		return sos_is_near(len_us, sos_body[sos->marks - 1].gap_us, slack_us)
			       ? SOS_FITS
			       : sos_give_up(sos);
	if (sos_is_near(len_us, SOS_CODE_GAP_US, slack_us))
		return SOS_FITS;
	if (!sos_is_near(len_us, SOS_END_GAP_US, slack_us))
		return sos_give_up(sos);
	sos->told_us = sos->start_us;
	sos->told_count = sos->marks - SOS_BODY_MARKS;
	sos->marks = 0;
	return SOS_TOLD;
}

int64_t sos_dark_us(const struct sos *sos, int64_t slack_us)
{
	if (sos->marks < SOS_BODY_MARKS)
		return 0;
	return SOS_END_GAP_US + SOS_END_GAP_US / SOS_TOLERANCE_SHARE + slack_us;
}

int64_t sos_longest_still_us(void)
{
	int64_t us = SOS_END_GAP_US + SOS_CODE_US + SOS_CODE_GAP_US;

	return us + us / SOS_TOLERANCE_SHARE;
}

int64_t sos_longest_mark_us(void)
{
	return SOS_DASH_US + SOS_DASH_US / SOS_TOLERANCE_SHARE;
}
