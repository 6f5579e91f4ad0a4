/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/order.h"
#include "base/text.h"
#include "lib/released.h"
#include "lib/testing.h"

#include <errno.h>

enum { SYS = IMAGE_FUNCTION_SYSTEM, USER = IMAGE_FUNCTION_USER };
enum { MODULES_MAX = 6 };

static const char letters[] = "nrbmsu"; /* functions by number */

/* "s2=1502>s1.1502>b0.400 u1=3": function, index, version, and up to two needs of each. */
static struct image_set make_set(const char *text, struct image_header headers[MODULES_MAX])
{
	size_t count = 0;

	while (*text) {
		struct image_header *header = &headers[count++];
		unsigned int index;
		unsigned int version;
		char function;
		int len = 0;

		ck_assert_uint_le(count, MODULES_MAX);
		ck_assert_int_eq(sscanf(text, "%c%u=%u%n", &function, &index, &version, &len), 3);
		*header = (struct image_header){ .platform_id = 8,
						 .function = (uint8_t)(strchr(letters, function) -
								       letters),
						 .index = (uint8_t)index,
						 .version = (uint16_t)version };
		text += len;
		for (int i = 0; *text == '>'; i++, text += len) {
			ck_assert_int_lt(i, 2);
			ck_assert_int_eq(
				sscanf(text, ">%c%u.%u%n", &function, &index, &version, &len), 3);
			header->dependency[i] = (struct image_dependency){
				(uint8_t)(strchr(letters, function) - letters), (uint8_t)index,
				(uint16_t)version
			};
		}
		text += strspn(text, " ");
	}
	return (struct image_set){ .headers = headers, .count = count };
}

/* "s1 b0 s2 u1", then "| s1>s2.207" what was granted, then "! u1>s2.9" what is not met. */
static void tell(const struct image_set *set, const struct image_order *order, char *buf,
		 size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < order->count; i++, len = strlen(buf)) {
		const struct image_header *header = &set->headers[order->order[i]];

		snprintf(buf + len, size - len, "%s%c%u", i ? " " : "", letters[header->function],
			 header->index);
	}
	for (size_t i = 0; i < order->granted_count + order->unmet_count; i++, len = strlen(buf)) {
		bool granted = i < order->granted_count;
		const struct image_need *need =
			granted ? &order->granted[i] : &order->unmet[i - order->granted_count];

		snprintf(buf + len, size - len, " %c %c%u>%c%u.%u", granted ? '|' : '!',
			 letters[need->header->function], need->header->index,
			 letters[need->dependency.function], need->dependency.index,
			 need->dependency.version_min);
	}
}

static const struct order_case {
	const char *name;
	const char *set;
	const char *installed; /* NULL = not known */
	const char *want;      /* or the error */
} cases[] = {
	{ "nothing", "", NULL, "" },
	{ "user last", "u1=3>s2.6 s2=17>s1.17 s1=17", NULL, "s1 s2 u1" },
	{ "a photon's 1.5.0 on an unknown board",
	  "b0=501 s2=1502>s1.1502>b0.400 s1=1502>s2.207 u1=3>s2.6", NULL,
	  "s1 b0 s2 u1 | s1>s2.207" },
	{ "the same on one with 0.7.0", "b0=501 s2=1502>s1.1502>b0.400 s1=1502>s2.207",
	  "s1=207 s2=207 b0=101", "s1 b0 s2" },
	{ "the same on one whose bootloader will do",
	  "b0=501 s2=1502>s1.1502>b0.400 s1=1502>s2.207", "s1=1406 s2=1406 b0=501", "s1 s2 b0" },
	{ "on one that is too old there is no way", "s2=1502>s1.1502 s1=1502>s2.207",
	  "s1=17 s2=17 b0=7", "circular: system 2 needs system 1 needs system 2" },
	{ "bootloader missing", "s1=1502 s2=1502>s1.1502>b0.400", "s1=110 s2=110 b0=11",
	  "s1 s2 ! s2>b0.400" },
	{ "on a blank board", "u1=3>s2.6", "", "u1 ! u1>s2.6" },
	{ "not known is not unmet", "u1=3>s2.6", NULL, "u1" },
	{ "too old in the set is", "u1=3>s2.108 s2=17", NULL, "s2 u1 ! u1>s2.108" },
	{ "a downgrade leaves the installed user part behind", "s2=17", "s2=110 u1=4>s2.108",
	  "s2 ! u1>s2.108" },
	{ "itself", "s1=17>s1.17", NULL, "circular: system 1 needs system 1" },
	{ "itself, an older one", "s1=17>s1.5", NULL, "circular: system 1 needs system 1" },
	{ "itself, when it is there", "s1=17>s1.5", "s1=7", "s1" },
	{ "three in a circle, one outside", "s1=9>s3.9 s2=9>s1.9 s3=9>s2.9 u1=9>s1.9", NULL,
	  "circular: system 1 needs system 3 needs system 2 needs system 1" },
	{ "two needs for the same module, the strict one counts", "s1=9>s2.5>s2.9 s2=9>s1.9", NULL,
	  "circular: system 1 needs system 2 needs system 1" },
	{ "and in the other order", "s1=9>s2.9>s2.5 s2=9>s1.9", NULL,
	  "circular: system 1 needs system 2 needs system 1" },
	{ "the oldest need of a circle is granted", "s1=9>s2.5 s2=9>s3.3 s3=9>s1.7", NULL,
	  "s2 s1 s3 | s2>s3.3" },
	{ "as given when nothing else says", "r2=1 m0=1 r1=1 u1=1", NULL, "r2 m0 r1 u1" },
	{ "twice", "s1=9 s1=10", NULL, "system 1 is there twice" },
};

