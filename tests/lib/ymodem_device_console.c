/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The listening console: single keys without Enter, and the questions of two of them. */
#include "lib/ymodem_device_inside.h"

#include <stdio.h>
#include <string.h>

enum { SOH = 1, STX = 2, BACKSPACE = 8, DELETE = 127, UNASKED = -1 };

enum question {
	ASK_SSID = 1,
	ASK_SECURITY = 2,
	ASK_CIPHER = 3,
	ASK_PASSWORD = 4,
	ASK_CLAIM_CODE = 5,
};

static const struct {
	const char *text;
	size_t max;
} questions[] = {
	[ASK_SSID] = { "SSID: ", 32 },
	[ASK_SECURITY] = { "Security 0=unsecured, 1=WEP, 2=WPA, 3=WPA2: ", 1 },
	[ASK_CIPHER] = { "Security Cipher 1=AES, 2=TKIP, 3=AES+TKIP: ", 1 },
	[ASK_PASSWORD] = { "Password: ", 63 },
	[ASK_CLAIM_CODE] = { "Enter 63-digit claim code: ", 63 },
};

static void ask(struct ymodem_device *device, enum question question, int64_t now_us)
{
	device->mode = YMODEM_DEVICE_LINE;
	device->question = question;
	device->line_len = 0;
	ymodem_say(device, now_us, "%s", questions[question].text);
}

static const char *version(const struct ymodem_device *device)
{
	static const char *const of_era[] = {
		[YMODEM_ERA_052] = "0.5.2",
		[YMODEM_ERA_061] = "0.6.1",
		[YMODEM_ERA_08] = "2.3.1",
	};

	return device->config.version ? device->config.version : of_era[device->config.era];
}

static const char *or_else(const char *text, const char *other)
{
	return text ? text : other;
}

/* The keys that came later than 0.6.0; false: no key of this era. */
static bool later_key(struct ymodem_device *device, uint8_t key, int64_t now_us)
{
	if (key == 'c' && device->config.era >= YMODEM_ERA_061)
		ymodem_say(device, now_us, "Device claimed: %s\r\n",
			   device->config.claimed ? "yes" : "no");
	else if (key == 'C' && device->config.era >= YMODEM_ERA_061)
		ask(device, ASK_CLAIM_CODE, now_us);
	else if (key == 'd' && device->config.era >= YMODEM_ERA_08)
		ymodem_say(device, now_us, "{}\r\n");
	else
		return false;
	return true;
}

void ymodem_console_key(struct ymodem_device *device, uint8_t key, int64_t now_us)
{
	const struct ymodem_device_config *config = &device->config;

	if (config->faults.deaf || later_key(device, key, now_us))
		return;
	switch (key) {
	case SOH:
	case STX: /* a block begins a session by itself */
		ymodem_receive_begin(device, now_us);
		ymodem_receive_byte(device, key, now_us);
		break;
	case 'i':
		ymodem_say(device, now_us, "Your device id is %s\r\n",
			   or_else(config->id, "30002a000547343233323032"));
		break;
	case 'm':
		ymodem_say(device, now_us, "Your device MAC address is\r\n%s\r\n",
			   or_else(config->mac, "6c:0b:84:01:02:03"));
		break;
	case 'v':
		ymodem_say(device, now_us, "system firmware version: %s\n\r\n", version(device));
		break;
	case 's':
		ymodem_say(device, now_us, "{%s}\r\n",
			   or_else(config->module_info, "\"p\":8,\"m\":[]"));
		break;
	case 'f':
		ymodem_say(device, now_us,
			   "Waiting for the binary file to be sent ... (press 'a' to abort)\r\n");
		ymodem_receive_begin(device, now_us);
		break;
	case 'w': ask(device, ASK_SSID, now_us); break;
	case 'x': device->mode = YMODEM_DEVICE_RUNNING; break;
	case 'L': ymodem_leave(device, YMODEM_GONE_SAFE_MODE, now_us); break;
	default: break;
	}
}

static void entered_all(struct ymodem_device *device, int64_t now_us)
{
	device->credentials++;
	device->mode = YMODEM_DEVICE_CONSOLE;
	ymodem_say(device, now_us, "Thanks! Wait while I save those credentials...\r\n\r\n");
}

/* A line is whole: what is asked next depends on it. */
static void answered(struct ymodem_device *device, int64_t now_us)
{
	device->line[device->line_len] = '\0';
	ymodem_put(device, "\r\n", 2);
	switch ((enum question)device->question) {
	case ASK_SSID:
		snprintf(device->ssid, sizeof(device->ssid), "%s", device->line);
		device->password[0] = '\0';
		device->cipher = UNASKED;
		ask(device, ASK_SECURITY, now_us);
		break;
	case ASK_SECURITY:
		device->security = device->line[0] - '0';
		if (device->security < 0 || device->security > 3)
			ask(device, ASK_SECURITY, now_us);
		else if (device->security == 0)
			entered_all(device, now_us);
		else
			ask(device, device->security == 1 ? ASK_PASSWORD : ASK_CIPHER, now_us);
		break;
	case ASK_CIPHER:
		device->cipher = device->line[0] - '0';
		ask(device, ASK_PASSWORD, now_us);
		break;
	case ASK_PASSWORD:
		snprintf(device->password, sizeof(device->password), "%s", device->line);
		entered_all(device, now_us);
		break;
	case ASK_CLAIM_CODE:
		snprintf(device->claim_code, sizeof(device->claim_code), "%s", device->line);
		device->mode = YMODEM_DEVICE_CONSOLE;
		break;
	}
}

void ymodem_console_character(struct ymodem_device *device, uint8_t character, int64_t now_us)
{
	if (character == '\r' || character == '\n') {
		answered(device, now_us);
		return;
	}
	if (character == BACKSPACE || character == DELETE) {
		if (device->line_len > 0) {
			device->line_len--;
			ymodem_put(device, "\b \b", 3);
		}
		return;
	}
	device->line[device->line_len++] = (char)character;
	ymodem_put(device, &character, 1);
	if (device->line_len == questions[device->question].max)
		answered(device, now_us);
}
