/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/ports.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/usbdevice_fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	POLL_US = 10000,
	GET_STATUS = 0,
	TYPE_PORT_IN = 0xa3, /* class request to a port ("other") */
	PORT_POWER = 0x0100,
	TIMEOUT_MS = 1000,
	FILES_MAX = 1024, /* what a process may have open here */
};

/* The bus of a controller's hub for full speed: the one that is not of SuperSpeed. */
static bool bus_of(unsigned int controller, unsigned int *ret)
{
	char pattern[96], line[16] = "";
	glob_t found;
	bool known = false;

	snprintf(pattern, sizeof(pattern), "/sys/devices/platform/vhci_hcd.%u/usb*/speed",
		 controller);
	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !known; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");

		if (file && fgets(line, sizeof(line), file) && strtol(line, NULL, 10) == 480)
			known = sscanf(strstr(found.gl_pathv[i], "/usb"), "/usb%u", ret) == 1;
		if (file)
			fclose(file);
	}
	globfree(&found);
	return known;
}

bool ports_path(unsigned int port, unsigned int *ret_bus, unsigned int *ret_number)
{
	if (!bus_of(port / PORTS_A_CONTROLLER, ret_bus))
		return false;
	*ret_number = port % PORTS_A_CONTROLLER + 1;
	return true;
}

int ports_init(struct ports *ports)
{
	*ports = (struct ports){ .hub_fd = { -1, -1 } };
	return pipe2(ports->pipe, O_CLOEXEC) < 0 ? -errno : 0;
}

int ports_watch(struct ports *ports, unsigned int port)
{
	unsigned int controller = port / PORTS_A_CONTROLLER;
	unsigned int bus;
	char path[64];

	if (ports->started || controller >= PORTS_CONTROLLERS || !bus_of(controller, &bus))
		return -ENODEV;
	if (ports->hub_fd[controller] < 0) {
		snprintf(path, sizeof(path), "/dev/bus/usb/%03u/001", bus);
		ports->hub_fd[controller] = open(path, O_RDWR | O_CLOEXEC);
	}
	if (ports->hub_fd[controller] < 0)
		return -errno;
	ports->watched |= UINT64_C(1) << port;
	ports->lit |= UINT64_C(1) << port;
	return 0;
}

/* Whether it is lit; as before when the hub does not answer. */
static bool is_lit(const struct ports *ports, unsigned int port)
{
	uint8_t status[4] = { 0 };
	struct usbdevfs_ctrltransfer request = {
		.bRequestType = TYPE_PORT_IN,
		.bRequest = GET_STATUS,
		.wIndex = (uint16_t)(port % PORTS_A_CONTROLLER + 1),
		.wLength = sizeof(status),
		.timeout = TIMEOUT_MS,
		.data = status,
	};

	if (ioctl(ports->hub_fd[port / PORTS_A_CONTROLLER], USBDEVFS_CONTROL, &request) < 2)
		return ports->lit >> port & 1;
	return ((unsigned int)status[0] | (unsigned int)status[1] << 8) & PORT_POWER;
}

static void watch(struct ports *ports)
{
	for (;;) {
		for (unsigned int port = 0; port < PORTS_MAX; port++) {
			struct ports_event event = { .port = port };

			if (!(ports->watched >> port & 1))
				continue;
			event.lit = is_lit(ports, port);
			if (event.lit == (ports->lit >> port & 1))
				continue;
			ports->lit ^= UINT64_C(1) << port;
			if (write(ports->pipe[1], &event, sizeof(event)) < 0)
				return; /* nobody listens any more */
		}
		usleep(POLL_US);
	}
}

/* All but the hubs and the pipe is the caller's, and not to be kept from its end. */
static void let_go_of_files(const struct ports *ports)
{
	for (int fd = 0; fd < FILES_MAX; fd++) {
		bool own = fd == ports->pipe[1];

		for (size_t i = 0; i < PORTS_CONTROLLERS; i++)
			own |= fd == ports->hub_fd[i];
		if (!own)
			close(fd);
	}
}

int ports_start(struct ports *ports)
{
	pid_t caller = getpid();
	pid_t child = fork();

	if (child < 0)
		return -errno;
	ports->started = true;
	if (child > 0)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == caller) { /* it has not ended meanwhile */
		let_go_of_files(ports);
		watch(ports);
	}
	_exit(0);
}
