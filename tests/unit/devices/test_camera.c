/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "devices/v4l2/camera.h"
#include "support/fake_v4l2.h"

static struct fake_v4l2 *fake;
static struct fake_camera *camera;
static struct pst_device *device;
static struct pst_error error;
static struct pst_frame frame;

static void plug_in(void)
{
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
}

static void pull_out(void)
{
	pst_device_close(&device);
	fake_v4l2_destroy(&fake);
}

TestSuite(camera, .init = plug_in, .fini = pull_out);

static void open_it(const char *uri)
{
	int status = pst_v4l2_open_on(&device, &fake->backend, uri, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

static void start_it(void)
{
	open_it("v4l2:/dev/video0?size=640x480");
	int status = pst_device_start(device, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

static int next(void)
{
	error = (struct pst_error){0};
	return pst_device_next(device, &frame, &error);
}

Test(camera, a_frame_comes_with_the_bytes_the_camera_made)
{
	uint8_t bytes[300];

	memset(bytes, 0x5a, sizeof(bytes));
	start_it();
	cr_assert_eq(pst_device_info(device)->format, PST_FRAME_FORMAT_MJPEG);
	cr_assert_geq(fake_push(camera, &(struct fake_frame){.bytes = bytes, .size = 300}), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	cr_assert_eq(frame.plane[0].size, 300);
	cr_assert_arr_eq(frame.plane[0].data, bytes, 300);
	pst_device_release(device, &frame);
	cr_assert_eq(next(), 0);
}
