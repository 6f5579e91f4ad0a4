/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/load.h"

#include "base/text.h"
#include "base/yaml.h"
#include "campaign/needs.h"
#include "campaign/parts.h"
#include "campaign/slots.h"
#include "plan/fit.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { DATA_LEVELS_MAX = 6 }; /* build/release/tests/flow/... is that far below */

static bool has_data(const char *dir)
{
	AUTO_FREE char *path = NULL;

	return asprintf(&path, "%s/firmware-under-test/boards", dir) > 0 && access(path, R_OK) == 0;
}

char *data_dir(void)
{
	const char *named = getenv("OTARIG_DATA");
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (named && named[0])
		return strdup(named);
	if (len > 0) {
		path[len] = '\0';
		for (int level = 0; level < DATA_LEVELS_MAX; level++) {
			char *slash = strrchr(path, '/');

			if (!slash || slash == path)
				break;
			*slash = '\0';
			if (has_data(path))
				return strdup(path);
		}
	}
	return strdup(".");
}

static char *data_path(const char *folder, const char *name)
{
	AUTO_FREE char *dir = data_dir();
	char *path = NULL;

	if (!dir || asprintf(&path, "%s/firmware-under-test/%s/%s.yaml", dir, folder, name) < 0)
		return NULL;
	return path;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_IO, -ENOMEM, "no memory");
}

/* The scenario is to blame for a file that is not there, not the file. */
static int check_there(const struct scenario *scenario, const char *key, const char *name,
		       const char *path, struct err *err)
{
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return 0;
	return scenario_fail(scenario, err, key, "there is no %s '%s' (no file '%s')",
			     strcmp(key, "board") == 0 ? "board" : "release", name, path);
}

static int check_board(const struct scenario *scenario, const char *key,
		       const struct release *release, const struct board *board, struct err *err)
{
	if (strcmp(release->board, board->name) != 0)
		return scenario_fail(scenario, err, key, "release '%s' is for board '%s', not '%s'",
				     release->name, release->board, board->name);
	return release_check_board(release, board, err);
}

/* The release that the scenario names under 'key', "from" or "to". */
static int load_release(const struct scenario *scenario, const char *key, const char *name,
			const struct board *board, struct release *ret, struct err *err)
{
	AUTO_FREE char *path = data_path("releases", name);
	AUTO_FREE char *cache = release_cache_dir();
	int r;

	if (!path)
		return no_memory(err);
	if (!cache)
		return err_set(err, ERR_CONFIG, -ENOENT,
			       "no firmware cache: none of OTARIG_CACHE, XDG_CACHE_HOME, HOME is "
			       "set");
	r = check_there(scenario, key, name, path, err);
	if (r == 0)
		r = release_load(path, cache, ret, err);
	if (r < 0)
		return r;
	r = check_board(scenario, key, ret, board, err);
	if (r < 0) {
		release_release(ret);
		*ret = (struct release){ 0 }; /* loaded_free() comes by again */
	}
	return r;
}

static int load_board(const struct scenario *scenario, struct board *ret, struct err *err)
{
	AUTO_FREE char *path = data_path("boards", scenario->board);
	int r;

	if (!path)
		return no_memory(err);
	r = check_there(scenario, "board", scenario->board, path, err);
	return r < 0 ? r : board_load(path, ret, err);
}

/* A module's exports lie behind its header. */
static int config_code(const struct release *release, struct slot_config_code *ret, struct err *err)
{
	const struct release_config_code *code = &release->config_code;
	const struct image *holder;
	uint32_t header;
	int i = release_find_module(release, code->module);

	if (i < 0)
		return err_set_at(err, release->path, 0, "there is no module '%s'", code->module);
	holder = &release->modules[i].image;
	header = holder->header.start + (uint32_t)holder->header_offset;
	*ret = (struct slot_config_code){
		.header = header,
		.version = holder->header.version,
		.exports = code->exported ? header + IMAGE_HEADER_BYTES : 0,
		.library = code->library,
		.read = code->read,
		.write = code->write,
		.read_address = code->read_address,
		.write_address = code->write_address,
		.has_ready = code->has_ready,
		.ready_library = code->ready_library,
		.ready = code->ready,
	};
	return 0;
}

/* What the old and the new system need to be told of an update. */
static int add_config(const struct loaded *loaded, struct delivery_part *part, struct err *err)
{
	int r = config_code(&loaded->from, &part->config[0], err);

	return r < 0 ? r : config_code(&loaded->to, &part->config[1], err);
}

static int choose_parts(struct loaded *loaded, struct err *err)
{
	if (loaded->scenario.part_count > 0)
		return 0;
	return parts_choose(&loaded->scenario, loaded->setup.delivery, &loaded->from, &loaded->to,
			    err);
}

static int make_part(const struct loaded *loaded, size_t index, struct delivery_part *ret,
		     struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	const struct board_region *staging = board_region_by_name(&loaded->board, "staging");
	const struct board_region *system =
		board_region_by_module(&loaded->board, IMAGE_FUNCTION_SYSTEM, 1);
	const char *name = scenario->parts[index];
	int module = release_find_module(&loaded->to, name);
	char key[YAML_PATH_MAX];

	yaml_path(key, "deliver.parts[%zu]", index);
	if (module < 0)
		return scenario_fail(scenario, err, key, "release '%s' has no module '%s'",
				     scenario->to, name);
	if (loaded->setup.delivery->by_bootloader &&
	    loaded->to.modules[module].image.header.function == IMAGE_FUNCTION_BOOTLOADER)
		return scenario_fail(scenario, err, key,
				     "delivery '%s' leaves it to the bootloader to install what "
				     "comes, so it cannot bring one",
				     loaded->setup.delivery->name);
	if (!staging)
		return scenario_fail(scenario, err, "board", "board '%s' has no region 'staging'",
				     scenario->board);
	if (!system)
		return scenario_fail(scenario, err, "board",
				     "board '%s' has no region of system part 1", scenario->board);
	if (loaded->to.modules[module].image.len > staging->size)
		return scenario_fail(scenario, err, key,
				     "module '%s' does not fit the staging region", name);
	*ret = (struct delivery_part){
		.number = (uint32_t)index + 1,
		.name = name,
		.image = &loaded->to.modules[module].image,
		.staging_address = staging->start,
		.system_vectors = system->start,
	};
	return add_config(loaded, ret, err);
}

