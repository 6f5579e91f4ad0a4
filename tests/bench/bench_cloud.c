/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cloud's throughput: sixteen boards with the reference firmware, each on a virtual board of
 * its own, fed fast over their radios from one process, emulation included; and the server alone
 * over loopback TCP with sixteen encrypted devices, which were written without it, in a process of
 * their own. Megabytes are 10^6 bytes of updates, seconds those of the processor.
 */
#include "base/clock.h"
#include "bench/virtual/virtual.h"
#include "campaign/load.h"
#include "cloud/carrier.h"
#include "cloud/server.h"
#include "lib/cloud_device_tcp.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BOARDS = 16,
	FILE_BYTES =
		256 * 1024, /* as much as the device stages; what is behind a module is padding */
	CHUNK_BYTES = 1024,
	STEP_US = 5000,
	ONLINE_US = 4000000,
	UPDATE_US = 20000000,
	TCP_ROUNDS = 8,
	TCP_US = 30000000,
	RETURN_US = 200000, /* no device is back while others are fed */
};

struct fleet {
	struct slot slots[BOARDS];
	struct carrier carriers[BOARDS];
	size_t count; /* slots that are open */
	uint8_t file[FILE_BYTES];
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	carrier_heard(ctx, t_us, byte);
}

static void on_link(void *ctx, int64_t t_us, bool connected)
{
	carrier_linked(ctx, t_us, connected);
}

static int load(struct release *ret, struct err *err)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;

	if (!data || asprintf(&path, "%s/firmware-under-test/releases/reference-robust-1.0-p1.yaml",
			      data) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	return release_load(path, data, ret, err);
}

/* A board with the release, switched on, its radio heard by a carrier. */
static int open_board(struct fleet *fleet, const struct release *release, struct err *err)
{
	static const struct session_setup setup = { .unix_s = 0 };
	struct slot *slot = &fleet->slots[fleet->count];
	struct carrier *carrier = &fleet->carriers[fleet->count];
	const struct slot_listener listener = { .ctx = carrier,
						.radio = on_byte,
						.radio_link = on_link };
	int r = virtual_open("p1", slot, err);

	if (r < 0)
		return r;
	fleet->count++;
	for (size_t i = 0; i < release->module_count && r == 0; i++)
		r = slot_storage_load(slot, release->modules[i].image.header.start,
				      release->modules[i].image.bytes,
				      release->modules[i].image.len, err);
	carrier_begin(carrier, slot, &setup);
	slot_listen(slot, &listener);
	if (r == 0)
		r = slot_radio_set(slot, SLOT_RADIO_PEER, err);
	return r < 0 ? r : slot_power_set(slot, SLOT_POWER_ON, err);
}

/* All boards get on by STEP_US. */
static int step_all(struct fleet *fleet, struct err *err)
{
	enum slot_wait why;
	int r = 0;

	for (size_t i = 0; i < fleet->count && r == 0; i++) {
		r = slot_wait(&fleet->slots[i], slot_now_us(&fleet->slots[i]) + STEP_US, &why, err);
		if (r == 0)
			r = carrier_step(&fleet->carriers[i], err);
	}
	return r;
}

static bool all_open(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->carriers[i].session.state != SESSION_OPEN)
			return false;
	return true;
}

static bool all_done(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (update_is_on(&fleet->carriers[i].session.update))
			return false;
	return true;
}

static int begin_all(struct fleet *fleet, struct err *err)
{
	const struct update_setup setup = { .bytes = fleet->file,
					    .len = FILE_BYTES,
					    .mode = UPDATE_FAST,
					    .chunk_bytes = CHUNK_BYTES };

	for (size_t i = 0; i < fleet->count; i++)
		if (!session_update(&fleet->carriers[i].session, &setup,
				    slot_now_us(&fleet->slots[i])))
			return err_set(err, ERR_RIG, -EIO, "board %zu has no session", i);
	return 0;
}

