/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device's side of the cloud protocol, as bytes in and bytes out: a Photon or P1 on TCP, of one
 * of three eras. Written from the published description of the protocol alone, so that a server can
 * be held against it; it can also do what a device should not. Time is the caller's, microseconds.
 *
 * It keeps all that it was told (staged image, counts, last ids) for tests to look at. What a
 * server does that would hang a real device hangs this one too: it says nothing more.
 */
#ifndef TESTS_LIB_CLOUD_DEVICE_H
#define TESTS_LIB_CLOUD_DEVICE_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cloud_device_limits {
	CLOUD_DEVICE_ID_BYTES = 12,
	CLOUD_DEVICE_NONCE_BYTES = 40,
	CLOUD_DEVICE_CREDENTIALS_BYTES = 40, /* AES key 16, IV 16, salt 8 */
	CLOUD_DEVICE_REQUEST_BYTES = 256,    /* what the device sends first */
	CLOUD_DEVICE_ANSWER_BYTES = 384,     /* what it gets: 128 sealed, 256 signature */
	CLOUD_DEVICE_FRAME_MAX = 800,	     /* when the configuration names none */
	CLOUD_DEVICE_IN_MAX = 4096,
	CLOUD_DEVICE_OUT_MAX = 16384,
	CLOUD_DEVICE_STAGING_BYTES = 262144, /* erased in sectors of 131072 */
	CLOUD_DEVICE_SECTOR_BYTES = 131072,
	CLOUD_DEVICE_CHUNK_BYTES = 512, /* default */
	CLOUD_DEVICE_CHUNKS_MAX = 65535,
	CLOUD_DEVICE_MODULES_MAX = 8,
	CLOUD_DEVICE_TEXT_MAX = 1024,
	CLOUD_DEVICE_DESCRIBE_MAX = 4096,
	CLOUD_DEVICE_WAITING_MAX = 16, /* confirmable messages whose ACK is awaited */
};

enum cloud_device_times {
	CLOUD_DEVICE_STEP_US = 20000000,     /* any step of the handshake */
	CLOUD_DEVICE_HELLO_US = 4000000,     /* the server's Hello */
	CLOUD_DEVICE_IDLE_US = 30000000,     /* a transfer without a chunk; or updates disabled */
	CLOUD_DEVICE_ASK_AGAIN_US = 3000000, /* 0.5.2 asks for missing chunks again */
	CLOUD_DEVICE_PONG_US = 10000000,
	CLOUD_DEVICE_NEVER = -1,
};

enum cloud_device_era {
	CLOUD_ERA_UNKNOWN = 0,
	CLOUD_ERA_052 = 1, /* 0.5.2 to 0.6 */
	CLOUD_ERA_07 = 2,  /* 0.7.0 to 1.1: refusals are 4.00, disabled updates are silence */
	CLOUD_ERA_23 = 3,  /* 1.2.1 and later: refusals are 5.03 */
};

enum cloud_device_flags { /* in its Hello */
			  CLOUD_FLAG_LAST_GOOD = 1,
			  CLOUD_FLAG_DIAGNOSTICS = 2,
			  CLOUD_FLAG_IMMEDIATE = 4,
			  CLOUD_FLAG_GOODBYE = 0x10,
			  CLOUD_FLAG_DESCRIBES = 0x20,
			  CLOUD_FLAG_COMPRESSED = 0x40,
};

enum cloud_device_phase {
	CLOUD_DEVICE_APART = 0, /* not connected yet */
	CLOUD_DEVICE_NONCE = 1, /* waits for 40 bytes */
	CLOUD_DEVICE_ANSWER = 2,
	CLOUD_DEVICE_GREETING = 3, /* said Hello, waits for the server's */
	CLOUD_DEVICE_ONLINE = 4,
	CLOUD_DEVICE_OVER = 5, /* 'end' says why; send what is left, then close */
};

enum cloud_device_end {
	CLOUD_END_NONE = 0,
	CLOUD_END_CLOSED = 1,	/* by the server */
	CLOUD_END_LATE = 2,	/* the server, in handshake or Hello */
	CLOUD_END_SEALED = 3,	/* credentials that cannot be opened: decryption */
	CLOUD_END_SIGNED = 4,	/* a wrong signature: authentication */
	CLOUD_END_FRAME = 5,	/* length or padding that cannot be */
	CLOUD_END_PROTOCOL = 6, /* 0.5.2: chunk or UpdateDone outside of an update */
	CLOUD_END_PONG = 7,	/* no answer to a ping */
	CLOUD_END_RESET = 8,	/* an update is over */
	CLOUD_END_IDLE = 9,	/* a transfer without a chunk for 30 s: reset, reason 90 */
	CLOUD_END_DROPPED = 10, /* by the script */
};

