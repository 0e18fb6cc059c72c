/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/bytes.h"
#include "descriptors.h"

static struct descriptors built;
static const struct identity identity = {"A Camera", "SN-1", 0x1209, 0x0001};

/* What a walk over the configuration counts, as lsusb would. */
struct walk {
	unsigned interfaces, endpoints, companions, formats, frames;
	unsigned highest_interface;
	size_t control_bytes, stream_bytes; /* class-specific ones */
	size_t control_said, stream_said;
	unsigned formats_said, frames_said, colors;
	bool in_stream;
};

static struct modes modes_of(unsigned formats, unsigned sizes)
{
	static const struct size all[] = {{640, 480}, {1280, 720}, {1920, 1080}, {320, 240},
		{160, 120}, {800, 600}, {1024, 768}, {3840, 2160}};
	struct modes modes = {.format_count = formats,
		.size_count = sizes,
		.interval_count = 2,
		.intervals = {333333, 666666},
		.bus_bytes = 24000000};

	for (unsigned i = 0; i < formats; i++) {
		modes.formats[i] = (enum format)(FORMAT_MJPEG + i);
	}
	memcpy(modes.sizes, all, sizeof(all));
	return modes;
}

static void walk_stream(struct walk *walk, const uint8_t *at)
{
	unsigned intervals;

	switch (at[2]) {
	case 1:
		walk->formats_said = at[3];
		walk->stream_said = pst_bytes_get16(at + 4);
		cr_assert_eq(at[0], 13 + at[3]);
		cr_assert_eq(at[6], 0x81);
		break;
	case 4:
	case 6:
		cr_assert_eq(at[0], at[2] == 4 ? 27 : 11);
		cr_assert_eq(at[3], ++walk->formats, "formats are numbered from 1");
		walk->frames_said += at[4];
		walk->frames = 0;
		break;
	case 5:
	case 7:
		intervals = at[25];
		cr_assert_eq(at[3], ++walk->frames, "frames are numbered from 1");
		cr_assert_geq(intervals, 1);
		cr_assert_eq(at[0], 26 + 4 * intervals);
		cr_assert_eq(pst_bytes_get32(at + 21), pst_bytes_get32(at + 26));
		for (unsigned i = 1; i < intervals; i++) {
			cr_assert_gt(pst_bytes_get32(at + 26 + 4 * i),
				pst_bytes_get32(at + 22 + 4 * i), "shortest first");
		}
		break;
	case 0x0d:
		walk->colors++;
		break;
	default:
		cr_assert_fail("stream descriptor %u", at[2]);
	}
}

static struct walk walk_all(void)
{
	struct walk walk = {0};
	size_t used = 0;

	cr_assert_eq(pst_bytes_get16(built.config + 2), built.config_size);
	while (used < built.config_size) {
		const uint8_t *at = built.config + used;

		cr_assert_geq(at[0], 2, "at %zu", used);
		cr_assert_leq(used + at[0], built.config_size, "at %zu", used);
		if (at[1] == 4) {
			walk.interfaces++;
			walk.in_stream = at[2] == 1;
			walk.highest_interface =
				at[2] > walk.highest_interface ? at[2] : walk.highest_interface;
		} else if (at[1] == 5) {
			walk.endpoints++;
		} else if (at[1] == 48) {
			walk.companions++;
		} else if (at[1] == 0x24 && walk.in_stream) {
			walk.stream_bytes += at[0];
			walk_stream(&walk, at);
		} else if (at[1] == 0x24) {
			walk.control_bytes += at[0];
			walk.control_said =
				at[2] == 1 ? pst_bytes_get16(at + 5) : walk.control_said;
		}
		used += at[0];
	}
	cr_assert_eq(walk.control_bytes, walk.control_said);
	cr_assert_eq(walk.stream_bytes, walk.stream_said);
	cr_assert_eq(walk.formats, walk.formats_said);
	cr_assert_eq(walk.colors, walk.formats);
	cr_assert_eq(built.config[4], walk.highest_interface + 1);
	return walk;
}

Test(descriptors, hold_together_in_every_shape)
{
	for (unsigned formats = 1; formats < FORMAT_COUNT; formats++) {
		for (unsigned sizes = 1; sizes <= SIZES_MAX; sizes++) {
			for (unsigned shape = 0; shape < 4; shape++) {
				struct modes modes = modes_of(formats, sizes);
				struct wiring wiring = {
					.bulk = shape & 1, .super = (shape & 2) != 0};

				descriptors_build(&built, &identity, &modes, &wiring);
				struct walk walk = walk_all();

				cr_assert_eq(walk.formats, formats);
				cr_assert_eq(walk.frames_said, formats * sizes);
				cr_assert_eq(walk.endpoints, wiring.bulk ? 1 : ALTS_MAX);
				cr_assert_eq(walk.companions, wiring.super ? walk.endpoints : 0);
				cr_assert_eq(walk.interfaces, wiring.bulk ? 2 : 2 + ALTS_MAX);
			}
		}
	}
}

