/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "lib/synthetic.h"
#include "lib/testing.h"
#include "results/report.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
enum test_sizes {
	TEST_PATH_MAX = 256,
	TEST_TRIALS = 245,
	TEST_DEPTH_MAX = 32,
	TEST_TAG_MAX = 32,
};

/* Everything that could break out of a format, and bytes that are no UTF-8. */
static const char hostile[] =
	"</text><script>alert('1')</script>&\"]]>,\"\"\n\x01\x7f\xff\xc3(\xe2\x82";
static const char hostile_shown[] =
	"&lt;/text&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;]]&gt;,"
	"&quot;&quot;?????" /* in two, or it would hold a trigraph */
	"(??";

static struct store *open_store(void)
{
	char path[TEST_PATH_MAX];
	struct store *store;

	snprintf(path, sizeof(path), "%s/a.db", testing_folder());
	ck_assert_int_eq(store_open(path, STORE_WRITE, &store, NULL), 0);
	return store;
}

static struct gate_policy some_policy(void)
{
	struct gate_policy policy = {
		.name = "nightly",
		.confidence = 0.95,
		.controls_min = 2,
		.trials_min = 100,
		.void_rate_max = 0.2,
	};

	policy.rules[OUTCOME_BRICKED].set = true;
	policy.rules[OUTCOME_DEGRADED] = (struct gate_rule){ .set = true, .rate_max = 0.5 };
	return policy;
}

/* Caller frees. */
static char *render(struct store *store, const struct gate_policy *policy,
		    enum report_format format)
{
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_msg(report_render(store, 0, policy, format, out, &err) == 0, "%s", err.text);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_uint_eq(strlen(text), size);
	return text;
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
		count++;
	return count;
}

/* How many trials of the synthetic run end so; controls excluded. */
static unsigned int expected(enum outcome outcome)
{
	unsigned int count = 0;

	for (uint64_t i = 0; i < TEST_TRIALS; i++) {
		struct trial_spec spec = synthetic_spec(i);
		struct verdict verdict;

		synthetic_verdict(&spec, &verdict);
		count += !trial_spec_is_control(&spec) && verdict.outcome == outcome;
	}
	return count;
}

/* One trial that was begun and did not end, and one whose texts are hostile. */
static void add_odd_trials(struct store *store)
{
	struct trial_spec spec = synthetic_spec(7);
	struct verdict verdict = { .outcome = OUTCOME_BRICKED };
	int64_t id;

	text_copy(verdict.reason, sizeof(verdict.reason), hostile);
	spec.number = 1000;
	ck_assert_int_eq(store_attempt_begin(store, 1, &spec, hostile, &id, NULL), 0);
	ck_assert_int_eq(store_attempt_end(store, id, &verdict, NULL, 1, NULL), 0);
	spec.number = 1001;
	ck_assert_int_eq(store_attempt_begin(store, 1, &spec, "1.slot", &id, NULL), 0);
}

/*
 * Are tags balanced, attributes quoted, and is there no bare '<' or '&'? Enough of XML for what the
 * reports write. Returns the place of the first fault, or NULL.
 */
struct xml_check {
	char open[TEST_DEPTH_MAX][TEST_TAG_MAX];
	size_t depth;
};

static const char *skip_tag(const char *p)
{
	while (*p && *p != '>') {
		if (*p == '"') {
			p = strchr(p + 1, '"');
			if (!p)
				return NULL;
		}
		if (*p == '<' || *p == '\'')
			return NULL;
		p++;
	}
	return *p ? p : NULL;
}

static const char *check_tag(struct xml_check *check, const char *tag)
{
	const char *end = skip_tag(tag + 1);
	bool closes = tag[1] == '/';
	const char *name = tag + 1 + closes;
	size_t length = strcspn(name, " />\n");

	if (!end || length == 0 || length >= TEST_TAG_MAX || !isalpha(name[0]))
		return NULL;
	if (closes) {
		if (check->depth == 0 || strlen(check->open[check->depth - 1]) != length ||
		    memcmp(check->open[check->depth - 1], name, length) != 0)
			return NULL;
		check->depth--;
	} else if (end[-1] != '/') {
		if (check->depth == TEST_DEPTH_MAX)
			return NULL;
		text_copy(check->open[check->depth++], length + 1, name);
	}
	return end;
}