enum cloud_update_phase {
	CLOUD_UPDATE_NONE = 0,
	CLOUD_UPDATE_ERASING = 1,
	CLOUD_UPDATE_WAITING = 2,   /* accepted, and never ready */
	CLOUD_UPDATE_RECEIVING = 3, /* UpdateReady was sent */
	CLOUD_UPDATE_ASKING = 4,    /* for missing chunks */
};

/* Keys are borrowed. */
struct cloud_device_keys {
	EVP_PKEY *device; /* RSA, 1024 bits */
	EVP_PKEY *server; /* RSA, 2048 bits; public part */
};

/* One entry of "m" in the description. */
struct cloud_device_module {
	uint32_t region_bytes; /* 0 ends a list */
	char store;	       /* 'm' main, 'f' factory, 'b' backup, 't' scratch */
	unsigned int vc, vv;
	char function; /* 'b', 's', 'u'; 0: nothing there, no f, n, v */
	unsigned int index;
	unsigned int version;
	struct cloud_device_need {
		char function; /* 0: none */
		unsigned int index;
		unsigned int version;
	} needs[2];
};

/* What it does wrong; zero is well-behaved. Numbers of chunks count from 1 as they arrive. */
struct cloud_device_faults {
	bool wrong_nonce;
	bool wrong_id;
	bool foreign_key;	      /* the public key it sends is not that of 'keys.device' */
	EVP_PKEY *foreign;	      /* ... but this one */
	unsigned int handshake_bytes; /* sends so many of 256, then nothing; 0: all */
	bool no_hello;
	bool mute;	       /* answers nothing after its Hello */
	bool garbage_frame;    /* 32 bytes that no cipher made, after the Hello */
	uint16_t frame_length; /* a frame that claims this, with 16 bytes, after the Hello; 0: none
				*/
	bool unknown_messages; /* after the Hello: methods, paths and codes that nobody knows */
	bool no_ready;	       /* acknowledges UpdateBegin, then silence */
	bool ready_empty;      /* 2.04 without its flags */
	bool ready_twice;
	uint8_t refusal; /* code of its answer to UpdateBegin: 0x80 4.00, 0xa3 5.03; 0: none */
	bool updates_disabled;
	unsigned int drop_at_chunk; /* ends the connection when this one arrives; 0: never */
	unsigned int stop_at_chunk; /* from this one on it is silent; 0: never */
	unsigned int refuse_chunk;  /* this one counts as damaged (slow: 4.00; fast: missing) ... */
	unsigned int refuse_count;  /* ... and as many in all from there on; 0: one */
	bool asks_wild;		    /* asks once for chunks that the file does not have */
	bool acks_fast_chunks;	    /* 0.6: fast chunks are acknowledged on TCP */
	bool no_done;		    /* never answers UpdateDone */
	bool done_empty;	    /* 0.7 and later: no result with it */
	bool describe_empty;	    /* 2.05 without content */
};

struct cloud_device_config {
	enum cloud_device_era era;
	uint8_t id[CLOUD_DEVICE_ID_BYTES];
	uint16_t platform; /* 0: 8, P1 */
	uint16_t product;  /* 0: as the platform */
	uint16_t product_version;
	uint8_t flags;		   /* of Hello, besides CLOUD_FLAG_LAST_GOOD, which it sets */
	bool hello_id;		   /* Hello ends with the id */
	bool safe_mode;		   /* says so at each connection */
	const char *claim_code;	   /* NULL: none */
	const char *last_reset;	   /* text of the event spark/device/last_reset; NULL: none */
	int64_t erase_us;	   /* of a sector; 0: 1 s */
	int64_t ping_us;	   /* 0: 15 s; CLOUD_DEVICE_NEVER */
	uint16_t frame_bytes_max;  /* 0: CLOUD_DEVICE_FRAME_MAX */
	const char *update_result; /* JSON in the answer to UpdateDone; NULL: by the image */
	struct cloud_device_module
		modules[CLOUD_DEVICE_MODULES_MAX]; /* none: healthy, of the era */
	struct cloud_device_faults faults;
};

struct cloud_device_counts {
	unsigned int connects, hellos, resets;
	unsigned int frames_in, frames_out;
	unsigned int bad_paddings; /* frames with a padding that PKCS#7 does not know */
	unsigned int pings_in, pings_out, pongs;
	unsigned int con_sent, con_acked; /* its confirmable messages besides pings */
	unsigned int strange_acks;	  /* of nothing that it had sent */
	unsigned int describes, events_in, functions, variables, signals, key_changes;
	unsigned int unknown_in;
	unsigned int begins, refusals, readies, dones;
	unsigned int chunks;	 /* that came, in all */
	unsigned int chunks_bad; /* with another CRC */
	unsigned int chunks_twice;
	unsigned int chunks_outside; /* outside of an update */
	unsigned int chunks_past;    /* index beyond the file; written all the same */
	unsigned int saved;	     /* written: the LED toggles */
	unsigned int writes_outside; /* of the staging area: nothing stops a real device */
	unsigned int asks, asked_chunks;
	unsigned int ended_by_device;
	unsigned int updates_good, updates_bad;
};

