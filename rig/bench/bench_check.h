/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of bench: what a bench file may not say, although every value is well formed. */
#ifndef BENCH_BENCH_CHECK_H
#define BENCH_BENCH_CHECK_H

#include "base/yaml.h"
#include "bench/bench.h"

/* Names, what belongs together, ranges, and nothing used twice. ERR_CONFIG with file and line. */
int bench_check(const struct yaml_doc *doc, const struct bench *bench, struct err *err) MUST_CHECK;

#endif
