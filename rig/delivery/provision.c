/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/provision.h"

#include "cloud/dct.h"
#include "cloud/keys.h"
#include "delivery/cloud_way.h"
#include "delivery/dfu_session.h"

#include <errno.h>

static int make_block(const struct delivery_options *options, uint8_t ret[DCT_BLOCK_BYTES],
		      struct err *err)
{
	AUTO_FREE char *folder = cloud_keys_folder(options);
	struct dct_address address;
	struct keys *keys = NULL;
	const uint8_t *der;
	size_t len;
	int r;

	if (!folder)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a folder's name");
	r = dct_address_parse(options->address, cloud_port(options), &address, err);
	if (r == 0)
		r = keys_open(folder, &keys, err);
	if (r < 0)
		return r;
	der = keys_public(keys, &len);
	dct_server_block(der, len, &address, ret);
	keys_close(keys);
	return 0;
}

static int write_block(const struct delivery_run *run, const uint8_t block[DCT_BLOCK_BYTES],
		       struct delivery_outcome *ret, struct err *err)
{
	struct dfu_session session = { .run = run, .ret = ret };
	int step = delivery_dfu_enter(run, ret, err);

	if (step == 0)
		step = dfu_session_begin(&session, run, ret, err);
	if (step == 0)
		step = dfu_session_table(&session, DCT_SERVER_OFFSET, block, DCT_BLOCK_BYTES, err);
	if (step == 0)
		step = dfu_session_leave(&session, err);
	return dfu_session_end(&session, step, err);
}

int cloud_provision(struct delivery_context *context, uint32_t system_vectors,
		    struct delivery_outcome *ret, struct err *err)
{
	static const struct image nothing = { .len = 0 };
	const struct delivery_part part = { .name = "cloud",
					    .image = &nothing,
					    .system_vectors = system_vectors };
	const struct delivery_run run = { .context = context, .part = &part };
	uint8_t block[DCT_BLOCK_BYTES];
	int step = make_block(context->options, block, err);

	if (step == 0)
		step = slot_power_set(context->slot, SLOT_POWER_ON, err);
	if (step == 0)
		step = delivery_pause(&run, context->board->boot_us_max, ret, err);
	if (step == 0)
		step = write_block(&run, block, ret, err);
	return delivery_finish(step, ret);
}
