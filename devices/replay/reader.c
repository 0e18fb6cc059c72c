/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/reader.h"

#include <libavutil/mathematics.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "devices/replay/picture.h"

/* Times beyond a year either way are damage. */
#define TIME_MAX_NS (366LL * 86400 * PST_NS_PER_S)

/* So many frames may be damaged before the first good one. */
#define FIRST_TRIES_MAX 16

static int open_source(struct replay_source **ret, const char *path,
	const struct replay_options *options, struct pst_error *error)
{
	struct stat at;

	if (options->input) {
		return pst_replay_container_open(ret, path, options, error);
	}
	if (stat(path, &at) < 0) {
		if (pst_replay_is_pattern(path)) {
			return pst_replay_images_open(ret, path, options, error);
		}
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be opened: %s", path,
			pst_status_text(-errno));
	}
	if (S_ISDIR(at.st_mode) || (S_ISREG(at.st_mode) && pst_replay_is_image_name(path))) {
		return pst_replay_images_open(ret, path, options, error);
	}
	if (!S_ISREG(at.st_mode)) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: neither a recording nor a folder of pictures%s", path,
			S_ISCHR(at.st_mode) ? "; a camera is named v4l2:/dev/videoN" : "");
	}
	return pst_replay_container_open(ret, path, options, error);
}

/* Asks the codec's parser, which reads headers and decodes nothing. */
static int parse_size(const AVCodecParameters *codec, const AVPacket *packet, uint32_t *ret_width,
	uint32_t *ret_height)
{
	AVCodecParserContext *parser = av_parser_init((int)codec->codec_id);
	AVCodecContext *context = avcodec_alloc_context3(NULL);
	uint8_t *out;
	int size;

	if (parser && context && avcodec_parameters_to_context(context, codec) == 0) {
		parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
		(void)av_parser_parse2(parser, context, &out, &size, packet->data, packet->size,
			AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
		*ret_width = (uint32_t)(parser->width > 0 ? parser->width : context->width);
		*ret_height = (uint32_t)(parser->height > 0 ? parser->height : context->height);
	}
	avcodec_free_context(&context);
	av_parser_close(parser);
	return *ret_width > 0 && *ret_height > 0 ? 0 : PST_E_CORRUPT;
}

static int find_size(const AVCodecParameters *codec, const AVPacket *packet, uint32_t *ret_width,
	uint32_t *ret_height)
{
	if (codec->codec_id == AV_CODEC_ID_MJPEG || codec->codec_id == AV_CODEC_ID_PNG) {
		return pst_replay_picture_size(
			packet->data, (size_t)packet->size, ret_width, ret_height);
	}
	return parse_size(codec, packet, ret_width, ret_height);
}

/* Reads up to the first good frame: it must exist, and may be all that knows its size. */
static int probe(struct replay_reader *reader, const char *path, struct pst_error *error)
{
	AVCodecParameters *codec = reader->source->codec;
	AVPacket *packet = av_packet_alloc();
	uint32_t width = codec->width > 0 ? (uint32_t)codec->width : 0;
	uint32_t height = codec->height > 0 ? (uint32_t)codec->height : 0;
	int status = packet ? PST_E_CORRUPT : -ENOMEM;

	for (int i = 0; i < FIRST_TRIES_MAX && status == PST_E_CORRUPT; i++) {
		status = pst_replay_reader_read(reader, packet, error);
		if (status == 1 && (width == 0 || height == 0)) {
			status = find_size(codec, packet, &width, &height);
			status = status == 0 ? 1 : status;
		}
		if (packet) {
			av_packet_unref(packet);
		}
	}
	av_packet_free(&packet);
	if (status < 0) {
		return pst_error_set(error, status == -ENOMEM ? status : PST_E_DEVICE,
			"%s: holds no readable frame", path);
	}
	if (width < 1 || width > PST_FRAME_SIDE_MAX || height < 1 || height > PST_FRAME_SIDE_MAX) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s: frames of %ux%u px", path, width, height);
	}
	codec->width = (int)width;
	codec->height = (int)height;
	return 0;
}

int pst_replay_reader_init(struct replay_reader *reader, const char *path,
	const struct replay_options *options, struct pst_error *error)
{
	*reader = (struct replay_reader){.options = *options, .fresh = true};
	int status = open_source(&reader->source, path, options, error);

	if (status < 0) {
		return status;
	}
	double fps = reader->source->fps;

	if (!(fps >= 0.01 && fps <= 10000)) {
		reader->source->fps = 0;
		fps = options->fps;
	}
	reader->period_ns = (int64_t)(1e9 / fps);
	status = probe(reader, path, error);
	if (status == 0) {
		status = pst_replay_reader_rewind(reader, error);
	}
	if (status < 0) {
		pst_replay_reader_finish(reader);
	}
	return status;
}

static void start_round(struct replay_reader *reader)
{
	reader->any = false;
	reader->offset_ns = reader->end_ns;
}

int pst_replay_reader_rewind(struct replay_reader *reader, struct pst_error *error)
{
	reader->played = 0;
	reader->last_ns = 0;
	reader->end_ns = 0;
	start_round(reader);
	if (reader->fresh) {
		return 0;
	}
	int status = reader->source->ops->rewind(reader->source, error);

	reader->fresh = status == 0;
	return status;
}

/* Key frames come in the order they are shown in: one that goes back begins another recording. */
static bool is_joined(struct replay_reader *reader, const AVPacket *packet, int64_t file_ns)
{
	bool key = packet->flags & AV_PKT_FLAG_KEY;
	bool joined = key && reader->any && file_ns <= reader->key_ns;

	if (key) {
		reader->key_ns = file_ns;
	}
	return joined;
}

static void set_time(struct replay_reader *reader, AVPacket *packet)
{
	static const AVRational ns = {1, 1000000000};
	int64_t at = reader->any ? reader->last_ns + reader->period_ns : 0;

	if (packet->pts != AV_NOPTS_VALUE) {
		int64_t file_ns = av_rescale_q(packet->pts, reader->source->time_base, ns);

		if (file_ns > -TIME_MAX_NS && file_ns < TIME_MAX_NS) {
			if (is_joined(reader, packet, file_ns)) {
				start_round(reader);
			}
			if (!reader->any) {
				reader->first_ns = reader->source->own_clock ? 0 : file_ns;
			}
			at = file_ns - reader->first_ns;
		}
	}
	reader->last_ns = at;
	reader->any = true;
	packet->pts = at + reader->offset_ns;
	packet->dts = AV_NOPTS_VALUE;
	if (packet->pts + reader->period_ns > reader->end_ns) {
		reader->end_ns = packet->pts + reader->period_ns;
	}
}

int pst_replay_reader_read(struct replay_reader *reader, AVPacket *packet, struct pst_error *error)
{
	reader->fresh = false;
	int status = reader->source->ops->read(reader->source, packet, error);

	if (status == PST_E_END && reader->any) {
		reader->played++;
		if (reader->options.loop != 0 && reader->played >= reader->options.loop) {
			return PST_E_END;
		}
		status = reader->source->ops->rewind(reader->source, error);
		if (status < 0) {
			return status;
		}
		start_round(reader);
		status = reader->source->ops->read(reader->source, packet, error);
	}
	if (status == 1) {
		set_time(reader, packet);
	}
	return status;
}

void pst_replay_reader_finish(struct replay_reader *reader)
{
	if (reader->source) {
		reader->source->ops->close(reader->source);
	}
	*reader = (struct replay_reader){0};
}
