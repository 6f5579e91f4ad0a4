/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 16-bit data processing of the virtual core: results and flags, in and outside IT blocks. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/cpu.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct bare_row arithmetic_rows[] = {
	{ "adds r0, r1, r2", { 0x1888 }, 1, { 9, 1, 2 }, 0, { 3, 1, 2 }, 0, 0, 0 },
	{ "adds r0, r1, r2",
	  { 0x1888 },
	  1,
	  { 9, 0xffffffff, 1 },
	  FQ,
	  { 0, 0xffffffff, 1 },
	  FZ | FC | FQ,
	  0,
	  0 },
	{ "adds r0, r1, r2",
	  { 0x1888 },
	  1,
	  { 9, 0x7fffffff, 1 },
	  FC,
	  { 0x80000000, 0x7fffffff, 1 },
	  FN | FV,
	  0,
	  0 },
	{ "adds r0, r1, r2",
	  { 0x1888 },
	  1,
	  { 9, 0x80000000, 0x80000000 },
	  0,
	  { 0, 0x80000000, 0x80000000 },
	  FZ | FC | FV,
	  0,
	  0 },
	{ "adds r0, r1, r2", { 0x1888 }, 1, { 9, 5, 0 }, FC, { 5, 5, 0 }, 0, 0, 0 },
	{ "adds r0, r1, #7", { 0x1dc8 }, 1, { 9, 0xfffffffa }, 0, { 1, 0xfffffffa }, FC, 0, 0 },
	{ "adds r0, #255", { 0x30ff }, 1, { 0x7fffff80 }, 0, { 0x8000007f }, FN | FV, 0, 0 },
	{ "subs r0, r1, r2", { 0x1a88 }, 1, { 9, 5, 5 }, FV, { 0, 5, 5 }, FZ | FC, 0, 0 },
	{ "subs r0, r1, r2", { 0x1a88 }, 1, { 9, 0, 1 }, FC, { 0xffffffff, 0, 1 }, FN, 0, 0 },
	{ "subs r0, r1, r2",
	  { 0x1a88 },
	  1,
	  { 9, 0x80000000, 1 },
	  0,
	  { 0x7fffffff, 0x80000000, 1 },
	  FC | FV,
	  0,
	  0 },
	{ "subs r0, r1, r2",
	  { 0x1a88 },
	  1,
	  { 9, 0x7fffffff, 0xffffffff },
	  0,
	  { 0x80000000, 0x7fffffff, 0xffffffff },
	  FN | FV,
	  0,
	  0 },
	{ "subs r0, r1, r2", { 0x1a88 }, 1, { 9, 5, 0 }, 0, { 5, 5, 0 }, FC, 0, 0 },
	{ "subs r0, r1, #1", { 0x1e48 }, 1, { 9, 0 }, FC, { 0xffffffff, 0 }, FN, 0, 0 },
	{ "subs r0, #200", { 0x38c8 }, 1, { 200 }, 0, { 0 }, FZ | FC, 0, 0 },
	{ "adcs r0, r1", { 0x4148 }, 1, { 1, 2 }, FC, { 4, 2 }, 0, 0, 0 },
	{ "adcs r0, r1", { 0x4148 }, 1, { 1, 2 }, 0, { 3, 2 }, 0, 0, 0 },
	{ "adcs r0, r1", { 0x4148 }, 1, { 0xffffffff, 0 }, FC, { 0, 0 }, FZ | FC, 0, 0 },
	{ "adcs r0, r1",
	  { 0x4148 },
	  1,
	  { 0xffffffff, 0xffffffff },
	  FC,
	  { 0xffffffff, 0xffffffff },
	  FN | FC,
	  0,
	  0 },
	{ "adcs r0, r1", { 0x4148 }, 1, { 0x7fffffff, 0 }, FC, { 0x80000000, 0 }, FN | FV, 0, 0 },
	{ "adcs r0, r1",
	  { 0x4148 },
	  1,
	  { 0x80000000, 0xffffffff },
	  0,
	  { 0x7fffffff, 0xffffffff },
	  FC | FV,
	  0,
	  0 },
	{ "sbcs r0, r1", { 0x4188 }, 1, { 5, 3 }, FC, { 2, 3 }, FC, 0, 0 },
	{ "sbcs r0, r1", { 0x4188 }, 1, { 5, 3 }, 0, { 1, 3 }, FC, 0, 0 },
	{ "sbcs r0, r1", { 0x4188 }, 1, { 0, 0 }, 0, { 0xffffffff, 0 }, FN, 0, 0 },
	{ "sbcs r0, r1", { 0x4188 }, 1, { 0, 0xffffffff }, 0, { 0, 0xffffffff }, FZ, 0, 0 },
	{ "sbcs r0, r1", { 0x4188 }, 1, { 0x80000000, 0 }, 0, { 0x7fffffff, 0 }, FC | FV, 0, 0 },
	{ "rsbs r0, r1, #0", { 0x4248 }, 1, { 9, 1 }, FC, { 0xffffffff, 1 }, FN, 0, 0 },
	{ "rsbs r0, r1, #0", { 0x4248 }, 1, { 9, 0 }, 0, { 0, 0 }, FZ | FC, 0, 0 },
	{ "rsbs r0, r1, #0",
	  { 0x4248 },
	  1,
	  { 9, 0x80000000 },
	  0,
	  { 0x80000000, 0x80000000 },
	  FN | FV,
	  0,
	  0 },
	{ "cmp r0, r1", { 0x4288 }, 1, { 1, 2 }, FC | FV, { 1, 2 }, FN, 0, 0 },
	{ "cmp r0, #255", { 0x28ff }, 1, { 255 }, 0, { 255 }, FZ | FC, 0, 0 },
	{ "cmp r0, #1", { 0x2801 }, 1, { 0x80000000 }, 0, { 0x80000000 }, FC | FV, 0, 0 },
	{ "cmn r0, r1", { 0x42c8 }, 1, { 1, 0xffffffff }, 0, { 1, 0xffffffff }, FZ | FC, 0, 0 },
	{ "cmn r0, r1", { 0x42c8 }, 1, { 0x7fffffff, 1 }, FC, { 0x7fffffff, 1 }, FN | FV, 0, 0 },
	{ "muls r0, r1, r0",
	  { 0x4348 },
	  1,
	  { 0xffffffff, 3 },
	  FC | FV,
	  { 0xfffffffd, 3 },
	  FN | FC | FV,
	  0,
	  0 },
	{ "muls r0, r1, r0", { 0x4348 }, 1, { 0x10000, 0x10000 }, 0, { 0, 0x10000 }, FZ, 0, 0 },
	{ "add r0, r8", { 0x4440 }, 1, { 5 }, FN | FC, { 5 }, FN | FC, 0, 0 },
	{ "mov r8, r1; add r0, r8", { 0x4688, 0x4440 }, 2, { 5, 7 }, FN, { 12, 7 }, FN, 0, 0 },
	{ "mov r9, r1; cmp r0, r9", { 0x4689, 0x4548 }, 2, { 7, 7 }, 0, { 7, 7 }, FZ | FC, 0, 0 },
	{ "mov r9, r1; cmp r9, r0", { 0x4689, 0x4581 }, 2, { 8, 7 }, FC, { 8, 7 }, FN, 0, 0 },
	{ "add sp, #8; sub sp, #508; mov r0, sp",
	  { 0xb002, 0xb0ff, 0x4668 },
	  3,
	  { 0 },
	  0,
	  { BARE_SP + 8 - 508 },
	  0,
	  0,
	  0 },
	{ "add r0, sp, #1020", { 0xa8ff }, 1, { 0 }, FC, { BARE_SP + 1020 }, FC, 0, 0 },
	{ "nop; adr r0, . + 6", { 0xbf00, 0xa001 }, 2, { 0 }, FC, { BARE_CODE + 8 }, FC, 0, 0 },
	{ "mov r0, pc", { 0x4678 }, 1, { 0 }, 0, { BARE_CODE + 4 }, 0, 0, 0 },
	{ "nop; add r0, pc", { 0xbf00, 0x4478 }, 2, { 1 }, 0, { BARE_CODE + 7 }, 0, 0, 0 },
};

