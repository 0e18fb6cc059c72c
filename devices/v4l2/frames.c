/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "devices/v4l2/camera.h"

#define HELD_MAX 2
#define SLOWEST_FPS 0.1	  /* what a driver tells below that is no rate */
#define JPEG_BYTES_MIN 64 /* markers and tables alone take more */

static int64_t interval_ns(const struct v4l2_camera *camera)
{
	double fps = camera->device.info.fps;

	if (fps <= 0) {
		return 0;
	}
	return fps < SLOWEST_FPS ? (int64_t)(PST_NS_PER_S / SLOWEST_FPS)
				 : (int64_t)((double)PST_NS_PER_S / fps);
}

/* A camera whose exposure is set by hand has nothing to settle. */
static bool is_exposed_by_hand(const struct v4l2_camera *camera)
{
	struct v4l2_control mode = {.id = V4L2_CID_EXPOSURE_AUTO};

	return pst_v4l2_node_ask(&camera->node, VIDIOC_G_CTRL, &mode) == 0 &&
	       (mode.value == V4L2_EXPOSURE_MANUAL || mode.value == V4L2_EXPOSURE_SHUTTER_PRIORITY);
}

void pst_v4l2_frames_begin(struct v4l2_camera *camera)
{
	const struct v4l2_want *want = &camera->want;
	int64_t now_ns = pst_v4l2_node_now(&camera->node);
	bool settles = want->settle != V4L2_SETTLE_OFF && !is_exposed_by_hand(camera);
	int64_t bound_ms = want->settle == V4L2_SETTLE_WITHIN ? want->settle_ms : V4L2_SETTLE_MS;

	camera->held = 0;
	camera->broken = (struct pst_error){0};
	camera->stamp =
		(struct v4l2_stamp){.started_ns = now_ns, .interval_ns = interval_ns(camera)};
	camera->settle = (struct v4l2_settle){
		.bound_ns = settles ? bound_ms * PST_NS_PER_MS : 0,
		.bound_frames = want->settle == V4L2_SETTLE_WITHIN ? 0 : V4L2_SETTLE_FRAMES,
		.by_size = camera->device.info.format == PST_FRAME_FORMAT_MJPEG,
		.done = !settles,
	};
	camera->heard = false;
	camera->heard_ns = camera->vain_ns = now_ns;
}

int pst_v4l2_failed(struct v4l2_camera *camera, int status)
{
	switch (status) {
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
		camera->device.away = PST_DEVICE_AWAY_UNPLUGGED;
		break;
	case -EPROTO:
	case -EPIPE:
	case -EILSEQ:
	case -ETIMEDOUT:
		camera->device.away = PST_DEVICE_AWAY_WEDGED;
		break;
	case PST_E_TIMEOUT:
		camera->device.away = PST_DEVICE_AWAY_STALLED;
		return PST_E_TIMEOUT;
	default:
		camera->device.away = PST_DEVICE_AWAY_FAILED;
		break;
	}
	return PST_E_DEVICE;
}

/* Lays the planes over the driver's buffer. @return bytes that a whole frame takes */
static uint64_t set_planes(
	const struct v4l2_camera *camera, struct pst_frame *frame, const uint8_t *data)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		uint32_t rows = pst_frame_plane_rows(frame->format, i, frame->height);
		uint32_t stride = pst_v4l2_plane_stride(frame->format, i, camera->stride);

		frame->plane[i].data = data + at;
		frame->plane[i].stride = stride;
		frame->plane[i].size = stride * rows;
		at += (uint64_t)stride * rows;
	}
	return at;
}

/* @return whether there are enough bytes for a frame */
static bool fill_frame(
	const struct v4l2_camera *camera, const struct v4l2_buffer *buffer, struct pst_frame *frame)
{
	const struct pst_device_info *info = &camera->device.info;
	const uint8_t *data = camera->buffers.at[buffer->index].data;
	uint64_t need = JPEG_BYTES_MIN;

	frame->format = info->format;
	frame->width = info->width;
	frame->height = info->height;
	frame->token = buffer->index;
	if (camera->convert) {
		need = 1;
	} else if (info->format == PST_FRAME_FORMAT_MJPEG) {
		frame->plane[0].data = data;
		frame->plane[0].size = buffer->bytesused;
	} else {
		need = set_planes(camera, frame, data);
	}
	return buffer->bytesused >= need;
}

/* Counts a frame under its cause. @return whether it is whole, as far as one knows unread */
static bool judge(
	struct v4l2_camera *camera, const struct v4l2_buffer *buffer, struct pst_frame *frame)
{
	bool enough = fill_frame(camera, buffer, frame);

	if (buffer->flags & V4L2_BUF_FLAG_ERROR ||
		buffer->bytesused > camera->buffers.at[buffer->index].size) {
		camera->device.counts.flagged++;
		return false;
	}
	if (!enough) {
		camera->device.counts.undersized++;
	}
	return enough;
}

