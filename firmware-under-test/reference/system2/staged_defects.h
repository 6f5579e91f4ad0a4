/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What planted defects do to a module on its way in (common/defects.h says what each is). In a
 * build without them these do nothing, and the answer is "yes".
 */
#ifndef REFERENCE_SYSTEM2_STAGED_DEFECTS_H
#define REFERENCE_SYSTEM2_STAGED_DEFECTS_H

#include "reference/common/chip.h"

/* May a download begin? */
bool staged_defects_let_begin(void);

/* An update has been entered. */
void staged_defects_entered(void);

/* At the start of the system. */
void staged_defects_start(void);

#endif
