/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tests run in forked children: the count lives in shared memory. */
static struct testing_shared {
	atomic_int skipped;
	char folder[64];
} * shared;

void testing_note_skip(const char *reason)
{
	printf("SKIP: %s\n", reason);
	fflush(stdout);
	if (shared)
		atomic_fetch_add(&shared->skipped, 1);
}

const char *testing_folder(void)
{
	static char path[128];
	static int number;

	snprintf(path, sizeof(path), "%s/%d.%d", shared->folder, (int)getpid(), number++);
	if (mkdir(path, 0700) != 0)
		ck_abort_msg("cannot make '%s'", path);
	return path;
}

static int testing_remove_folder(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", shared->folder);
	return system(command);
}

int testing_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	const char *tmp = getenv("TMPDIR");
	int run;
	int failed;
	int skipped;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		abort();
	snprintf(shared->folder, sizeof(shared->folder), "%s/otarig-test.XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(shared->folder))
		abort();
	srunner_run_all(runner, CK_NORMAL);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	skipped = atomic_load(&shared->skipped);
	srunner_free(runner);
	if (failed)
		printf("work folder kept: %s\n", shared->folder);
	else if (testing_remove_folder() != 0)
		printf("cannot remove %s\n", shared->folder);
	printf("%d passed, %d failed, %d skipped\n", run - failed - skipped, failed, skipped);
	return failed ? 1 : 0;
}