static const char *xml_fault(const char *text)
{
	struct xml_check check = { .depth = 0 };

	for (const char *p = text; *p; p++) {
		if (*p == '<') {
			const char *end = check_tag(&check, p);

			if (!end)
				return p;
			p = end;
		} else if (*p == '&') {
			size_t length = strcspn(p + 1, "; <&");

			if (p[1 + length] != ';' || length > 6)
				return p;
		}
	}
	return check.depth ? "(unclosed)" : NULL;
}

START_TEST(the_checker_finds_faults)
{
	static const char *const wrong[] = { "<a><b></a></b>", "<a>",	"</a>", "<a x='1'></a>",
					     "<a x=\"1></a>",  "a & b", "a < b" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		ck_assert_msg(xml_fault(wrong[i]) != NULL, "%s", wrong[i]);
	ck_assert_ptr_null(xml_fault("<a x=\"1\"><b/>&lt;&#39;</a>"));
}
END_TEST

/* One strip a bad trial, whatever stands in the observations, and nothing from elsewhere. */
START_TEST(html_draws_the_led)
{
	struct store *store = open_store();
	const char *fault;
	size_t local;
	char *html;

	ck_assert_int_eq(synthetic_store(store, 60, 45), 0);
	html = render(store, NULL, REPORT_HTML);
	fault = xml_fault(html + 16);
	ck_assert_msg(!fault, "%.200s", fault);
	ck_assert_uint_gt(count_of(html, "class=\"strip\""), 4);
	ck_assert_uint_eq(count_of(html, "class=\"strip\""), count_of(html, "<tr class=\"led\">"));
	local = count_of(html, "url(#");
	ck_assert_uint_gt(local, 0);
	ck_assert_uint_eq(count_of(html, "url("), local);
	free(html);
	store_close(store);
}
END_TEST

START_TEST(html_is_whole)
{
	struct store *store = open_store();
	struct gate_policy policy = some_policy();
	const char *fault;
	char *html;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	html = render(store, &policy, REPORT_HTML);
	ck_assert_int_eq(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
	fault = xml_fault(html + 16);
	ck_assert_msg(!fault, "%.200s", fault);
	/* needs nothing from elsewhere */
	ck_assert_ptr_null(strstr(html, "<script"));
	ck_assert_ptr_null(strstr(html, "http"));
	ck_assert_ptr_null(strstr(html, "url("));
	ck_assert_ptr_null(strstr(html, "src="));
	ck_assert_ptr_nonnull(strstr(html, "<div class=\"gate rejected\"><b>rejected</b>"));
	ck_assert_ptr_nonnull(strstr(html, "particle-1.5.2-p1"));
	ck_assert_ptr_nonnull(strstr(html, "otarig replay"));
	ck_assert_uint_eq(count_of(html, "<svg role=\"img\""), 2);
	free(html);
	store_close(store);
}
END_TEST

START_TEST(every_cut_has_its_mark)
{
	struct store *store = open_store();
	char mark[TEST_TAG_MAX];
	char *html;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	html = render(store, NULL, REPORT_HTML);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		snprintf(mark, sizeof(mark), "<g class=\"m%u\" transform", i);
		ck_assert_uint_eq(count_of(html, mark), expected((enum outcome)i));
	}
	ck_assert_ptr_null(strstr(html, "class=\"gate"));
	ck_assert_ptr_null(strstr(html, "have room"));
	free(html);
	store_close(store);
}
END_TEST

START_TEST(long_lists_are_cut_and_say_so)
{
	struct store *store = open_store();
	char *html;
	unsigned int bad = 0;
	char more[TEST_TAG_MAX];

	ck_assert_int_eq(synthetic_store(store, 3000, 0), 0);
	for (uint64_t i = 0; i < 3000; i++) {
		struct trial_spec spec = synthetic_spec(i);
		struct verdict verdict;

		synthetic_verdict(&spec, &verdict);
		bad += !outcome_is_good(verdict.outcome) && !outcome_is_void(verdict.outcome);
	}
	html = render(store, NULL, REPORT_HTML);
	ck_assert_uint_eq(count_of(html, "<td class=\"id\">"), 100);
	snprintf(more, sizeof(more), "<p>%u more in", bad - 100);
	ck_assert_ptr_nonnull(strstr(html, more));
	ck_assert_ptr_nonnull(strstr(html, "trials have room"));
	free(html);
	store_close(store);
}
END_TEST

START_TEST(hostile_texts_stay_texts)
{
	static const enum report_format formats[] = { REPORT_HTML, REPORT_JUNIT };
	struct store *store = open_store();

	ck_assert_int_eq(synthetic_store(store, 10, 0), 0);
	add_odd_trials(store);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		char *text = render(store, NULL, formats[i]);
		const char *begin = strchr(text, '\n'); /* after the first line's declaration */
		const char *fault = xml_fault(begin);

		ck_assert_msg(!fault, "%.200s", fault);
		ck_assert_ptr_null(strstr(text, "<script"));
		if (formats[i] == REPORT_HTML)
			ck_assert_ptr_nonnull(strstr(text, hostile_shown));
		free(text);
	}
	store_close(store);
}
END_TEST

