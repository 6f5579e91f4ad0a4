/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as firmware, RAM and a script of events: see lib/wild.h. */
#include "lib/wild.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wild_play(data, size);
	return 0;
}