struct cloud_device_update {
	enum cloud_update_phase phase;
	bool fast;
	uint8_t token;
	uint8_t store;
	uint16_t chunk_bytes;
	uint32_t file_bytes;
	uint32_t address;
	uint32_t chunk_count;
	uint32_t index;	      /* slow: of the next chunk */
	unsigned int arrived; /* chunks in this transfer */
	unsigned int round;   /* chunks since UpdateBegin or the last UpdateDone */
	unsigned int refused; /* by the script */
	bool asked_wild;
	int64_t last_us; /* of the last chunk, or of UpdateReady */
	int64_t asked_us;
	uint8_t received[CLOUD_DEVICE_CHUNKS_MAX / 8 + 1];
};

struct cloud_device {
	struct cloud_device_config config;
	struct cloud_device_keys keys;
	struct cloud_device_counts counts;
	enum cloud_device_phase phase;
	enum cloud_device_end end;
	bool hung;	    /* a real one would walk through its memory for ever now */
	bool last_good;	    /* the last update */
	int reset_reason;   /* of the last reset: 70 update, 80 update error, 90 update timeout */
	uint32_t unix_time; /* as the server said; 0: not yet */
	uint16_t server_hello_id;
	char last_event[CLOUD_DEVICE_TEXT_MAX]; /* of the server: "name=data" */
	char last_function[CLOUD_DEVICE_TEXT_MAX];
	uint8_t *staging;     /* CLOUD_DEVICE_STAGING_BYTES; erased is 0xff */
	uint32_t written_end; /* of the staged image: end of the last byte written */
	struct cloud_device_update update;

	/* the link */
	int64_t step_deadline_us;
	int64_t busy_until_us; /* a sector is being erased, say: nothing is heard meanwhile */
	int64_t ping_at_us, pong_deadline_us;
	uint16_t ping_id;
	uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES];
	uint8_t key[16], iv_in[16], iv_out[16];
	uint16_t message_id;
	uint8_t time_token;
	uint16_t waiting[CLOUD_DEVICE_WAITING_MAX]; /* ids */
	size_t waiting_count;
	uint8_t in[CLOUD_DEVICE_IN_MAX];
	size_t in_count;
	uint8_t out[CLOUD_DEVICE_OUT_MAX];
	size_t out_count;
};

/* A device that is not connected; NULL on lack of memory. Freed with cloud_device_free(). */
struct cloud_device *cloud_device_new(const struct cloud_device_config *config,
				      const struct cloud_device_keys *keys);
void cloud_device_free(struct cloud_device *device);

/* The connection is there: a new session, whatever went before. Counts and modules stay. */
void cloud_device_connect(struct cloud_device *device, int64_t now_us);

/* The server has closed it. */
void cloud_device_closed(struct cloud_device *device);

/* Bytes from the server; how many were taken (fewer while it is busy and its buffer full). */
size_t cloud_device_hear(struct cloud_device *device, const uint8_t *bytes, size_t len,
			 int64_t now_us);

/* Lets time pass up to now: works off what came and what is due. */
void cloud_device_step(struct cloud_device *device, int64_t now_us);

/* When cloud_device_step() has something to do without any byte; INT64_MAX when never. */
int64_t cloud_device_deadline(const struct cloud_device *device);

/* Bytes for the server are out[0..out_count); the caller says how many have gone. */
void cloud_device_sent(struct cloud_device *device, size_t len);

/* Its own messages at any time, when online: a ping, an event (name of up to 63 characters). */
void cloud_device_ping(struct cloud_device *device, int64_t now_us);
void cloud_device_publish(struct cloud_device *device, const char *name, const char *data,
			  unsigned int ttl_s);
/* Announces the end (hello flag 0x10), and ends the session. */
void cloud_device_goodbye(struct cloud_device *device);

/* The description as JSON with flags 1 system, 2 application; 0: all. Its length, cut to 'size'. */
size_t cloud_device_describe(const struct cloud_device *device, unsigned int flags, char *ret_text,
			     size_t size);

/* Whether the staged image is a module whose header and CRC hold; what it is, when it is. */
bool cloud_device_staged(const struct cloud_device *device, struct cloud_device_module *ret);

#endif
