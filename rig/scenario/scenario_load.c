/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "scenario/fuzz_words.h"
#include "scenario/scenario_check.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { WORD_MAX = 48 };

/* A point as it stands in the file; its number lies in 'point.at' already unless it is a time. */
struct raw_point {
	struct cut_point point;
	char *time;
	char *form;
	char *plus;
};

/* What the file holds: what needs no second look is in 'scenario' already. */
struct raw_scenario {
	struct scenario scenario;
	char **forms;
	uint32_t forms_count;
	struct raw_point *points;
	uint32_t points_count;
	char *stride;
	char *timeout;
	char **transfer;
	uint32_t transfer_count;
	char **image;
	uint32_t image_count;
	char *off;
	char *fall;
	char *rise;
};

static const cyaml_strval_t strategy_words[] = {
	{ "none", CUT_STRATEGY_NONE },
	{ "random", CUT_STRATEGY_RANDOM },
	{ "list", CUT_STRATEGY_LIST },
	{ "linear", CUT_STRATEGY_LINEAR },
	{ "exhaustive", CUT_STRATEGY_EXHAUSTIVE },
};

static const cyaml_strval_t by_words[] = {
	{ "time", CUT_BY_TIME },
	{ "operation", CUT_BY_OPERATION },
	{ "instruction", CUT_BY_INSTRUCTION },
};

static const cyaml_strval_t transfer_words[] = {
	{ "fast", SCENARIO_TRANSFER_FAST },
	{ "slow", SCENARIO_TRANSFER_SLOW },
};

static const cyaml_strval_t sum_words[] = {
	{ "zero", SCENARIO_SUM_ZERO },
	{ "right", SCENARIO_SUM_RIGHT },
};

static const cyaml_strval_t anchor_words[] = {
#define X(name, number, text) { text, number },
	CUT_ANCHOR_LIST(X)
#undef X
};

static const cyaml_strval_t vbat_words[] = {
	{ "lost", VBAT_LOST },
	{ "kept", VBAT_KEPT },
	{ "random", VBAT_RANDOM },
};

static const cyaml_strval_t rung_words[] = {
#define X(name, number, text) { text, number },
	RUNG_LIST(X)
#undef X
};

/* "none", the first of the list, is no rung to climb. */
static const cyaml_schema_value_t rung_schema = {
	CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum rung, rung_words + 1, ARRAY_LEN(rung_words) - 1),
};

static const cyaml_schema_value_t name_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, char[SCENARIO_NAME_MAX], 1, SCENARIO_NAME_MAX - 1),
};

static const cyaml_schema_value_t word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, WORD_MAX),
};

static const cyaml_schema_field_t point_fields[] = {
	CYAML_FIELD_UINT("part", CYAML_FLAG_DEFAULT, struct raw_point, point.part),
	CYAML_FIELD_UINT("operation", CYAML_FLAG_OPTIONAL, struct raw_point, point.at),
	CYAML_FIELD_UINT("instruction", CYAML_FLAG_OPTIONAL, struct raw_point, point.at),
	CYAML_FIELD_STRING_PTR("time", CYAML_FLAG_OPTIONAL, struct raw_point, time, 1, WORD_MAX),
	CYAML_FIELD_STRING_PTR("form", CYAML_FLAG_OPTIONAL, struct raw_point, form, 1, WORD_MAX),
	CYAML_FIELD_ENUM("after", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_point,
			 point.anchor, anchor_words, ARRAY_LEN(anchor_words)),
	CYAML_FIELD_UINT("chunk", CYAML_FLAG_OPTIONAL, struct raw_point, point.chunk),
	CYAML_FIELD_STRING_PTR("plus", CYAML_FLAG_OPTIONAL, struct raw_point, plus, 1, WORD_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t point_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_point, point_fields),
};

