/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to a session, as the LED tells it (facts 3.2): white breathing without a network, green
 * blinking while one is joined, fast while an address is asked for, cyan blinking while the cloud
 * is looked for, fast while it is greeted, cyan breathing (safe mode: magenta) once it answered.
 */
#include "reference/system2/cloud.h"
#include "reference/system2/messages.h"
#include "reference/system2/radio.h"
#include "reference/system2/update.h"

enum cloud_times_ms {
	HELLO_MS_MAX = 4000, /* for the cloud's Hello */
	SEARCH_MS = 5000,    /* then the network is there and the cloud is not */
	BACK_OFF_MS = 1000,
	PING_EVERY_MS = 15000,
	PING_MS_MAX = 10000,
};

enum cloud_step {
	STEP_NO_NETWORK = 0,
	STEP_JOINING,
	STEP_ASKING_ADDRESS,
	STEP_SEARCHING,
	STEP_NO_CLOUD,
	STEP_GREETING,
	STEP_ONLINE,
	STEP_BACK_OFF,
};

static const struct look {
	uint32_t color;
	enum led_pattern pattern;
	uint32_t period_ms;
} looks[] = {
	[STEP_NO_NETWORK] = { LED_WHITE, LED_FADE, LED_FADE_NORMAL },
	[STEP_JOINING] = { LED_GREEN, LED_BLINK, LED_BLINK_NORMAL },
	[STEP_ASKING_ADDRESS] = { LED_GREEN, LED_BLINK, LED_BLINK_FAST },
	[STEP_SEARCHING] = { LED_CYAN, LED_BLINK, LED_BLINK_NORMAL },
	[STEP_NO_CLOUD] = { LED_GREEN, LED_FADE, LED_FADE_NORMAL },
	[STEP_GREETING] = { LED_CYAN, LED_BLINK, LED_BLINK_FAST },
	[STEP_ONLINE] = { LED_CYAN, LED_FADE, LED_FADE_NORMAL },
	[STEP_BACK_OFF] = { LED_CYAN, LED_BLINK, LED_BLINK_NORMAL },
};

static struct {
	enum system_mode mode;
	enum reset_reason reason;
	enum cloud_step step;
	uint32_t since_ms; /* of the step */
	uint32_t heard_ms; /* last message */
	bool pinged;
	uint16_t next_id;
	uint32_t in_count, in_bytes; /* of the message that comes, with its length before it */
	uint8_t in[2 + CLOUD_IN_MAX];
	_Alignas(4) uint8_t out[CLOUD_OUT_MAX];
	struct coap_writer writer;
} cloud;

static uint32_t now_ms(void)
{
	return exports_services()->now_ms();
}

/* Safe mode is told where an ordinary start would breathe: at the end of the way. A light that does
 * not show the way has nothing else to tell. */
static bool tells_safe_mode(enum cloud_step step)
{
	return cloud.mode == MODE_SAFE && (step == STEP_ONLINE || step == STEP_NO_NETWORK ||
					   !exports_services()->led_is_open());
}

static void enter(enum cloud_step step)
{
	const struct services *services = exports_services();
	const struct look *look = &looks[step];

	cloud.step = step;
	cloud.since_ms = now_ms();
	services->led_set(LED_NORMAL, look->color, look->pattern, look->period_ms);
	if (tells_safe_mode(step))
		services->led_set(LED_IMPORTANT, LED_MAGENTA, LED_FADE, LED_FADE_NORMAL);
	else
		services->led_clear(LED_IMPORTANT);
}

void cloud_begin(enum system_mode mode, enum reset_reason reason)
{
	cloud.mode = mode;
	cloud.reason = reason;
	cloud.writer = (struct coap_writer){ .bytes = cloud.out, .size = sizeof(cloud.out) };
	enter(radio_state() & RADIO_IN_RANGE ? STEP_JOINING : STEP_NO_NETWORK);
}

struct coap_writer *cloud_message(enum coap_type type, uint8_t code, int token)
{
	coap_begin(&cloud.writer, type, code, ++cloud.next_id, token);
	return &cloud.writer;
}

struct coap_writer *cloud_answer(const struct coap *to, uint8_t code, int token)
{
	coap_begin(&cloud.writer, COAP_ACK, code, to->id, token);
	return &cloud.writer;
}

void cloud_send(void)
{
	if (cloud.writer.count > sizeof(cloud.out))
		return;
	radio_put((uint8_t)(cloud.writer.count >> 8));
	radio_put((uint8_t)cloud.writer.count);
	for (uint32_t i = 0; i < cloud.writer.count; i++)
		radio_put(cloud.out[i]);
}