static json_int_t json_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

static json_int_t json_sum(json_t *object)
{
	json_int_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) sum += json_integer_value(value);
	return sum;
}

/* The parts of the document must add up to each other and to what was stored. */
static void check_sums(const json_t *root)
{
	const json_t *cuts = json_object_get(root, "cuts");
	json_t *outcomes = json_object_get(cuts, "outcomes");
	json_int_t attempts = 0;
	json_int_t bad = 0;
	size_t index;
	json_t *row;

	json_array_foreach(json_object_get(root, "phases"), index, row)
	{
		attempts += json_number(row, "trials");
		bad += json_number(row, "bad");
		ck_assert_int_eq(json_sum(json_object_get(row, "outcomes")) +
					 json_number(row, "unended"),
				 json_number(row, "trials"));
	}
	ck_assert_int_eq(attempts, json_number(cuts, "trials"));
	ck_assert_int_eq(bad, json_number(cuts, "bad"));
	ck_assert_int_eq(attempts + json_number(json_object_get(root, "controls"), "trials"),
			 (json_int_t)json_array_size(json_object_get(root, "trials")));
	ck_assert_int_eq(json_sum(json_object_get(root, "recovered_by")),
			 json_number(cuts, "valid"));
	ck_assert_int_eq(json_number(cuts, "unended"), 1);
	ck_assert_int_eq(json_number(outcomes, "updated"), expected(OUTCOME_UPDATED));
	ck_assert_int_eq(json_number(outcomes, "bricked"), expected(OUTCOME_BRICKED) + 1);
}

/* The phases of the update follow each other: where one ends, the next of its part begins. */
static void check_update(const json_t *root)
{
	const json_t *update = json_object_get(root, "update");
	json_int_t ops = 0;
	size_t index;
	json_t *row;

	ck_assert_uint_gt(json_array_size(update), 1);
	json_array_foreach(update, index, row)
	{
		if (json_number(row, "begin_op") != ops)
			ck_assert_int_eq(json_number(row, "begin_op"), 0);
		ops = json_number(row, "end_op");
		ck_assert_int_ge(ops, json_number(row, "begin_op"));
		ck_assert_int_ge(json_number(row, "end_us"), json_number(row, "begin_us"));
		ck_assert_int_ge(json_number(row, "part"), 1);
		ck_assert(json_is_string(json_object_get(row, "module")));
		ck_assert_str_eq(
			json_string_value(json_object_get(row, "phase")),
			json_string_value(json_object_get(
				json_array_get(json_object_get(root, "phases"), index), "name")));
	}
}