static int check_all(const struct fleet *fleet, struct err *err)
{
	for (size_t i = 0; i < fleet->count; i++) {
		const struct update *update = &fleet->carriers[i].session.update;

		if (update->result != UPDATE_DONE || update->checks != UPDATE_CHECKS_GOOD)
			return err_set(err, ERR_RIG, -EIO, "board %zu: %s %s%s", i,
				       update_result_name(update->result), update->text,
				       update->answer);
	}
	return 0;
}

static int measure_radio(struct fleet *fleet, struct err *err)
{
	int64_t cpu_us;
	int64_t us = 0;
	int r = 0;

	for (; us < ONLINE_US && r == 0 && !all_open(fleet); us += STEP_US)
		r = step_all(fleet, err);
	if (r == 0)
		r = begin_all(fleet, err);
	cpu_us = clock_cpu_us();
	for (us = 0; us < UPDATE_US && r == 0 && !all_done(fleet); us += STEP_US)
		r = step_all(fleet, err);
	cpu_us = clock_cpu_us() - cpu_us;
	if (r == 0)
		r = check_all(fleet, err);
	if (r < 0)
		return r;
	printf("cloud_mb_per_cpu_s,%.2f,MB/s\n", (double)BOARDS * FILE_BYTES / (double)cpu_us);
	printf("cloud_boards_s,%.2f,s\n", (double)us / 1e6);
	return 0;
}

static int bench_radio(struct err *err)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	struct release release;
	int r = fleet ? load(&release, err) : err_set(err, ERR_RIG, -ENOMEM, "no memory");

	if (r < 0) {
		free(fleet);
		return r;
	}
	memcpy(fleet->file, release.modules[1].image.bytes, release.modules[1].image.len);
	while (fleet->count < BOARDS && r == 0)
		r = open_board(fleet, &release, err);
	if (r == 0)
		r = measure_radio(fleet, err);
	for (size_t i = 0; i < fleet->count; i++)
		slot_close(&fleet->slots[i]);
	release_release(&release);
	free(fleet);
	return r;
}

/* The peers' process, which is ended by its parent: devices that return after each update. */
static void play_boards(uint16_t port, const uint8_t *der, size_t len)
{
	const struct cloud_fleet_config config = { .port = port,
						   .after = CLOUD_FLEET_RETURNS,
						   .return_us = RETURN_US };
	struct cloud_device_keys keys = { .device = EVP_RSA_gen(KEYS_DEVICE_BITS),
					  .server = d2i_PUBKEY(NULL, &der, (long)len) };
	struct cloud_device *devices[BOARDS];
	struct cloud_fleet *fleet;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left of a bench that died */
	for (uint8_t i = 0; i < BOARDS; i++) {
		struct cloud_device_config device = { .era = CLOUD_ERA_23,
						      .erase_us = 1,
						      .frame_bytes_max = 2 * CHUNK_BYTES,
						      .id = { (uint8_t)(i + 1) } };

		devices[i] = cloud_device_new(&device, &keys);
		if (!devices[i])
			_exit(1);
	}
	fleet = cloud_fleet_new(&config, devices, BOARDS);
	while (fleet)
		cloud_fleet_step(fleet, clock_now_us(), 1);
	_exit(1);
}

/* Updates that are over. */
struct round {
	unsigned int over;
	unsigned int good;
};

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct round *round = ctx;

	if (progress->step == UPDATE_STEP_OVER) {
		round->over++;
		round->good += progress->update->result == UPDATE_DONE;
	}
	return UPDATE_GO_ON;
}

static int late(int64_t begin_us, struct err *err)
{
	if (clock_now_us() < begin_us + TCP_US)
		return 0;
	return err_set(err, ERR_RIG, -EIO, "updates over TCP take too long");
}

/* All boards are there, with sessions that are new since the last round. */
static int gather(struct server *server, unsigned int number, int64_t begin_us, struct err *err)
{
	uint8_t id[KEYS_ID_BYTES];
	int r = 0;

	while (r == 0 && (server_counts(server).sessions < BOARDS * number ||
			  !server_board(server, BOARDS - 1, id))) {
		r = server_step(server, clock_now_us() + STEP_US, err);
		if (r == 0)
			r = late(begin_us, err);
	}
	return r;
}

