/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/camera.h"

uint32_t pst_v4l2_plane_stride(enum pst_frame_format format, uint32_t plane, uint32_t stride)
{
	return format == PST_FRAME_FORMAT_I420 && plane > 0 ? stride / 2 : stride;
}

/* Rows and size as the driver states them, which may be padded, but must hold the picture. */
static int check_layout(struct v4l2_camera *camera, const struct pst_v4l2_mode *mode,
	const struct v4l2_pix_format *pix, struct pst_error *error)
{
	const struct v4l2_node *node = &camera->node;
	uint32_t row = pst_frame_plane_row_bytes(mode->format, 0, mode->width);
	uint32_t stride = pix->bytesperline ? pix->bytesperline : row;

	if (pix->field == V4L2_FIELD_ALTERNATE || pix->field == V4L2_FIELD_TOP ||
		pix->field == V4L2_FIELD_BOTTOM || pix->field == V4L2_FIELD_SEQ_TB ||
		pix->field == V4L2_FIELD_SEQ_BT) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" gives half pictures, line by line apart, which postern doesn't "
			"take; set another standard of it",
			node->path, node->name);
	}
	if (mode->converted || mode->format == PST_FRAME_FORMAT_MJPEG) {
		return 0;
	}
	if (stride < row || stride > 16 * PST_FRAME_SIDE_MAX) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the driver of \"%s\" states rows of %u bytes for %u px", node->path,
			node->name, stride, mode->width);
	}
	uint64_t need = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(mode->format); i++) {
		need += (uint64_t)pst_v4l2_plane_stride(mode->format, i, stride) *
			pst_frame_plane_rows(mode->format, i, mode->height);
	}
	if (pix->sizeimage && pix->sizeimage < need - (stride - row)) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the driver of \"%s\" states %u bytes for a picture of %llu",
			node->path, node->name, pix->sizeimage, (unsigned long long)need);
	}
	camera->stride = stride;
	return 0;
}

static int set_format(
	struct v4l2_camera *camera, const struct pst_v4l2_mode *mode, struct pst_error *error)
{
	const struct v4l2_node *node = &camera->node;
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_pix_format *pix = &format.fmt.pix;

	pix->width = mode->width;
	pix->height = mode->height;
	pix->pixelformat = pst_v4l2_fourcc_named(mode->fourcc);
	pix->field = V4L2_FIELD_NONE;
	int status = pst_v4l2_node_ask(node, VIDIOC_S_FMT, &format);

	if (status < 0) {
		return pst_v4l2_node_fail(node, status, "set its format", error);
	}
	if (pix->width != mode->width || pix->height != mode->height ||
		pix->pixelformat != pst_v4l2_fourcc_named(mode->fourcc)) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" offers %s %ux%u but sets %.4s %ux%u; choose another size",
			node->path, node->name, mode->fourcc, mode->width, mode->height,
			(const char *)&pix->pixelformat, pix->width, pix->height);
	}
	status = check_layout(camera, mode, pix, error);
	pst_v4l2_convert_destroy(&camera->convert);
	if (status == 0 && mode->converted) {
		status = pst_v4l2_convert_create(&camera->convert, node, pix, error);
	}
	if (status < 0) {
		return status;
	}
	camera->agreed = *pix;
	camera->device.info.format = mode->format;
	camera->device.info.width = mode->width;
	camera->device.info.height = mode->height;
	return 0;
}

/*
 * @param fps     to set; 0: whatever the driver has
 * @param wanted  the rate that the user insists on, or 0
 */
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

	camera->device.info.fps = 0;
	if (status == -ENODEV || status == -EPROTO) {
		return pst_v4l2_node_fail(&camera->node, status, "set its rate", error);
	}
	if (status == 0 && got->numerator > 0) {
		camera->device.info.fps = (double)got->denominator / got->numerator;
	}
	if (wanted <= 0 || pst_v4l2_rate_is(camera->device.info.fps, wanted)) {
		return 0;
	}
	if (camera->device.info.fps <= 0) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the rate of \"%s\" can't be set; leave fps out", camera->node.path,
			camera->node.name);
	}
	return pst_error_set(error, PST_E_DEVICE,
		"%s: \"%s\" can't do %.4g frames per second in this mode (it sets %.4g); ask for "
		"fps=%.4g",
		camera->node.path, camera->node.name, wanted, camera->device.info.fps,
		camera->device.info.fps);
}

