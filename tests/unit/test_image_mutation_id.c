/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of kinds, and the text form of mutations. */
#include "base/rng.h"
#include "image/mutate.h"
#include "lib/testing.h"

START_TEST(kinds_have_names)
{
	for (int i = IMAGE_MUTATION_UNKNOWN + 1; i < IMAGE_MUTATION_COUNT; i++) {
		const struct image_mutation_row *row =
			image_mutation_row((enum image_mutation_kind)i);

		ck_assert_ptr_nonnull(row->name);
		ck_assert_uint_eq(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				  strlen(row->name));
		ck_assert_int_eq(image_mutation_kind_from_name(row->name), i);
		ck_assert(row->summary && row->summary[0]);
		ck_assert(row->blind != row->sealed);
	}
	ck_assert_int_eq(image_mutation_kind_from_name("bit-flop"), IMAGE_MUTATION_UNKNOWN);
	ck_assert_int_eq(image_mutation_kind_from_name(""), IMAGE_MUTATION_UNKNOWN);
}
END_TEST

START_TEST(the_text_form_comes_back)
{
	struct rng rng;

	rng_init(&rng, 1);
	for (int i = 0; i < 1000; i++) {
		struct image_mutation m = {
			.kind = (enum image_mutation_kind)(1 + i % (IMAGE_MUTATION_COUNT - 1)),
			.sums = (enum image_mutation_sums)(i % 3),
			.seed = rng_next(&rng) >> rng_below(&rng, 64),
		};
		char text[IMAGE_MUTATION_ID_MAX];
		struct image_mutation back;
		struct err err = ERR_INIT;

		image_mutation_format(&m, text);
		ck_assert_uint_eq(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-"),
				  strlen(text));
		ck_assert_msg(image_mutation_parse(text, &back, &err) == 0, "%s", err.text);
		ck_assert_int_eq(back.kind, m.kind);
		ck_assert_int_eq(back.sums, m.sums);
		ck_assert_uint_eq(back.seed, m.seed);
	}
}
END_TEST

static const char *const bad_texts[] = {
	"",
	"bit-flip",
	"bit-flip.",
	"bit-flip.x",
	"bit-flop.1",
	"bit-flip.01",
	"bit-flip.0x1",
	"bit-flip.1.",
	"bit-flip.1.rawer",
	"bit-flip.1.raw.",
	" bit-flip.1",
	"bit-flip.1 ",
	"bit-flip.-1",
	".1",
	"bit-flip.+1",
	"Bit-flip.1",
	"bit-flip.1raw",
	"bit-flip.1.SEALED",
	"bit-flip.18446744073709551616",
	"bit-flip.00000000000000000000000000000000000000000000000000000000000000000000000001",
};

START_TEST(other_texts_are_refused)
{
	struct image_mutation m = { .seed = 77 };
	struct err err = ERR_INIT;

	ck_assert_int_lt(image_mutation_parse(bad_texts[_i], &m, &err), 0);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, " is not a mutation like bit-flip.12345"));
	ck_assert_uint_eq(m.seed, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_mutation_id");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, kinds_have_names);
	tcase_add_test(tcase, the_text_form_comes_back);
	tcase_add_loop_test(tcase, other_texts_are_refused, 0, ARRAY_LEN(bad_texts));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
