/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/gop.h"

#include <stdlib.h>

/*
 * Frames are shown in another order than they are stored. H.264 and H.265 hold back 16 at most
 * (ITU-T H.264 A.3.1, max_dec_frame_buffering).
 */
#define REORDER_MAX 16
#define UNSHOWN_MAX (4 * REORDER_MAX)
#define RING (REPLAY_GOP_PACKETS + UNSHOWN_MAX)

struct unshown {
	int64_t pts;
	bool damaged; /* could not even be read */
};

struct replay_gop {
	AVCodecContext *codec;
	const char *name; /* borrowed: the recording, for messages */
	bool intra;	  /* every frame stands for itself */
	uint32_t ahead;	  /* frames to read before the next one to show is known */

	/* Packets [head, tail), numbered from 0 as stored; packet n is in ring[n % RING]. */
	AVPacket *ring[RING];
	uint64_t head;
	uint64_t tail;
	size_t bytes;
	AVPacket *spare;
	bool await_key; /* what comes before the next key frame is of no use */

	struct unshown unshown[UNSHOWN_MAX]; /* latest first */
	uint32_t unshown_count;
	int64_t shown;	/* time of the frame that may still be decoded */
	int64_t newest; /* time of the frame read last */
	bool ended;

	uint64_t feed; /* the packet that the decoder takes next */
	bool live;     /* the decoder has taken all from a key frame up to feed */
	bool drained;
	AVFrame *early; /* decoded, later than asked for */
	int64_t last_out;
};

static const enum AVCodecID decodable[] = {
	AV_CODEC_ID_RAWVIDEO,
	AV_CODEC_ID_MJPEG, /* turned ones only; else they are handed over as they are */
	AV_CODEC_ID_H264,
	AV_CODEC_ID_HEVC,
	AV_CODEC_ID_MPEG4,
	AV_CODEC_ID_MPEG2VIDEO,
	AV_CODEC_ID_MPEG1VIDEO,
	AV_CODEC_ID_VP8,
	AV_CODEC_ID_VP9,
	AV_CODEC_ID_AV1,
	AV_CODEC_ID_FFV1,
	AV_CODEC_ID_HUFFYUV,
	AV_CODEC_ID_FFVHUFF,
	AV_CODEC_ID_UTVIDEO,
	AV_CODEC_ID_PNG,
};

static const AVCodec *find_decoder(enum AVCodecID id)
{
	for (size_t i = 0; i < sizeof(decodable) / sizeof(decodable[0]); i++) {
		if (decodable[i] == id) {
			return avcodec_find_decoder(id);
		}
	}
	return NULL;
}

static int open_decoder(struct replay_gop *gop, const AVCodec *decoder,
	const AVCodecParameters *codec, struct pst_error *error)
{
	gop->codec = avcodec_alloc_context3(decoder);
	if (!gop->codec || avcodec_parameters_to_context(gop->codec, codec) < 0) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", gop->name);
	}
	gop->codec->thread_count = 1;
	gop->codec->pkt_timebase = (AVRational){1, 1000000000};
	/* Decoders pad sides and take scratch room; a size far beyond that is damage. */
	gop->codec->max_pixels = 4LL * (codec->width + 256) * (codec->height + 256);
	int status = avcodec_open2(gop->codec, decoder, NULL);

	if (status < 0) {
		char reason[AV_ERROR_MAX_STRING_SIZE];

		(void)av_strerror(status, reason, sizeof(reason));
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be decoded as %s: %s",
			gop->name, decoder->name, reason);
	}
	return 0;
}

int pst_replay_gop_create(struct replay_gop **ret, const AVCodecParameters *codec, const char *name,
	struct pst_error *error)
{
	const AVCodec *decoder = find_decoder(codec->codec_id);
	const AVCodecDescriptor *about = avcodec_descriptor_get(codec->codec_id);

