/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress on stderr: on a terminal in one line that is written over, in plain lines otherwise. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "campaign/campaign.h"

struct progress {
	bool terminal;
	bool shown;	 /* a bar stands on the terminal */
	uint32_t told;	 /* done when it was last told */
	int64_t told_us; /* elapsed when it was last told */
	struct campaign_progress newest;
};

void progress_init(struct progress *progress);

/* For struct campaign_options; 'ctx' is the struct progress. */
void progress_show(void *ctx, const struct campaign_progress *now);

/* Leaves the bar as it is and begins a new line, when it was not finished. */
void progress_end(struct progress *progress);

/* What is being done before there is anything to count; NULL wipes it. Terminals only. */
void progress_note(const char *text);

#endif
