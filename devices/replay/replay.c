/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/replay.h"

#include <assert.h>
#include <errno.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <libyuv.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "devices/impl.h"
#include "devices/jpeg.h"
#include "devices/replay/gop.h"
#include "devices/replay/pixels.h"

#define SLOTS 2 /* frames that a caller may hold */

/* A gap longer than this between two frames is damage, or a pause nobody wants to wait for. */
#define STEP_MAX_NS (60 * PST_NS_PER_S)

struct slot {
	bool held;
	int64_t pts;	    /* on the file's time line */
	AVPacket *packet;   /* what is handed over undecoded */
	AVFrame *picture;   /* or decoded */
	AVFrame *converted; /* room for a picture in the device's format, made once */
	AVFrame *turned;    /* and for one that is shown turned */
};

struct replay {
	struct pst_device device;
	char path[PATH_MAX];
	enum pst_pace pace;
	int timer; /* -1 unless paced real */
	struct replay_reader reader;
	struct replay_gop *gop;	     /* NULL: frames are handed over undecoded */
	struct pst_jpeg_check *jpeg; /* then */
	enum AVPixelFormat pixels;
	struct SwsContext *scaler;
	struct slot slot[SLOTS];

	int ready; /* 0: nothing read; 1: the next frame is known; else what next returns */
	struct pst_error ready_error;
	AVPacket *ahead; /* the next frame, when undecoded */
	int64_t ahead_pts;
	int64_t shown_pts; /* the newest frame's, on the file's time line */
	int64_t at_ns;	   /* the next frame's, on the caller's time line from 0 */
	int64_t start_ns;  /* CLOCK_MONOTONIC */
	uint64_t sequence; /* of the next frame */
};

/*
 * Raw video says at opening what it holds; all else, and what has to be turned, is handed over as
 * I420, PNG as BGR24.
 */
static void choose_format(struct replay *replay)
{
	const AVCodecParameters *codec = replay->reader.source->codec;
	struct pst_device_info *info = &replay->device.info;

	replay->pixels = AV_PIX_FMT_YUV420P;
	info->format = PST_FRAME_FORMAT_I420;
	if (replay->reader.source->turn) {
		return;
	}
	if (codec->codec_id == AV_CODEC_ID_MJPEG) {
		info->format = PST_FRAME_FORMAT_MJPEG;
	} else if (codec->codec_id == AV_CODEC_ID_PNG) {
		replay->pixels = AV_PIX_FMT_BGR24;
		info->format = PST_FRAME_FORMAT_BGR24;
	} else if (codec->codec_id == AV_CODEC_ID_RAWVIDEO) {
		/* Y4M names the pixels, Matroska and AVI only a tag for them. */
		enum AVPixelFormat pixels = codec->format != AV_PIX_FMT_NONE
						    ? (enum AVPixelFormat)codec->format
						    : pst_replay_pixels_tagged(codec->codec_tag);
		enum pst_frame_format format = pst_replay_format_of(pixels);

		if (format) {
			replay->pixels = pixels;
			info->format = format;
		}
	}
}

static void release_slot(struct slot *slot)
{
	av_packet_unref(slot->packet);
	av_frame_unref(slot->picture);
	slot->held = false;
}

static void arm(struct replay *replay)
{
	int64_t due = replay->start_ns + (replay->ready == 1 ? replay->at_ns : 0);
	struct itimerspec at = {0};

	if (replay->timer >= 0) {
		at.it_value.tv_sec = due / PST_NS_PER_S;
		at.it_value.tv_nsec = due % PST_NS_PER_S;
		(void)timerfd_settime(replay->timer, TFD_TIMER_ABSTIME, &at, NULL);
	}
}

static void place_in_time(struct replay *replay)
{
	bool own_clock = replay->reader.source->own_clock;
	int64_t step = replay->ahead_pts - replay->shown_pts;

	if (step < 0 || (step > STEP_MAX_NS && !own_clock)) {
		step = replay->reader.period_ns;
	}
	if (replay->sequence == 0 && !own_clock) {
		step = 0;
	}
	replay->at_ns += step;
	replay->shown_pts = replay->ahead_pts;
}

static void look_ahead(struct replay *replay)
{
	replay->ready_error = (struct pst_error){0};
	if (replay->gop) {
		replay->ready = pst_replay_gop_show(
			replay->gop, &replay->reader, &replay->ahead_pts, &replay->ready_error);
	} else {
		replay->ready = pst_replay_reader_read(
			&replay->reader, replay->ahead, &replay->ready_error);
		replay->ahead_pts = replay->ahead->pts;
	}
	if (replay->ready == 1) {
		place_in_time(replay);
	}
	arm(replay);
}