	if (!decoder) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: holds %s, which postern does not decode; convert it, for example to "
			"MJPEG in AVI",
			name, avcodec_get_name(codec->codec_id));
	}
	struct replay_gop *gop = calloc(1, sizeof(*gop));

	if (!gop) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", name);
	}
	gop->name = name;
	gop->shown = INT64_MIN;
	gop->intra = codec->codec_id == AV_CODEC_ID_PNG ||
		     (about && (about->props & AV_CODEC_PROP_INTRA_ONLY));
	gop->ahead = gop->intra ? 0 : REORDER_MAX;
	gop->spare = av_packet_alloc();
	gop->early = av_frame_alloc();
	bool room = gop->spare && gop->early;

	for (int i = 0; i < RING; i++) {
		gop->ring[i] = av_packet_alloc();
		room = room && gop->ring[i];
	}
	int status = room ? open_decoder(gop, decoder, codec, error)
			  : pst_error_set(error, -ENOMEM, "%s: out of memory", name);

	if (status < 0) {
		pst_replay_gop_destroy(&gop);
		return status;
	}
	*ret = gop;
	return 0;
}

void pst_replay_gop_destroy(struct replay_gop **gop)
{
	if (!*gop) {
		return;
	}
	for (int i = 0; i < RING; i++) {
		av_packet_free(&(*gop)->ring[i]);
	}
	av_packet_free(&(*gop)->spare);
	av_frame_free(&(*gop)->early);
	avcodec_free_context(&(*gop)->codec);
	free(*gop);
	*gop = NULL;
}

static void drop_to(struct replay_gop *gop, uint64_t head)
{
	for (; gop->head < head; gop->head++) {
		AVPacket *packet = gop->ring[gop->head % RING];

		gop->bytes -= (size_t)packet->size;
		av_packet_unref(packet);
	}
}

void pst_replay_gop_reset(struct replay_gop *gop)
{
	drop_to(gop, gop->tail);
	av_packet_unref(gop->spare);
	av_frame_unref(gop->early);
	gop->await_key = false;
	gop->unshown_count = 0;
	gop->shown = INT64_MIN;
	gop->newest = 0;
	gop->ended = false;
	gop->live = false;
}

static void append(struct replay_gop *gop)
{
	AVPacket *packet = gop->spare;

	if (gop->intra) {
		packet->flags |= AV_PKT_FLAG_KEY;
	}
	if (gop->tail - gop->head == REPLAY_GOP_PACKETS ||
		gop->bytes + (size_t)packet->size > REPLAY_GOP_BYTES) {
		drop_to(gop, gop->tail);
		gop->live = false;
		gop->await_key = true;
	}
	if (gop->await_key && !(packet->flags & AV_PKT_FLAG_KEY)) {
		av_packet_unref(packet);
		return;
	}
	gop->await_key = false;
	gop->bytes += (size_t)packet->size;
	av_packet_move_ref(gop->ring[gop->tail % RING], packet);
	gop->tail++;
}

static void expect(struct replay_gop *gop, int64_t pts, bool damaged)
{
	uint32_t at = gop->unshown_count++;

	for (; at > 0 && gop->unshown[at - 1].pts <= pts; at--) {
		gop->unshown[at] = gop->unshown[at - 1];
	}
	gop->unshown[at] = (struct unshown){pts, damaged};
	gop->newest = pts;
}

/* @return 0 or what failed for good; a damaged frame keeps its place among the others */
static int read_one(struct replay_gop *gop, struct replay_reader *reader, struct pst_error *error)
{
	int status = pst_replay_reader_read(reader, gop->spare, error);

	switch (status) {
	case 1:
		expect(gop, gop->spare->pts, false);
		append(gop);
		return 0;
	case PST_E_CORRUPT:
		expect(gop, gop->newest, true);
		return 0;
	case PST_E_END:
		gop->ended = true;
		return 0;
	default:
		return status;
	}
}

/* A frame is not needed once the decoder took it, or a key frame after it has been shown. */
static void trim(struct replay_gop *gop)
{
	uint64_t head = gop->live && gop->feed > gop->head ? gop->feed : gop->head;

	for (uint64_t n = gop->tail; n > head; n--) {
		const AVPacket *packet = gop->ring[(n - 1) % RING];

		if ((packet->flags & AV_PKT_FLAG_KEY) && packet->pts <= gop->shown) {
			head = n - 1;
			break;
		}
	}
	drop_to(gop, head);
}

