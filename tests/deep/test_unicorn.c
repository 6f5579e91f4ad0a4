/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core against Unicorn's: random encodings, alone and in IT blocks, from the same state; all
 * registers, flags, special registers, RAM and the kind of fault must be the same, or the
 * difference must be of a named class.
 *
 *   test_unicorn [--seed SEED] [--count CASES]     the test
 *   test_unicorn --replay CASE-SEED                one case, printed
 *   test_unicorn --corpus FILE                     writes the corpus of
 * tests/unit/test_vboard_corpus.c
 */
#include "base/rng.h"
#include "deep/corpus.h"
#include "deep/diff_class.h"
#include "deep/thumb_gen.h"
#include "deep/unicorn_core.h"
#include "lib/thumb_form.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	CASES = 1000000,
	SEED = 1,
	CLASSES_MAX = 32,
	JUDGED_EQUAL = CLASSES_MAX,
	SHOWN_MAX = 20, /* failing cases printed in full */
};

struct run {
	struct vboard *vb;
	struct unicorn_core *other;
	uint64_t compared, equal, faults, renewed, elsewhere, failed, encodings;
	uint64_t classes[CLASSES_MAX]; /* hits */
	uint64_t example[CLASSES_MAX]; /* number of a case */
};

static void print_result(const char *who, const struct thumb_result *result)
{
	printf("  %-8s %s\n   ", who, thumb_end_name(result->end));
	for (int i = 0; i < THUMB_WORDS; i++)
		printf(" %d=%08x", i, result->out[i]);
	for (uint32_t i = 0; i < result->store_count && i < THUMB_STORES_MAX; i++)
		printf(" [%08x]=%08x", result->stores[i].address, result->stores[i].value);
	printf("\n");
}

static void print_diff(uint64_t seed, const struct diff *diff)
{
	const struct thumb_case *c = diff->c;
	const struct thumb_form *form;

	printf("case %" PRIu64 " at %08x:", seed, c->address);
	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at)) {
		uint16_t hw2 = at + 1 < c->code_count ? c->code[at + 1] : 0;

		form = thumb_form_find(c->code[at], hw2);
		printf(" %04x", c->code[at]);
		if (thumb_insn_len(c, at) == 2)
			printf(".%04x", hw2);
		printf(" (%s)", form ? form->name : "undefined");
	}
	printf("\n  before\n   ");
	for (int i = 0; i < THUMB_WORDS; i++)
		printf(" %d=%08x", i, c->in[i]);
	printf("\n");
	print_result("ours", &diff->ours);
	print_result("unicorn", &diff->theirs);
	if (diff->theirs.end == THUMB_END_BUS)
		printf("    no memory at %08x\n", diff->bad_address);
}

/* The number of a class, JUDGED_EQUAL, or -1: somebody is wrong. */
static int judge(const struct diff *diff)
{
	if (diff_ran_undefined(diff))
		return -1;
	return thumb_result_equal(&diff->ours, &diff->theirs) ? JUDGED_EQUAL
							      : diff_class_find(diff);
}

static void one_case(struct run *run, uint64_t seed)
{
	struct thumb_case c;
	struct diff diff;
	bool comparable;
	int kind;

	thumb_gen_case(seed, &c);
	comparable = diff_run(run->vb, run->other, &c, &diff);
	if (comparable && judge(&diff) < 0) { /* once more, with a Unicorn that has no history */
		unicorn_core_renew(run->other);
		comparable = diff_run(run->vb, run->other, &c, &diff);
		run->renewed++;
	}
	if (!comparable) {
		run->elsewhere++;
		return;
	}
	run->compared++;
	run->encodings += c.insn_count;
	run->faults += diff.ours.end != THUMB_END_RAN;
	kind = judge(&diff);
	if (kind == JUDGED_EQUAL) {
		run->equal++;
		return;
	}
	if (kind >= 0) {
		if (run->classes[kind]++ == 0)
			run->example[kind] = seed;
		return;
	}
	if (run->failed++ < SHOWN_MAX)
		print_diff(seed, &diff);
}

static int test(struct run *run, uint64_t seed, uint64_t count)
{
	printf("seed %" PRIu64 "; a case is run again by --replay with its number\n", seed);
	for (uint64_t i = 0; run->compared < count; i++)
		one_case(run, rng_derive(seed, i));
	printf("%" PRIu64 " cases compared, %" PRIu64 " encodings\n", run->compared,
	       run->encodings);
	printf("%10" PRIu64 " equal; %" PRIu64 " of all end in a fault or trap\n", run->equal,
	       run->faults);
	printf("%10" PRIu64 " run again with a new instance of Unicorn before they were judged\n",
	       run->renewed);
	for (uint32_t i = 0; i < diff_class_count(); i++) {
		const struct diff_class *class = diff_class_get(i);

		printf("%10" PRIu64 " differ: %s (as case %" PRIu64 "): %s\n", run->classes[i],
		       class->name, run->example[i], class->why);
		if (run->classes[i] == 0)
			printf("           never hit: %s\n", class->name);
	}
	printf("%10" PRIu64 " differ in no class\n", run->failed);
	printf("%10" PRIu64 " more not compared: memory that Unicorn's machine has not\n",
	       run->elsewhere);
	printf("%" PRIu64 " passed, %" PRIu64 " failed, %u skipped\n", run->compared - run->failed,
	       run->failed, 0u);
	return run->failed ? 1 : 0;
}

static int replay(struct run *run, uint64_t seed)
{
	struct thumb_case c;
	struct diff diff;
	bool comparable;
	int kind;

	thumb_gen_case(seed, &c);
	comparable = diff_run(run->vb, run->other, &c, &diff);
	print_diff(seed, &diff);
	if (!comparable) {
		printf("not compared\n");
		return 0;
	}
	kind = judge(&diff);
	printf("%s\n", kind == JUDGED_EQUAL ? "equal"
		       : kind < 0	    ? "differ in no class"
					    : diff_class_get((uint32_t)kind)->name);
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	uint64_t seed = SEED;
	uint64_t count = CASES;
	int status = -1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	run.vb = thumb_board_new();
	run.other = unicorn_core_new();
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--count") == 0)
			count = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--replay") == 0)
			status = replay(&run, strtoull(argv[i + 1], NULL, 10));
		else if (strcmp(argv[i], "--corpus") == 0)
			status = corpus_write(argv[i + 1], run.vb, run.other);
	}
	if (status < 0)
		status = test(&run, seed, count);
	unicorn_core_free(run.other);
	vboard_free(run.vb);
	return status;
}
