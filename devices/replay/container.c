/* SPDX-License-Identifier: Apache-2.0 */
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/intreadwrite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/replay/source.h"

/*
 * Only containers that hold one recording in one file: playlists and image patterns of
 * libavformat could open other files.
 */
#define FORMATS "avi,mov,mp4,matroska,webm,yuv4mpegpipe,mjpeg,jpeg_pipe"

/* So many unreadable frames in a row are the end of a file, not its noise. */
#define BAD_READS_MAX 64

#define IO_SIZE (64 * 1024)

struct container {
	struct replay_source source;
	char *path;
	AVFormatContext *format;
	AVIOContext *io;	/* over input */
	struct pst_input input; /* read NULL: a file */
	struct pst_error input_error;
	bool read_any; /* of the input, since it was last at its beginning */
	int stream;
	double fps; /* for streams of JPEGs, which carry no time */
	int bad_reads;
};

/* libavformat leaves alone what it did not open itself. */
static void close_format(struct container *container)
{
	avformat_close_input(&container->format);
	if (container->io) {
		av_freep(&container->io->buffer);
		avio_context_free(&container->io);
	}
}

static int read_input(void *opaque, uint8_t *data, int size)
{
	struct container *container = opaque;
	ssize_t n = container->input_error.status
			    ? container->input_error.status
			    : container->input.read(container->input.user, data, (size_t)size,
				      &container->input_error);

	container->read_any = true;
	if (n < 0) {
		return AVERROR(EIO);
	}
	return n == 0 ? AVERROR_EOF : (int)n;
}

/* What the input said, of which libavformat only knows that there was something. */
static int input_trouble(const struct container *container, struct pst_error *error)
{
	return pst_error_set(
		error, PST_E_DEVICE, "%s: %s", container->path, container->input_error.text);
}

static void container_close(struct replay_source *source)
{
	struct container *container = (struct container *)source;

	close_format(container);
	if (container->input.read) {
		container->input.close(container->input.user);
	}
	avcodec_parameters_free(&source->codec);
	free(container->path);
	free(container);
}

/* Before avformat_open_input, which then opens nothing. */
static int prepare_input(struct container *container, struct pst_error *error)
{
	if (!container->input.read) {
		return 0;
	}
	int status =
		container->read_any ? container->input.rewind(container->input.user, error) : 0;

	if (status < 0) {
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be read again: %s",
			container->path, pst_status_text(status));
	}
	uint8_t *buffer = av_malloc(IO_SIZE);

	container->read_any = false;
	container->input_error = (struct pst_error){0};
	container->io =
		buffer ? avio_alloc_context(buffer, IO_SIZE, 0, container, read_input, NULL, NULL)
		       : NULL;
	container->format = container->io ? avformat_alloc_context() : NULL;
	if (!container->format) {
		if (!container->io) {
			av_free(buffer);
		}
		return pst_error_set(error, -ENOMEM, "%s: out of memory", container->path);
	}
	container->format->pb = container->io;
	return 0;
}

static int open_format(struct container *container, struct pst_error *error)
{
	char url[4096 + 8];
	char rate[32];
	AVDictionary *options = NULL;
	char reason[AV_ERROR_MAX_STRING_SIZE];

	if (snprintf(url, sizeof(url), "file:%s", container->path) >= (int)sizeof(url)) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: path too long", container->path);
	}
	(void)snprintf(rate, sizeof(rate), "%.6f", container->fps);
	av_dict_set(&options, "framerate", rate, 0);
	av_dict_set(&options, "protocol_whitelist", "file", 0);
	av_dict_set(&options, "format_whitelist", FORMATS, 0);
	int status = prepare_input(container, error);

	if (status < 0) {
		av_dict_free(&options);
		return status;
	}
	status = avformat_open_input(&container->format, url, NULL, &options);
	av_dict_free(&options);
	if (status < 0 && container->input_error.status) {
		return input_trouble(container, error);
	}
	if (status == AVERROR(EACCES) || status == AVERROR(ENOENT)) {
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be read: %s", container->path,
			pst_status_text(status));
	}
	if (status < 0) {
		(void)av_strerror(status, reason, sizeof(reason));
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no recording that postern reads (AVI, MP4, MKV, Y4M, MJPEG), or a "
			"damaged one: %s",
			container->path, reason);
	}
	return 0;
}