static const struct bare_row logic_rows[] = {
	{ "movs r0, #0", { 0x2000 }, 1, { 9 }, FN | FC | FV, { 0 }, FZ | FC | FV, 0, 0 },
	{ "movs r0, #255", { 0x20ff }, 1, { 9 }, FZ, { 255 }, 0, 0, 0 },
	{ "movs r0, r1",
	  { 0x0008 },
	  1,
	  { 9, 0x80000000 },
	  FC | FV,
	  { 0x80000000, 0x80000000 },
	  FN | FC | FV,
	  0,
	  0 },
	{ "mov r0, r1", { 0x4608 }, 1, { 9, 0 }, FN, { 0, 0 }, FN, 0, 0 },
	{ "ands r0, r1",
	  { 0x4008 },
	  1,
	  { 0xf0f0, 0x0f0f },
	  FC | FV,
	  { 0, 0x0f0f },
	  FZ | FC | FV,
	  0,
	  0 },
	{ "ands r0, r1",
	  { 0x4008 },
	  1,
	  { 0xf00000f0, 0xff0000ff },
	  0,
	  { 0xf00000f0, 0xff0000ff },
	  FN,
	  0,
	  0 },
	{ "eors r0, r1",
	  { 0x4048 },
	  1,
	  { 0xff00ff00, 0x0ff00ff0 },
	  FC,
	  { 0xf0f0f0f0, 0x0ff00ff0 },
	  FN | FC,
	  0,
	  0 },
	{ "eors r0, r0", { 0x4040 }, 1, { 77 }, 0, { 0 }, FZ, 0, 0 },
	{ "orrs r0, r1", { 0x4308 }, 1, { 0x80000000, 1 }, FV, { 0x80000001, 1 }, FN | FV, 0, 0 },
	{ "bics r0, r1", { 0x4388 }, 1, { 0xff, 0x0f }, FC, { 0xf0, 0x0f }, FC, 0, 0 },
	{ "mvns r0, r1", { 0x43c8 }, 1, { 9, 0xffffffff }, FC, { 0, 0xffffffff }, FZ | FC, 0, 0 },
	{ "mvns r0, r1", { 0x43c8 }, 1, { 9, 0 }, 0, { 0xffffffff, 0 }, FN, 0, 0 },
	{ "tst r0, r1",
	  { 0x4208 },
	  1,
	  { 0x80000000, 0xc0000000 },
	  FZ | FC,
	  { 0x80000000, 0xc0000000 },
	  FN | FC,
	  0,
	  0 },
	{ "tst r0, r1", { 0x4208 }, 1, { 1, 2 }, FV, { 1, 2 }, FZ | FV, 0, 0 },
	{ "sxtb r0, r1",
	  { 0xb248 },
	  1,
	  { 9, 0x12345680 },
	  FC,
	  { 0xffffff80, 0x12345680 },
	  FC,
	  0,
	  0 },
	{ "sxtb r0, r1", { 0xb248 }, 1, { 9, 0xffffff7f }, 0, { 0x7f, 0xffffff7f }, 0, 0, 0 },
	{ "sxth r0, r1", { 0xb208 }, 1, { 9, 0x00018000 }, 0, { 0xffff8000, 0x00018000 }, 0, 0, 0 },
	{ "uxtb r0, r1", { 0xb2c8 }, 1, { 9, 0xffffff80 }, 0, { 0x80, 0xffffff80 }, 0, 0, 0 },
	{ "uxth r0, r1", { 0xb288 }, 1, { 9, 0xffff8000 }, 0, { 0x8000, 0xffff8000 }, 0, 0, 0 },
	{ "rev r0, r1", { 0xba08 }, 1, { 9, 0x12345678 }, 0, { 0x78563412, 0x12345678 }, 0, 0, 0 },
	{ "rev16 r0, r1",
	  { 0xba48 },
	  1,
	  { 9, 0x12345678 },
	  0,
	  { 0x34127856, 0x12345678 },
	  0,
	  0,
	  0 },
	{ "revsh r0, r1",
	  { 0xbac8 },
	  1,
	  { 9, 0x12345680 },
	  0,
	  { 0xffff8056, 0x12345680 },
	  0,
	  0,
	  0 },
};

