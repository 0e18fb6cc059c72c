/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/writer.h"

#include <errno.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/replay/pixels.h"
#include "devices/replay/source.h"

#define IO_SIZE (64 * 1024)

struct pst_replay_writer {
	struct pst_output output;
	struct pst_error trouble; /* the output's own, under libav's */
	enum pst_frame_format format;
	uint32_t width;
	uint32_t height;
	AVFormatContext *context;
	AVPacket *packet;
	int64_t last_ms;
};

static int write_bytes(void *opaque, uint8_t *data, int size)
{
	struct pst_replay_writer *writer = opaque;

	if (writer->trouble.status == 0) {
		(void)!writer->output.write(
			writer->output.user, data, (size_t)size, &writer->trouble);
	}
	return writer->trouble.status < 0 ? AVERROR(EIO) : size;
}

/* Reports what libav says, but the output's own trouble first: it is what a person can act on. */
static int trouble(struct pst_replay_writer *writer, int av_status, struct pst_error *error)
{
	char text[AV_ERROR_MAX_STRING_SIZE] = "";

	if (writer->trouble.status < 0) {
		return pst_error_set(error, writer->trouble.status, "%s", writer->trouble.text);
	}
	(void)av_strerror(av_status, text, sizeof(text));
	return pst_error_set(error, PST_E_DEVICE, "recording: can't be written: %s", text);
}

static int add_stream(struct pst_replay_writer *writer, const struct pst_device_info *info,
	struct pst_error *error)
{
	AVStream *stream = avformat_new_stream(writer->context, NULL);
	const char *mark = info->domain == PST_DOMAIN_DRAWN ? PST_DOMAIN_DRAWN_MARK
				   " " REPLAY_CLOCK_MARK
							    : REPLAY_CLOCK_MARK;

	if (!stream || av_dict_set(&writer->context->metadata, "comment", mark, 0) < 0) {
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	stream->codecpar->width = (int)info->width;
	stream->codecpar->height = (int)info->height;
	stream->time_base = (AVRational){1, 1000};
	if (info->fps > 0) {
		stream->avg_frame_rate = av_d2q(info->fps, 100000);
	}
	if (info->format == PST_FRAME_FORMAT_MJPEG) {
		stream->codecpar->codec_id = AV_CODEC_ID_MJPEG;
		return 0;
	}
	enum AVPixelFormat pixels = pst_replay_pixels_of(info->format);

	stream->codecpar->codec_id = AV_CODEC_ID_RAWVIDEO;
	stream->codecpar->format = pixels;
	stream->codecpar->codec_tag = avcodec_pix_fmt_to_codec_tag(pixels);
	/* Blue, green, red without a name of its own would be read upside down. */
	if (pixels == AV_PIX_FMT_NONE || pixels == AV_PIX_FMT_BGR24 ||
		stream->codecpar->codec_tag == 0) {
		return pst_error_set(error, PST_E_FORMAT,
			"recording: frames in %s have no place in a video file; choose another "
			"format of the camera, or --trace",
			pst_frame_format_name(info->format));
	}
	return 0;
}

static int open_context(struct pst_replay_writer *writer, const struct pst_device_info *info,
	struct pst_error *error)
{
	uint8_t *buffer = av_malloc(IO_SIZE);
	AVIOContext *io =
		buffer ? avio_alloc_context(buffer, IO_SIZE, 1, writer, NULL, write_bytes, NULL)
		       : NULL;

