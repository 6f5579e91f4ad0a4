/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a build is like: its era of update logic, and at most one planted defect. Both are numbers
 * given by the build (-DERA=..., -DDEFECT=...); everything else is decided here, in one place, and
 * read by the code with an ordinary 'if'. README.md has the same table for people.
 *
 * A window is told in flash operations and in time; an update of system part 1 takes 3.0 s and
 * 2,658 operations.
 */
#ifndef REFERENCE_COMMON_DEFECTS_H
#define REFERENCE_COMMON_DEFECTS_H

#define ERA_A	   1 /* to 0.6: copies, then zeroes the record in place; table code of its own */
#define ERA_B	   2 /* 0.7 to 2.0.0-rc.1: clears the record, then copies; borrowed table code */
#define ERA_C	   3 /* from 2.0.0-rc.2: copies, then clears the record; borrowed table code */
#define ERA_ROBUST 4 /* as it should be: see bootloader/apply.c */

#define DEFECT_NONE 0

/*
 * Symptom  After a flash that looked right the old application still runs (field report 002).
 * Cause    The bootloader leaves out a copy when the module's version is the one installed. User
 *          modules all have the version of the interface they were built for.
 * Trigger  Any update of the application. No power cut.
 */
#define DEFECT_OLD_APP 1

/*
 * Symptom  DFU after every boot: the bootloader says that its table is damaged.
 * Cause    The record is freed by programming its first word to 0, and a first word that is
 *          neither pending nor free is taken for a damaged table.
 * Trigger  Power lost inside of that one program operation.
 * Window   1 operation of 16 us, torn.
 */
#define DEFECT_WINDOW_WORD 2

/*
 * Symptom  DFU after every boot: the module's CRC is wrong, nothing is pending.
 * Cause    A sector whose first 8 words are blank counts as erased, and the copy is not verified.
 * Trigger  Power lost in the last moment of the erase that begins the copy: the first words read as
 *          erased, others do not.
 * Window   1 operation (the first of the copy), about the last 3 ms of its 1 s (torn:999 hits it
 *          in 23 of 60 tries, torn:995 in 7, torn:990 in none: which bits have risen is chance).
 */
#define DEFECT_WINDOW_ERASE 3

/*
 * Symptom  DFU after every boot: no valid bank of the table.
 * Cause    The bootloader retires the old bank before it seals the new one.
 * Trigger  Power lost between the two, when it clears the record after the copy.
 * Window   2 operations (retiring torn or done, sealing not done), 32 us.
 */
#define DEFECT_WINDOW_BANK 4

/*
 * Symptom  After one cut in the copy all is well; after a second one, in the copy that the first
 *          boot after it does, DFU.
 * Cause    "An update that failed twice is given up": the record is dropped with the module half
 *          written.
 * Trigger  Two cuts, each inside the copy.
 * Window   all operations of the copy, twice.
 */
#define DEFECT_TWO_CUTS 5

/*
 * Symptom  The update is resumed after a cut and the board boots; at the third boot the system is
 *          gone: DFU.
 * Cause    After a copy that had been interrupted, the staging region is tidied up three boots
 *          later. The job erases the record's destination instead of its source.
 * Trigger  One cut inside the copy, then three boots.
 * Window   all operations of the copy.
 */
#define DEFECT_LATENT 6

/*
 * Symptom  A cut in the copy is resumed while a cell feeds VBAT; without one: DFU.
 * Cause    The pending record is moved into the backup registers before the copy.
 * Trigger  One cut inside the copy, VBAT lost.
 * Window   all operations of the copy.
 */
#define DEFECT_VBAT 7

/*
 * Symptom  The system reports the new version although the old one runs.
 * Cause    The version is read from the header of the module in the staging region, when one is
 *          there, not from the system's own.
 * Trigger  Power lost after the module was staged and before its record is written.
 * Window   the operations that write the record.
 */
#define DEFECT_LYING_VERSION 8

/*
 * Symptom  The board resets for ever; the LED is white for a moment each time.
 * Cause    A blank application asks for the factory image when that has a valid header; the
 *          bootloader refuses an image with a wrong CRC and starts the system again, which asks
 * again. Trigger  Power lost in the erase of the application's sector, factory image damaged.
 */
#define DEFECT_BLANK_APP_LOOP 9

/*
 * Symptom  After an update of several parts that was cut between two of them: in normal operation
 *          the LED stays dark; safe mode goes to magenta without what comes before it; a held
 *          SETUP does not bring listening mode (field report 000).
 * Cause    The LED service of part 1 refuses to serve a part 2 of another version, and listening
 *          mode waits for it.
 * Trigger  Part 1 installed, part 2 not (power lost between, or during part 2's delivery).
 */
#define DEFECT_DARK_LED 10

/*
 * Symptom  "Update started" is reported, all chunks are taken, UpdateDone is answered with 2.04,
 *          the device resets with the reason of an update, and the part is not installed (field
 *          report 001). Nothing tells.
 * Cause    The mask of the last chunks is 0 when there is a multiple of 8 of them, so the part
 *          counts as incomplete; and what a check refuses is dropped without a word.
 * Trigger  An update over the air of 8, 16, 24 ... chunks; or part 2 before the part 1 it needs.
 * Window   Every update of such a size; no operation is special.
 */