static const struct bare_row shift_rows[] = {
	{ "lsls r0, r1, #1", { 0x0048 }, 1, { 9, 0x80000001 }, 0, { 2, 0x80000001 }, FC, 0, 0 },
	{ "lsls r0, r1, #31", { 0x07c8 }, 1, { 9, 3 }, 0, { 0x80000000, 3 }, FN | FC, 0, 0 },
	{ "lsls r0, r1, #31", { 0x07c8 }, 1, { 9, 2 }, FV, { 0, 2 }, FZ | FC | FV, 0, 0 },
	{ "lsrs r0, r1, #1", { 0x0848 }, 1, { 9, 3 }, 0, { 1, 3 }, FC, 0, 0 },
	{ "lsrs r0, r1, #31", { 0x0fc8 }, 1, { 9, 0x80000000 }, FC, { 1, 0x80000000 }, 0, 0, 0 },
	{ "lsrs r0, r1, #32",
	  { 0x0808 },
	  1,
	  { 9, 0x80000000 },
	  0,
	  { 0, 0x80000000 },
	  FZ | FC,
	  0,
	  0 },
	{ "lsrs r0, r1, #32", { 0x0808 }, 1, { 9, 0x7fffffff }, FC, { 0, 0x7fffffff }, FZ, 0, 0 },
	{ "asrs r0, r1, #1",
	  { 0x1048 },
	  1,
	  { 9, 0x80000001 },
	  0,
	  { 0xc0000000, 0x80000001 },
	  FN | FC,
	  0,
	  0 },
	{ "asrs r0, r1, #31",
	  { 0x17c8 },
	  1,
	  { 9, 0x80000000 },
	  FC,
	  { 0xffffffff, 0x80000000 },
	  FN,
	  0,
	  0 },
	{ "asrs r0, r1, #32",
	  { 0x1008 },
	  1,
	  { 9, 0x80000000 },
	  0,
	  { 0xffffffff, 0x80000000 },
	  FN | FC,
	  0,
	  0 },
	{ "asrs r0, r1, #32", { 0x1008 }, 1, { 9, 0x7fffffff }, FC, { 0, 0x7fffffff }, FZ, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 0x80000001, 0 }, FC, { 0x80000001, 0 }, FN | FC, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 0x80000001, 0x100 }, 0, { 0x80000001, 0x100 }, FN, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 3, 31 }, 0, { 0x80000000, 31 }, FN | FC, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 1, 32 }, 0, { 0, 32 }, FZ | FC, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 0xffffffff, 33 }, FC, { 0, 33 }, FZ, 0, 0 },
	{ "lsls r0, r1", { 0x4088 }, 1, { 0xffffffff, 255 }, FC, { 0, 255 }, FZ, 0, 0 },
	{ "lsrs r0, r1", { 0x40c8 }, 1, { 3, 0 }, FC, { 3, 0 }, FC, 0, 0 },
	{ "lsrs r0, r1", { 0x40c8 }, 1, { 0x80000000, 31 }, FC, { 1, 31 }, 0, 0, 0 },
	{ "lsrs r0, r1", { 0x40c8 }, 1, { 0x80000000, 32 }, 0, { 0, 32 }, FZ | FC, 0, 0 },
	{ "lsrs r0, r1", { 0x40c8 }, 1, { 0x80000000, 33 }, FC, { 0, 33 }, FZ, 0, 0 },
	{ "asrs r0, r1", { 0x4108 }, 1, { 0x80000000, 0 }, FC, { 0x80000000, 0 }, FN | FC, 0, 0 },
	{ "asrs r0, r1", { 0x4108 }, 1, { 0x80000000, 32 }, 0, { 0xffffffff, 32 }, FN | FC, 0, 0 },
	{ "asrs r0, r1",
	  { 0x4108 },
	  1,
	  { 0x80000000, 200 },
	  0,
	  { 0xffffffff, 200 },
	  FN | FC,
	  0,
	  0 },
	{ "asrs r0, r1", { 0x4108 }, 1, { 0x7fffffff, 33 }, FC, { 0, 33 }, FZ, 0, 0 },
	{ "rors r0, r1", { 0x41c8 }, 1, { 0x00000001, 0 }, FC, { 1, 0 }, FC, 0, 0 },
	{ "rors r0, r1", { 0x41c8 }, 1, { 0x00000001, 1 }, 0, { 0x80000000, 1 }, FN | FC, 0, 0 },
	{ "rors r0, r1", { 0x41c8 }, 1, { 0x80000000, 32 }, 0, { 0x80000000, 32 }, FN | FC, 0, 0 },
	{ "rors r0, r1", { 0x41c8 }, 1, { 0x12345678, 36 }, FC, { 0x81234567, 36 }, FN | FC, 0, 0 },
	{ "rors r0, r1", { 0x41c8 }, 1, { 0x12345678, 31 }, FC, { 0x2468acf0, 31 }, 0, 0, 0 },
};

