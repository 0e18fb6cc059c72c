/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/camera.h"

static int set_format(
	struct v4l2_camera *camera, const struct pst_v4l2_mode *mode, struct pst_error *error)
{
	const struct v4l2_node *node = &camera->node;
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_pix_format *pix = &format.fmt.pix;

	pix->width = mode->width;
	pix->height = mode->height;
	pix->pixelformat = pst_v4l2_fourcc_of(mode->format);
	pix->field = V4L2_FIELD_NONE;
	int status = pst_v4l2_node_ask(node, VIDIOC_S_FMT, &format);

	if (status < 0) {
		return pst_v4l2_node_fail(node, status, "set its format", error);
	}
	if (pix->width != mode->width || pix->height != mode->height ||
		pst_v4l2_format_of(pix->pixelformat) != mode->format) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" offers %s %ux%u but sets %ux%u; choose another size",
			node->path, node->name, mode->fourcc, mode->width, mode->height, pix->width,
			pix->height);
	}
	if (mode->format != PST_FRAME_FORMAT_MJPEG) {
		uint32_t row = pst_frame_plane_row_bytes(mode->format, 0, mode->width);

		camera->stride = pix->bytesperline ? pix->bytesperline : row;
		if (camera->stride < row || camera->stride > 16 * PST_FRAME_SIDE_MAX) {
			return pst_error_set(error, PST_E_DEVICE,
				"%s: the driver of \"%s\" states rows of %u bytes for %u px",
				node->path, node->name, camera->stride, mode->width);
		}
	}
	camera->agreed = *pix;
	camera->device.info.format = mode->format;
	camera->device.info.width = mode->width;
	camera->device.info.height = mode->height;
	return 0;
}

static int set_rate(struct v4l2_camera *camera, double fps, double wanted, struct pst_error *error)
{
	struct v4l2_streamparm parm = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	const struct v4l2_fract *got = &parm.parm.capture.timeperframe;
	bool asked = fps > 0;

	if (asked) {
		parm.parm.capture.timeperframe.numerator = 1000;
		parm.parm.capture.timeperframe.denominator = (uint32_t)(fps * 1000 + 0.5);
	}
	int status = pst_v4l2_node_ask(&camera->node, asked ? VIDIOC_S_PARM : VIDIOC_G_PARM, &parm);

	if (status == 0 && got->numerator > 0) {
		camera->device.info.fps = (double)got->denominator / got->numerator;
	}
	if (wanted > 0 && camera->device.info.fps < wanted * 0.95) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" can't do %g frames per second in this mode (it sets %g)",
			camera->node.path, camera->node.name, wanted, camera->device.info.fps);
	}
	return 0;
}

int pst_v4l2_negotiate(struct v4l2_camera *camera, struct pst_error *error)
{
	const struct v4l2_want *want = &camera->want;
	const char *uri = camera->device.info.uri;
	struct v4l2_modes modes = {0};
	double fps;
	int status = pst_v4l2_modes_read(&modes, &camera->node, want);
	const struct pst_v4l2_mode *mode =
		status == 0 ? pst_v4l2_modes_choose(&modes, want, &fps) : NULL;

	if (status < 0) {
		status = pst_error_set(error, status, "%s: out of memory", uri);
	} else if (!mode) {
		char offer[320];

		pst_v4l2_modes_describe(&modes, offer, sizeof(offer));
		status = pst_error_set(error, PST_E_DEVICE, "%s: not offered by \"%s\"; it has %s",
			uri, camera->node.name, offer);
	} else {
		status = set_format(camera, mode, error);
		if (status == 0) {
			status = set_rate(camera, fps, want->fps, error);
		}
		if (status == 0) {
			status = pst_v4l2_controls_apply(&camera->node, &want->controls, error);
		}
	}
	pst_v4l2_modes_finish(&modes);
	return status;
}