static int find_delivery(struct loaded *loaded, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	char ways[ERR_TEXT_MAX / 2];

	delivery_names(ways, sizeof(ways));
	loaded->setup.delivery = delivery_find(scenario->via);
	if (!loaded->setup.delivery)
		return scenario_fail(scenario, err, "deliver.via",
				     "there is no way of delivery '%s', known: %s", scenario->via,
				     ways);
	return 0;
}

static int make_setup(struct loaded *loaded, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	int r = 0;

	loaded->setup.board = &loaded->board;
	loaded->setup.scenario = scenario;
	loaded->setup.part_count = scenario->part_count;
	loaded->setup.from = &loaded->from;
	for (size_t i = 0; i < scenario->part_count && r == 0; i++)
		r = make_part(loaded, i, &loaded->setup.parts[i], err);
	return r;
}

/* States that a scenario names must be words of the board. */
static int check_states(const struct loaded *loaded, const char *key,
			const struct scenario_led *led, struct err *err)
{
	for (size_t i = 0; i < led->count; i++)
		if (!board_led_state(&loaded->board.led, led->names[i]))
			return scenario_fail(&loaded->scenario, err, key,
					     "board '%s' has no LED state '%s'",
					     loaded->scenario.board, led->names[i]);
	return 0;
}

static int check_led(const struct loaded *loaded, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	int r = check_states(loaded, "expect.led", &scenario->expect_led, err);

	for (size_t i = 0; i < scenario->symptom_count && r == 0; i++) {
		char key[YAML_PATH_MAX];

		r = check_states(loaded, yaml_path(key, "symptoms[%zu].led", i),
				 &scenario->symptoms[i].led, err);
		if (r == 0)
			r = check_states(loaded, yaml_path(key, "symptoms[%zu].without", i),
					 &scenario->symptoms[i].without, err);
	}
	return r;
}

static int load_parts(struct loaded *loaded, const struct bench *bench, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	int r = load_board(scenario, &loaded->board, err);

	if (r == 0)
		r = check_led(loaded, err);
	if (r == 0)
		r = load_release(scenario, "from", scenario->from, &loaded->board, &loaded->from,
				 err);
	if (r == 0)
		r = load_release(scenario, "to", scenario->to, &loaded->board, &loaded->to, err);
	if (r == 0)
		r = find_delivery(loaded, err);
	if (r == 0)
		r = choose_parts(loaded, err);
	if (r == 0)
		r = make_setup(loaded, err);
	if (r == 0)
		r = slots_choose(loaded, bench, err);
	if (r == 0)
		r = needs_check(loaded, err);
	return r;
}

int loaded_prepare(struct scenario *scenario, const struct bench *bench, struct loaded **ret,
		   struct err *err)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	int r;

	if (!loaded) {
		scenario_release(scenario);
		return no_memory(err);
	}
	loaded->scenario = *scenario;
	*scenario = (struct scenario){ 0 };
	r = load_parts(loaded, bench, err);
	if (r < 0) {
		loaded_free(loaded);
		return r;
	}
	*ret = loaded;
	return 0;
}

int loaded_open_slot(struct loaded *loaded, size_t i, struct err *err)
{
	int r = slots_take(loaded, i, err);

	if (r == 0)
		r = needs_check_open(loaded, err);
	if (r == 0)
		r = slots_deliver(loaded, err);
	if (r < 0)
		slots_let_go(loaded);
	return r;
}

int loaded_open_on(struct scenario *scenario, const struct bench *bench, struct loaded **ret,
		   struct err *err)
{
	struct loaded *loaded = NULL;
	int r = loaded_prepare(scenario, bench, &loaded, err);

	if (r < 0)
		return r;
	r = loaded_open_slot(loaded, 0, err);
	if (r < 0)
		loaded_free(loaded);
	else
		*ret = loaded;
	return r;
}

int loaded_open(struct scenario *scenario, struct loaded **ret, struct err *err)
{
	return loaded_open_on(scenario, NULL, ret, err);
}

void loaded_free(struct loaded *loaded)
{
	if (!loaded)
		return;
	slots_let_go(loaded);
	release_release(&loaded->from);
	release_release(&loaded->to);
	scenario_release(&loaded->scenario);
	free(loaded);
}

int loaded_calibrate(struct loaded *loaded, struct calib *ret, struct err *err)
{
	const struct image *modules[RELEASE_MODULES_MAX];
	int r;

	for (size_t i = 0; i < loaded->from.module_count; i++)
		modules[i] = &loaded->from.modules[i].image;
	r = slot_can(&loaded->slot, SLOT_STORAGE)
		    ? trial_baseline(&loaded->setup, modules, loaded->from.module_count, err)
		    : 0;
	if (r == 0)
		r = trial_calibrate(&loaded->setup, ret, err);
	return r;
}
