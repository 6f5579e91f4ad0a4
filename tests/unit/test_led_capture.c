/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/capture.h"
#include "lib/testing.h"

#include <string.h>

static const struct {
	const char *text;
	const char *format;
	size_t count;
	int64_t begin_us, last_us;
	bool red_before;
} good[] = {
	{ "t_us,channel,level\n10,r,0\n20,r,1\n", "CSV of edges", 2, 10, 20, true },
	{ "# a comment\n\n t_s , Channel , level \r\n0.000010,red,1\n0.5,G,1\n", "CSV of edges", 2,
	  10, 500000, false },
	{ "t_ms,channel,level\n1,0,1\n1,1,1\n1.25,2,1\n", "CSV of edges", 3, 1000, 1250, false },
	{ "t_us,r,g,b\n0,1,1,1\n1,1,1,1\n7,0,1,0\n", "CSV of samples", 2, 0, 7, true },
	{ "t_ns,b\n0,1\n999,0\n2500,1\n", "CSV of samples", 2, 0, 2, false },
	{ "$date today $end\n$timescale 1 us $end\n$scope module x $end\n"
	  "$var wire 1 ! RED $end\n$var wire 1 \" green $end\n$var wire 8 # bus $end\n"
	  "$upscope $end\n$enddefinitions $end\n"
	  "#0 1! 0\"\n#100 0! 1\"\n#150 x!\nb0101 #\n#200 1!\n",
	  "VCD", 3, 0, 200, true },
	{ "$timescale 100ns $end $var wire 1 a D0 $end $var wire 1 b D1 $end $enddefinitions $end\n"
	  "#0\n$dumpvars\n0a 0b\n$end\n#10 1a\n#20 1b\n",
	  "VCD", 2, 0, 2, false },
};

START_TEST(good_captures)
{
	struct err err = ERR_INIT;
	struct capture capture;

	ck_assert_msg(capture_parse(good[_i].text, strlen(good[_i].text), "c", &capture, &err) == 0,
		      "%u: %s", err.line, err.text);
	ck_assert_str_eq(capture.format, good[_i].format);
	ck_assert_uint_eq(capture.count, good[_i].count);
	ck_assert_int_eq(capture.begin_us, good[_i].begin_us);
	ck_assert_int_eq(capture.edges[capture.count - 1].t_us, good[_i].last_us);
	ck_assert_int_eq(capture.high[LED_RED], good[_i].red_before);
	capture_release(&capture);
}
END_TEST

static const struct {
	const char *text;
	size_t len; /* 0 = of the text */
	unsigned int line;
	const char *message;
} bad[] = {
	{ "", 0, 0, "the capture is empty" },
	{ "# nothing\n", 0, 1, "the capture is empty" },
	{ "t_us,channel,level\n", 0, 1, "no line changes its level in this capture" },
	{ "t_us,r\n1,0\n2,0\n", 0, 3, "no line changes its level in this capture" },
	{ "time,r\n", 0, 1,
	  "unknown column 'time', the first must be one of t_ns, t_us, t_ms, t_s" },
	{ "t_us,r,w\n", 0, 1, "unknown column 'w', known: channel,level or any of r, g, b" },
	{ "t_us,r,red\n", 0, 1, "a second column 'red'" },
	{ "t_us\n", 0, 1, "there is no column but the time" },
	{ "t_us,channel,level\n10,r,1\n9,r,0\n", 0, 3, "time goes back, from 10 to 9 us" },
	{ "t_us,channel,level\n-1,r,1\n", 0, 2, "'-1' is no time" },
	{ "t_us,channel,level\n1e3,r,1\n", 0, 2, "'1e3' is no time" },
	{ "t_us,channel,level\n99999999999999999999,r,1\n", 0, 2,
	  "'99999999999999999999' is no time" },
	{ "t_us,channel,level\n1,x,1\n", 0, 2, "'x' is no channel, known: r, g, b, 0, 1, 2" },
	{ "t_us,channel,level\n1,r,2\n", 0, 2, "'2' is no level, 0 or 1" },
	{ "t_us,channel,level\n1,r\n", 0, 2, "'' is no level, 0 or 1" },
	{ "t_us,channel,level\n1,r,1,1\n", 0, 2, "more columns than the header names" },
	{ "t_us,r\n\x01\n", 0, 2, "byte 0x01 is no text" },
	{ "t_us,r\n\0", 8, 2, "byte 0x00 is no text" },
	{ "$timescale 1 us $end\n#0\n", 0, 2, "a time before '$enddefinitions'" },
	{ "$timescale 3 us $end\n", 0, 1, "'3us' is no time scale" },
	{ "$var wire 1 ! r $end\n$enddefinitions $end\n", 0, 2, "there is no '$timescale'" },
	{ "$timescale 1 us $end\n$enddefinitions $end\n", 0, 2, "there is no line of one bit" },
	{ "$timescale 1 us $end $var wire 1 ! r $end $enddefinitions $end\n1!\n", 0, 2,
	  "a level before the first time" },
	{ "$timescale 1 us $end $var wire 1 ! r $end $enddefinitions $end\n#9 1!\n#8 0!\n", 0, 3,
	  "time goes back, from 9 to 8 us" },
	{ "$timescale 1 us $end $var wire 1 ! r $end $enddefinitions $end\n#9 q!\n", 0, 2,
	  "'q!' is nothing of a VCD" },
	{ "$comment for ever\n", 0, 2, "'$comment' has no '$end'" },
	{ "$timescale 1 us $end $var wire 1 !!!!!!!!! r $end\n", 0, 1,
	  "identifier '!!!!!!!!!' is too long" },
};

START_TEST(bad_captures)
{
	size_t len = bad[_i].len ? bad[_i].len : strlen(bad[_i].text);
	struct err err = ERR_INIT;
	struct capture capture;

	ck_assert_int_lt(capture_parse(bad[_i].text, len, "c", &capture, &err), 0);
	ck_assert_str_eq(err.text, bad[_i].message);
	ck_assert_uint_eq(err.line, bad[_i].line);
	ck_assert_str_eq(err.file, "c");
}
END_TEST

/* More edges than time: no LED does that. */
START_TEST(absurd_rate)
{
	static char text[20000] = "t_us,channel,level\n";
	struct err err = ERR_INIT;
	struct capture capture;
	size_t len = strlen(text);

	for (int i = 0; i < 2000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "7,r,%d\n", i % 2);
	ck_assert_int_lt(capture_parse(text, len, "c", &capture, &err), 0);
	ck_assert_str_eq(err.text, "1000 edges in 0 us are no LED's");
	ck_assert_uint_eq(err.line, 1001);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("led capture");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, good_captures, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(tcase, bad_captures, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(tcase, absurd_rate);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