	if (!io) {
		av_free(buffer);
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	io->seekable = 0;
	writer->packet = av_packet_alloc();
	if (!writer->packet ||
		avformat_alloc_output_context2(&writer->context, NULL, "matroska", NULL) < 0) {
		av_freep(&io->buffer);
		avio_context_free(&io);
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	writer->context->pb = io;
	writer->context->flags |= AVFMT_FLAG_BITEXACT;
	int status = add_stream(writer, info, error);

	if (status == 0) {
		AVDictionary *options = NULL;

		/* Pixels that Matroska has no name of its own for go under AVI's. */
		(void)av_dict_set(&options, "allow_raw_vfw", "1", 0);
		int av_status = avformat_write_header(writer->context, &options);

		av_dict_free(&options);
		status = av_status < 0 ? trouble(writer, av_status, error) : 0;
	}
	return status;
}

int pst_replay_writer_open(struct pst_replay_writer **ret, const struct pst_device_info *info,
	const struct pst_output *output, struct pst_error *error)
{
	struct pst_replay_writer *writer = calloc(1, sizeof(*writer));

	if (!writer) {
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	av_log_set_level(AV_LOG_QUIET);
	writer->output = *output;
	writer->format = info->format;
	writer->width = info->width;
	writer->height = info->height;
	writer->last_ms = -1;
	int status = open_context(writer, info, error);

	if (status < 0) {
		pst_replay_writer_close(&writer);
		return status;
	}
	*ret = writer;
	return 0;
}

/* Rows one after the other without padding, as raw video lies in a file. */
static int pack(AVPacket *packet, const struct pst_frame *frame)
{
	size_t size = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		size += (size_t)pst_frame_plane_row_bytes(frame->format, i, frame->width) *
			pst_frame_plane_rows(frame->format, i, frame->height);
	}
	if (size > INT32_MAX - AV_INPUT_BUFFER_PADDING_SIZE ||
		av_new_packet(packet, (int)size) < 0) {
		return -ENOMEM;
	}
	uint8_t *to = packet->data;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		uint32_t row = pst_frame_plane_row_bytes(frame->format, i, frame->width);
		uint32_t rows = pst_frame_plane_rows(frame->format, i, frame->height);

		for (uint32_t y = 0; y < rows; y++) {
			memcpy(to, frame->plane[i].data + (size_t)y * frame->plane[i].stride, row);
			to += row;
		}
	}
	return 0;
}

int pst_replay_writer_put(
	struct pst_replay_writer *writer, const struct pst_frame *frame, struct pst_error *error)
{
	AVPacket *packet = writer->packet;
	int64_t ms = frame->captured_ns / PST_NS_PER_MS;
	int status = pst_frame_check(frame, error);

	if (status == 0 && (frame->format != writer->format || frame->width != writer->width ||
				   frame->height != writer->height)) {
		status = pst_error_set(error, PST_E_CORRUPT,
			"recording: a frame of %ux%u %s among others", frame->width, frame->height,
			pst_frame_format_name(frame->format));
	}
	if (status < 0) {
		return status;
	}
	if (frame->format == PST_FRAME_FORMAT_MJPEG) {
		packet->data = (uint8_t *)(uintptr_t)frame->plane[0].data;
		packet->size = (int)frame->plane[0].size;
	} else if (pack(packet, frame) < 0) {
		return pst_error_set(error, -ENOMEM, "recording: out of memory");
	}
	writer->last_ms = ms > writer->last_ms ? ms : writer->last_ms + 1;
	packet->pts = packet->dts = writer->last_ms;
	packet->flags = AV_PKT_FLAG_KEY;
	packet->stream_index = 0;
	int av_status = av_write_frame(writer->context, packet);

	av_packet_unref(packet);
	return av_status < 0 || writer->trouble.status < 0 ? trouble(writer, av_status, error) : 0;
}

int pst_replay_writer_finish(struct pst_replay_writer *writer, struct pst_error *error)
{
	int av_status = av_write_trailer(writer->context);

	avio_flush(writer->context->pb);
	return av_status < 0 || writer->trouble.status < 0 ? trouble(writer, av_status, error) : 0;
}

void pst_replay_writer_close(struct pst_replay_writer **writer)
{
	struct pst_replay_writer *gone = *writer;

	if (!gone) {
		return;
	}
	if (gone->context) {
		AVIOContext *io = gone->context->pb;

		if (io) {
			av_freep(&io->buffer);
			avio_context_free(&io);
		}
		avformat_free_context(gone->context);
	}
	av_packet_free(&gone->packet);
	free(gone);
	*writer = NULL;
}
