/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/led_source.h"
#include "base/file.h"
#include "base/text.h"
#include "bench/bench.h"
#include "bench/linux/linux.h"
#include "bench/virtual/virtual.h"
#include "bench/wrap/wrap.h"
#include "campaign/load.h"
#include "led/capture.h"

#include <errno.h>
#include <string.h>

enum { LED_TICK_US = 20000, LED_SEED = 1 };

static const char virtual_prefix[] = "virtual:";
static const char bench_prefix[] = "bench:";

struct source {
	struct led_decoder *dec;
	const struct led_options *options;
	int64_t begin_us;
	bool broken; /* an edge came out of order */
};

static bool is_virtual(const char *name)
{
	return strncmp(name, virtual_prefix, strlen(virtual_prefix)) == 0;
}

bool led_source_is_slot(const char *name)
{
	return is_virtual(name) || strncmp(name, bench_prefix, strlen(bench_prefix)) == 0;
}

/* The slot that "bench:FILE:SLOT" names. With 'ret_path', its file too, which the caller frees. */
static int load_bench_slot(const char *name, struct bench_slot *ret, char **ret_path,
			   struct err *err)
{
	AUTO_FREE char *path = strdup(name + strlen(bench_prefix));
	AUTO_FREE struct bench *bench = malloc(sizeof(*bench));
	char *colon = path ? strrchr(path, ':') : NULL;
	int r;

	if (!path || !bench)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	if (!colon)
		return err_set(err, ERR_USAGE, -EINVAL, "'%s' is not bench:FILE:SLOT", name);
	*colon = '\0';
	r = bench_load(path, bench, err);
	if (r < 0)
		return r;
	if (!bench_slot(bench, colon + 1))
		return err_set(err, ERR_USAGE, -EINVAL, "bench '%s' has no slot '%s'", bench->name,
			       colon + 1);
	*ret = *bench_slot(bench, colon + 1);
	if (ret_path) {
		*ret_path = path;
		path = NULL;
	}
	return 0;
}

int led_source_slot_board(const char *name, char ret_board[BOARD_NAME_MAX], struct err *err)
{
	struct bench_slot bench;
	int r;

	if (is_virtual(name)) {
		text_copy(ret_board, BOARD_NAME_MAX, name + strlen(virtual_prefix));
		return 0;
	}
	r = load_bench_slot(name, &bench, NULL, err);
	if (r == 0)
		text_copy(ret_board, BOARD_NAME_MAX, bench.board);
	return r;
}

