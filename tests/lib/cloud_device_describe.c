/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The description, and what the staged image is. */
#include "base/hash.h"
#include "lib/cloud_device_inside.h"
#include "lib/peer_module.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DESCRIBE_SYSTEM = 1, DESCRIBE_APPLICATION = 2 };

struct writer {
	char *text;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *writer, const char *fmt, ...)
{
	va_list args;
	int len;

	if (writer->len + 1 >= writer->size)
		return;
	va_start(args, fmt);
	len = vsnprintf(writer->text + writer->len, writer->size - writer->len, fmt, args);
	va_end(args);
	writer->len += len > 0 ? (size_t)len : 0;
	if (writer->len >= writer->size)
		writer->len = writer->size - 1;
}

/* Numbers are numbers, but the index is a string; 0.5.2 knows one dependency. */
static void put_module(struct writer *writer, const struct cloud_device *device,
		       const struct cloud_device_module *module)
{
	enum cloud_device_era era = device->config.era;
	size_t needs_max = era == CLOUD_ERA_052 ? 1 : 2;
	const char *comma = "";

	put(writer, "{\"s\":%u,\"l\":\"%c\",\"vc\":%u,\"vv\":%u", (unsigned)module->region_bytes,
	    module->store, module->vc, module->vv);
	if (module->function == 'u') {
		put(writer, ",\"u\":\"");
		for (unsigned int i = 0; i < SHA256_BYTES; i++)
			put(writer, "%02x", (i + module->version) & 255u);
		put(writer, "\"");
	}
	if (module->function)
		put(writer, ",\"f\":\"%c\",\"n\":\"%u\",\"v\":%u", module->function, module->index,
		    module->version);
	put(writer, ",\"d\":[");
	for (size_t i = 0; i < needs_max; i++)
		if (module->needs[i].function) {
			put(writer, "%s{\"f\":\"%c\",\"n\":\"%u\",\"v\":%u%s}", comma,
			    module->needs[i].function, module->needs[i].index,
			    module->needs[i].version, era == CLOUD_ERA_23 ? "" : ",\"_\":\"\"");
			comma = ",";
		}
	put(writer, "]}");
}

size_t cloud_device_describe(const struct cloud_device *device, unsigned int flags, char *ret_text,
			     size_t size)
{
	struct writer writer = { .text = ret_text, .size = size };
	const struct cloud_device_module *modules = device->config.modules;
	const char *comma = "";

	put(&writer, "{");
	if (flags == 0 || flags & DESCRIBE_APPLICATION) {
		put(&writer, "\"f\":[\"brew\"],\"v\":{\"heat\":2}");
		comma = ",";
	}
	if (flags == 0 || flags & DESCRIBE_SYSTEM) {
		put(&writer, "%s\"p\":%u,\"m\":[", comma, device->config.platform);
		for (size_t i = 0; i < CLOUD_DEVICE_MODULES_MAX && modules[i].region_bytes; i++) {
			if (i > 0)
				put(&writer, ",");
			put_module(&writer, device, &modules[i]);
		}
		put(&writer, "]");
	}
	put(&writer, "}");
	return writer.len;
}

bool cloud_device_staged(const struct cloud_device *device, struct cloud_device_module *ret)
{
	struct peer_module staged;

	if (peer_module_read(device->staging, CLOUD_DEVICE_STAGING_BYTES, device->config.platform,
			     &staged) != PEER_MODULE_GOOD)
		return false;
	*ret = (struct cloud_device_module){ .region_bytes = staged.bytes,
					     .store = 't',
					     .vc = 30,
					     .vv = 30,
					     .function = staged.function,
					     .index = staged.index,
					     .version = staged.version };
	for (int i = 0; i < 2; i++)
		ret->needs[i] =
			(struct cloud_device_need){ staged.needs[i].function, staged.needs[i].index,
						    staged.needs[i].version };
	return true;
}