START_TEST(json_parses_and_adds_up)
{
	struct store *store = open_store();
	struct gate_policy policy = some_policy();
	json_error_t error;
	char *text;
	json_t *root;
	const json_t *last;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	add_odd_trials(store);
	text = render(store, &policy, REPORT_JSON);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "line %d: %s", error.line, error.text);
	check_sums(root);
	check_update(root);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, "gate"), "word")),
			 "rejected");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, "run"), "seed")),
			 "2024");
	last = json_array_get(json_object_get(root, "trials"), TEST_TRIALS + 1);
	ck_assert(json_is_null(json_object_get(last, "end")));
	json_decref(root);
	free(text);
	store_close(store);
}
END_TEST

/* Splits the next field off a row as RFC 4180 has it; returns what ends it. */
static char next_field(const char **text)
{
	const char *p = *text;

	if (*p == '"') {
		for (p++; *p && !(p[0] == '"' && p[1] != '"'); p++)
			p += p[0] == '"';
		ck_assert_int_eq(*p, '"');
		p++;
	} else {
		p += strcspn(p, ",\n");
	}
	*text = *p ? p + 1 : p;
	return *p;
}

START_TEST(csv_rows_have_all_fields)
{
	struct store *store = open_store();
	size_t rows = 0;
	size_t fields = 0;
	char *text;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	add_odd_trials(store);
	text = render(store, NULL, REPORT_CSV);
	for (const char *p = text; *p;) {
		char end = next_field(&p);

		fields++;
		if (end != '\n') {
			ck_assert_int_eq(end, ',');
			continue;
		}
		ck_assert_uint_eq(fields, 18);
		fields = 0;
		rows++;
	}
	ck_assert_uint_eq(rows, 1 + TEST_TRIALS + 2);
	ck_assert_uint_eq(count_of(text, ",running,,,,,\n"), 1);
	free(text);
	store_close(store);
}
END_TEST

START_TEST(junit_fails_what_the_policy_fails)
{
	struct store *store = open_store();
	struct gate_policy policy = some_policy();
	const char *fault;
	char *text;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	text = render(store, &policy, REPORT_JUNIT);
	fault = xml_fault(strchr(text, '\n'));
	ck_assert_msg(!fault, "%.200s", fault);
	/* eight phases, controls, gate; bricked in 1.slot fails that phase and the gate */
	ck_assert_ptr_nonnull(strstr(text, "tests=\"10\" failures=\"2\" errors=\"0\""));
	ck_assert_uint_eq(count_of(text, "<testcase "), 10);
	ck_assert_uint_eq(count_of(text, "<failure "), 2);
	free(text);
	/* degraded is below its limit: without the rule for bricked no phase fails */
	policy.rules[OUTCOME_BRICKED].set = false;
	text = render(store, &policy, REPORT_JUNIT);
	ck_assert_ptr_nonnull(strstr(text, "tests=\"10\" failures=\"0\" errors=\"0\""));
	free(text);
	policy.controls_min = 100;
	text = render(store, &policy, REPORT_JUNIT);
	ck_assert_ptr_nonnull(strstr(text, "failures=\"0\" errors=\"1\""));
	ck_assert_ptr_nonnull(strstr(text, "<error message=\"void: 5 controls"));
	free(text);
	text = render(store, NULL, REPORT_JUNIT);
	ck_assert_ptr_nonnull(strstr(text, "tests=\"9\" failures=\"1\" errors=\"0\""));
	free(text);
	store_close(store);
}
END_TEST