static int data_file(const char *folder, const char *name, char **ret, struct err *err)
{
	AUTO_FREE char *dir = data_dir();

	if (strchr(name, '/'))
		return err_set(err, ERR_USAGE, -EINVAL, "'%s' is no name", name);
	if (!dir || asprintf(ret, "%s/firmware-under-test/%s/%s.yaml", dir, folder, name) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	return 0;
}

int led_source_board(const struct led_options *options, struct board *ret, struct err *err)
{
	AUTO_FREE char *path = NULL;
	int r;

	if (options->vocabulary) {
		r = data_file("boards/led", options->vocabulary, &path, err);
		return r < 0 ? r : board_load_language(path, ret, err);
	}
	r = data_file("boards", options->board ? options->board : "p1", &path, err);
	return r < 0 ? r : board_load(path, ret, err);
}

static void record_edge(const struct source *source, int64_t t_us, int channel, bool high)
{
	if (source->options->record)
		fprintf(source->options->record, "%lld,%c,%d\n",
			(long long)(t_us - source->begin_us), "rgb"[channel], high);
}

static int open_decoder(struct source *source, const struct board *board,
			const struct led_listener *listener, struct err *err)
{
	struct led_wiring wiring;

	if (source->options->lines && led_wiring_parse(source->options->lines, &wiring) < 0)
		return err_set(err, ERR_USAGE, -EINVAL,
			       "'%s' for --lines is not three of r, g, b and '-'",
			       source->options->lines);
	source->dec = led_decoder_new(board, listener->seen, listener->ctx);
	if (!source->dec)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	if (source->options->lines)
		led_decoder_wire(source->dec, &wiring);
	if (listener->look)
		led_decoder_listen_looks(source->dec, listener->look, listener->ctx);
	if (source->options->record)
		fprintf(source->options->record, "t_us,channel,level\n");
	return 0;
}

static int finish(struct source *source, const struct led_listener *listener, int64_t end_us,
		  struct led_watched *ret, struct err *err)
{
	struct led_look look;

	if (source->broken || led_decoder_advance(source->dec, end_us) != 0)
		return err_set(err, ERR_RIG, -EINVAL, "LED edges came out of order");
	if (listener->tick)
		listener->tick(listener->ctx, source->dec, end_us);
	if (listener->look && led_decoder_open_look(source->dec, &look))
		listener->look(listener->ctx, &look);
	ret->begin_us = source->begin_us;
	ret->end_us = end_us;
	ret->last = led_decoder_current(source->dec);
	ret->pwm_hz = led_decoder_pwm_hz(source->dec);
	ret->lost = led_decoder_lost(source->dec);
	return 0;
}

/* Lines that a capture does not have are no lines. */
static void wire_capture(struct source *source, const struct capture *capture)
{
	struct led_wiring wiring = { .line = { LED_RED, LED_GREEN, LED_BLUE } };

	if (source->options->lines)
		return;
	for (int i = 0; i < LED_CHANNELS; i++)
		wiring.there[i] = capture->there[i];
	/* edges alone do not say whether a line that never moved was watched */
	if (strcmp(capture->format, "CSV of edges") != 0)
		led_decoder_wire(source->dec, &wiring);
}

static int decode(struct source *source, const struct capture *capture, const struct board *board,
		  const struct led_listener *listener)
{
	bool high[LED_CHANNELS];
	int r = 0;

	/* a line that says nothing rests: dark */
	for (int i = 0; i < LED_CHANNELS; i++)
		high[i] = capture->there[i] ? capture->high[i] : board->led.active_low;
	led_decoder_reset(source->dec, capture->begin_us, high);
	for (size_t i = 0; i < capture->count && r == 0; i++) {
		const struct capture_edge *edge = &capture->edges[i];

		r = led_decoder_edge(source->dec, edge->t_us, edge->channel, edge->high);
		record_edge(source, edge->t_us, (int)edge->channel, edge->high);
		if (listener->tick)
			listener->tick(listener->ctx, source->dec, edge->t_us);
	}
	return r;
}

int led_source_file(const char *path, const struct led_options *options, const struct board *board,
		    const struct led_listener *listener, struct led_watched *ret, struct err *err)
{
	struct source source = { .options = options };
	struct capture capture;
	uint8_t *bytes = NULL;
	size_t len;
	int r = file_read(path, CAPTURE_BYTES_MAX, &bytes, &len, err);

	if (r < 0)
		return r;
	r = capture_parse((const char *)bytes, len, path, &capture, err);
	free(bytes);
	if (r < 0)
		return r;
	source.begin_us = capture.begin_us;
	r = open_decoder(&source, board, listener, err);
	if (r == 0) {
		wire_capture(&source, &capture);
		source.broken = decode(&source, &capture, board, listener) != 0;
		r = finish(&source, listener, capture.end_us, ret, err);
		text_copy(ret->format, sizeof(ret->format), capture.format);
	}
	led_decoder_free(source.dec);
	capture_release(&capture);
	return r;
}

static void on_edge(void *ctx, int64_t t_us, int channel, bool high)
{
	struct source *source = ctx;

	record_edge(source, t_us, channel, high);
	if (led_decoder_edge(source->dec, t_us, (enum led_channel)channel, high) != 0)
		source->broken = true;
}

/* The record knows no losses: it gets the levels. */
static void on_lost(void *ctx, int64_t t_us, const bool high[LED_CHANNELS])
{
	struct source *source = ctx;

	for (int i = 0; i < LED_CHANNELS; i++)
		record_edge(source, t_us, i, high[i]);
	if (led_decoder_lose(source->dec, t_us, high) != 0)
		source->broken = true;
}

static int load_release(const char *name, const struct slot *slot, struct err *err)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *cache = release_cache_dir();
	struct release release;
	int r;

	if (!name)
		return err_set(err, ERR_USAGE, -EINVAL,
			       "a virtual board needs a release to boot: --release NAME");
	if (!cache)
		return err_set(err, ERR_CONFIG, -ENOENT, "there is no firmware cache");
	r = data_file("releases", name, &path, err);
	if (r == 0)
		r = release_load(path, cache, &release, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < release.module_count && r == 0; i++) {
		const struct image *image = &release.modules[i].image;

		r = slot_storage_load(slot, image->header.start, image->bytes, image->len, err);
	}
	release_release(&release);
	return r;
}

