/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other engine: a Cortex-M3 of Unicorn with the flash and the RAM of the board, nothing else.
 */
#ifndef TESTS_DEEP_UNICORN_CORE_H
#define TESTS_DEEP_UNICORN_CORE_H

#include "lib/thumb_case.h"

struct unicorn_core;

struct unicorn_core *unicorn_core_new(void);
void unicorn_core_free(struct unicorn_core *core);

/*
 * Begins with a new instance. Unicorn 2.0.1 remembers from what it translated last whether it may
 * be stopped ("no_exit_request"), so now and then a case is spoiled by those before it.
 */
void unicorn_core_renew(struct unicorn_core *core);

/*
 * Runs a case. *ret_address: where an access found no memory (or read-only flash), with
 * THUMB_END_BUS.
 */
void unicorn_core_run(struct unicorn_core *core, const struct thumb_case *c,
		      struct thumb_result *ret, uint32_t *ret_address);

#endif
