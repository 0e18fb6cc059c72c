/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "devices/device.h"
#include "devices/synthetic/jpeg.h"
#include "devices/synthetic/truth.h"

#define IO_SIZE ((size_t)256 * 1024)

/* A file in the making: it has another name until it is whole. */
struct draft {
	char path[PATH_MAX]; /* where it will be */
	char temp[PATH_MAX]; /* where it is; empty once it is gone or in place */
	int fd;
	int status; /* the first thing that went wrong in writing */
};

static int draft_open(
	struct draft *draft, const char *path, const char *suffix, struct pst_error *error)
{
	*draft = (struct draft){.fd = -1};
	int a = snprintf(draft->path, sizeof(draft->path), "%s%s", path, suffix);
	int b = snprintf(draft->temp, sizeof(draft->temp), "%s%s.part-XXXXXX", path, suffix);
	if (a < 0 || b < 0 || (size_t)b >= sizeof(draft->temp)) {
		draft->temp[0] = 0;
		return pst_error_set(error, -ENAMETOOLONG, "%.64s...: name too long", path);
	}
	struct stat info;
	if (stat(draft->path, &info) == 0 && S_ISDIR(info.st_mode)) {
		draft->temp[0] = 0;
		return pst_error_set(error, -EISDIR, "%s: can't be written: %s", draft->path,
			pst_status_text(-EISDIR));
	}
	draft->fd = mkostemp(draft->temp, O_CLOEXEC);

	if (draft->fd < 0) {
		int status = -errno;
		draft->temp[0] = 0;
		return pst_error_set(error, status, "%s: can't be written: %s", draft->path,
			pst_status_text(status));
	}
	mode_t mask = umask(0);
	(void)umask(mask);
	(void)fchmod(draft->fd, 0666 & ~mask);
	return 0;
}

static void draft_discard(struct draft *draft)
{
	pst_fd_close(&draft->fd);
	if (draft->temp[0]) {
		(void)unlink(draft->temp);
		draft->temp[0] = 0;
	}
}

static int draft_finish(struct draft *draft, struct pst_error *error)
{
	if (draft->status == 0 && fsync(draft->fd) < 0) {
		draft->status = -errno;
	}
	if (draft->status < 0) {
		return pst_error_set(error, draft->status, "%s: can't be written: %s", draft->path,
			pst_status_text(draft->status));
	}
	return 0;
}

static int draft_publish(struct draft *draft, struct pst_error *error)
{
	if (rename(draft->temp, draft->path) < 0) {
		int status = -errno;
		return pst_error_set(error, status, "%s: can't be replaced: %s", draft->path,
			pst_status_text(status));
	}
	draft->temp[0] = 0;
	return 0;
}

/* libavformat writes through these two, so that a full disk is noticed where it happens. */
static int draft_write(void *opaque, uint8_t *data, int size)
{
	struct draft *draft = opaque;
	int status = pst_fd_write_full(draft->fd, data, (size_t)size);
	if (status < 0 && draft->status == 0) {
		draft->status = status;
	}
	return status < 0 ? AVERROR(-status) : size;
}

static int64_t draft_seek(void *opaque, int64_t offset, int whence)
{
	struct draft *draft = opaque;
	struct stat info;
	if (whence == AVSEEK_SIZE) {
		return fstat(draft->fd, &info) < 0 ? AVERROR(errno) : info.st_size;
	}
	off_t at = lseek(draft->fd, offset, whence & ~AVSEEK_FORCE);
	return at < 0 ? AVERROR(errno) : at;
}

/* Everything that one recording needs while it is written. */
struct recorder {
	struct pst_synth_scene *scene;
	struct pst_synth_jpeg encoder;
	struct draft video, truth;
	AVFormatContext *format;
	AVIOContext *io;
	uint8_t *rgb;  /* owned */
	uint8_t *jpeg; /* owned, encoder.room bytes and libav's padding */
};

static void recorder_finish(struct recorder *r)
{
	if (r->io) {
		av_freep(&r->io->buffer);
		avio_context_free(&r->io);
	}
	avformat_free_context(r->format);
	draft_discard(&r->video);
	draft_discard(&r->truth);
	free(r->rgb);
	free(r->jpeg);
	pst_synth_jpeg_finish(&r->encoder);
	pst_synth_scene_destroy(&r->scene);
}

static int no_memory(struct pst_error *error)
{
	(void)pst_error_set(error, -ENOMEM, "synth: no memory for the recording");
	return -ENOMEM;
}

/* Reports what libav says, but the file's own trouble first: it is what a person can act on. */
static int av_trouble(struct recorder *r, int av_status, struct pst_error *error)
{
	if (r->video.status < 0) {
		return draft_finish(&r->video, error);
	}
	char text[AV_ERROR_MAX_STRING_SIZE] = {0};
	(void)av_strerror(av_status, text, sizeof(text));
	return pst_error_set(error, PST_E_DEVICE, "%s: can't be written: %s", r->video.path, text);
}