static int watch_slot(struct source *source, const struct slot *slot,
		      const struct led_listener *listener, struct err *err)
{
	int64_t end_us = source->begin_us + source->options->for_us;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = slot_can(slot, SLOT_POWER) ? slot_power_set(slot, SLOT_POWER_ON, err) : 0;

	while (r == 0 && slot_now_us(slot) < end_us && !source->broken) {
		int64_t next_us = slot_now_us(slot) + LED_TICK_US;

		r = slot_wait(slot, next_us < end_us ? next_us : end_us, &why, err);
		if (r == 0 && led_decoder_advance(source->dec, slot_now_us(slot)) != 0)
			source->broken = true;
		if (r == 0 && listener->tick)
			listener->tick(listener->ctx, source->dec, slot_now_us(slot));
	}
	return r;
}

static int open_virtual(const char *name, const struct led_options *options, struct slot *ret,
			struct err *err)
{
	const char *board = name + strlen(virtual_prefix);
	int r = virtual_open(board, ret, err);

	if (r == -ENODEV)
		return err_set(err, ERR_USAGE, r, "there is no virtual board '%s'", board);
	if (r < 0)
		return r;
	r = load_release(options->release, ret, err);
	slot_seed(ret, LED_SEED);
	if (r < 0)
		slot_close(ret);
	return r;
}

static int open_bench(const char *name, const struct led_options *options, struct slot *ret,
		      struct err *err)
{
	AUTO_FREE char *path = NULL;
	struct bench_slot bench;
	int r = load_bench_slot(name, &bench, &path, err);

	if (r == 0 && options->release)
		return err_set(err, ERR_USAGE, -EINVAL,
			       "--release is for virtual boards: a real one runs what it has");
	return r == 0 ? wrap_open(&bench, path, linux_open, ret, err) : r;
}

int led_source_slot(const char *name, const struct led_options *options, const struct board *board,
		    const struct led_listener *listener, struct led_watched *ret, struct err *err)
{
	struct source source = { .options = options };
	struct slot slot;
	int r = is_virtual(name) ? open_virtual(name, options, &slot, err)
				 : open_bench(name, options, &slot, err);

	if (r < 0)
		return r;
	source.begin_us = slot_now_us(&slot);
	r = open_decoder(&source, board, listener, err);
	if (r == 0) {
		led_decoder_begin(source.dec, source.begin_us);
		slot_listen(&slot, &(struct slot_listener){
					   .ctx = &source, .led = on_edge, .led_lost = on_lost });
		r = watch_slot(&source, &slot, listener, err);
		slot_listen(&slot, NULL);
	}
	if (r == 0)
		r = finish(&source, listener, slot_now_us(&slot), ret, err);
	text_copy(ret->format, sizeof(ret->format),
		  is_virtual(name) ? "virtual board" : "board on a bench");
	led_decoder_free(source.dec);
	slot_close(&slot);
	return r;
}