static int choose_stream(struct container *container, struct pst_error *error)
{
	AVFormatContext *format = container->format;

	container->stream = -1;
	for (unsigned i = 0; i < format->nb_streams; i++) {
		AVStream *stream = format->streams[i];
		bool video = stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
			     !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC);

		stream->discard = AVDISCARD_ALL;
		if (video && container->stream < 0) {
			container->stream = (int)i;
			stream->discard = AVDISCARD_DEFAULT;
		}
	}
	if (container->stream < 0) {
		return pst_error_set(error, PST_E_DEVICE, "%s: holds no video", container->path);
	}
	return 0;
}

static bool has_mark(const AVFormatContext *format, const char *mark)
{
	const AVDictionaryEntry *entry = av_dict_get(format->metadata, "comment", NULL, 0);

	return entry && strstr(entry->value, mark);
}

static bool is_bare(const AVFormatContext *format)
{
	return strcmp(format->iformat->name, "mjpeg") == 0 ||
	       strcmp(format->iformat->name, "jpeg_pipe") == 0;
}

static const char *short_name(const char *format)
{
	static const char *const names[][2] = {{"mov,", "mp4"}, {"matroska", "mkv"},
		{"yuv4mpegpipe", "y4m"}, {"jpeg_pipe", "a stream"}, {"mjpeg", "a stream"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(format, names[i][0], strlen(names[i][0])) == 0) {
			return names[i][1];
		}
	}
	return format;
}

/* A phone that was held upright leaves lying frames and says so in a matrix. */
static int read_turn(struct container *container, struct pst_error *error)
{
	const AVStream *stream = container->format->streams[container->stream];
	size_t size = 0;
	const int32_t *matrix =
		(const int32_t *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);

	if (!matrix || size < 9 * sizeof(*matrix)) {
		return 0;
	}
	double angle = -av_display_rotation_get(matrix); // NaN of a matrix that scales to nothing
	bool turned = angle >= -180 && angle <= 180;
	int quarters = turned ? (int)(angle / 90 + (angle < 0 ? -0.5 : 0.5)) : 0;
	double askew = angle - 90 * quarters;
	bool mirrored = (double)matrix[0] * matrix[4] < (double)matrix[1] * matrix[3];

	if (!turned || !(askew > -0.5 && askew < 0.5) || mirrored) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: is to be shown mirrored or turned by other than quarters, which "
			"postern does not do; convert it first",
			container->path);
	}
	container->source.turn = 90 * ((quarters + 4) % 4);
	return 0;
}

#define BOXES_MAX 100000

/*
 * libavformat plays the first of several MP4 files that were joined and says nothing of the others;
 * each has a moov box of its own.
 */
static int check_joined(struct container *container, struct pst_error *error)
{
	AVIOContext *file = container->format->pb;
	int64_t back = avio_tell(file);
	int64_t end = avio_size(file);
	int64_t at = 0;
	int movies = 0;

	for (int i = 0; i < BOXES_MAX && at >= 0 && at + 8 <= end; i++) {
		uint8_t head[16];
		int got =
			avio_seek(file, at, SEEK_SET) < 0 ? 0 : avio_read(file, head, sizeof(head));
		int64_t size = got >= 8 ? AV_RB32(head) : 0;

		if (size == 1 && got == 16) {
			size = (int64_t)AV_RB64(head + 8);
		}
		if (size < 8 || size > end - at) {
			break;
		}
		movies += memcmp(head + 4, "moov", 4) == 0;
		at += size;
	}
	(void)avio_seek(file, back, SEEK_SET);
	if (movies > 1) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: %d MP4 recordings joined in one file, of which only the first would "
			"be played; split them, or join them with a video tool",
			container->path, movies);
	}
	return 0;
}

