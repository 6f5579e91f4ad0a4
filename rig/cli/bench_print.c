/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bench_print.h"

#include "bench/linux/spread.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static const char *const result_names[] = { "unknown", "good", "note", "bad" };

void bench_rows_put(void *ctx, const struct check_row *row)
{
	struct bench_rows *rows = ctx;

	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : 32;
		struct bench_row *items = reallocarray(rows->items, capacity, sizeof(items[0]));

		if (!items)
			abort(); /* a check whose findings are dropped would be a lie */
		rows->items = items;
		rows->capacity = capacity;
	}
	rows->items[rows->count++] = (struct bench_row){ rows->slot, *row };
}

void bench_rows_release(struct bench_rows *rows)
{
	free(rows->items);
	*rows = (struct bench_rows){ 0 };
}

static int print_json(json_t *root, struct err *err)
{
	int r = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;

	json_decref(root);
	if (r < 0)
		return err_set(err, ERR_IO, -EIO, "cannot write JSON");
	printf("\n");
	return 0;
}

static int rows_json(const struct bench_rows *rows, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < rows->count; i++) {
		const struct check_row *row = &rows->items[i].row;

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "slot", rows->items[i].slot,
					"part", row->part, "where", row->where, "result",
					result_names[row->result], "text", row->text));
	}
	return print_json(list, err);
}

int bench_rows_print(const struct bench_rows *rows, enum bench_format format, struct err *err)
{
	if (format == BENCH_FORMAT_JSON)
		return rows_json(rows, err);
	for (size_t i = 0; i < rows->count; i++) {
		const struct check_row *row = &rows->items[i].row;

		printf("%-12s %-10s %-24s %-5s%s%s\n", rows->items[i].slot, row->part, row->where,
		       result_names[row->result], row->text[0] ? " " : "", row->text);
	}
	return 0;
}

static void print_word(const char *word, const char *where)
{
	if (where[0])
		printf(" %s", word);
}

void bench_list_print(const struct bench *bench)
{
	static const char *const switches[] = { "-", "relay", "high-side", "hub", "command" };

	for (size_t i = 0; i < bench->slot_count; i++) {
		const struct bench_slot *slot = &bench->slots[i];

		printf("%-12s %-10s %-10s", slot->name, slot->board, switches[slot->power.kind]);
		print_word("rail", slot->power.rail.line);
		print_word("loop-back", slot->power.loop_back.line);
		print_word("bleed", slot->power.bleed.line);
		print_word("vbat", slot->vbat.line);
		print_word("reset", slot->reset.line);
		print_word("setup", slot->setup.line);
		print_word("red", slot->led.lines[0].line);
		print_word("green", slot->led.lines[1].line);
		print_word("blue", slot->led.lines[2].line);
		print_word("usb", bench_has_usb(&slot->usb) ? "usb" : "");
		print_word("vbus", slot->usb.vbus.line);
		print_word("console", slot->console.baud ? "console" : "");
		print_word("programmer", slot->programmer);
		printf("\n");
	}
}

static int cuts_json(const struct bench_cuts *cuts, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < cuts->count; i++) {
		const struct linux_cut *cut = &cuts->cuts[i];

		json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I, s:I}", "aimed_us",
						      (json_int_t)cut->aimed_us, "commanded_us",
						      (json_int_t)cut->commanded_us, "done_us",
						      (json_int_t)cut->done_us, "loop_back_us",
						      (json_int_t)cut->loop_back_us, "rail_us",
						      (json_int_t)cut->rail_us));
	}
	return print_json(json_pack("{s:s, s:o}", "slot", cuts->slot->name, "cuts", list), err);
}

/* Differences of two members over all cuts; those that were not seen are left out. */
static size_t differences(const struct bench_cuts *cuts, size_t from, size_t to, int64_t *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < cuts->count; i++) {
		const char *cut = (const char *)&cuts->cuts[i];
		int64_t begin_us = *(const int64_t *)(const void *)(cut + from);
		int64_t end_us = *(const int64_t *)(const void *)(cut + to);

		if (end_us != SLOT_CUT_UNSEEN)
			ret[count++] = end_us - begin_us;
	}
	return count;
}

static void print_spread(const char *name, const struct spread *spread, size_t count)
{
	printf("# %-28s p50 %" PRId64 " us, p99 %" PRId64 " us, most %" PRId64 " us of %zu\n", name,
	       spread->p50_us, spread->p99_us, spread->max_us, count);
}

int bench_cuts_print(const struct bench_cuts *cuts, enum bench_format format, struct err *err)
{
	const struct {
		const char *name;
		size_t from, to;
	} figures[] = {
		{ "aim to order:", offsetof(struct linux_cut, aimed_us),
		  offsetof(struct linux_cut, commanded_us) },
		{ "order to switch told:", offsetof(struct linux_cut, commanded_us),
		  offsetof(struct linux_cut, done_us) },
		{ "order to loop-back:", offsetof(struct linux_cut, commanded_us),
		  offsetof(struct linux_cut, loop_back_us) },
		{ "order to rail:", offsetof(struct linux_cut, commanded_us),
		  offsetof(struct linux_cut, rail_us) },
	};
	AUTO_FREE int64_t *times_us = calloc(BENCH_CUTS_MAX, sizeof(*times_us));
	struct spread latency = { 0 };
	size_t seen = 0;

	if (format == BENCH_FORMAT_JSON)
		return cuts_json(cuts, err);
	if (!times_us)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	printf("# slot %s, %zu cuts\n", cuts->slot->name, cuts->count);
	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		size_t count = differences(cuts, figures[i].from, figures[i].to, times_us);
		struct spread spread;

		if (count == 0)
			continue;
		spread = spread_of(times_us, count);
		print_spread(figures[i].name, &spread, count);
		if (i >= 2) { /* the rail counts, when there is one */
			latency = spread;
			seen = count;
		}
	}
	if (seen == 0)
		return err_set(err, ERR_RIG, -ENODATA,
			       "slot '%s': no cut was seen on the looped-back line or the rail",
			       cuts->slot->name);
	printf("    power:\n      latency: %" PRId64 "us\n      spread: %" PRId64 "us\n",
	       latency.p50_us, latency.off_us);
	return 0;
}
