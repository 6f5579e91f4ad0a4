/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/released.h"
#include "base/file.h"
#include "lib/testing.h"
#include "release/release.h"

#include <unistd.h>

static const struct released released[RELEASED_COUNT] = {
	/* clang-format off */
	{ "particle-cli-1.16.0/binaries/electron_tinker.bin",
	  0, 5776, 0x0, { 0x08080000, 0x0808168C, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xb3934494, 40 },
	{ "particle-cli-1.16.0/binaries/p1_tinker.bin",
	  0, 4740, 0x0, { 0x080A0000, 0x080A1280, 0, 2, 8, 5, 1, { { 4, 2, 3 }, { 0 } } }, 0x61972e4d, 40 },
	{ "particle-cli-1.16.0/binaries/photon_tinker.bin",
	  0, 3952, 0x0, { 0x080A0000, 0x080A0F6C, 0, 2, 6, 5, 1, { { 4, 2, 1 }, { 0 } } }, 0xba4f59ab, 36 },
	{ "particle-cli-1.16.0/binaries/tinker-usb-debugging-v0.4.8-rc.6-electron.bin",
	  0, 5856, 0x0, { 0x08080000, 0x080816DC, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xe3dd2db1, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-electron.bin",
	  0, 122916, 0x184, { 0x08020000, 0x0803E020, 0, 17, 10, 4, 1, { { 0 }, { 0 } } }, 0xd4a3894a, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-p1.bin",
	  0, 250940, 0x184, { 0x08020000, 0x0805D438, 0, 17, 8, 4, 1, { { 0 }, { 0 } } }, 0xc409bb2a, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-photon.bin",
	  0, 250956, 0x184, { 0x08020000, 0x0805D448, 0, 17, 6, 4, 1, { { 0 }, { 0 } } }, 0x078f9e74, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-electron.bin",
	  0, 120724, 0x184, { 0x08040000, 0x0805D790, 0, 17, 10, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0x53c7f7f0, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-p1.bin",
	  0, 188300, 0x184, { 0x08060000, 0x0808DF88, 0, 17, 8, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0xb9fe0d0d, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-photon.bin",
	  0, 187492, 0x184, { 0x08060000, 0x0808DC60, 0, 17, 6, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0x318ba506, 40 },
	{ "particle-cli-2.4.1/assets/binaries/electron_doctor.bin",
	  0, 6664, 0x0, { 0x08080000, 0x08081A04, 0, 4, 10, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0x17e74a88, 40 },
	{ "particle-cli-2.4.1/assets/binaries/electron_tinker.bin",
	  0, 5776, 0x0, { 0x08080000, 0x0808168C, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xb3934494, 40 },
	{ "particle-cli-2.4.1/assets/binaries/p1_doctor.bin",
	  0, 6888, 0x0, { 0x080A0000, 0x080A1AE4, 0, 4, 8, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0xf971a904, 40 },
	{ "particle-cli-2.4.1/assets/binaries/photon_doctor.bin",
	  0, 6888, 0x0, { 0x080A0000, 0x080A1AE4, 0, 4, 6, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0x7e794dcd, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-0.4.5-p1.bin",
	  0, 5324, 0x0, { 0x080A0000, 0x080A14C8, 0, 3, 8, 5, 1, { { 4, 2, 6 }, { 0 } } }, 0x70e7c48c, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-0.4.5-photon.bin",
	  0, 5324, 0x0, { 0x080A0000, 0x080A14C8, 0, 3, 6, 5, 1, { { 4, 2, 6 }, { 0 } } }, 0x4a738441, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-usb-debugging-0.6.0-electron.bin",
	  0, 10464, 0x0, { 0x08080000, 0x080828DC, 0, 4, 10, 5, 1, { { 4, 2, 102 }, { 0 } } }, 0x18773703, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part1@1.5.0.bin",
	  0, 79920, 0x0, { 0x08060000, 0x0807382C, 0, 1502, 10, 4, 3, { { 4, 2, 110 }, { 0 } } }, 0x1ed0df04, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part2@1.5.0.bin",
	  0, 115956, 0x184, { 0x08020000, 0x0803C4F0, 0, 1502, 10, 4, 1, { { 4, 3, 1502 }, { 0 } } }, 0x1a417c51, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part3@1.5.0.bin",
	  0, 126808, 0x184, { 0x08040000, 0x0805EF54, 0, 1502, 10, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0xf9878ed7, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-bootloader@1.5.0+lto.bin",
	  0, 16008, 0x184, { 0x08000000, 0x08003E84, 0, 501, 8, 2, 0, { { 0 }, { 0 } } }, 0xa1c2c5aa, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-system-part1@1.5.0.bin",
	  0, 238392, 0x184, { 0x08020000, 0x0805A334, 0, 1502, 8, 4, 1, { { 4, 2, 207 }, { 0 } } }, 0xc2909caf, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-system-part2@1.5.0.bin",
	  0, 261236, 0x184, { 0x08060000, 0x0809FC70, 0, 1502, 8, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0x56f9e281, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-bootloader@1.5.0+lto.bin",
	  0, 15336, 0x184, { 0x08000000, 0x08003BE4, 0, 501, 6, 2, 0, { { 0 }, { 0 } } }, 0x353263fb, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-system-part1@1.5.0.bin",
	  0, 238408, 0x184, { 0x08020000, 0x0805A344, 0, 1502, 6, 4, 1, { { 4, 2, 207 }, { 0 } } }, 0x9b67a6c6, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-system-part2@1.5.0.bin",
	  0, 261048, 0x184, { 0x08060000, 0x0809FBB4, 0, 1502, 6, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0x48958319, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-p1.bin",
	  0x28434, 14916, 0x184, { 0x08000000, 0x08003A40, 0, 7, 8, 2, 0, { { 0 }, { 0 } } }, 0x2c9b3d22, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-photon.bin",
	  0x28500, 14052, 0x184, { 0x08000000, 0x080036E0, 0, 7, 6, 2, 0, { { 0 }, { 0 } } }, 0x706cd056, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part1@1.5.0.bin",
	  0xD2A8, 15968, 0x184, { 0x08000000, 0x08003E5C, 0, 400, 10, 2, 0, { { 0 }, { 0 } } }, 0xc00654a2, 40 },
	/* clang-format on */
};

const struct released *released_module(size_t index)
{
	ck_assert_uint_lt(index, RELEASED_COUNT);
	return &released[index];
}

bool released_read(const struct released *want, uint8_t **ret_bytes, size_t *ret_len)
{
	AUTO_FREE char *cache = release_cache_dir();
	struct err err = ERR_INIT;
	char path[512];

	if (!cache)
		return false;
	snprintf(path, sizeof(path), "%s/%s", cache, want->file);
	if (access(path, R_OK) != 0)
		return false;
	ck_assert_msg(file_read(path, IMAGE_BYTES_MAX, ret_bytes, ret_len, &err) == 0, "%s",
		      err.text);
	return true;
}

void released_expect_header(const struct image_header *got, const struct image_header *want)
{
	ck_assert_uint_eq(got->start, want->start);
	ck_assert_uint_eq(got->end, want->end);
	ck_assert_uint_eq(got->flags, want->flags);
	ck_assert_uint_eq(got->version, want->version);
	ck_assert_uint_eq(got->platform_id, want->platform_id);
	ck_assert_uint_eq(got->function, want->function);
	ck_assert_uint_eq(got->index, want->index);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(got->dependency[i].function, want->dependency[i].function);
		ck_assert_uint_eq(got->dependency[i].index, want->dependency[i].index);
		ck_assert_uint_eq(got->dependency[i].version_min, want->dependency[i].version_min);
	}
}