static void explain(struct v4l2_camera *camera, const struct v4l2_candidate *taken)
{
	struct pst_device_info *info = &camera->device.info;
	size_t used;

	pst_v4l2_choices_explain(
		&camera->choices, &camera->want, taken, info->choice, sizeof(info->choice));
	used = strlen(info->choice);
	if (taken->fps > 0 && info->fps > 0 && !pst_v4l2_rate_is(info->fps, taken->fps)) {
		(void)snprintf(info->choice + used, sizeof(info->choice) - used,
			"; the driver sets %.4g frames per second", info->fps);
		used = strlen(info->choice);
	}
	if (camera->given_up[0]) {
		(void)snprintf(info->choice + used, sizeof(info->choice) - used,
			"; the bus had no room for %s", camera->given_up);
	}
}

/* Takes a candidate. What the driver does otherwise than it said fails. */
static int take(
	struct v4l2_camera *camera, const struct v4l2_candidate *candidate, struct pst_error *error)
{
	int status = set_format(camera, candidate->mode, error);

	if (status == 0) {
		status = set_rate(camera, candidate->fps, camera->want.fps, error);
	}
	if (status == 0) {
		camera->chosen = *candidate;
		explain(camera, candidate);
	}
	return status;
}

static bool is_gone_or_busy(const struct v4l2_camera *camera)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};

	if (pst_v4l2_node_ask(&camera->node, VIDIOC_G_FMT, &format) < 0) {
		return true;
	}
	return pst_v4l2_node_ask(&camera->node, VIDIOC_S_FMT, &format) == -EBUSY;
}

/* Takes the first candidate left that the driver keeps to. The first refusal is told. */
static int take_next(struct v4l2_camera *camera, struct pst_error *error)
{
	struct v4l2_choices *choices = &camera->choices;
	int status = PST_E_DEVICE;

	while (choices->next < choices->count) {
		status = take(camera, &choices->at[choices->next++], error);
		if (status == 0) {
			*error = (struct pst_error){0};
			return 0;
		}
		if (is_gone_or_busy(camera)) {
			break;
		}
	}
	return status;
}

static int refuse_offer(const struct v4l2_camera *camera, struct pst_error *error)
{
	char nearest[64];
	char offer[256];

	pst_v4l2_modes_describe(&camera->choices.modes, offer, sizeof(offer));
	pst_v4l2_choices_nearest(&camera->choices, &camera->want, nearest, sizeof(nearest));
	return pst_error_set(error, PST_E_DEVICE, "%.120s: not offered by \"%s\"%s%s; it has %s",
		camera->device.info.uri, camera->node.name, nearest[0] ? "; nearest is " : "",
		nearest, offer);
}

int pst_v4l2_negotiate(struct v4l2_camera *camera, struct pst_error *error)
{
	struct pst_error own = {0};
	int status;

	error = error ? error : &own;
	pst_v4l2_choices_finish(&camera->choices);
	camera->given_up[0] = 0;
	pst_v4l2_bandwidth_read(
		&camera->choices.bandwidth, &camera->node.backend, &camera->identity);
	status = pst_v4l2_modes_read(&camera->choices.modes, &camera->node, &camera->want);
	if (status == 0) {
		status = pst_v4l2_choices_make(&camera->choices, &camera->want);
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: out of memory", camera->device.info.uri);
	}
	if (camera->choices.count == 0) {
		return refuse_offer(camera, error);
	}
	status = take_next(camera, error);
	return status == 0 ? pst_v4l2_controls_apply(&camera->node, &camera->want.controls, error)
			   : status;
}

int pst_v4l2_negotiate_again(struct v4l2_camera *camera, struct pst_error *error)
{
	const struct pst_device_info before = camera->device.info;
	struct v4l2_candidate candidate = camera->chosen;
	int status = set_format(camera, candidate.mode, error);

	if (status == 0) {
		status = set_rate(camera, candidate.fps, before.fps, error);
	}
	if (status == 0) {
		status = pst_v4l2_controls_apply(&camera->node, &camera->want.controls, error);
	}
	if (status < 0) {
		camera->device.info = before;
	}
	return status;
}