/* 16-bit forms leave the flags alone in an IT block; compares set them all the same. */
static const struct bare_row it_rows[] = {
	{ "it eq; addeq r0, r1, r2",
	  { 0xbf08, 0x1888 },
	  2,
	  { 9, 0xffffffff, 1 },
	  FZ,
	  { 0, 0xffffffff, 1 },
	  FZ,
	  0,
	  0 },
	{ "it ne; addne r0, r1, r2",
	  { 0xbf18, 0x1888 },
	  2,
	  { 9, 0xffffffff, 1 },
	  FZ,
	  { 9, 0xffffffff, 1 },
	  FZ,
	  0,
	  0 },
	{ "ite eq; moveq r0, #1; movne r0, #2",
	  { 0xbf0c, 0x2001, 0x2002 },
	  3,
	  { 0 },
	  FZ,
	  { 1 },
	  FZ,
	  0,
	  0 },
	{ "ite eq; moveq r0, #1; movne r0, #2",
	  { 0xbf0c, 0x2001, 0x2002 },
	  3,
	  { 0 },
	  FN,
	  { 2 },
	  FN,
	  0,
	  0 },
	{ "itttt cs; lslcs r0, r0, #1; lsrcs r1, r1, #32; asrcs r2, r2, #1; mvncs r3, r3",
	  { 0xbf21, 0x0040, 0x0809, 0x1052, 0x43db },
	  5,
	  { 0x80000001, 5, 0x80000000, 0 },
	  FC,
	  { 2, 0, 0xc0000000, 0xffffffff },
	  FC,
	  0,
	  0 },
	{ "itttt cs; adccs r0, r1; sbccs r1, r1; rsbcs r2, r2, #0; mulcs r3, r0, r3",
	  { 0xbf21, 0x4148, 0x4189, 0x4252, 0x4343 },
	  5,
	  { 1, 2, 3, 4 },
	  FC | FV,
	  { 4, 0, 0xfffffffd, 16 },
	  FC | FV,
	  0,
	  0 },
	{ "itttt mi; andmi r0, r1; orrmi r1, r2; eormi r2, r3; bicmi r3, r0",
	  { 0xbf41, 0x4008, 0x4311, 0x405a, 0x4383 },
	  5,
	  { 3, 5, 6, 7 },
	  FN,
	  { 1, 7, 1, 6 },
	  FN,
	  0,
	  0 },
	{ "itttt vs; lslvs r0, r3; lsrvs r1, r3; asrvs r2, r3; rorvs r3, r3",
	  { 0xbf61, 0x4098, 0x40d9, 0x411a, 0x41db },
	  5,
	  { 1, 0x80000000, 0x80000000, 4 },
	  FV,
	  { 16, 0x08000000, 0xf8000000, 0x40000000 },
	  FV,
	  0,
	  0 },
	{ "itt eq; cmpeq r0, r1; moveq r2, #7",
	  { 0xbf04, 0x4288, 0x2207 },
	  3,
	  { 1, 2, 0 },
	  FZ,
	  { 1, 2, 0 },
	  FN,
	  0,
	  0 },
	{ "itt eq; cmpeq r0, r1; moveq r2, #7",
	  { 0xbf04, 0x4288, 0x2207 },
	  3,
	  { 2, 2, 0 },
	  FZ,
	  { 2, 2, 7 },
	  FZ | FC,
	  0,
	  0 },
	{ "itete ne; tstne r0, r1; addeq r2, #1; movne r3, #9; subeq r2, #2",
	  { 0xbf15, 0x4208, 0x3201, 0x2309, 0x3a02 },
	  5,
	  { 1, 1, 5, 0 },
	  0,
	  { 1, 1, 5, 9 },
	  0,
	  0,
	  0 },
	{ "itt ne; addsne.w r0, r1, r2; movne r3, #1",
	  { 0xbf1c, 0xeb11, 0x0002, 0x2301 },
	  4,
	  { 9, 0xffffffff, 1, 0 },
	  0,
	  { 0, 0xffffffff, 1, 0 },
	  FZ | FC,
	  0,
	  0 },
	{ "itt eq; moveq r0, #1; beq . + 4; movs r0, #2; movs r1, #3",
	  { 0xbf04, 0x2001, 0xe000, 0x2002, 0x2103 },
	  5,
	  { 0, 0 },
	  FZ,
	  { 1, 3 },
	  0,
	  0,
	  0 },
	{ "it eq; beq . + 4; movs r0, #2; movs r1, #3",
	  { 0xbf08, 0xe000, 0x2002, 0x2103 },
	  4,
	  { 0, 0 },
	  0,
	  { 2, 3 },
	  0,
	  0,
	  0 },
};

