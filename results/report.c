/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/report.h"
#include "results/report_model.h"

#include <errno.h>
#include <string.h>

enum report_format report_format_from_name(const char *name)
{
	static const struct {
		const char *name;
		enum report_format format;
	} formats[] = {
		{ "text", REPORT_TEXT }, { "html", REPORT_HTML },   { "json", REPORT_JSON },
		{ "csv", REPORT_CSV },	 { "junit", REPORT_JUNIT },
	};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	return REPORT_UNKNOWN;
}

void report_put_xml(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: putc(*text, out); break;
		}
	}
}

void report_put_element(FILE *out, const char *name, const char *attributes, const char *text)
{
	fprintf(out, "<%s%s>", name, attributes);
	report_put_xml(out, text);
	fprintf(out, "</%s>", name);
}

static int put_model(const struct report_model *model, enum report_format format, FILE *out,
		     struct err *err)
{
	switch (format) {
	case REPORT_TEXT: report_put_text(model, out); return 0;
	case REPORT_HTML: return report_put_html(model, out, err);
	case REPORT_JSON: return report_put_json(model, out, err);
	case REPORT_CSV: report_put_csv(model, out); return 0;
	case REPORT_JUNIT: report_put_junit(model, out); return 0;
	case REPORT_UNKNOWN: break;
	}
	return err_set(err, ERR_USAGE, -EINVAL, "unknown report format");
}

int report_render(struct store *store, int64_t run_id, const struct gate_policy *policy,
		  enum report_format format, FILE *out, struct err *err)
{
	struct report_model *model;
	int rc = report_model_new(store, run_id, policy, &model, err);

	if (rc < 0)
		return rc;
	errno = 0;
	rc = put_model(model, format, out, err);
	report_model_free(model);
	if (rc == 0 && (fflush(out) != 0 || ferror(out)))
		return err_set(err, ERR_IO, errno ? -errno : -EIO, "cannot write the report: %s",
			       strerror(errno ? errno : EIO));
	return rc;
}