START_TEST(text_is_a_table_of_100_columns)
{
	static const char head[] =
		"p1-power-loss, run 1: particle-1.5.2-p1 -> reference-2.0.0-p1\n"
		"board p1 on virtual, seed 2024, 245 of 245 trials, otarig 0.1.0\n"
		"2024-05-01T20:00:00Z to 2024-05-02T04:00:00Z\n";
	struct store *store = open_store();
	struct gate_policy policy = some_policy();
	unsigned int updated;
	unsigned int reverted;
	unsigned int trials;
	char *text;

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	text = render(store, &policy, REPORT_TEXT);
	ck_assert_int_eq(strncmp(text, head, sizeof(head) - 1), 0);
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		ck_assert_msg(strcspn(p, "\n") <= 100, "%.120s", p);
	ck_assert_ptr_null(strstr(text, " \n"));
	ck_assert_int_eq(sscanf(strstr(text, "\nall cuts"), " all cuts %u %u %u", &trials, &updated,
				&reverted),
			 3);
	ck_assert_uint_eq(trials, TEST_TRIALS - 5);
	ck_assert_uint_eq(updated, expected(OUTCOME_UPDATED));
	ck_assert_uint_eq(reverted, expected(OUTCOME_REVERTED));
	ck_assert_ptr_nonnull(strstr(text, "\ngate nightly: rejected, exit code 1\n  bricked: "));
	free(text);
	store_close(store);
}
END_TEST

START_TEST(an_empty_run_is_reported_in_every_format)
{
	struct store *store = open_store();
	struct gate_policy policy = some_policy();

	ck_assert_int_eq(synthetic_store(store, 0, 0), 0);
	for (int format = REPORT_TEXT; format <= REPORT_JUNIT; format++) {
		char *text = render(store, &policy, (enum report_format)format);

		ck_assert_ptr_nonnull(text);
		free(text);
	}
	store_close(store);
}
END_TEST

START_TEST(the_same_run_gives_the_same_bytes)
{
	struct store *store = open_store();
	struct gate_policy policy = some_policy();

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	for (int format = REPORT_TEXT; format <= REPORT_JUNIT; format++) {
		char *a = render(store, &policy, (enum report_format)format);
		char *b = render(store, &policy, (enum report_format)format);

		ck_assert_str_eq(a, b);
		free(a);
		free(b);
	}
	store_close(store);
}
END_TEST

START_TEST(a_stream_that_refuses_is_told)
{
	struct store *store = open_store();

	ck_assert_int_eq(synthetic_store(store, TEST_TRIALS, 0), 0);
	for (int format = REPORT_TEXT; format <= REPORT_JUNIT; format++) {
		struct err err = ERR_INIT;
		FILE *full = fopen("/dev/full", "w");

		ck_assert_ptr_nonnull(full);
		ck_assert_int_eq(report_render(store, 0, NULL, (enum report_format)format, full,
					       &err),
				 -ENOSPC);
		ck_assert_int_eq((int)err.kind, ERR_IO);
		fclose(full);
	}
	store_close(store);
}
END_TEST

START_TEST(what_is_not_there_is_told)
{
	struct store *store = open_store();
	struct err err = ERR_INIT;

	ck_assert_int_eq(report_render(store, 0, NULL, REPORT_TEXT, stdout, &err), -ENOENT);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	ck_assert_int_eq(synthetic_store(store, 0, 0), 0);
	ck_assert_int_eq(report_render(store, 0, NULL, REPORT_UNKNOWN, stdout, &err), -EINVAL);
	ck_assert_int_eq((int)err.kind, ERR_USAGE);
	store_close(store);
	ck_assert_int_eq((int)report_format_from_name("html"), REPORT_HTML);
	ck_assert_int_eq((int)report_format_from_name("HTML"), REPORT_UNKNOWN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_checker_finds_faults);
	tcase_add_test(tcase, html_is_whole);
	tcase_add_test(tcase, html_draws_the_led);
	tcase_add_test(tcase, every_cut_has_its_mark);
	tcase_add_test(tcase, long_lists_are_cut_and_say_so);
	tcase_add_test(tcase, hostile_texts_stay_texts);
	tcase_add_test(tcase, json_parses_and_adds_up);
	tcase_add_test(tcase, csv_rows_have_all_fields);
	tcase_add_test(tcase, junit_fails_what_the_policy_fails);
	tcase_add_test(tcase, text_is_a_table_of_100_columns);
	tcase_add_test(tcase, an_empty_run_is_reported_in_every_format);
	tcase_add_test(tcase, the_same_run_gives_the_same_bytes);
	tcase_add_test(tcase, a_stream_that_refuses_is_told);
	tcase_add_test(tcase, what_is_not_there_is_told);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
