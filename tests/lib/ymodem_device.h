/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board on its serial line: the listening console and its YMODEM receiver, with the habits of two
 * eras, as bytes in and bytes out. Written from the published description alone. Time is the
 * caller's, microseconds. It also does what a board should not, as its script says.
 */
#ifndef TESTS_LIB_YMODEM_DEVICE_H
#define TESTS_LIB_YMODEM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ymodem_device_limits {
	YMODEM_DEVICE_SHORT_BYTES = 128,
	YMODEM_DEVICE_LONG_BYTES = 1024,
	YMODEM_DEVICE_BLOCK_MAX = 3 + YMODEM_DEVICE_LONG_BYTES + 2,
	YMODEM_DEVICE_ERRORS_MAX = 5,
	YMODEM_DEVICE_IN_MAX = 8192,
	YMODEM_DEVICE_OUT_MAX = 8192,
	YMODEM_DEVICE_STAGING_BYTES = 262144,
	YMODEM_DEVICE_SECTOR_BYTES = 131072,
	YMODEM_DEVICE_NAME_MAX = 256,
	YMODEM_DEVICE_LINE_MAX = 64,
	YMODEM_DEVICE_BAUD_DFU = 14400,
	YMODEM_DEVICE_BAUD_LISTEN = 28800,
};

enum ymodem_device_times {
	YMODEM_DEVICE_QUIET_US = 5000000,  /* without a byte: 'C', and an error */
	YMODEM_DEVICE_CHARACTER_US = 1000, /* 0.5.2: each character of a text */
	YMODEM_DEVICE_DONE_US = 1000000,   /* after its last words */
	YMODEM_DEVICE_RESET_US = 100000,
};

enum ymodem_device_era {
	YMODEM_ERA_UNKNOWN = 0,
	YMODEM_ERA_052 = 1, /* to 0.6.0: the session's end is acknowledged at once */
	YMODEM_ERA_061 = 2, /* 0.6.1 on: the image is validated before; keys c and C */
	YMODEM_ERA_08 = 3,  /* 0.8 on: key d too */
};

enum ymodem_device_mode {
	YMODEM_DEVICE_RUNNING = 0, /* the application; bytes are of no interest */
	YMODEM_DEVICE_CONSOLE = 1,
	YMODEM_DEVICE_LINE = 2, /* asks for a line of text */
	YMODEM_DEVICE_RECEIVING = 3,
	YMODEM_DEVICE_LEAVING = 4, /* a reset is near */
	YMODEM_DEVICE_GONE = 5,	   /* reset: 'gone' says into what */
};

enum ymodem_device_gone {
	YMODEM_GONE_NONE = 0,
	YMODEM_GONE_UPDATE = 1, /* to apply what was received */
	YMODEM_GONE_DFU = 2,
	YMODEM_GONE_SAFE_MODE = 3,
};

/* Numbers of blocks count from 1 as they come, the header being the first; 0: never. */
struct ymodem_device_faults {
	unsigned int lose_ack;	 /* the answer to this block is lost on the way */
	unsigned int lose_block; /* this block is */
	unsigned int cancel;	 /* CAN CAN is the answer to this block, and the end */
	unsigned int refuse;	 /* NAK is, though it was right */
	unsigned int noise;	 /* this block's answer comes after noise */
	unsigned int mute;	 /* from this block on it says nothing more */
	bool deaf;		 /* answers no key */
	bool validation_fails;	 /* whatever was sent (0.6.1 on) */
	bool no_reset;		 /* says that it restarts, and does not */
};

struct ymodem_device_config {
	enum ymodem_device_era era;
	uint16_t platform;	 /* 0: 8, P1 */
	const char *id;		 /* 24 hexadecimal digits; NULL: one of its own */
	const char *mac;	 /* NULL: one of its own */
	const char *version;	 /* NULL: of the era */
	const char *module_info; /* what stands between the braces; NULL: short one */
	bool claimed;
	int64_t erase_us; /* of a sector; 0: 1 s */
	struct ymodem_device_faults faults;
};

struct ymodem_device {
	struct ymodem_device_config config;
	enum ymodem_device_mode mode;
	enum ymodem_device_gone gone;

	/* what became of it */
	unsigned int blocks;		   /* that came whole */
	unsigned int acks, naks, cs, cans; /* said; a pair of CAN is one */
	unsigned int bad_sums;		   /* blocks whose CRC is wrong: taken all the same */
	unsigned int lost_bytes;	   /* that came when there was no room */
	unsigned int sessions, files, updates_good, updates_bad;
	unsigned int writes_outside; /* of the staging area */
	int result;		     /* of the validation: 0 or the system's error code */
	char name[YMODEM_DEVICE_NAME_MAX];
	uint32_t file_bytes;
	uint32_t written; /* with the last block's padding */
	uint8_t *staging;
	char ssid[YMODEM_DEVICE_LINE_MAX], password[YMODEM_DEVICE_LINE_MAX];
	char claim_code[YMODEM_DEVICE_LINE_MAX];
	int security, cipher;	  /* -1: not asked */
	unsigned int credentials; /* how often they were entered whole */

	/* the receiver */
	bool begun; /* a block of this session was taken */
	bool saw_can;
	unsigned int expected; /* blocks taken of this file */
	unsigned int errors;
	uint8_t block[YMODEM_DEVICE_BLOCK_MAX];
	size_t block_len, block_bytes;
	int64_t quiet_us; /* when it gets impatient */
	int64_t busy_until_us;
	bool acks_header; /* once the erase is done */
	int64_t leave_us;
	unsigned int question;
	char line[YMODEM_DEVICE_LINE_MAX];
	size_t line_len;

	uint8_t in[YMODEM_DEVICE_IN_MAX];
	size_t in_count;
	uint8_t out[YMODEM_DEVICE_OUT_MAX];
	size_t out_count; /* all, of which ... */
	size_t out_held;  /* ... the last so many are not said yet */
	int64_t release_us;
};

/* A board that runs its application; NULL on lack of memory. */
struct ymodem_device *ymodem_device_new(const struct ymodem_device_config *config);
void ymodem_device_free(struct ymodem_device *device);

/* The host's SET_LINE_CODING: 28800 begins listening, 14400 DFU mode; others do nothing. */
void ymodem_device_set_baud(struct ymodem_device *device, unsigned int baud, int64_t now_us);

/* Bytes from the host. What finds no room is lost, as on a line. */
void ymodem_device_hear(struct ymodem_device *device, const uint8_t *bytes, size_t len,
			int64_t now_us);

/* Lets time pass up to now. */
void ymodem_device_step(struct ymodem_device *device, int64_t now_us);

/* When ymodem_device_step() has something to do without a byte; INT64_MAX when never. */
int64_t ymodem_device_deadline(const struct ymodem_device *device);

/* How many bytes of out[] can be taken now, and that they were. */
size_t ymodem_device_ready(const struct ymodem_device *device);
void ymodem_device_sent(struct ymodem_device *device, size_t len);

#endif
