/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The board's device is not on the USB although it should be. Is that the board's doing, or did the
 * rig lose it? A cable that came off must not be judged as a board that died. Internal to the room.
 *
 * A slot whose USB cannot come off (no SLOT_USB_CABLE) loses nothing: it is the board's doing. Else
 * the light decides. A board that does not show that it runs may be dead, and is judged. One that
 * went on showing what it showed before while its device left the USB did not reset itself: the USB
 * was lost. Where nothing came at all although the light says that it should, the board's other
 * mode is asked (DFU mode for a system, the system for DFU mode): a device that comes there, and
 * again none in the first mode, is the board's doing; nothing in either mode is the USB's.
 */
#ifndef TRIAL_ABSENT_H
#define TRIAL_ABSENT_H

#include "trial/steps.h"

/*
 * Tells the two apart. 0: it is the board's doing, and the trial goes on to judge it. -ENOTCONN
 * with ERR_RIG, whose text names the port: the USB was lost. Other errors when the rig failed.
 * Disarms a cut, parts the USB, and leaves the board running, in whatever mode.
 * delivery_run.absent, with the trial as 'ctx'.
 */
int trial_absent(void *ctx, struct err *err) MUST_CHECK;

/*
 * The same for a board whose light still shows DFU mode although it was told to leave it: without
 * asking its other mode, so that it is in the same mode afterwards.
 */
int trial_absent_still(struct trial *trial, struct err *err) MUST_CHECK;

#endif