int pst_v4l2_frames_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	struct v4l2_buffer buffer;
	struct pst_frame frame = {0};

	assert(camera->held < HELD_MAX);
	if (camera->broken.status) {
		return pst_error_set(error, camera->broken.status, "%s", camera->broken.text);
	}
	int status = pst_v4l2_buffers_take(&camera->buffers, &camera->node, &buffer, error);
	int64_t now_ns = pst_v4l2_node_now(&camera->node);

	if (status == 0) {
		camera->vain_ns = now_ns;
		return 0;
	}
	if (status < 0) {
		device->counts.lost += status == PST_E_DEVICE;
		return pst_v4l2_failed(camera, status);
	}
	camera->heard = true;
	camera->heard_ns = camera->vain_ns = now_ns;
	if (pst_v4l2_stamp_is_overtaken(&camera->stamp, buffer.sequence)) {
		status =
			pst_v4l2_buffers_give(&camera->buffers, &camera->node, buffer.index, error);
		return status < 0 ? pst_v4l2_failed(camera, status) : 0;
	}
	bool timed = pst_v4l2_stamp_frame(&camera->stamp, &buffer, now_ns, &frame);

	device->counts.lost += camera->stamp.gap;
	if (!judge(camera, &buffer, &frame)) {
		camera->stamp.lost = frame.lost;
		status =
			pst_v4l2_buffers_give(&camera->buffers, &camera->node, buffer.index, error);
		return status < 0 ? pst_v4l2_failed(camera, status) : PST_E_CORRUPT;
	}
	device->counts.restamped += !timed;
	frame.settling = pst_v4l2_settle_frame(&camera->settle, buffer.bytesused, now_ns);
	camera->bytes[buffer.index] = buffer.bytesused;
	camera->held++;
	*ret_frame = frame;
	return 1;
}

static int check_jpeg(
	struct v4l2_camera *camera, const struct pst_frame *frame, struct pst_error *error)
{
	struct pst_jpeg_report report;
	enum pst_jpeg_finding finding = pst_jpeg_check(camera->jpeg, frame->plane[0].data,
		frame->plane[0].size, frame->width, frame->height, PST_JPEG_DEPTH_BLOCKS, &report);

	if (finding == PST_JPEG_FINDING_WHOLE) {
		return 0;
	}
	return pst_error_set(error, PST_E_CORRUPT, "%s: frame %llu of %u bytes is torn at %zu: %s",
		camera->node.path, (unsigned long long)frame->sequence, frame->plane[0].size,
		report.offset, pst_jpeg_finding_text(finding));
}

static int look(
	const struct v4l2_camera *camera, const struct pst_frame *frame, struct pst_error *error)
{
	const struct v4l2_node *node = &camera->node;
	uint32_t index = (uint32_t)frame->token;
	int status = node->backend.ops->look
			     ? node->backend.ops->look(node->backend.user, node->fd, index,
				       camera->buffers.at[index].data, camera->bytes[index])
			     : 0;

	if (status == -EAGAIN) {
		return status;
	}
	return status < 0 ? pst_error_set(error, PST_E_DEVICE, "%s: frame %llu can't be read: %s",
				    node->path, (unsigned long long)frame->sequence,
				    pst_status_text(status))
			  : 0;
}

int pst_v4l2_frames_map(struct pst_device *device, struct pst_frame *frame, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	int status = look(camera, frame, error);

	if (status < 0) {
		return status;
	}
	if (camera->convert) {
		return pst_v4l2_convert_frame(camera->convert,
			camera->buffers.at[frame->token].data, camera->bytes[frame->token], frame,
			error);
	}
	return frame->format == PST_FRAME_FORMAT_MJPEG ? check_jpeg(camera, frame, error) : 0;
}

void pst_v4l2_frames_release(struct pst_device *device, struct pst_frame *frame)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	uint64_t index = frame->token;

	assert(index < camera->buffers.count && !camera->buffers.at[index].queued);
	camera->held--;
	int status = pst_v4l2_buffers_give(
		&camera->buffers, &camera->node, (uint32_t)index, &camera->broken);

	if (status < 0) {
		(void)pst_v4l2_failed(camera, status);
	}
}

int pst_v4l2_frames_check(struct pst_device *device, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	const struct v4l2_node *node = &camera->node;
	int64_t patience_ns = PST_DEVICE_FIRST_MS * PST_NS_PER_MS;
	int64_t silent_ns = pst_v4l2_node_now(node) - camera->heard_ns;

	if (camera->heard) {
		int64_t intervals_ns = PST_DEVICE_STALL_INTERVALS * interval_ns(camera);

		patience_ns = PST_DEVICE_STALL_MS * PST_NS_PER_MS;
		patience_ns = intervals_ns > patience_ns ? intervals_ns : patience_ns;
	}
	if (silent_ns < patience_ns) {
		return 0;
	}
	/* Frames wait, and it was us who were late; unless asking for them has been in vain. */
	if (node->backend.ops->poll(node->backend.user, node->fd, 0) != 0 &&
		camera->vain_ns - camera->heard_ns < patience_ns) {
		return 0;
	}
	(void)pst_error_set(error, PST_E_TIMEOUT,
		"%s: \"%s\" has given no frame for %.1f s, though it streams; if it does not come "
		"back by itself, plug it in again",
		node->path, node->name, (double)silent_ns / (double)PST_NS_PER_S);
	return pst_v4l2_failed(camera, PST_E_TIMEOUT);
}