static int replay_start(struct pst_device *device, struct pst_error *error)
{
	struct replay *replay = (struct replay *)device;
	int status = pst_replay_reader_rewind(&replay->reader, error);

	if (status < 0) {
		return status;
	}
	if (replay->gop) {
		pst_replay_gop_reset(replay->gop);
	}
	replay->sequence = 0;
	replay->at_ns = 0;
	replay->shown_pts = 0;
	replay->start_ns = pst_clock_mono_ns();
	replay->ready = 0;
	if (replay->pace == PST_PACE_REAL) {
		look_ahead(replay);
	}
	return 0;
}

static void replay_stop(struct pst_device *device)
{
	struct replay *replay = (struct replay *)device;
	struct itimerspec never = {0};

	for (int i = 0; i < SLOTS; i++) {
		release_slot(&replay->slot[i]);
	}
	av_packet_unref(replay->ahead);
	if (replay->timer >= 0) {
		(void)timerfd_settime(replay->timer, 0, &never, NULL);
	}
}

static int replay_fd(const struct pst_device *device)
{
	return ((const struct replay *)device)->timer;
}

static void hand_over(struct replay *replay, struct pst_frame *frame)
{
	const struct pst_device_info *info = &replay->device.info;
	uint64_t index = replay->slot[0].held ? 1 : 0;
	struct slot *slot = &replay->slot[index];

	assert(!slot->held);
	slot->held = true;
	slot->pts = replay->ahead_pts;
	*frame = (struct pst_frame){
		.sequence = replay->sequence,
		.captured_ns = replay->at_ns,
		.format = info->format,
		.width = info->width,
		.height = info->height,
		.token = index,
	};
	if (replay->pace == PST_PACE_REAL) {
		frame->captured_ns += replay->start_ns;
	}
	if (!replay->gop) {
		av_packet_move_ref(slot->packet, replay->ahead);
		frame->plane[0].data = slot->packet->data;
		frame->plane[0].size = (uint32_t)slot->packet->size;
	}
}

static int replay_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct replay *replay = (struct replay *)device;
	uint64_t expirations;

	if (replay->ready == 0) {
		look_ahead(replay);
	}
	if (replay->timer >= 0) {
		if (replay->ready == 1 && pst_clock_mono_ns() < replay->start_ns + replay->at_ns) {
			return 0;
		}
		(void)!read(replay->timer, &expirations, sizeof(expirations));
	}
	int status = replay->ready;

	if (status == 1) {
		hand_over(replay, ret_frame);
	} else if (status == PST_E_CORRUPT) {
		device->counts.torn++;
	} else {
		arm(replay);
		return replay->ready_error.status
			       ? pst_error_set(error, status, "%s", replay->ready_error.text)
			       : status;
	}
	replay->sequence++;
	replay->ready = 0;
	if (replay->pace == PST_PACE_REAL) {
		look_ahead(replay);
	}
	return status;
}

/* The same numbers under another name; av_frame's strides may be negative (upside down). */
static bool fits(const struct replay *replay, const AVFrame *picture)
{
	enum AVPixelFormat pixels = picture->format;
	const struct pst_device_info *info = &replay->device.info;
	uint32_t width = (uint32_t)replay->reader.source->codec->width;

	if (pixels != replay->pixels &&
		!(pixels == AV_PIX_FMT_YUVJ420P && replay->pixels == AV_PIX_FMT_YUV420P)) {
		return false;
	}
	for (uint32_t i = 0; i < pst_frame_format_planes(info->format); i++) {
		uint32_t row = pst_frame_plane_row_bytes(info->format, i, width);

		if (picture->linesize[i] < 0 || (uint32_t)picture->linesize[i] < row) {
			return false;
		}
	}
	return true;
}

/* Makes a picture in the device's format, once. On error *picture is NULL. */
static int make_room(
	struct replay *replay, AVFrame **picture, int width, int height, struct pst_error *error)
{
	if (*picture) {
		return 0;
	}
	*picture = av_frame_alloc();
	if (*picture) {
		(*picture)->format = replay->pixels;
		/* One more column: a row of YUYV or of chroma holds an even number of pixels. */
		(*picture)->width = width + 1;
		(*picture)->height = height + 1;
	}
	if (!*picture || av_frame_get_buffer(*picture, 0) < 0) {
		av_frame_free(picture);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", replay->path);
	}
	return 0;
}

