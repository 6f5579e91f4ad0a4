/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a system's error numbers mean, as far as updates meet them (facts: particle-gen2 2.2). */
#ifndef DELIVERY_SYSTEM_ERROR_H
#define DELIVERY_SYSTEM_ERROR_H

/* Some words, "its sum is wrong"; NULL for a number that is not known. */
const char *system_error_text(long number);

#endif