/* One update of each board; what it took of the processor, handshakes left out. */
static int feed(struct server *server, struct update_setup setup, int64_t begin_us,
		int64_t *ret_cpu_us, struct err *err)
{
	struct round round = { 0 };
	int64_t cpu_us = clock_cpu_us(); /* of the peers only once they have ended */
	int r = 0;

	setup.progress = on_progress;
	setup.ctx = &round;
	for (size_t i = 0; i < BOARDS; i++) {
		uint8_t id[KEYS_ID_BYTES];

		if (!server_board(server, i, id) ||
		    !session_update(server_find(server, id), &setup, clock_now_us()))
			return err_set(err, ERR_RIG, -EIO, "board %zu has no session", i);
	}
	while (r == 0 && round.over < BOARDS) {
		r = server_step(server, clock_now_us() + STEP_US, err);
		if (r == 0)
			r = late(begin_us, err);
	}
	*ret_cpu_us = clock_cpu_us() - cpu_us;
	if (r == 0 && round.good < BOARDS)
		r = err_set(err, ERR_RIG, -EIO, "%u of %d updates over TCP failed",
			    BOARDS - round.good, BOARDS);
	return r;
}

static int measure_tcp(struct server *server, struct err *err)
{
	static uint8_t file[FILE_BYTES];
	const struct update_setup setup = {
		.bytes = file, .len = FILE_BYTES, .mode = UPDATE_FAST, .chunk_bytes = CHUNK_BYTES
	};
	int64_t begin_us = clock_now_us();
	int64_t cpu_us = 0;
	int r = 0;

	for (unsigned int number = 1; number <= TCP_ROUNDS && r == 0; number++) {
		int64_t us = 0;

		r = gather(server, number, begin_us, err);
		if (r == 0)
			r = feed(server, setup, begin_us, &us, err);
		cpu_us += us;
	}
	if (r == 0)
		printf("cloud_tcp_mb_per_cpu_s,%.1f,MB/s\n",
		       (double)BOARDS * TCP_ROUNDS * FILE_BYTES / (double)cpu_us);
	return r;
}

static int serve(struct keys *keys, struct err *err)
{
	struct server_setup setup = { .address = "127.0.0.1",
				      .keys = keys,
				      .trust = HANDSHAKE_TRUST_FIRST };
	struct server *server;
	const uint8_t *der;
	size_t len;
	pid_t peers;
	int r = server_open(&setup, &server, err);

	if (r < 0)
		return r;
	der = keys_public(keys, &len);
	fflush(stdout);
	peers = fork();
	if (peers == 0)
		play_boards(server_port(server), der, len);
	r = peers < 0 ? err_set(err, ERR_IO, -errno, "no process for the peers")
		      : measure_tcp(server, err);
	server_close(server);
	if (peers > 0) {
		kill(peers, SIGKILL);
		waitpid(peers, NULL, 0);
	}
	return r;
}

static int bench_tcp(struct err *err)
{
	char folder[] = "/tmp/otarig-bench.XXXXXX";
	AUTO_FREE char *command = NULL;
	struct keys *keys;
	int r;

	if (!mkdtemp(folder))
		return err_set(err, ERR_IO, -errno, "no folder for keys");
	r = keys_open(folder, &keys, err);
	if (r == 0) {
		r = serve(keys, err);
		keys_close(keys);
	}
	if (asprintf(&command, "rm -rf '%s'", folder) < 0)
		command = NULL;
	IGNORE(command && system(command), "a folder that is left is no harm");
	return r;
}

int main(void)
{
	struct err err = ERR_INIT;
	int r = bench_radio(&err);

	if (r == 0)
		r = bench_tcp(&err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	return r < 0 ? 1 : 0;
}
