/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table for a terminal of 100 columns: names of outcomes are broken at their hyphen. */
#include "results/report_model.h"
#include "base/text.h"
#include "results/stats.h"

#include <inttypes.h>
#include <string.h>

enum text_sizes {
	TEXT_WORD_MAX = 16,
	TEXT_COUNT_MAX = 24,
	TEXT_TRIALS_WIDTH = 6,
	TEXT_RATE_WIDTH = 7
};

/* One column of counts: an outcome that occurs, its name on two lines. */
struct column {
	enum outcome outcome;
	char head[2][TEXT_WORD_MAX];
	int width;
};

struct table {
	struct column columns[OUTCOME_COUNT];
	size_t column_count;
	bool has_unended;
	int name_width;
	int trials_width;
	int unended_width;
};

static int longer(int a, const char *text)
{
	int b = (int)strlen(text);

	return a > b ? a : b;
}

static void init_column(struct column *column, enum outcome outcome, int count_width)
{
	const char *name = outcome_name(outcome);
	const char *hyphen = strchr(name, '-');
	size_t head = hyphen ? (size_t)(hyphen - name) + 1 : 0;

	*column = (struct column){ .outcome = outcome };
	text_copy(column->head[0], head + 1 < TEXT_WORD_MAX ? head + 1 : TEXT_WORD_MAX, name);
	text_copy(column->head[1], TEXT_WORD_MAX, name + head);
	column->width = longer(longer(count_width, column->head[0]), column->head[1]);
}

static void init_table(struct table *table, const struct report_model *model)
{
	char most[TEXT_COUNT_MAX];

	snprintf(most, sizeof(most), "%zu", model->attempt_count);
	*table = (struct table){
		.name_width = longer(0, model->controls.name),
		.trials_width = longer(TEXT_TRIALS_WIDTH, most),
		.unended_width = longer(TEXT_RATE_WIDTH, most),
		.has_unended = model->total.unended > 0 || model->controls.unended > 0,
	};
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (report_has_outcome(model, (enum outcome)i))
			init_column(&table->columns[table->column_count++], (enum outcome)i,
				    longer(0, most));
	for (size_t i = 0; i < model->row_count; i++)
		table->name_width = longer(table->name_width, model->rows[i].name);
}

static void put_word(FILE *out, int width, const char *text)
{
	fprintf(out, " %*s", width, text);
}

static void put_count(FILE *out, int width, uint64_t count)
{
	char text[TEXT_COUNT_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, count);
	put_word(out, width, count ? text : "-");
}

static void put_heads(const struct table *table, FILE *out)
{
	for (int line = 0; line < 2; line++) {
		fprintf(out, "%-*s", table->name_width, line ? "phase" : "");
		put_word(out, table->trials_width, line ? "trials" : "");
		for (size_t i = 0; i < table->column_count; i++)
			put_word(out, table->columns[i].width, table->columns[i].head[line]);
		if (table->has_unended)
			put_word(out, table->unended_width, line ? "unended" : "");
		put_word(out, TEXT_RATE_WIDTH, line ? "bad" : "");
		put_word(out, TEXT_RATE_WIDTH, line ? "most" : "at");
		putc('\n', out);
	}
}

static void put_row(const struct table *table, const struct report_row *row, FILE *out)
{
	char rate[REPORT_RATE_TEXT] = "-";
	char upper[REPORT_RATE_TEXT] = "-";

	fprintf(out, "%-*s", table->name_width, row->name);
	put_count(out, table->trials_width, row->attempts);
	for (size_t i = 0; i < table->column_count; i++)
		put_count(out, table->columns[i].width, row->outcomes[table->columns[i].outcome]);
	if (table->has_unended)
		put_count(out, table->unended_width, row->unended);
	if (row->valid) {
		stats_format_rate(row->bad_rate, rate, sizeof(rate));
		stats_format_rate(row->bad_upper, upper, sizeof(upper));
	}
	put_word(out, TEXT_RATE_WIDTH, rate);
	put_word(out, TEXT_RATE_WIDTH, upper);
	putc('\n', out);
}

static void put_table(const struct report_model *model, FILE *out)
{
	struct table table;

	init_table(&table, model);
	put_heads(&table, out);
	for (size_t i = 0; i < model->row_count; i++)
		put_row(&table, &model->rows[i], out);
	put_row(&table, &model->total, out);
	put_row(&table, &model->controls, out);
	fprintf(out, "\nbad: share of valid trials; at most: its bound with %g %% confidence\n",
		model->confidence * 100);
}

static void put_recovered(const struct report_model *model, FILE *out)
{
	fprintf(out, "\nrecovered by\n");
	for (unsigned int i = 1; i < RUNG_COUNT; i++)
		if (model->recovered[i])
			fprintf(out, "  %-12s %6" PRIu64 "\n", rung_name((enum rung)i),
				model->recovered[i]);
	if (model->recovered[RUNG_NONE])
		fprintf(out, "  %-12s %6" PRIu64 "\n", "never", model->recovered[RUNG_NONE]);
}

void report_put_text(const struct report_model *model, FILE *out)
{
	const struct store_run *run = &model->run;
	enum gate_word word = model->gate.word;

	fprintf(out, "%s, run %" PRId64 ": %s -> %s\n", run->scenario_name, run->id,
		run->release_from, run->release_to);
	fprintf(out, "board %s on %s, seed %" PRIu64 ", %zu of %u trials, otarig %s\n", run->board,
		run->bench, run->seed, model->attempt_count, run->trials_planned,
		run->tool_version);
	fprintf(out, "%s to %s\n\n", run->started_utc,
		run->ended_utc ? run->ended_utc : "(not ended)");
	put_table(model, out);
	put_recovered(model, out);
	if (model->policy)
		fprintf(out, "\ngate %s: %s, exit code %d\n  %s\n", model->policy->name,
			gate_word_name(word), gate_exit_code(word), model->gate.reason);
}
