/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/edge_check.h"
#include "lib/testing.h"

#include <string.h>

enum { STEPS_MAX = 24 };

/* A line's story: 'r' and 'f' edges of one go, ' ' the end of a go, '0' and '1' a look at the
 * level,
 * '+' the next edge's number skips one. Losses are expected where 'lost' has an 'x' (a go, a look).
 */
static const struct {
	const char *name;
	const char *story;
	const char *lost; /* one letter for each go and look: '.' or 'x' */
	bool numbered;
} stories[] = {
	{ "an edge each way", "rf rf ", "..", false },
	{ "the first edge may be either", "fr ", ".", false },
	{ "two rises in one go", "rfrr ", "x", false },
	{ "two rises in two goes", "r r ", ".x", false },
	{ "after a loss all is well again", "rr fr ", "x.", false },
	{ "the level agrees", "rf 0r 1", "....", false },
	{ "the level differs once", "r 0f ", "...", false },
	{ "the level differs twice", "r 00", "..x", false },
	{ "and is then believed", "r 00r f 0", "..x...", false },
	{ "a level alone says nothing", "0 1", "...", false },
	{ "fifteen edges fit", "rfrfrfrfrfrfrfr ", ".", false },
	{ "sixteen may have been more", "rfrfrfrfrfrfrfrf ", "x", false },
	{ "numbers without a gap", "rf rf ", "..", true },
	{ "a number is missing", "rf+rf ", "x", true },
	{ "numbers missing between goes", "rf +rf ", ".x", true },
	{ "sixteen with numbers are no loss", "rfrfrfrfrfrfrfrf ", ".", true },
	{ "numbers say more than a level", "r 00", "...", true },
	{ "the same edge twice, numbers or not", "rr ", "x", true },
};

/* Runs a story; writes what came out like 'lost'. */
static void tell(const char *story, bool numbered, char ret[STEPS_MAX])
{
	struct edge_check check = { 0 };
	struct gpio_edge go[GPIO_READ_MAX];
	uint32_t number = 0;
	size_t count = 0;
	size_t steps = 0;

	for (; *story; story++) {
		bool lost = false;

		switch (*story) {
		case '+': number++; continue;
		case 'r':
		case 'f':
			go[count++] = (struct gpio_edge){
				.t_us = number,
				.level = *story == 'r' ? GPIO_HIGH : GPIO_LOW,
				.number = numbered ? ++number : 0,
			};
			continue;
		case ' ':
			lost = count > 0 && edge_check_take(&check, go, count);
			count = 0;
			break;
		default: lost = edge_check_level(&check, *story == '1' ? GPIO_HIGH : GPIO_LOW);
		}
		ret[steps++] = lost ? 'x' : '.';
	}
	ret[steps] = '\0';
}

START_TEST(losses_are_told)
{
	char lost[STEPS_MAX];

	tell(stories[_i].story, stories[_i].numbered, lost);
	ck_assert_msg(strcmp(lost, stories[_i].lost) == 0, "%s: '%s', not '%s'", stories[_i].name,
		      lost, stories[_i].lost);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_check");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, losses_are_told, 0, ARRAY_LEN(stories));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