int pst_replay_gop_show(struct replay_gop *gop, struct replay_reader *reader, int64_t *ret_pts,
	struct pst_error *error)
{
	while (!gop->ended && gop->unshown_count <= gop->ahead) {
		int status = read_one(gop, reader, error);

		if (status < 0) {
			return status;
		}
	}
	if (gop->unshown_count == 0) {
		return PST_E_END;
	}
	struct unshown next = gop->unshown[--gop->unshown_count];

	if (next.damaged) {
		return PST_E_CORRUPT;
	}
	trim(gop);
	gop->shown = next.pts;
	*ret_pts = next.pts;
	return 1;
}

/* @return 1 fed; 0 nothing left; PST_E_CORRUPT too far ahead of what is shown */
static int feed(struct replay_gop *gop, struct replay_reader *reader, struct pst_error *error)
{
	while (gop->feed == gop->tail && !gop->ended) {
		if (gop->unshown_count == UNSHOWN_MAX) {
			return PST_E_CORRUPT;
		}
		int status = read_one(gop, reader, error);

		if (status < 0) {
			return status;
		}
		if (!gop->live) {
			return PST_E_CORRUPT;
		}
	}
	if (gop->feed == gop->tail) {
		if (gop->drained) {
			return 0;
		}
		gop->drained = true;
		(void)avcodec_send_packet(gop->codec, NULL);
		return 1;
	}
	/* A damaged packet shows by the picture that does not come, or comes flagged. */
	(void)avcodec_send_packet(gop->codec, gop->ring[gop->feed++ % RING]);
	return 1;
}

static bool is_damaged(const AVFrame *frame)
{
	return (frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags;
}

/*
 * The time of a picture in stored order is wrong once pictures come out in another order, and
 * with it the question whether a permit held when it was taken.
 */
static int check_order(
	struct replay_gop *gop, const struct replay_reader *reader, struct pst_error *error)
{
	int64_t last = gop->last_out;

	gop->last_out = gop->early->pts;
	if (reader->source->stored_order && gop->early->pts < last) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: its frames are stored out of order and AVI does not tell when each is "
			"shown (B-frames); convert it, for example to MP4",
			gop->name);
	}
	return 0;
}

/* @return 1 with a picture at or after pts in gop->early, 0 none comes, or feed's errors */
static int advance(
	struct replay_gop *gop, struct replay_reader *reader, int64_t pts, struct pst_error *error)
{
	if (gop->early->buf[0] && gop->early->pts >= pts) {
		return 1;
	}
	for (;;) {
		av_frame_unref(gop->early);
		int status = avcodec_receive_frame(gop->codec, gop->early);

		if (status == 0) {
			status = check_order(gop, reader, error);
			if (status < 0) {
				return status;
			}
			if (gop->early->pts >= pts) {
				return 1;
			}
			continue;
		}
		if (status == AVERROR_EOF) {
			return 0;
		}
		status = feed(gop, reader, error);
		if (status <= 0) {
			return status;
		}
	}
}

static void restart(struct replay_gop *gop)
{
	if (!gop->live || gop->feed < gop->head) {
		avcodec_flush_buffers(gop->codec);
		av_frame_unref(gop->early);
		gop->feed = gop->head;
		gop->last_out = INT64_MIN;
		gop->drained = false;
		gop->live = gop->head < gop->tail;
	}
}

int pst_replay_gop_decode(struct replay_gop *gop, struct replay_reader *reader, int64_t pts,
	AVFrame *frame, struct pst_error *error)
{
	restart(gop);
	if (!gop->live) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: no key frame within %d frames; the next one is waited for", gop->name,
			REPLAY_GOP_PACKETS);
	}
	int status = advance(gop, reader, pts, error);

	if (status < 0 && status != PST_E_CORRUPT) {
		return status;
	}
	if (status != 1 || gop->early->pts > pts || is_damaged(gop->early)) {
		return pst_error_set(error, PST_E_CORRUPT, "%s: frame at %.3f s is damaged",
			gop->name, (double)pts / 1e9);
	}
	av_frame_move_ref(frame, gop->early);
	return 0;
}
