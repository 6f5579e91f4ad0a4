/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/fit.h"

static int check_module(const struct release *release, const struct release_module *module,
			const struct board *board, struct err *err)
{
	const struct image_header *header = &module->image.header;
	const struct board_region *region =
		board_region_by_module(board, header->function, header->index);

	if (header->platform_id != board->platform_id)
		return err_set_at(err, release->path, module->line,
				  "module '%s' is for platform %u, board '%s' is %u", module->name,
				  header->platform_id, board->name, board->platform_id);
	if (!region)
		return err_set_at(err, release->path, module->line,
				  "board '%s' has no region for module '%s' (%s %u)", board->name,
				  module->name, image_function_name(header->function),
				  header->index);
	if (strcmp(region->name, module->name) != 0)
		return err_set_at(err, release->path, module->line,
				  "module '%s' is what board '%s' calls '%s'", module->name,
				  board->name, region->name);
	if (header->start != region->start)
		return err_set_at(err, release->path, module->line,
				  "module '%s' starts at 0x%08x, its region at 0x%08x",
				  module->name, header->start, region->start);
	if (module->image.len > region->size)
		return err_set_at(err, release->path, module->line,
				  "module '%s' has %zu bytes, its region %u", module->name,
				  module->image.len, region->size);
	return 0;
}

int release_check_board(const struct release *release, const struct board *board, struct err *err)
{
	int r = 0;

	if (strcmp(release->board, board->name) != 0)
		return err_set_at(err, release->path, 0, "release '%s' is for board '%s', not '%s'",
				  release->name, release->board, board->name);
	for (size_t i = 0; i < release->module_count && r == 0; i++)
		r = check_module(release, &release->modules[i], board, err);
	return r;
}