static int convert(struct replay *replay, struct slot *slot, struct pst_error *error)
{
	const AVFrame *from = slot->picture;
	int width = replay->reader.source->codec->width;
	int height = replay->reader.source->codec->height;
	int status = make_room(replay, &slot->converted, width, height, error);

	if (status < 0) {
		return status;
	}
	replay->scaler = sws_getCachedContext(replay->scaler, width, height, from->format, width,
		height, replay->pixels, SWS_BILINEAR | SWS_ACCURATE_RND, NULL, NULL, NULL);
	if (!replay->scaler ||
		sws_scale(replay->scaler, (const uint8_t *const *)from->data, from->linesize, 0,
			height, slot->converted->data, slot->converted->linesize) != height) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: can't be converted from pixel format %s", replay->path,
			av_get_pix_fmt_name(from->format));
	}
	return 0;
}

static int turn(
	struct replay *replay, struct slot *slot, const AVFrame *from, struct pst_error *error)
{
	const AVCodecParameters *codec = replay->reader.source->codec;
	const struct pst_device_info *info = &replay->device.info;
	int status = make_room(replay, &slot->turned, (int)info->width, (int)info->height, error);

	if (status < 0) {
		return status;
	}
	uint8_t *const *to = slot->turned->data;
	const int *stride = slot->turned->linesize;

	(void)I420Rotate(from->data[0], from->linesize[0], from->data[1], from->linesize[1],
		from->data[2], from->linesize[2], to[0], stride[0], to[1], stride[1], to[2],
		stride[2], codec->width, codec->height,
		(enum RotationMode)replay->reader.source->turn);
	return 0;
}

static void set_planes(struct pst_frame *frame, const AVFrame *picture)
{
	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		uint32_t rows = pst_frame_plane_rows(frame->format, i, frame->height);
		uint32_t stride = (uint32_t)picture->linesize[i];

		frame->plane[i].data = picture->data[i];
		frame->plane[i].stride = stride;
		frame->plane[i].size = stride * (rows - 1) +
				       pst_frame_plane_row_bytes(frame->format, i, frame->width);
	}
}

static int check_jpeg(struct replay *replay, const struct pst_frame *frame, struct pst_error *error)
{
	enum pst_jpeg_finding finding = pst_jpeg_check(replay->jpeg, frame->plane[0].data,
		frame->plane[0].size, frame->width, frame->height, PST_JPEG_DEPTH_BLOCKS, NULL);

	if (finding == PST_JPEG_FINDING_WHOLE) {
		return 0;
	}
	return pst_error_set(error, PST_E_CORRUPT, "%s: picture %llu is damaged (%s): %s",
		replay->path, (unsigned long long)frame->sequence, pst_jpeg_finding_name(finding),
		pst_jpeg_finding_text(finding));
}

static int replay_map(struct pst_device *device, struct pst_frame *frame, struct pst_error *error)
{
	struct replay *replay = (struct replay *)device;
	struct slot *slot = &replay->slot[frame->token];

	if (!replay->gop) {
		return check_jpeg(replay, frame, error);
	}
	if (frame->plane[0].data) {
		return 0;
	}
	int status = pst_replay_gop_decode(
		replay->gop, &replay->reader, slot->pts, slot->picture, error);

	if (status < 0) {
		return status;
	}
	const AVCodecParameters *codec = replay->reader.source->codec;
	const AVFrame *picture = slot->picture;

	if (picture->width != codec->width || picture->height != codec->height) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: a frame of %dx%d px in a recording of %dx%d px", replay->path,
			picture->width, picture->height, codec->width, codec->height);
	}
	if (!fits(replay, picture)) {
		status = convert(replay, slot, error);
		picture = slot->converted;
	}
	if (status == 0 && replay->reader.source->turn) {
		status = turn(replay, slot, picture, error);
		picture = slot->turned;
	}
	if (status == 0) {
		set_planes(frame, picture);
	}
	return status;
}

static void replay_release(struct pst_device *device, struct pst_frame *frame)
{
	struct replay *replay = (struct replay *)device;

	assert(frame->token < SLOTS);
	release_slot(&replay->slot[frame->token]);
}

static void replay_destroy(struct pst_device *device)
{
	struct replay *replay = (struct replay *)device;

	for (int i = 0; i < SLOTS; i++) {
		av_packet_free(&replay->slot[i].packet);
		av_frame_free(&replay->slot[i].picture);
		av_frame_free(&replay->slot[i].converted);
		av_frame_free(&replay->slot[i].turned);
	}
	av_packet_free(&replay->ahead);
	sws_freeContext(replay->scaler);
	pst_replay_gop_destroy(&replay->gop);
	pst_jpeg_check_destroy(&replay->jpeg);
	pst_replay_reader_finish(&replay->reader);
	pst_fd_close(&replay->timer);
	free(replay);
}

static const struct pst_device_ops replay_ops = {
	.start = replay_start,
	.stop = replay_stop,
	.fd = replay_fd,
	.next = replay_next,
	.map = replay_map,
	.release = replay_release,
	.destroy = replay_destroy,
};

