/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress of a campaign on stderr: a bar on a terminal, plain lines otherwise. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "campaign/campaign.h"

struct progress {
	bool terminal;
	uint32_t told; /* done when it was last told */
	int64_t told_us;
};

void progress_init(struct progress *progress);

/* For struct campaign_options; 'ctx' is the struct progress. */
void progress_show(void *ctx, const struct campaign_progress *now);

#endif
