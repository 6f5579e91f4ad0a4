/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application: says which one it is, at the start and every ten seconds; to the cloud, too. */
#include "reference/common/exports.h"
#include "reference/common/sections.h"

enum { TELL_EVERY_MS = 10000 };

static bool published; /* what was told last */

static void tell(const struct app_services *services)
{
	services->print("application " APP_VERSION "\r\n");
	published = false;
}

static void setup(const struct app_services *services)
{
	sections_init();
	tell(services);
}

static void loop(const struct app_services *services)
{
	if (services->now_ms() % TELL_EVERY_MS == 0)
		tell(services);
	if (!published)
		published = services->publish("application", "{\"version\":\"" APP_VERSION
							     "\",\"state\":\"running\"}");
}

static const struct app_entry entry = { .version = APP_VERSION, .setup = setup, .loop = loop };

const struct app_entry *const exported __attribute__((section(".exports"), used)) = &entry;