static int describe(struct container *container, struct pst_error *error)
{
	const AVStream *stream = container->format->streams[container->stream];
	struct replay_source *source = &container->source;

	source->codec = avcodec_parameters_alloc();
	if (!source->codec || avcodec_parameters_copy(source->codec, stream->codecpar) < 0) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", container->path);
	}
	source->time_base = stream->time_base;
	source->fps = stream->avg_frame_rate.den > 0 ? av_q2d(stream->avg_frame_rate) : 0;
	if (source->fps <= 0 && stream->r_frame_rate.den > 0) {
		source->fps = av_q2d(stream->r_frame_rate);
	}
	if (is_bare(container->format)) {
		source->fps = container->fps;
	}
	source->stored_order = strcmp(container->format->iformat->name, "avi") == 0;
	source->own_clock = has_mark(container->format, REPLAY_CLOCK_MARK);
	source->domain = has_mark(container->format, PST_DOMAIN_DRAWN_MARK) ? PST_DOMAIN_DRAWN
									    : PST_DOMAIN_PHOTOGRAPH;
	(void)snprintf(source->kind, sizeof(source->kind), "%s in %s",
		avcodec_get_name(source->codec->codec_id),
		short_name(container->format->iformat->name));
	if (strncmp(container->format->iformat->name, "mov,", 4) == 0) {
		int status = check_joined(container, error);

		if (status < 0) {
			return status;
		}
	}
	return read_turn(container, error);
}

static int container_rewind(struct replay_source *source, struct pst_error *error)
{
	struct container *container = (struct container *)source;

	close_format(container);
	container->bad_reads = 0;
	int status = open_format(container, error);
	if (status < 0) {
		return status;
	}
	status = choose_stream(container, error);
	if (status < 0) {
		return status;
	}
	const AVCodecParameters *now = container->format->streams[container->stream]->codecpar;

	if (source->codec && (now->codec_id != source->codec->codec_id)) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s: changed since it was opened", container->path);
	}
	return 0;
}

static int bad_read(struct container *container, int status, struct pst_error *error)
{
	if (++container->bad_reads > BAD_READS_MAX) {
		char reason[AV_ERROR_MAX_STRING_SIZE];

		(void)av_strerror(status, reason, sizeof(reason));
		return pst_error_set(error, PST_E_DEVICE, "%s: damaged, can't be read on: %s",
			container->path, reason);
	}
	return PST_E_CORRUPT;
}

static int container_read(struct replay_source *source, AVPacket *packet, struct pst_error *error)
{
	struct container *container = (struct container *)source;

	if (!container->format) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s: could not be rewound", container->path);
	}
	for (;;) {
		int status = av_read_frame(container->format, packet);

		if (status < 0 && container->input_error.status) {
			return input_trouble(container, error);
		}
		if (status == AVERROR_EOF) {
			return PST_E_END;
		}
		if (status < 0) {
			return bad_read(container, status, error);
		}
		if (packet->stream_index == container->stream) {
			break;
		}
		av_packet_unref(packet);
	}
	if (packet->size <= 0 || (packet->flags & AV_PKT_FLAG_CORRUPT)) {
		av_packet_unref(packet);
		return bad_read(container, AVERROR_INVALIDDATA, error);
	}
	if (packet->pts == AV_NOPTS_VALUE) {
		packet->pts = packet->dts;
	}
	container->bad_reads = 0;
	return 1;
}

static const struct replay_source_ops container_ops = {
	.read = container_read,
	.rewind = container_rewind,
	.close = container_close,
};

int pst_replay_container_open(struct replay_source **ret, const char *path,
	const struct replay_options *options, struct pst_error *error)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container) {
		if (options->input) {
			options->input->close(options->input->user);
		}
		return pst_error_set(error, -ENOMEM, "%s: out of memory", path);
	}
	container->source.ops = &container_ops;
	if (options->input) {
		container->input = *options->input;
	}
	container->fps = options->fps;
	container->path = strdup(path);
	int status = container->path ? container_rewind(&container->source, error)
				     : pst_error_set(error, -ENOMEM, "%s: out of memory", path);

	if (status == 0) {
		status = describe(container, error);
	}
	if (status < 0) {
		container_close(&container->source);
		return status;
	}
	*ret = &container->source;
	return 0;
}