static bool has_room(const struct v4l2_bandwidth *bandwidth, const struct v4l2_candidate *candidate)
{
	return !bandwidth->budget ||
	       (uint64_t)bandwidth->taken + candidate->need <= bandwidth->budget;
}

/* A mode that would fit, whatever was asked for. */
static void find_fitting(const struct v4l2_camera *camera, char *text, size_t size)
{
	const struct v4l2_candidate *failed = &camera->chosen;
	struct v4l2_choices all = camera->choices;

	all.at = NULL;
	text[0] = 0;
	if (pst_v4l2_choices_make(&all, &(struct v4l2_want){0}) == 0) {
		for (size_t i = 0; i < all.count && !text[0]; i++) {
			const struct v4l2_candidate *other = &all.at[i];

			if (other->load < failed->load && has_room(&all.bandwidth, other)) {
				(void)snprintf(text, size, "; try size=%ux%u&fps=%.4g&format=%s",
					other->mode->width, other->mode->height, other->fps,
					other->mode->fourcc);
			}
		}
	}
	free(all.at);
}

int pst_v4l2_no_room(struct v4l2_camera *camera, struct pst_error *error)
{
	struct v4l2_bandwidth *bandwidth = &camera->choices.bandwidth;
	char mode[64];
	char others[160] = "";
	char fitting[96];
	char sum[128] = "";

	/* Others may have started since. */
	pst_v4l2_bandwidth_read(bandwidth, &camera->node.backend, &camera->identity);
	pst_v4l2_candidate_describe(&camera->chosen, mode, sizeof(mode));
	find_fitting(camera, fitting, sizeof(fitting));
	if (bandwidth->budget) {
		pst_v4l2_bandwidth_describe(bandwidth, others, sizeof(others));
		(void)snprintf(sum, sizeof(sum),
			", which takes %u or more of the bus' %u bytes per microframe; others: ",
			camera->chosen.need, bandwidth->budget);
	}
	return pst_error_set(error, PST_E_DEVICE,
		"%s: the USB bus has no room for %s%s%s%s, or another port", camera->node.path,
		mode, sum, others, fitting[0] ? fitting : "; try a smaller size or rate");
}

/* Of one picture, as much as pst_slots keeps room for. */
static uint64_t room_of(const struct pst_v4l2_mode *mode)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(mode->format); i++) {
		sum += (uint64_t)pst_frame_plane_row_bytes(mode->format, i, mode->width) *
		       pst_frame_plane_rows(mode->format, i, mode->height);
	}
	return sum ? sum : (uint64_t)mode->width * mode->height * 2;
}

/*
 * Whoever has the device counts on pictures no larger than at open. Compressed and raw loads are
 * not on one scale: of one the camera decides what it reserves.
 */
static bool is_less(const struct v4l2_candidate *other, const struct v4l2_candidate *failed)
{
	const struct pst_v4l2_mode *mode = other->mode;
	const struct pst_v4l2_mode *before = failed->mode;
	bool compressed = mode->format == PST_FRAME_FORMAT_MJPEG;

	if (mode->width > before->width || mode->height > before->height ||
		(!compressed && room_of(mode) > room_of(before))) {
		return false;
	}
	return compressed != (before->format == PST_FRAME_FORMAT_MJPEG) ||
	       other->load < failed->load;
}

int pst_v4l2_negotiate_less(struct v4l2_camera *camera, struct pst_error *error)
{
	struct v4l2_choices *choices = &camera->choices;
	const struct v4l2_candidate failed = camera->chosen;
	struct pst_error own = {0};

	if (!camera->given_up[0]) {
		pst_v4l2_candidate_describe(&failed, camera->given_up, sizeof(camera->given_up));
	}
	while (choices->next < choices->count && !is_less(&choices->at[choices->next], &failed)) {
		choices->next++;
	}
	if (choices->next == choices->count || take_next(camera, &own) < 0) {
		return pst_v4l2_no_room(camera, error);
	}
	return 0;
}
