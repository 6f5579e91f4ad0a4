/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/deliver.h"
#include "lib/apply.h"
#include "bench/virtual/virtual.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int apply_scenario(const char *name, struct loaded **ret, struct err *err)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	int r;

	if (!data || !scenario || asprintf(&path, "%s/scenarios/%s.yaml", data, name) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	r = scenario_load(path, scenario, err);
	return r < 0 ? r : loaded_open(scenario, ret, err);
}

int apply_load(struct loaded **ret, struct err *err)
{
	return apply_scenario("smoke/p1-power-loss", ret, err);
}

int apply_stage(const struct loaded *loaded, struct vboard **ret, struct err *err)
{
	const struct trial_setup *setup = &loaded->setup;
	const struct slot *slot = setup->slot;
	int r = slot_power_set(slot, SLOT_POWER_OFF, err);

	vboard_remember(virtual_board(slot), 0);
	if (r == 0)
		r = slot_storage_put_back(slot, 0, err);
	if (r == 0)
		r = slot_power_set(slot, SLOT_POWER_ON, err);
	if (r == 0)
		r = deliver_part(setup, &setup->parts[0], err);
	if (r == 0)
		*ret = virtual_board(slot);
	return r;
}