static int open_container(
	struct recorder *r, const struct pst_synth_scene_options *options, struct pst_error *error)
{
	uint8_t *buffer = av_malloc(IO_SIZE);
	r->io = buffer ? avio_alloc_context(
				 buffer, (int)IO_SIZE, 1, &r->video, NULL, draft_write, draft_seek)
		       : NULL;
	if (!r->io) {
		av_free(buffer);
		return no_memory(error);
	}
	if (avformat_alloc_output_context2(&r->format, NULL, "avi", NULL) < 0) {
		return no_memory(error);
	}
	r->format->pb = r->io;
	r->format->flags |= AVFMT_FLAG_BITEXACT;
	AVStream *stream = avformat_new_stream(r->format, NULL);
	if (!stream || av_dict_set(&r->format->metadata, "comment", PST_DOMAIN_DRAWN_MARK, 0) < 0) {
		return no_memory(error);
	}
	stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	stream->codecpar->codec_id = AV_CODEC_ID_MJPEG;
	stream->codecpar->codec_tag = MKTAG('M', 'J', 'P', 'G');
	stream->codecpar->width = (int)options->width;
	stream->codecpar->height = (int)options->height;
	stream->time_base = (AVRational){1, (int)options->fps};
	stream->avg_frame_rate = (AVRational){(int)options->fps, 1};
	int status = avformat_write_header(r->format, NULL);
	return status < 0 ? av_trouble(r, status, error) : 0;
}

static int write_frame(
	struct recorder *r, AVPacket *packet, uint64_t index, uint32_t fps, struct pst_error *error)
{
	pst_synth_scene_draw(r->scene, index, r->rgb, (size_t)r->encoder.width * 3);
	int size = pst_synth_jpeg_encode(&r->encoder, r->rgb, r->jpeg, error);
	if (size < 0) {
		return size;
	}
	AVRational frame_time = {1, (int)fps}, stream_time = r->format->streams[0]->time_base;
	packet->data = r->jpeg;
	packet->size = size;
	packet->pts = packet->dts = av_rescale_q((int64_t)index, frame_time, stream_time);
	packet->duration = av_rescale_q(1, frame_time, stream_time);
	packet->flags = AV_PKT_FLAG_KEY;
	int status = av_write_frame(r->format, packet);
	return status < 0 ? av_trouble(r, status, error) : 0;
}

static int write_video(struct recorder *r, const struct pst_synth_scene_options *options,
	pst_synth_progress_fn progress, void *user, struct pst_error *error)
{
	int status = open_container(r, options, error);
	AVPacket *packet = status == 0 ? av_packet_alloc() : NULL;
	if (status == 0 && !packet) {
		status = no_memory(error);
	}
	uint64_t count = pst_synth_scene_frame_count(r->scene);
	for (uint64_t i = 0; i < count && status == 0; i++) {
		status = write_frame(r, packet, i, options->fps, error);
		if (status == 0 && progress && !progress(user, i + 1, count)) {
			status = pst_error_set(error, -ECANCELED,
				"%s: given up after %llu of %llu frames, nothing is kept",
				r->video.path, (unsigned long long)i + 1,
				(unsigned long long)count);
		}
	}
	av_packet_free(&packet);
	if (status < 0) {
		return status;
	}
	status = av_write_trailer(r->format);
	avio_flush(r->io);
	if (status < 0 || r->io->error < 0) {
		return av_trouble(r, status < 0 ? status : r->io->error, error);
	}
	return draft_finish(&r->video, error);
}

static int write_truth(
	struct recorder *r, const struct pst_synth_scene_options *options, struct pst_error *error)
{
	int copy = fcntl(r->truth.fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;
	if (!file) {
		pst_fd_close(&copy);
		return no_memory(error);
	}
	int status = pst_synth_truth_write(file, r->scene, options);
	if (fclose(file) != 0 && status == 0) {
		status = -errno;
	}
	r->truth.status = status;
	return draft_finish(&r->truth, error);
}

static int prepare(struct recorder *r, const char *path,
	const struct pst_synth_scene_options *options, struct pst_error *error)
{
	int status = pst_synth_scene_create(options, &r->scene, error);
	if (status == 0) {
		status = pst_synth_jpeg_init(&r->encoder, options->width, options->height, error);
	}
	if (status < 0) {
		return status;
	}
	r->rgb = malloc((size_t)options->width * options->height * 3);
	r->jpeg = calloc(1, r->encoder.room + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!r->rgb || !r->jpeg) {
		return no_memory(error);
	}
	status = draft_open(&r->video, path, "", error);
	return status < 0 ? status : draft_open(&r->truth, path, ".truth.json", error);
}

int pst_synth_record(const char *path, const struct pst_synth_scene_options *options,
	pst_synth_progress_fn progress, void *user, struct pst_error *error)
{
	struct recorder r = {.video.fd = -1, .truth.fd = -1};
	int status = prepare(&r, path, options, error);
	if (status == 0) {
		status = write_truth(&r, options, error);
	}
	if (status == 0) {
		status = write_video(&r, options, progress, user, error);
	}
	if (status == 0) {
		status = draft_publish(&r.truth, error);
	}
	if (status == 0) {
		status = draft_publish(&r.video, error);
	}
	recorder_finish(&r);
	return status;
}

int pst_synth_record_portrait(const char *path, const struct pst_synth_scene_options *options,
	uint32_t identity, struct pst_error *error)
{
	struct pst_synth_jpeg encoder = {0};
	uint32_t width = options->width, height = options->height;
	int status = pst_synth_jpeg_init(&encoder, width, height, error);
	uint8_t *rgb = status == 0 ? malloc((size_t)width * height * 3) : NULL;
	uint8_t *jpeg = status == 0 ? malloc(encoder.room) : NULL;
	if (status == 0 && (!rgb || !jpeg)) {
		status = no_memory(error);
	}
	if (status == 0) {
		status = pst_synth_draw_portrait(options->seed, identity, options->take, width,
			height, rgb, (size_t)width * 3, NULL, error);
	}
	if (status == 0) {
		status = pst_synth_jpeg_encode(&encoder, rgb, jpeg, error);
	}
	if (status > 0) {
		status = pst_fd_replace_file(path, jpeg, (size_t)status, 0644, error);
	}
	free(rgb);
	free(jpeg);
	pst_synth_jpeg_finish(&encoder);
	return status;
}