void *cloud_buffer(uint32_t offset)
{
	return &cloud.out[offset];
}

void cloud_drop(void)
{
	radio_ask(RADIO_JOIN);
	update_give_up();
	enter(STEP_BACK_OFF);
}

/* The message that has come, when it is whole; 0 bytes: not yet. */
static uint32_t take_message(void)
{
	while (cloud.in_count < 2 || cloud.in_count < 2 + cloud.in_bytes) {
		int byte = radio_take();

		if (byte < 0)
			return 0;
		cloud.in[cloud.in_count++] = (uint8_t)byte;
		if (cloud.in_count != 2)
			continue;
		cloud.in_bytes = coap_u16(cloud.in);
		if (cloud.in_bytes == 0 || cloud.in_bytes > CLOUD_IN_MAX) {
			cloud_drop(); /* what follows cannot be found any more */
			return 0;
		}
	}
	cloud.in_count = 0;
	return cloud.in_bytes;
}

static void greet(void)
{
	cloud.in_count = 0;
	cloud.in_bytes = 0;
	cloud.pinged = false;
	enter(STEP_GREETING);
	messages_hello(cloud.reason);
}

static void welcome(void)
{
	enter(STEP_ONLINE);
	messages_first(cloud.mode, cloud.reason);
}

static void receive(void)
{
	struct coap message;
	uint32_t bytes = take_message();

	if (bytes == 0)
		return;
	cloud.heard_ms = now_ms();
	cloud.pinged = false;
	if (!coap_parse(cloud.in + 2, bytes, &message))
		return;
	if (cloud.step == STEP_ONLINE)
		messages_handle(&message);
	else if (message.code == COAP_POST && message.path == 'h')
		welcome();
}

/* A cloud that says nothing is asked whether it is there; not during an update. */
static void keep_alive(void)
{
	uint32_t silent_ms = now_ms() - cloud.heard_ms;

	if (update_is_on()) {
		update_run();
		return;
	}
	if (cloud.pinged && silent_ms >= PING_EVERY_MS + PING_MS_MAX) {
		cloud_drop();
	} else if (!cloud.pinged && silent_ms >= PING_EVERY_MS) {
		cloud.pinged = true;
		cloud_message(COAP_CON, COAP_EMPTY, COAP_NO_TOKEN);
		cloud_send();
	}
}

/* How far the radio is. */
static enum cloud_step step_of(uint32_t state, uint32_t elapsed_ms)
{
	if (!(state & RADIO_ASSOCIATED))
		return STEP_JOINING;
	if (!(state & RADIO_ADDRESS))
		return STEP_ASKING_ADDRESS;
	if (cloud.step == STEP_NO_CLOUD ||
	    (cloud.step == STEP_SEARCHING && elapsed_ms >= SEARCH_MS))
		return STEP_NO_CLOUD;
	return STEP_SEARCHING;
}

static void on_the_way(uint32_t state, uint32_t elapsed_ms)
{
	enum cloud_step step = step_of(state, elapsed_ms);

	radio_ask(RADIO_JOIN_AND_CONNECT);
	if (state & RADIO_CONNECTED)
		greet();
	else if (step != cloud.step)
		enter(step);
}

static void in_session(uint32_t state, uint32_t elapsed_ms)
{
	if (!(state & RADIO_CONNECTED)) {
		update_give_up();
		enter(STEP_SEARCHING);
		return;
	}
	receive();
	if (cloud.step == STEP_ONLINE)
		keep_alive();
	else if (cloud.step == STEP_GREETING && elapsed_ms >= HELLO_MS_MAX)
		cloud_drop();
}

void cloud_run(void)
{
	uint32_t state = radio_state();
	uint32_t elapsed_ms = now_ms() - cloud.since_ms;

	if (!(state & RADIO_IN_RANGE)) {
		update_give_up();
		if (cloud.step != STEP_NO_NETWORK)
			enter(STEP_NO_NETWORK);
		return;
	}
	switch (cloud.step) {
	case STEP_GREETING:
	case STEP_ONLINE: in_session(state, elapsed_ms); break;
	case STEP_BACK_OFF:
		if (elapsed_ms >= BACK_OFF_MS)
			enter(STEP_SEARCHING);
		break;
	case STEP_NO_NETWORK:
	case STEP_JOINING:
	case STEP_ASKING_ADDRESS:
	case STEP_SEARCHING:
	case STEP_NO_CLOUD: on_the_way(state, elapsed_ms); break;
	}
}

bool cloud_publish(const char *name, const char *text)
{
	if (cloud.step != STEP_ONLINE || !update_allows_traffic())
		return false;
	messages_event(name, text);
	return true;
}
