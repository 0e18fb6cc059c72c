/* SPDX-License-Identifier: Apache-2.0 */
#include "player.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char folder[] = "/tmp/postern-player-XXXXXX";
struct pst_error error;
struct pst_device *device;

void open_folder(void)
{
	cr_assert(mkdtemp(folder));
}

void remove_folder(void)
{
	char command[128];

	pst_device_close(&device);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	(void)!system(command);
}

const char *in_folder(const char *name)
{
	static char path[4][256];
	static int turn;
	char *to = path[turn++ % 4];

	(void)snprintf(to, sizeof(path[0]), "%s/%s", folder, name);
	return to;
}

const struct pst_device_info *open_at(const char *uri, enum pst_pace pace)
{
	error = (struct pst_error){0};
	pst_device_close(&device);
	cr_assert_eq(pst_replay_open(&device, uri, pace, &error), 0, "%s", error.text);
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	return pst_device_info(device);
}

void refused(const char *uri, int status, const char *why)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_replay_open(&device, uri, PST_PACE_MAX, &error), status, "%s: %s", uri,
		error.text);
	cr_assert_null(device);
	cr_assert(strstr(error.text, why), "%s", error.text);
}

void expect_end(void)
{
	struct pst_frame frame;

	cr_assert_eq(pst_device_next(device, &frame, &error), PST_E_END);
	cr_assert_eq(pst_device_next(device, &frame, &error), PST_E_END);
}

void next_frame(struct pst_frame *frame, int number)
{
	cr_assert_eq(pst_device_next(device, frame, &error), 1, "%d: %s", number, error.text);
	cr_assert_eq(frame->sequence, number);
	cr_assert_eq(frame->lost, 0);
	cr_assert_eq(frame->width, CLIP_WIDTH);
	cr_assert_eq(frame->height, CLIP_HEIGHT);
	cr_assert(llabs(frame->captured_ns - number * PERIOD_NS) <= 1000000, "%d at %lld", number,
		(long long)frame->captured_ns);
}

void expect_undecoded(int frames)
{
	struct pst_frame frame;

	for (int i = 0; i < frames; i++) {
		next_frame(&frame, i);
		cr_assert_eq(frame.format, PST_FRAME_FORMAT_MJPEG);
		cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
		cr_assert_eq(frame.plane[0].data[0], 0xff);
		cr_assert_eq(frame.plane[0].data[1], 0xd8);
		cr_assert_eq(pst_device_map(device, &frame, &error), 0);
		pst_device_release(device, &frame);
		cr_assert_null(frame.plane[0].data);
	}
	expect_end();
}
