/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the bench commands print: for people, or as JSON. */
#ifndef CLI_BENCH_PRINT_H
#define CLI_BENCH_PRINT_H

#include "bench/bench.h"
#include "bench/linux/check.h"
#include "bench/linux/linux.h"

enum bench_format { BENCH_FORMAT_TEXT = 0, BENCH_FORMAT_JSON = 1 };

/* Rows of a check, gathered for printing. Zero is empty. */
struct bench_rows {
	struct bench_row {
		const char *slot; /* borrowed */
		struct check_row row;
	} * items;
	size_t count;
	size_t capacity;
	const char *slot; /* of the rows that come now */
};

/* A struct check_sink's function; 'ctx' is the struct bench_rows. */
void bench_rows_put(void *ctx, const struct check_row *row);
void bench_rows_release(struct bench_rows *rows);
int bench_rows_print(const struct bench_rows *rows, enum bench_format format,
		     struct err *err) MUST_CHECK;

void bench_list_print(const struct bench *bench);

enum { BENCH_CUTS_MAX = 10000 };

/* The cuts of a calibration of one slot. */
struct bench_cuts {
	const struct bench_slot *slot;
	struct linux_cut cuts[BENCH_CUTS_MAX];
	size_t count;
};

/* What can go into the bench file, with figures as comments; as JSON every cut. */
int bench_cuts_print(const struct bench_cuts *cuts, enum bench_format format,
		     struct err *err) MUST_CHECK;

#endif