#define DEFECT_SILENT_UPDATE 11

/*
 * Symptom  In the middle of an update over the air the board faults and stands still, LED dark;
 *          only a reset or power helps, then the old firmware runs (field report 004).
 * Cause    The update keeps a function pointer at the end of the buffer in which messages are
 *          written; an application's event is longer than the system's own and overwrites it. And
 *          the panic handler waits for the radio on a clock that it has just stopped.
 * Trigger  The application publishes (every 10 s) between UpdateReady and the last chunk.
 * Window   The chunks' operations, 1,321 of part 1; 48,000 us of 10 s, slow 94,000 us.
 */
#define DEFECT_TRAFFIC 12

/* The same on a board whose watchdog runs: 5 s later it resets, and the old firmware runs. */
#define DEFECT_TRAFFIC_WATCHDOG 13

/*
 * Symptom  After an update of the application no other is taken, over the air or by serial, in safe
 *          mode neither; DFU works, and what it writes runs, but nothing else works after it. It
 *          goes away when the system is changed by DFU (field report 003).
 * Cause    A lock in the table keeps a second update from beginning while one is pending. It is
 *          opened by a system that finds that it is not the one that closed it. An update of the
 *          application alone leaves the system as it was.
 * Trigger  Any update of the application by serial or over the air. No power cut.
 */
#define DEFECT_DFU_ONLY 20

/*
 * Symptom  Safe mode, because part 2 asks for a newer bootloader (its "vv" is 26); serial flash
 * fails there, also of the bootloader that is missing. DFU brings another part 2 (field report 003;
 * its board had bootloader 100, and 101 was asked for). Cause    Updates are taken only while the
 * system's modules pass their checks. Trigger  Part 2 installed on a board with the bootloader of
 * before. No power cut.
 */
#define DEFECT_OLD_BOOTLOADER 21

/*
 * Symptom  The LED breathes white as it should, and both serial ports are dead, until power is cut.
 * Cause    Ports are not set up after a reset by software: "they are up already". All of them are
 *          off after any reset.
 * Trigger  A reset by the system itself: after an update, into safe mode, out of DFU.
 */
#define DEFECT_DEAD_SERIAL 22

/*
 * Symptom  DFU after every boot; but only when the supply falls slowly, as with a large capacitor.
 * Cause    When the voltage detector says that the supply falls, the bootloader gives the update up
 *          and drops its record, "not to write with a low supply". The module is half written.
 * Trigger  The supply falls while words are copied: from 2.9 V on there must be time for one more
 *          program operation of 16 us. A cut at once leaves the record, and is resumed.
 * Window   the words of the copy: half of the update's operations, 21 ms.
 */
#define DEFECT_SLOW_FALL 23

#ifndef ERA
#error "the build must say -DERA="
#endif
#ifndef DEFECT
#error "the build must say -DDEFECT="
#endif

#define HAS_DEFECT(name) (DEFECT == DEFECT_##name)

/* Before 0.6.1 the LED kept other times (facts 3.2). */
#define HAS_OLD_LED_TIMES (ERA == ERA_A)

/* The table's banks have a checksum from 0.7 on (facts 2.1). */
#define HAS_CONFIG_CRC (ERA != ERA_A && !HAS_DEFECT(WINDOW_WORD) && !HAS_DEFECT(SLOW_FALL))

/* The bootloader uses the table code of system part 2, and only when both parts are whole. */
#define HAS_BORROWED_CONFIG (ERA == ERA_B || ERA == ERA_C)

#define HAS_CLEAR_BEFORE_COPY (ERA == ERA_B)

/* A record is freed by zeroing it in place. */
#define HAS_CLEAR_IN_PLACE (ERA == ERA_A || HAS_DEFECT(SLOW_FALL))

/* After the copy the destination is checked, and copied again when it is not right. */
#define HAS_VERIFIED_COPY (ERA == ERA_ROBUST && !HAS_DEFECT(WINDOW_ERASE) && !HAS_DEFECT(SLOW_FALL))

/* Before the system is started its modules' sums are checked, not only the header. */
#define HAS_CHECKED_START (ERA == ERA_ROBUST)

/* UpdateDone is answered with what became of it (facts 8.3). */
#define HAS_UPDATE_RESULT (ERA != ERA_A && !HAS_DEFECT(SILENT_UPDATE))

/* An update must suit the parts that need what it replaces (facts 9, PR #1063). */
#define HAS_FULL_DEPENDENCY_CHECK (ERA != ERA_A)

/* Parts 1 and 2 of the two TRAFFIC builds belong together. */
#define HAS_SHARED_BUFFER (HAS_DEFECT(TRAFFIC) || HAS_DEFECT(TRAFFIC_WATCHDOG))
#define HAS_ENDLESS_PANIC HAS_SHARED_BUFFER

#endif