static const cyaml_schema_field_t deliver_fields[] = {
	CYAML_FIELD_STRING("via", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.via, 1),
	CYAML_FIELD_ENUM("mode", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.deliver.mode, transfer_words, ARRAY_LEN(transfer_words)),
	CYAML_FIELD_ENUM("sum", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.deliver.sum, sum_words, ARRAY_LEN(sum_words)),
	CYAML_FIELD_UINT("chunk", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.deliver.chunk_bytes),
	CYAML_FIELD_STRING_PTR("timeout", CYAML_FLAG_OPTIONAL, struct raw_scenario, timeout, 1,
			       WORD_MAX),
	CYAML_FIELD_STRING("command", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			   scenario.deliver.command, 1),
	CYAML_FIELD_STRING("progress", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			   scenario.deliver.progress, 1),
	CYAML_FIELD_SEQUENCE_COUNT("parts", CYAML_FLAG_OPTIONAL, struct raw_scenario,
				   scenario.parts, scenario.part_count, &name_schema, 1,
				   SCENARIO_PARTS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fuzz_fields[] = {
	CYAML_FIELD_SEQUENCE("transfer", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
			     struct raw_scenario, transfer, &word_schema, 1, FUZZ_COUNT - 1),
	CYAML_FIELD_UINT("per_trial", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.fuzz.per_trial),
	CYAML_FIELD_SEQUENCE("image", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct raw_scenario,
			     image, &word_schema, 1, IMAGE_MUTATION_COUNT - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t again_fields[] = {
	CYAML_FIELD_UINT("within", CYAML_FLAG_DEFAULT, struct raw_scenario,
			 scenario.cut.again_within),
	CYAML_FIELD_UINT("stride", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.cut.again_stride),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t cut_fields[] = {
	CYAML_FIELD_ENUM("strategy", CYAML_FLAG_STRICT, struct raw_scenario, scenario.cut.strategy,
			 strategy_words, ARRAY_LEN(strategy_words)),
	CYAML_FIELD_ENUM("by", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.cut.by, by_words, ARRAY_LEN(by_words)),
	CYAML_FIELD_SEQUENCE_COUNT("phases", CYAML_FLAG_OPTIONAL, struct raw_scenario,
				   scenario.cut.phases, scenario.cut.phase_count, &name_schema, 1,
				   SCENARIO_PHASES_MAX),
	CYAML_FIELD_SEQUENCE("forms", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct raw_scenario,
			     forms, &word_schema, 1, SCENARIO_FORMS_MAX),
	CYAML_FIELD_SEQUENCE("points", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
			     struct raw_scenario, points, &point_schema, 1, SCENARIO_POINTS_MAX),
	CYAML_FIELD_STRING_PTR("stride", CYAML_FLAG_OPTIONAL, struct raw_scenario, stride, 1,
			       WORD_MAX),
	YAML_FIELD_GROUP("again", CYAML_FLAG_OPTIONAL, struct raw_scenario, again_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t power_fields[] = {
	CYAML_FIELD_STRING_PTR("off", CYAML_FLAG_DEFAULT, struct raw_scenario, off, 1, WORD_MAX),
	CYAML_FIELD_ENUM("vbat", CYAML_FLAG_STRICT, struct raw_scenario, scenario.power.vbat,
			 vbat_words, ARRAY_LEN(vbat_words)),
	CYAML_FIELD_STRING_PTR("fall", CYAML_FLAG_OPTIONAL, struct raw_scenario, fall, 1, WORD_MAX),
	CYAML_FIELD_STRING_PTR("rise", CYAML_FLAG_OPTIONAL, struct raw_scenario, rise, 1, WORD_MAX),
	CYAML_FIELD_BOOL("weak_cells", CYAML_FLAG_OPTIONAL, struct raw_scenario,
			 scenario.power.weak_cells),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t led_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, char[SCENARIO_STATE_MAX], 1, SCENARIO_STATE_MAX - 1),
};

static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("led", CYAML_FLAG_DEFAULT, struct raw_scenario,
				   scenario.expect_led.names, scenario.expect_led.count,
				   &led_schema, 1, SCENARIO_LED_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t symptom_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct scenario_symptom, name, 1),
	CYAML_FIELD_SEQUENCE_COUNT("led", CYAML_FLAG_DEFAULT, struct scenario_symptom, led.names,
				   led.count, &led_schema, 1, SCENARIO_LED_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("without", CYAML_FLAG_OPTIONAL, struct scenario_symptom,
				   without.names, without.count, &led_schema, 1, SCENARIO_LED_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t symptom_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_symptom, symptom_fields),
};

static const cyaml_schema_field_t scenario_fields[] = {
	CYAML_FIELD_STRING("scenario", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.name, 1),
	CYAML_FIELD_STRING("summary", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.summary, 1),
	CYAML_FIELD_STRING("board", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.board, 1),
	CYAML_FIELD_STRING("from", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.from, 1),
	CYAML_FIELD_STRING("to", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.to, 1),
	YAML_FIELD_GROUP("deliver", CYAML_FLAG_DEFAULT, struct raw_scenario, deliver_fields),
	YAML_FIELD_GROUP("cut", CYAML_FLAG_DEFAULT, struct raw_scenario, cut_fields),
	YAML_FIELD_GROUP("power", CYAML_FLAG_DEFAULT, struct raw_scenario, power_fields),
	YAML_FIELD_GROUP("fuzz", CYAML_FLAG_OPTIONAL, struct raw_scenario, fuzz_fields),
	CYAML_FIELD_SEQUENCE_COUNT("ladder", CYAML_FLAG_DEFAULT, struct raw_scenario,
				   scenario.ladder, scenario.ladder_count, &rung_schema, 1,
				   SCENARIO_RUNGS_MAX),
	YAML_FIELD_GROUP("expect", CYAML_FLAG_OPTIONAL, struct raw_scenario, expect_fields),
	CYAML_FIELD_SEQUENCE_COUNT("symptoms", CYAML_FLAG_OPTIONAL, struct raw_scenario,
				   scenario.symptoms, scenario.symptom_count, &symptom_schema, 1,
				   SCENARIO_SYMPTOMS_MAX),
	CYAML_FIELD_UINT("trials", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.trials),
	CYAML_FIELD_UINT("controls", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.controls),
	CYAML_FIELD_UINT("seed", CYAML_FLAG_DEFAULT, struct raw_scenario, scenario.seed),
	CYAML_FIELD_STRING("policy", CYAML_FLAG_OPTIONAL, struct raw_scenario, scenario.policy, 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t scenario_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_scenario, scenario_fields),
};

/* "before", "after", "torn:500". */
static int load_form(const struct yaml_doc *doc, const char *path, const char *text,
		     struct cut_form_at *ret, struct err *err)
{
	static const char torn[] = "torn:";
	uint64_t permille = 0;

	if (strcmp(text, "before") == 0) {
		*ret = (struct cut_form_at){ .form = CUT_FORM_BEFORE };
		return 0;
	}
	if (strcmp(text, "after") == 0) {
		*ret = (struct cut_form_at){ .form = CUT_FORM_AFTER };
		return 0;
	}
	if (strncmp(text, torn, strlen(torn)) != 0)
		return yaml_doc_fail(doc, err, path,
				     "unknown form '%s', known: before, torn:N, after", text);
	if (text_parse_u64(text + strlen(torn), CUT_PERMILLE_MAX, &permille, NULL) < 0 ||
	    permille == 0)
		return yaml_doc_fail(doc, err, path, "'%s' needs a number from 1 to %d", text,
				     CUT_PERMILLE_MAX);
	*ret = (struct cut_form_at){ .form = CUT_FORM_TORN, .permille = (uint32_t)permille };
	return 0;
}

static int load_forms(const struct yaml_doc *doc, const struct raw_scenario *raw,
		      struct scenario *scenario, struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < raw->forms_count; i++) {
		int r = load_form(doc, yaml_path(path, "cut.forms[%zu]", i), raw->forms[i],
				  &scenario->cut.forms[i], err);

		if (r < 0)
			return r;
	}
	scenario->cut.form_count = raw->forms_count;
	return 0;
}

/* A duration that may be zero. */
static int load_duration(const struct yaml_doc *doc, const char *path, const char *text,
			 int64_t *ret_us, struct err *err)
{
	struct err cause = ERR_INIT;

	if (text_parse_duration(text, ret_us, &cause) < 0)
		return yaml_doc_fail(doc, err, path, "%s for '%s'", cause.text, path);
	return 0;
}

/* A time that may be zero: the very beginning of a part, or a point itself. */
static int load_point_time(const struct yaml_doc *doc, const char *path, const char *text,
			   struct cut_point *ret, struct err *err)
{
	int64_t us = 0;
	int r = text ? load_duration(doc, path, text, &us, err) : 0;

	ret->at = (uint64_t)us;
	return r;
}

/* Which of the four ways to place a point it uses; CUT_BY_NONE when not just one of them. */
static enum cut_by point_by(const struct yaml_doc *doc, const char *at, const struct raw_point *raw)
{
	char path[YAML_PATH_MAX];
	bool operation = yaml_doc_has(doc, yaml_path(path, "%s.operation", at));
	bool instruction = yaml_doc_has(doc, yaml_path(path, "%s.instruction", at));
	bool anchor = raw->point.anchor != CUT_ANCHOR_NONE;

	if (operation + instruction + anchor + (raw->time != NULL) != 1)
		return CUT_BY_NONE;
	return operation     ? CUT_BY_OPERATION
	       : anchor	     ? CUT_BY_ANCHOR
	       : instruction ? CUT_BY_INSTRUCTION
			     : CUT_BY_TIME;
}

/* Keys that say more of a point, and the one that each goes with. */
static int check_point_keys(const struct yaml_doc *doc, const char *at, const struct raw_point *raw,
			    enum cut_by by, struct err *err)
{
	char path[YAML_PATH_MAX];
	bool chunk = yaml_doc_has(doc, yaml_path(path, "%s.chunk", at));

	if ((by == CUT_BY_OPERATION) != (raw->form != NULL))
		return yaml_doc_fail(doc, err, at, "'form' and 'operation' go together");
	if (raw->plus && by != CUT_BY_ANCHOR)
		return yaml_doc_fail(doc, err, at, "'plus' is only for a point 'after' another");
	if (chunk != (raw->point.anchor == CUT_ANCHOR_CHUNK))
		return yaml_doc_fail(doc, err, at, "'chunk' and 'after: chunk' go together");
	return 0;
}

static int load_point(const struct yaml_doc *doc, const char *at, const struct raw_point *raw,
		      struct cut_point *ret, struct err *err)
{
	char path[YAML_PATH_MAX];
	int r;

	*ret = raw->point;
	ret->by = point_by(doc, at, raw);
	if (ret->by == CUT_BY_NONE)
		return yaml_doc_fail(doc, err, at,
				     "a point needs one of 'time', 'operation', 'instruction', "
				     "'after'");
	r = check_point_keys(doc, at, raw, ret->by, err);
	if (r < 0)
		return r;
	if (ret->by == CUT_BY_TIME)
		return load_point_time(doc, yaml_path(path, "%s.time", at), raw->time, ret, err);
	if (ret->by == CUT_BY_ANCHOR)
		return load_point_time(doc, yaml_path(path, "%s.plus", at), raw->plus, ret, err);
	if (raw->form)
		return load_form(doc, yaml_path(path, "%s.form", at), raw->form, &ret->form, err);
	return 0;
}

static int load_points(const struct yaml_doc *doc, const struct raw_scenario *raw,
		       struct scenario *scenario, struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < raw->points_count; i++) {
		int r = load_point(doc, yaml_path(path, "cut.points[%zu]", i), &raw->points[i],
				   &scenario->cut.points[i], err);

		if (r < 0)
			return r;
	}
	scenario->cut.point_count = raw->points_count;
	return 0;
}

/* In the unit of 'by': a duration, or a number of operations or instructions. */
static int load_stride(const struct yaml_doc *doc, const struct raw_scenario *raw,
		       struct scenario *scenario, struct err *err)
{
	static const char path[] = "cut.stride";
	struct err cause = ERR_INIT;
	int64_t us = 0;
	int r;

	if (!raw->stride)
		return 0;
	if (scenario->cut.by == CUT_BY_TIME) {
		r = yaml_doc_duration(doc, path, raw->stride, &us, err);
		scenario->cut.stride = (uint64_t)us;
		return r;
	}
	if (text_parse_u64(raw->stride, UINT64_MAX, &scenario->cut.stride, &cause) < 0)
		return yaml_doc_fail(doc, err, path, "%s for '%s'", cause.text, path);
	if (scenario->cut.stride == 0)
		return yaml_doc_fail(doc, err, path, "'%s' must be above zero", path);
	return 0;
}

/* "1s" or "500ms..2s"; the ends may be zero when 'parse' lets them. */
static int load_range(const struct yaml_doc *doc, const char *path, const char *text,
		      int (*parse)(const struct yaml_doc *doc, const char *path, const char *text,
				   int64_t *ret_us, struct err *err),
		      int64_t *ret_min_us, int64_t *ret_max_us, struct err *err)
{
	const char *dots = strstr(text, "..");
	char first[WORD_MAX + 1];
	int r;

	text_copy(first, sizeof(first), text);
	if (dots)
		first[dots - text] = '\0';
	r = parse(doc, path, first, ret_min_us, err);
	if (r < 0)
		return r;
	*ret_max_us = *ret_min_us;
	if (dots)
		r = parse(doc, path, dots + 2, ret_max_us, err);
	if (r == 0 && *ret_min_us > *ret_max_us)
		return yaml_doc_fail(doc, err, path, "'%s' begins above its end", text);
	return r;
}

/* How the supply falls or rises; at once when the file does not say. */
static int load_ramp(const struct yaml_doc *doc, const char *path, const char *text,
		     int64_t *ret_min_us, int64_t *ret_max_us, struct err *err)
{
	int r;

	if (!text)
		return 0;
	r = load_range(doc, path, text, load_duration, ret_min_us, ret_max_us, err);
	if (r == 0 && *ret_max_us > SCENARIO_RAMP_US_MAX)
		return yaml_doc_fail(doc, err, path, "'%s' must be at most %ds", path,
				     SCENARIO_RAMP_US_MAX / 1000000);
	return r;
}

static int load_power(const struct yaml_doc *doc, const struct raw_scenario *raw,
		      struct scenario *scenario, struct err *err)
{
	int r = load_range(doc, "power.off", raw->off, yaml_doc_duration,
			   &scenario->power.off_us_min, &scenario->power.off_us_max, err);

	if (r == 0)
		r = load_ramp(doc, "power.fall", raw->fall, &scenario->power.fall_us_min,
			      &scenario->power.fall_us_max, err);
	if (r == 0)
		r = load_ramp(doc, "power.rise", raw->rise, &scenario->power.rise_us_min,
			      &scenario->power.rise_us_max, err);
	return r;
}

/* Before, after, and two thirds of the way between: what an operation can be interrupted in. */
static void fill_exhaustive(struct scenario *scenario)
{
	static const struct cut_form_at forms[] = {
		{ CUT_FORM_BEFORE, 0 },
		{ CUT_FORM_TORN, 300 },
		{ CUT_FORM_TORN, 700 },
		{ CUT_FORM_AFTER, 0 },
	};

	scenario->cut.by = CUT_BY_OPERATION;
	scenario->cut.stride = 1;
	if (scenario->cut.form_count > 0)
		return;
	memcpy(scenario->cut.forms, forms, sizeof(forms));
	scenario->cut.form_count = ARRAY_LEN(forms);
}

static int load_deliver(const struct yaml_doc *doc, const struct raw_scenario *raw,
			struct scenario *scenario, struct err *err)
{
	if (yaml_doc_has(doc, "deliver.chunk") &&
	    (scenario->deliver.chunk_bytes < 1 ||
	     scenario->deliver.chunk_bytes > SCENARIO_CHUNK_MAX))
		return yaml_doc_fail(doc, err, "deliver.chunk", "'deliver.chunk' must be 1 to %d",
				     SCENARIO_CHUNK_MAX);
	if (!raw->timeout)
		return 0;
	return yaml_doc_duration(doc, "deliver.timeout", raw->timeout,
				 &scenario->deliver.timeout_us, err);
}

static int scenario_from_doc(const struct yaml_doc *doc, struct scenario *scenario, struct err *err)
{
	const struct raw_scenario *raw = yaml_doc_get_data(doc);
	int r;

	*scenario = raw->scenario;
	r = load_forms(doc, raw, scenario, err);
	if (r == 0)
		r = load_points(doc, raw, scenario, err);
	if (r == 0 && scenario->cut.strategy == CUT_STRATEGY_EXHAUSTIVE)
		fill_exhaustive(scenario);
	if (r == 0)
		r = load_stride(doc, raw, scenario, err);
	if (r == 0)
		r = load_power(doc, raw, scenario, err);
	if (r == 0)
		r = load_deliver(doc, raw, scenario, err);
	if (r == 0)
		r = scenario_load_fuzz(doc,
				       &(struct fuzz_words){ raw->transfer, raw->transfer_count,
							     raw->image, raw->image_count },
				       scenario, err);
	if (r == 0)
		r = scenario_check(doc, scenario, err);
	return r;
}

int scenario_parse(const char *text, const char *name, struct scenario *ret, struct err *err)
{
	size_t len = strnlen(text, SCENARIO_BYTES_MAX + 1);
	struct scenario scenario;
	struct yaml_doc *doc;
	int r;

	if (len > SCENARIO_BYTES_MAX)
		return err_set_at(err, name, 0, "larger than %d bytes", SCENARIO_BYTES_MAX);
	r = yaml_doc_parse(text, len, name, &scenario_schema, &doc, err);
	if (r < 0)
		return r;
	r = scenario_from_doc(doc, &scenario, err);
	yaml_doc_free(doc);
	if (r < 0)
		return r;
	scenario.text = strdup(text);
	if (!scenario.text)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for scenario '%s'", name);
	*ret = scenario;
	return 0;
}

int scenario_load(const char *path, struct scenario *ret, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	struct scenario scenario;
	size_t len = 0;
	int r = file_read(path, SCENARIO_BYTES_MAX, &bytes, &len, err);

	if (r < 0)
		return r;
	if (strlen((const char *)bytes) != len)
		return err_set_at(err, path, 0, "a NUL byte at offset %zu",
				  strlen((const char *)bytes));
	r = scenario_parse((const char *)bytes, path, &scenario, err);
	if (r < 0)
		return r;
	if (!text_copy(scenario.path, sizeof(scenario.path), path)) {
		scenario_release(&scenario);
		return err_set(err, ERR_CONFIG, -ENAMETOOLONG, "path '%s' is too long", path);
	}
	*ret = scenario;
	return 0;
}

static unsigned int line_at(const struct scenario *scenario, const char *path)
{
	struct yaml_doc *doc;
	unsigned int line;

	if (!scenario->text || yaml_doc_parse(scenario->text, strlen(scenario->text),
					      scenario->path, &scenario_schema, &doc, NULL) < 0)
		return 0;
	line = yaml_doc_line(doc, path);
	yaml_doc_free(doc);
	return line;
}

int scenario_fail(const struct scenario *scenario, struct err *err, const char *path,
		  const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set_at(err, scenario->path, line_at(scenario, path), "%s", text);
}