struct condition_row {
	const char *name;
	uint32_t code;
	uint32_t taken; /* bit NZCV (as a number) is set when it holds for these flags */
};

/* Bit 'i' of 'taken' for flags N = i & 8, Z = i & 4, C = i & 2, V = i & 1. */
static const struct condition_row condition_rows[] = {
	{ "eq", 0, 0xf0f0 },  { "ne", 1, 0x0f0f },  { "cs", 2, 0xcccc },  { "cc", 3, 0x3333 },
	{ "mi", 4, 0xff00 },  { "pl", 5, 0x00ff },  { "vs", 6, 0xaaaa },  { "vc", 7, 0x5555 },
	{ "hi", 8, 0x0c0c },  { "ls", 9, 0xf3f3 },  { "ge", 10, 0xaa55 }, { "lt", 11, 0x55aa },
	{ "gt", 12, 0x0a05 }, { "le", 13, 0xf5fa },
};

START_TEST(arithmetic)
{
	bare_check_row(&arithmetic_rows[_i]);
}
END_TEST

START_TEST(logic)
{
	bare_check_row(&logic_rows[_i]);
}
END_TEST

START_TEST(shifts)
{
	bare_check_row(&shift_rows[_i]);
}
END_TEST

START_TEST(it_blocks)
{
	bare_check_row(&it_rows[_i]);
}
END_TEST

