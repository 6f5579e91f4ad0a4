/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract/contract.h"

#include "lib/testing.h"

#include <assert.h>
#include <stdio.h>

enum { OPENERS_MAX = 32, RECORDED_MAX = 128, CASE_S_MAX = 120 };

/* What was added, and where the one test stands that runs in this process. */
static struct {
	const struct contract_opener *openers[OPENERS_MAX];
	int count;
	struct {
		const TTest *test;
		int opener;
	} recorded[RECORDED_MAX];
	int recorded_count;
	enum wrapped phase; /* of a case that is recorded */
	unsigned int opened;
	unsigned int capabilities; /* of the slot that was probed */
} contract = { .phase = WRAPPED_NOT };

bool contract_open(int opener, struct contract_board *ret)
{
	*ret = (struct contract_board){ .opener = contract.openers[opener] };
	ret->how = ret->opener->how == WRAPPED_RECORD ? contract.phase : ret->opener->how;
	if (!ret->opener->open(ret->opener, ret->how, contract.opened++, &ret->slot,
			       &ret->behind)) {
		testing_note_skip("the firmware is not in the cache");
		return false;
	}
	if (ret->how == WRAPPED_REPLAY)
		ret->behind = NULL;
	return true;
}

void contract_close(struct contract_board *board)
{
	slot_close(&board->slot);
	if (board->behind && board->opener->closed)
		board->opener->closed(board->behind);
}

void contract_look(const struct contract_board *board, uint32_t address, void *bytes, size_t len)
{
	if (board->behind)
		board->opener->look(board->behind, address, bytes, len);
	wrapped_peeked(board->how, bytes, len);
}

void contract_is_at(const struct contract_board *board, int64_t at_us, int64_t us)
{
	ck_assert_int_ge(at_us, us);
	ck_assert_int_le(at_us - us, board->opener->bounds.late_us);
}

enum slot_wait contract_wait(const struct contract_board *board, int64_t us)
{
	int64_t begin_us = slot_now_us(&board->slot);
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&board->slot, begin_us + us, &why, NULL), 0);
	if (why == SLOT_WAIT_DEADLINE)
		contract_is_at(board, slot_now_us(&board->slot), begin_us + (us > 0 ? us : 0));
	return why;
}

void contract_settle(const struct contract_board *board)
{
	if (board->opener->bounds.late_us > 0)
		ck_assert_int_eq(contract_wait(board, board->opener->bounds.late_us),
				 SLOT_WAIT_DEADLINE);
}

void contract_power(const struct contract_board *board, enum slot_power state)
{
	ck_assert_int_eq(slot_power_set(&board->slot, state, NULL), 0);
}

void contract_hold(const struct contract_board *board, enum slot_line line, enum slot_hold state)
{
	ck_assert_int_eq(slot_hold(&board->slot, line, state, NULL), 0);
}

void contract_join(const struct contract_board *board, enum slot_usb_port port)
{
	ck_assert_int_eq(slot_usb_join(&board->slot, port, NULL), 0);
}

void contract_arm(const struct contract_board *board, enum slot_cut_by by, uint64_t at,
		  enum slot_cut_form form)
{
	struct slot_cut cut = { .by = by, .at = at, .form = form, .permille = 500 };

	ck_assert_int_eq(slot_cut_arm(&board->slot, &cut, NULL), 0);
}

START_TEST(played_back_it_is_the_same)
{
	for (int phase = WRAPPED_RECORD; phase <= WRAPPED_REPLAY; phase++) {
		wrapped_begin();
		contract.phase = (enum wrapped)phase;
		contract.opened = 0;
		contract.recorded[_i].test->fn(contract.recorded[_i].opener);
	}
}
END_TEST

/* A slot that is opened once says what all of its opener can do; all, when it cannot be opened. */
START_TEST(probe)
{
	const struct contract_opener *opener = contract.openers[_i];
	struct slot slot;
	void *behind = NULL;

	contract.capabilities = ~0U;
	if (!opener->open(opener, WRAPPED_NOT, 0, &slot, &behind))
		return;
	contract.capabilities = slot.capabilities;
	slot_close(&slot);
	if (behind && opener->closed)
		opener->closed(behind);
}
END_TEST

/* As a test of its own in this process: an opener may assert. */
static unsigned int capabilities_of(int opener)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create(contract.openers[opener]->name);
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, probe, opener, opener + 1);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	if (failed)
		srunner_print(runner, CK_NORMAL);
	srunner_free(runner);
	return failed ? ~0U : contract.capabilities;
}

/* A case that cannot be asked, and the names of what it would need. */
static void say_not_asked(const struct contract_case *left, unsigned int missing)
{
	static const char *const names[] = { "power", "rail",	   "vbat",   "reset", "setup",
					     "led",   "cut",	   "exact",  "stage", "storage",
					     "trace", "faults",	   "supply", "usb",   "console",
					     "radio", "programmer" };

	printf(" %s (needs", left->test->name);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (missing & 1U << i)
			printf(" %s", names[i]);
	printf("%s)", missing ? "" : " another line");
}

static void add_case(TCase *tcase, const struct contract_case *wanted, int opener)
{
	int n = contract.recorded_count;

	if (contract.openers[opener]->how != WRAPPED_RECORD) {
		tcase_add_loop_test(tcase, wanted->test, opener, opener + 1);
		return;
	}
	assert(n < RECORDED_MAX);
	contract.recorded[n].test = wanted->test;
	contract.recorded[n].opener = opener;
	contract.recorded_count++;
	tcase_add_loop_test(tcase, played_back_it_is_the_same, n, n + 1);
}

static bool fits(const struct contract_opener *opener, const struct contract_case *wanted)
{
	return wanted->line == CONTRACT_LINE_NONE || wanted->line == opener->line;
}

static void add_opener(Suite *to, const struct contract_suite *suite,
		       const struct contract_opener *opener)
{
	TCase *tcase = tcase_create(opener->name);
	int number = contract.count++;
	struct contract_case wanted;
	unsigned int capabilities;
	int asked = 0, all = 0;

	assert(number < OPENERS_MAX);
	contract.openers[number] = opener;
	capabilities = capabilities_of(number);
	tcase_set_timeout(tcase, CASE_S_MAX);
	printf("contract: %s over %s:", suite->name, opener->name);
	for (; suite->nth((size_t)all, &wanted); all++) {
		unsigned int missing = wanted.needs & ~capabilities;

		if (missing == 0 && fits(opener, &wanted)) {
			add_case(tcase, &wanted, number);
			asked++;
		} else {
			say_not_asked(&wanted, missing);
		}
	}
	suite_add_tcase(to, tcase);
	printf("%s %d of %d cases asked\n", asked < all ? " left out;" : "", asked, all);
}

void contract_add(Suite *to, const struct contract_suite *suite,
		  const struct contract_opener *openers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_opener(to, suite, &openers[i]);
	fflush(stdout);
}