START_TEST(order_is_found)
{
	const struct order_case *c = &cases[_i];
	struct image_header headers[MODULES_MAX];
	struct image_header others[MODULES_MAX];
	struct image_set set = make_set(c->set, headers);
	struct image_set installed = make_set(c->installed ? c->installed : "", others);
	struct image_order order = { 0 };
	struct err err = ERR_INIT;
	char got[512];

	if (image_order(&set, c->installed ? &installed : NULL, &order, &err) < 0) {
		ck_assert_int_eq(err.kind, ERR_CONFIG);
		ck_assert_uint_eq(order.count, 0);
		text_copy(got, sizeof(got), err.text);
	} else {
		tell(&set, &order, got, sizeof(got));
	}
	ck_assert_msg(strcmp(got, c->want) == 0, "%s: %s", c->name, got);
}
END_TEST

START_TEST(refusals)
{
	struct image_header headers[IMAGE_SET_MAX + 1] = { { 0 } };
	struct image_set set = { .headers = headers, .count = IMAGE_SET_MAX + 1 };
	struct image_order order;
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_order(&set, NULL, &order, &err), -E2BIG);
	ck_assert_str_eq(err.text, "17 modules, at most 16 can be ordered");
	headers[0].platform_id = 6;
	headers[1].platform_id = 8;
	headers[1].index = 1;
	set.count = 2;
	ck_assert_int_eq(image_order(&set, NULL, &order, &err), -EINVAL);
	ck_assert_str_eq(err.text, "modules for a photon (6) and a p1 (8) in one set");
}
END_TEST

/* All sums of a large set: every module needs two others. */
START_TEST(a_full_set)
{
	struct image_header headers[IMAGE_SET_MAX];
	struct image_set set = { .headers = headers, .count = IMAGE_SET_MAX };
	struct image_header other = { .platform_id = 8, .function = SYS, .index = 200 };
	struct image_set installed = { .headers = &other, .count = 1 };
	struct image_order order;

	for (size_t i = 0; i < IMAGE_SET_MAX; i++)
		headers[i] =
			(struct image_header){ .platform_id = 8,
					       .function = SYS,
					       .index = (uint8_t)(i + 1),
					       .version = 2,
					       .dependency = { { SYS, 99, 1 }, { SYS, 98, 1 } } };
	ck_assert_int_eq(image_order(&set, &installed, &order, NULL), 0);
	ck_assert_uint_eq(order.count, IMAGE_SET_MAX);
	ck_assert_uint_eq(order.unmet_count, 2 * IMAGE_SET_MAX);
	for (size_t i = 0; i < IMAGE_SET_MAX; i++)
		for (int k = 0; k < 2; k++)
			headers[i].dependency[k] = (struct image_dependency){
				SYS, (uint8_t)((i + 1 + (size_t)k) % IMAGE_SET_MAX + 1), 1
			};
	ck_assert_int_eq(image_order(&set, NULL, &order, NULL), 0);
	ck_assert_uint_eq(order.count, IMAGE_SET_MAX);
	ck_assert_uint_gt(order.granted_count, 0);
}
END_TEST

/* Their files are numbered in the order of delivery: indexes 3, 1, 2. */
START_TEST(electron_parts_in_the_order_of_their_files)
{
	static const size_t rows[] = { 19, 17, 18 }; /* given in another order */
	const struct image_header *from = &released_module(16)->header;
	struct image_header headers[ARRAY_LEN(rows) + 1];
	struct image_set set = { .headers = headers, .count = ARRAY_LEN(headers) };
	struct image_order order;
	char got[256];

	ck_assert_ptr_nonnull(strstr(released_module(17)->file, "electron-system-part1@1.5.0"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		headers[i] = released_module(rows[i])->header;
	headers[ARRAY_LEN(rows)] = *from; /* a user part that needs 0.6.0 */
	ck_assert_int_eq(from->function, USER);
	ck_assert_int_eq(image_order(&set, NULL, &order, NULL), 0);
	tell(&set, &order, got, sizeof(got));
	ck_assert_str_eq(got, "s3 s1 s2 u1 | s3>s2.110");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_order");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, order_is_found, 0, ARRAY_LEN(cases));
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, a_full_set);
	tcase_add_test(tcase, electron_parts_in_the_order_of_their_files);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
