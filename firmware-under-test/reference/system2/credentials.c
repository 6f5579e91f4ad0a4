/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console's 'w' (facts 5.3): asks for a network and its password, and keeps them in the table.
 * There is no radio to look for the network with, so security and cipher are always asked for.
 */
#include "reference/common/config.h"
#include "reference/system2/system.h"

enum credentials_limits {
	SSID_MAX = 32,
	PASSWORD_MAX = 64,
	WEP = 1,
	WPA = 2,
	SILENCE_MS = 60000, /* of a person; Particle's waits for ever */
	BACKSPACE = 8,
	DELETE = 127,
};

static struct {
	char ssid[SSID_MAX + 1];
	char password[PASSWORD_MAX + 1];
	char security;
	char cipher;
	uint8_t reserved[2];
} credentials;

_Static_assert(CONFIG_CREDENTIALS + sizeof(credentials) <= CONFIG_BYTES, "room in the table");

/* A line that ends with Enter or when it is full; what has come in behind it is dropped. */
static bool read_line(const struct port *port, char *ret, uint32_t len_max)
{
	uint32_t len = 0;
	int c = 0;

	while (len < len_max) {
		c = port_wait(port, SILENCE_MS);
		if (c < 0 || c == '\r' || c == '\n')
			break;
		if (c == BACKSPACE || c == DELETE) {
			if (len > 0) {
				len--;
				port_text(port, "\b \b");
			}
			continue;
		}
		ret[len++] = (char)c;
		port->put((char)c);
	}
	ret[len] = '\0';
	port_text(port, "\r\n");
	while (port->take() >= 0)
		;
	return c >= 0;
}

/* Asks until the answer is one digit from 'low' to 'high'. */
static bool read_choice(const struct port *port, const char *text, char low, char high, char *ret)
{
	char line[2];

	do {
		port_text(port, text);
		if (!read_line(port, line, 1))
			return false;
	} while (line[0] < low || line[0] > high);
	*ret = (char)(line[0] - '0');
	return true;
}

static bool ask(const struct port *port)
{
	do {
		port_text(port, "SSID: ");
		if (!read_line(port, credentials.ssid, SSID_MAX))
			return false;
	} while (credentials.ssid[0] == '\0');
	if (!read_choice(port, "Security 0=unsecured, 1=WEP, 2=WPA, 3=WPA2: ", '0', '3',
			 &credentials.security))
		return false;
	credentials.cipher = 0;
	if (credentials.security >= WPA &&
	    !read_choice(port, "Security Cipher 1=AES, 2=TKIP, 3=AES+TKIP: ", '1', '3',
			 &credentials.cipher))
		return false;
	credentials.password[0] = '\0';
	if (credentials.security < WEP)
		return true;
	port_text(port, "Password: ");
	return read_line(port, credentials.password, PASSWORD_MAX);
}

void credentials_ask(const struct port *port)
{
	if (!ask(port))
		return;
	port_text(port, "Thanks! Wait while I save those credentials...\r\n\r\n");
	if (config_write(&credentials, CONFIG_CREDENTIALS, sizeof(credentials)) < 0) {
		port_text(port, "Derp. Sorry, we couldn't save the credentials.\r\n\r\n");
		return;
	}
	port_text(port, "Awesome. Now we'll connect!\r\n\r\n"
			"If you see a pulsing cyan light, your device \r\n"
			"has connected to the Cloud and is ready to go!\r\n\r\n"
			"If your LED flashes red or you encounter any other problems,\r\n"
			"visit https://www.particle.io/support to debug.\r\n\r\n"
			"    Particle <3 you!\r\n\r\n");
}