Test(descriptors, a_high_speed_camera_can_ask_for_three_packets_a_microframe)
{
	struct modes modes = modes_of(2, 1);

	descriptors_build(&built, &identity, &modes, &(struct wiring){0});
	cr_assert_eq(descriptors_payload_max(&built), 3072);
	cr_assert_eq(built.alt_payload[0], 0);
	for (unsigned i = 1; i <= built.alt_count; i++) {
		cr_assert_gt(built.alt_payload[i], built.alt_payload[i - 1]);
	}
	/* the last endpoint: 1024 bytes, two more transactions */
	cr_assert_eq(pst_bytes_get16(built.config + built.config_size - 3), 0x1400);
}

Test(descriptors, a_bulk_payload_is_as_large_as_the_driver_takes_at_once)
{
	struct modes modes = modes_of(1, 1);

	descriptors_build(&built, &identity, &modes, &(struct wiring){.bulk = true});
	cr_assert_eq(descriptors_payload_max(&built), 16384);
	descriptors_build(&built, &identity, &modes, &(struct wiring){true, true});
	cr_assert_eq(descriptors_payload_max(&built), 32768);
}

Test(descriptors, name_the_camera)
{
	struct modes modes = modes_of(1, 1);
	struct identity nobody = identity;
	uint8_t text[STRING_MAX];

	descriptors_build(&built, &identity, &modes, &(struct wiring){0});
	cr_assert_eq(pst_bytes_get16(built.device + 8), 0x1209);
	cr_assert_eq(built.device[16], 3);
	cr_assert_eq(descriptors_string(&identity, 3, text), 10);
	cr_assert_arr_eq(text, "\x0a\x03S\0N\0-\0001\0", 10);
	cr_assert_eq(descriptors_string(&identity, 0, text), 4);
	cr_assert_eq(descriptors_string(&identity, 4, text), 0);

	nobody.serial[0] = 0;
	descriptors_build(&built, &nobody, &modes, &(struct wiring){0});
	cr_assert_eq(built.device[16], 0, "no string where there is no serial");
	cr_assert_eq(descriptors_string(&nobody, 3, text), 0);
}

Test(descriptors, name_raw_formats_as_the_kernel_knows_them)
{
	static const struct {
		enum format format;
		const char *code;
	} known[] = {{FORMAT_YUYV, "YUY2"}, {FORMAT_UYVY, "UYVY"}, {FORMAT_NV12, "NV12"},
		{FORMAT_GREY, "Y800"}, {FORMAT_Y16, "Y16 "}};
	uint8_t guid[16];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		format_guid(known[i].format, guid);
		cr_assert_arr_eq(guid, known[i].code, 4);
		cr_assert_arr_eq(guid + 4, "\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71", 12);
	}
}

Test(descriptors, raw_modes_fit_the_bus)
{
	struct modes modes = modes_of(2, 3);
	uint32_t intervals[INTERVALS_MAX];

	cr_assert_eq(
		modes_intervals(&modes, FORMAT_MJPEG, (struct size){1920, 1080}, intervals), 2);
	cr_assert_eq(modes_intervals(&modes, FORMAT_YUYV, (struct size){640, 480}, intervals), 2);
	/* 1280x720x2 = 1.84 MB: 30 and 15 a second are too many, 10 are not */
	cr_assert_eq(modes_intervals(&modes, FORMAT_YUYV, (struct size){1280, 720}, intervals), 1);
	cr_assert_eq(intervals[0], 1000000);
	modes.bus_bytes = 1;
	cr_assert_eq(modes_intervals(&modes, FORMAT_YUYV, (struct size){1280, 720}, intervals), 1);
	cr_assert_eq(intervals[0], 10000000);
}

Test(descriptors, sizes_are_read_strictly)
{
	struct pst_error error = {0};
	struct size size = {0};

	cr_assert_eq(size_parse("640x480", &size, &error), 0);
	cr_assert(size.width == 640 && size.height == 480);
	for (const char **bad = (const char *[]){"", "640", "640x", "640x480x", "x480", "644x480",
		     "640x484", "16x8", "4000x2160", "99999999999x480", NULL};
		*bad; bad++) {
		error = (struct pst_error){0};
		cr_assert_eq(size_parse(*bad, &size, &error), PST_E_CONFIG, "%s", *bad);
		cr_assert(error.text[0]);
	}
}