static int parse_uri(struct replay *replay, const char *uri, struct replay_options *options,
	struct pst_error *error)
{
	char loop[PST_DEVICE_TEXT_SIZE] = "1";
	char fps[PST_DEVICE_TEXT_SIZE] = "25";
	const struct pst_uri_option known[] = {{"loop", loop}, {"fps", fps}, {NULL, NULL}};
	int status = pst_uri_parse(uri, "file", known, replay->path, sizeof(replay->path), error);
	int64_t value;

	if (status < 0) {
		return status;
	}
	if (!replay->path[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: names no file; write file:clip.avi or a plain path", uri);
	}
	if (pst_text_copy(replay->device.info.uri, sizeof(replay->device.info.uri), uri) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: longer than 511 characters", uri);
	}
	if (pst_text_parse_int(loop, 0, 1000000, &value) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: loop=%s is no number of rounds (0 for ever, up to 1000000)", uri,
			loop);
	}
	options->loop = (uint32_t)value;
	char *end;
	double rate = strtod(fps, &end);

	if (*end || end == fps || !(rate >= 1 && rate <= 1000)) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: fps=%s is no rate from 1 to 1000", uri, fps);
	}
	options->fps = rate;
	return 0;
}

static int make_parts(struct replay *replay, struct pst_error *error)
{
	bool room = true;

	for (int i = 0; i < SLOTS; i++) {
		replay->slot[i].packet = av_packet_alloc();
		replay->slot[i].picture = av_frame_alloc();
		room = room && replay->slot[i].packet && replay->slot[i].picture;
	}
	replay->ahead = av_packet_alloc();
	if (!room || !replay->ahead) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", replay->path);
	}
	if (replay->pace == PST_PACE_REAL) {
		replay->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (replay->timer < 0) {
			int status = -errno;

			return pst_error_set(error, status, "timer: %s", pst_status_text(status));
		}
	}
	return 0;
}

static void describe(struct replay *replay)
{
	struct pst_device_info *info = &replay->device.info;
	const struct replay_source *source = replay->reader.source;
	const char *slash = strrchr(replay->path, '/');

	(void)snprintf(info->name, sizeof(info->name), "%.*s", PST_DEVICE_TEXT_SIZE - 1,
		slash && slash[1] ? slash + 1 : replay->path);
	(void)snprintf(info->driver, sizeof(info->driver), "%s", source->kind);
	bool lying = source->turn == 90 || source->turn == 270;

	info->width = (uint32_t)(lying ? source->codec->height : source->codec->width);
	info->height = (uint32_t)(lying ? source->codec->width : source->codec->height);
	info->fps = source->fps;
	info->live = replay->pace == PST_PACE_REAL;
	info->domain = source->domain;
	choose_format(replay);
}

static void close_input(const struct pst_input *input)
{
	if (input) {
		input->close(input->user);
	}
}

int pst_replay_open(
	struct pst_device **ret, const char *uri, enum pst_pace pace, struct pst_error *error)
{
	return pst_replay_open_input(ret, uri, pace, NULL, error);
}

/* What looks into frames: JPEGs are checked, all else is decoded. */
static int make_opener(struct replay *replay, struct pst_error *error)
{
	if (replay->device.info.format != PST_FRAME_FORMAT_MJPEG) {
		return pst_replay_gop_create(
			&replay->gop, replay->reader.source->codec, replay->path, error);
	}
	int status = pst_jpeg_check_create(&replay->jpeg);

	return status < 0 ? pst_error_set(error, status, "%s: out of memory", replay->path) : 0;
}

int pst_replay_open_input(struct pst_device **ret, const char *uri, enum pst_pace pace,
	const struct pst_input *input, struct pst_error *error)
{
	struct replay_options options = {.input = input};
	struct replay *replay = calloc(1, sizeof(*replay));

	assert(pace == PST_PACE_REAL || pace == PST_PACE_MAX);
	if (!replay) {
		close_input(input);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	av_log_set_level(AV_LOG_QUIET);
	replay->device.ops = &replay_ops;
	replay->pace = pace;
	replay->timer = -1;
	int status = parse_uri(replay, uri, &options, error);

	if (status == 0) {
		status = make_parts(replay, error);
	}
	if (status < 0) {
		close_input(input);
	} else {
		status = pst_replay_reader_init(&replay->reader, replay->path, &options, error);
	}
	if (status == 0) {
		describe(replay);
	}
	if (status == 0) {
		status = make_opener(replay, error);
	}
	if (status < 0) {
		replay_destroy(&replay->device);
		return status;
	}
	*ret = &replay->device;
	return 0;
}
