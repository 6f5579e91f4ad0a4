/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/gate.h"
#include "base/yaml.h"

#include <cyaml/cyaml.h>

/* Below this a bound says less than a coin; above, no night is long enough. */
static const double confidence_min = 0.5;
static const double confidence_max = 0.9999;

#define LIMIT(key, outcome) \
	CYAML_FIELD_FLOAT(key, CYAML_FLAG_OPTIONAL, struct gate_policy, rules[outcome].rate_max)

/* Good and void outcomes are no words here: neither can be limited. */
static const cyaml_schema_field_t limit_fields[] = {
	LIMIT("stale", OUTCOME_STALE),
	LIMIT("mixed", OUTCOME_MIXED),
	LIMIT("degraded", OUTCOME_DEGRADED),
	LIMIT("hung", OUTCOME_HUNG),
	LIMIT("needs-dfu", OUTCOME_NEEDS_DFU),
	LIMIT("bricked", OUTCOME_BRICKED),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t policy_fields[] = {
	CYAML_FIELD_STRING("policy", CYAML_FLAG_DEFAULT, struct gate_policy, name, 1),
	CYAML_FIELD_FLOAT("confidence", CYAML_FLAG_DEFAULT, struct gate_policy, confidence),
	CYAML_FIELD_UINT("controls_min", CYAML_FLAG_DEFAULT, struct gate_policy, controls_min),
	CYAML_FIELD_UINT("trials_min", CYAML_FLAG_DEFAULT, struct gate_policy, trials_min),
	CYAML_FIELD_FLOAT("void_rate_max", CYAML_FLAG_DEFAULT, struct gate_policy, void_rate_max),
	YAML_FIELD_GROUP("limits", CYAML_FLAG_DEFAULT, struct gate_policy, limit_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t policy_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct gate_policy, policy_fields),
};

static int check_rate(const struct yaml_doc *doc, const char *path, double rate, struct err *err)
{
	if (rate >= 0 && rate <= 1)
		return 0;
	return yaml_doc_fail(doc, err, path, "'%s' must lie between 0 and 1", path);
}

static int check_limits(const struct yaml_doc *doc, struct gate_policy *policy, struct err *err)
{
	size_t set = 0;

	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		struct gate_rule *rule = &policy->rules[i];
		char path[YAML_PATH_MAX];
		int rc;

		yaml_path(path, "limits.%s", outcome_name((enum outcome)i));
		rule->set = yaml_doc_has(doc, path);
		if (!rule->set)
			continue;
		rc = check_rate(doc, path, rule->rate_max, err);
		if (rc < 0)
			return rc;
		set++;
	}
	return set ? 0 : yaml_doc_fail(doc, err, "limits", "'limits' names no outcome");
}

static int policy_from_doc(const struct yaml_doc *doc, struct gate_policy *policy, struct err *err)
{
	int rc = yaml_doc_name(doc, "policy", policy->name, "", err);

	if (rc == 0 &&
	    !(policy->confidence >= confidence_min && policy->confidence <= confidence_max))
		rc = yaml_doc_fail(doc, err, "confidence",
				   "'confidence' must lie between %g and %g", confidence_min,
				   confidence_max);
	if (rc == 0)
		rc = check_rate(doc, "void_rate_max", policy->void_rate_max, err);
	return rc < 0 ? rc : check_limits(doc, policy, err);
}

int gate_policy_load(const char *path, struct gate_policy *ret, struct err *err)
{
	const struct gate_policy *data;
	struct gate_policy policy;
	struct yaml_doc *doc;
	int rc = yaml_doc_load(path, GATE_POLICY_BYTES_MAX, &policy_schema, &doc, err);

	if (rc < 0)
		return rc;
	data = yaml_doc_get_data(doc);
	policy = *data;
	rc = policy_from_doc(doc, &policy, err);
	yaml_doc_free(doc);
	if (rc == 0)
		*ret = policy;
	return rc;
}
