/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the end of a download does, without the download: the module is programmed into the staging
 * region operation by operation, and the record of the pending update is written by the running
 * system's own configuration code, called inside the emulated machine. All of it takes flash
 * operations and time, and can be cut.
 *
 * The calls are made where the system's memory is set up and no scheduler runs yet that could hold
 * the table's lock: where the bootloader is about to start a system that it has initialised (up to
 * 0.6 that code keeps nothing in memory), or a little later, where the release manifest says so.
 */
#include "bench/virtual/backend.h"
#include "image/record.h"

#include <errno.h>
#include <string.h>

enum {
	HANDOVER_US_MAX = 20000000, /* longest boot to there, an update applied on the way */
	CALL_US_MAX = 10000000,
	RESET_PULSE_US = 1000,
	READY_US_MAX = 1000000,	       /* from there until a system has set up its memory */
	HEADER_VERSION = 10,	       /* of a module's version in its header */
	ARGUMENT_ADDRESS = 0x20000400, /* RAM below the system's data, free before it runs */
};

static enum slot_wait reset_pulse(struct virtual_backend *vbe)
{
	uint64_t until = vboard_cycle(vbe->vb) + virtual_cycle(RESET_PULSE_US);
	enum vboard_stop stop;

	vboard_line(vbe->vb, VBOARD_RESET, true);
	stop = vboard_run(vbe->vb, until);
	vboard_line(vbe->vb, VBOARD_RESET, false);
	return stop == VBOARD_STOP_CUT ? SLOT_WAIT_CUT : SLOT_WAIT_DEADLINE;
}

/* A firmware that does not play along is for the trial to judge, not an error of the rig. */
static enum slot_wait outcome_of(enum vboard_stop stop, enum vboard_stop wanted)
{
	if (stop == wanted)
		return SLOT_WAIT_DEADLINE;
	return stop == VBOARD_STOP_CUT ? SLOT_WAIT_CUT : SLOT_WAIT_REFUSED;
}

static bool read_flash_word(const struct virtual_backend *vbe, uint32_t address, uint32_t *ret)
{
	return vboard_flash_read(vbe->vb, address, ret, sizeof(*ret));
}

static bool find_export(const struct virtual_backend *vbe, const struct slot_config_code *code,
			uint32_t library, uint32_t function, uint32_t *ret)
{
	uint32_t functions;

	return read_flash_word(vbe, code->exports + 4 * library, &functions) &&
	       read_flash_word(vbe, functions + 4 * function, ret);
}

/* The code of the system that is installed now: an update may have changed it. NULL: of neither. */
static const struct slot_config_code *installed_code(const struct virtual_backend *vbe,
						     const struct slot_update *update)
{
	for (size_t i = 0; i < ARRAY_LEN(update->config); i++) {
		const struct slot_config_code *code = &update->config[i];
		uint16_t version;

		if (vboard_flash_read(vbe->vb, code->header + HEADER_VERSION, &version,
				      sizeof(version)) &&
		    version == code->version)
			return code;
	}
	return NULL;
}

/* Runs the system until it has set up its memory. */
static enum slot_wait make_ready(struct virtual_backend *vbe, const struct slot_config_code *code)
{
	uint64_t until = vboard_cycle(vbe->vb) + virtual_cycle(READY_US_MAX);
	uint32_t address;

	if (!code->has_ready)
		return SLOT_WAIT_DEADLINE;
	if (!find_export(vbe, code, code->ready_library, code->ready, &address))
		return SLOT_WAIT_REFUSED;
	return outcome_of(vboard_run_to(vbe->vb, until, address), VBOARD_STOP_HANDOVER);
}

static int stage_prepare(void *backend, const struct slot_update *update, enum slot_wait *ret,
			 struct err *err)
{
	struct virtual_backend *vbe = backend;
	const struct slot_config_code *code;

	(void)err;
	*ret = reset_pulse(vbe);
	if (*ret == SLOT_WAIT_DEADLINE) {
		uint64_t until = vboard_cycle(vbe->vb) + virtual_cycle(HANDOVER_US_MAX);

		*ret = outcome_of(vboard_run_to_handover(vbe->vb, until, update->system_vectors),
				  VBOARD_STOP_HANDOVER);
	}
	if (*ret != SLOT_WAIT_DEADLINE)
		return 0;
	code = installed_code(vbe, update);
	*ret = code ? make_ready(vbe, code) : SLOT_WAIT_REFUSED;
	return 0;
}

