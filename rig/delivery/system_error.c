/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/system_error.h"

#include "base/macros.h"

static const struct {
	long number;
	const char *text;
} errors[] = {
	{ -120, "not supported" },
	{ -210, "not now" },
	{ -290, "the message cannot be read" },
	{ -1300, "no module was found in it" },
	{ -1310, "not supported" },
	{ -1320, "its checks failed" },
	{ -1330, "its sum is wrong" },
	{ -1340, "its dependencies are not met" },
	{ -1350, "its address is wrong" },
	{ -1360, "it is for another platform" },
	{ -1370, "its format is not known" },
	{ -1380, "updates are disabled" },
	{ -1390, "the update failed" },
};

const char *system_error_text(long number)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (errors[i].number == number)
			return errors[i].text;
	return NULL;
}
