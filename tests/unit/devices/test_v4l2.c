/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/v4l2/list.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/v4l2.h"

static struct pst_error error;
static struct pst_device *device;

static void refused(const char *uri, int status, const char *why)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_v4l2_open(&device, uri, &error), status, "%s: %s", uri, error.text);
	cr_assert_null(device);
	cr_assert(strstr(error.text, why), "%s", error.text);
}

Test(v4l2, what_is_no_camera_is_refused_in_one_line)
{
	char path[] = "/tmp/postern-no-camera-XXXXXX";
	char uri[64];
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	(void)close(fd);
	(void)snprintf(uri, sizeof(uri), "v4l2:%s", path);
	refused(uri, PST_E_DEVICE, "no camera but a file");
	(void)unlink(path);
	refused(uri, PST_E_DEVICE, "'postern devices' lists those there are");
	refused("v4l2:/dev/null", PST_E_DEVICE, "/dev/null: no camera");
	refused("v4l2:/dev/zero?size=640x480", PST_E_DEVICE, "/dev/zero: no camera");
	refused("v4l2:/tmp", PST_E_DEVICE, "no camera but a folder");
	refused("v4l2:serial=none-of-that-number", PST_E_DEVICE, "no such camera");
	refused("v4l2:port=usb-99-9", PST_E_DEVICE, "no such camera");
}

Test(v4l2, wrong_uris_are_refused_by_name)
{
	refused("v4l2:video0", PST_E_CONFIG, "names no camera");
	refused("v4l2:/dev/null?size=640", PST_E_CONFIG, "size=640 is no size");
	refused("v4l2:/dev/null?size=640x480x", PST_E_CONFIG, "size=640x480x is no size");
	refused("v4l2:/dev/null?size=0x480", PST_E_CONFIG, "is no size");
	refused("v4l2:/dev/null?size=640x20000", PST_E_CONFIG, "is no size");
	refused("v4l2:/dev/null?fps=0", PST_E_CONFIG, "fps=0");
	refused("v4l2:/dev/null?fps=inf", PST_E_CONFIG, "fps=inf");
	refused("v4l2:/dev/null?fps=30x", PST_E_CONFIG, "fps=30x");
	refused("v4l2:/dev/null?format=H264", PST_E_CONFIG,
		"choose one of MJPG, NV12, YU12, YUYV, UYVY");
	refused("v4l2:/dev/null?format=MJ", PST_E_CONFIG, "format=MJ");
	refused("v4l2:/dev/null?settle=0", PST_E_CONFIG,
		"settle=0 is neither off nor milliseconds");
	refused("v4l2:/dev/null?settle=10001", PST_E_CONFIG, "from 1 to 10000");
	refused("v4l2:/dev/null?settle=1s", PST_E_CONFIG, "settle=1s");
	refused("v4l2:/dev/null?rate=30", PST_E_CONFIG, "known are size, fps, format");
}

Test(v4l2, a_list_is_given_and_freed_with_or_without_cameras)
{
	struct pst_v4l2_camera *cameras = NULL;
	int count = pst_v4l2_list(&cameras, &error);

	cr_assert_geq(count, 0, "%s", error.text);
	pst_v4l2_list_free(&cameras, count);
	cr_assert_null(cameras);
}