static int stage_write(void *backend, const struct slot_update *update, enum slot_wait *ret,
		       struct err *err)
{
	struct virtual_backend *vbe = backend;
	uint32_t end = update->staging_address + (uint32_t)update->len;
	size_t whole = update->len & ~(size_t)3;
	uint32_t begin;
	uint32_t bytes;

	*ret = SLOT_WAIT_CUT;
	for (uint32_t at = update->staging_address; at < end; at = begin + bytes) {
		bytes = vboard_flash_sector(at, &begin);
		if (bytes == 0)
			return err_set(err, ERR_RIG, -ENOSPC,
				       "the update does not fit the staging region");
		if (vboard_flash_erase(vbe->vb, at) == VBOARD_STOP_CUT)
			return 0;
	}
	if (vboard_flash_program_many(vbe->vb, update->staging_address, update->bytes, whole) ==
	    VBOARD_STOP_CUT)
		return 0;
	if (whole < update->len) {
		uint32_t word = UINT32_MAX;

		memcpy(&word, update->bytes + whole, update->len - whole);
		if (vboard_flash_program(vbe->vb, update->staging_address + (uint32_t)whole,
					 word) == VBOARD_STOP_CUT)
			return 0;
	}
	*ret = SLOT_WAIT_DEADLINE;
	return 0;
}

static enum slot_wait call(struct virtual_backend *vbe, uint32_t function, const uint32_t args[4],
			   uint32_t *ret_value)
{
	uint64_t until = vboard_cycle(vbe->vb) + virtual_cycle(CALL_US_MAX);

	return outcome_of(vboard_call(vbe->vb, function, args, until, ret_value),
			  VBOARD_STOP_RETURNED);
}

static bool find_code(const struct virtual_backend *vbe, const struct slot_config_code *code,
		      uint32_t function, uint32_t address, uint32_t *ret)
{
	if (code->exports != 0)
		return find_export(vbe, code, code->library, function, ret);
	*ret = address;
	return true;
}

/* The record's number as the firmware chooses it: the first that is not pending. */
static enum slot_wait free_record(struct virtual_backend *vbe, uint32_t config_read,
				  uint32_t *ret_number)
{
	for (uint32_t i = RECORD_FIRST; i < RECORD_COUNT; i++) {
		uint32_t args[4] = { record_offset(i) };
		uint8_t record[RECORD_BYTES];
		uint32_t address = 0;
		enum slot_wait result = call(vbe, config_read, args, &address);

		if (result != SLOT_WAIT_DEADLINE)
			return result;
		if (!vboard_flash_read(vbe->vb, address, record, sizeof(record)))
			return SLOT_WAIT_REFUSED;
		if (!record_is_pending(record)) {
			*ret_number = i;
			return SLOT_WAIT_DEADLINE;
		}
	}
	return SLOT_WAIT_REFUSED;
}

static enum slot_wait write_record(struct virtual_backend *vbe, const struct slot_update *update,
				   uint32_t config_write, uint32_t number)
{
	uint32_t args[4] = { ARGUMENT_ADDRESS, record_offset(number), RECORD_BYTES };
	const struct record pending = { .source = update->staging_address,
					.destination = update->install_address,
					.length = (uint32_t)update->len,
					.function = update->function };
	uint8_t record[RECORD_BYTES];
	uint32_t value = 0;
	enum slot_wait result;

	record_make(&pending, record);
	if (!vboard_ram_write(vbe->vb, ARGUMENT_ADDRESS, record, sizeof(record)))
		return SLOT_WAIT_REFUSED;
	result = call(vbe, config_write, args, &value);
	return result == SLOT_WAIT_DEADLINE && value != 0 ? SLOT_WAIT_REFUSED : result;
}

static int stage_commit(void *backend, const struct slot_update *update, enum slot_wait *ret,
			struct err *err)
{
	struct virtual_backend *vbe = backend;
	const struct slot_config_code *code = installed_code(vbe, update);
	uint32_t config_read;
	uint32_t config_write;
	uint32_t number = 0;

	(void)err;
	*ret = SLOT_WAIT_REFUSED;
	if (!code || !find_code(vbe, code, code->read, code->read_address, &config_read) ||
	    !find_code(vbe, code, code->write, code->write_address, &config_write))
		return 0;
	*ret = free_record(vbe, config_read, &number);
	if (*ret == SLOT_WAIT_DEADLINE)
		*ret = write_record(vbe, update, config_write, number);
	if (*ret == SLOT_WAIT_DEADLINE)
		*ret = reset_pulse(vbe);
	return 0;
}

const struct slot_stage_ops virtual_stage_ops = {
	.prepare = stage_prepare,
	.write = stage_write,
	.commit = stage_commit,
};