/* Every condition against every set of flags: as a short branch, a long branch, and an IT block. */
START_TEST(conditions)
{
	const struct condition_row *row = &condition_rows[_i];
	uint16_t cond = (uint16_t)row->code;
	uint16_t code[7] = {
		(uint16_t)(0xd000 | cond << 8), /* b<cond> to the third instruction */
		0x2001,				/* movs r0, #1: leaves C and V alone */
		(uint16_t)(0xf000 | cond << 6),
		0x8001, /* b<cond>.w over the next, now with the flags as they are */
		0x3101, /* adds r1, #1 */
		0xbf00,
		0xbf00,
	};
	uint16_t it[2] = { (uint16_t)(0xbf08 | cond << 4), 0x2301 /* movs r3, #1 */ };

	for (uint32_t flags = 0; flags < 16; flags++) {
		struct vboard *vb = bare_new();
		struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;
		uint32_t taken = row->taken >> flags & 1;

		memset(cpu->r, 0, sizeof(cpu->r[0]) * 13);
		bare_code(vb, BARE_CODE, code, 7);
		bare_code(vb, BARE_CODE + 0x100, code + 2, 5);
		bare_code(vb, BARE_CODE + 0x200, it, 2);
		cpu_set_apsr(cpu, flags << 28);
		bare_run(vb, 1);
		ck_assert_msg(cpu->r[15] == BARE_CODE + (taken ? 4 : 2), "b%s with flags %x",
			      row->name, flags);
		cpu->r[15] = BARE_CODE + 0x100;
		bare_run(vb, 1);
		ck_assert_msg(cpu->r[15] == BARE_CODE + 0x100 + (taken ? 6 : 4),
			      "b%s.w with flags %x", row->name, flags);
		cpu->r[15] = BARE_CODE + 0x200;
		bare_run(vb, 2);
		ck_assert_msg(cpu->r[3] == taken, "it %s with flags %x", row->name, flags);
		ck_assert_uint_eq(cpu->it, 0);
		vboard_free(vb);
	}
}
END_TEST

/* An instruction takes a cycle, one that its condition leaves out too. */
START_TEST(one_cycle_an_instruction)
{
	static const uint16_t code[] = {
		0xbf0c, /* ite eq */
		0x2001, /* moveq r0, #1 */
		0x2002, /* movne r0, #2 */
		0x3101, /* adds r1, #1 */
		0x3101, /* adds r1, #1 */
	};
	struct vboard *vb = bare_new();
	uint64_t begin = vboard_insns(vb);

	bare_code(vb, BARE_CODE, code, sizeof(code) / 2);
	vboard_test_state(vb)->chip.cpu.r[1] = 0;
	bare_run(vb, 4);
	ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.r[1], 1);
	ck_assert_uint_eq(vboard_insns(vb) - begin, 4);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_cpu");
	TCase *tcase = tcase_create("narrow");

	tcase_add_loop_test(tcase, arithmetic, 0, COUNT(arithmetic_rows));
	tcase_add_loop_test(tcase, logic, 0, COUNT(logic_rows));
	tcase_add_loop_test(tcase, shifts, 0, COUNT(shift_rows));
	tcase_add_loop_test(tcase, it_blocks, 0, COUNT(it_rows));
	tcase_add_loop_test(tcase, conditions, 0, COUNT(condition_rows));
	tcase_add_test(tcase, one_cycle_an_instruction);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
