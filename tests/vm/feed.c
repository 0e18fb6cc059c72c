/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed CLIP OUTPUT CAPTURE: plays a recording for ever into vivid's HDMI output, so that the HDMI
 * input it is plugged into shows it as a camera would. The clip must be 640x480.
 */
#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <linux/v4l2-dv-timings.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH 640
#define HEIGHT 480
#define FRAME (WIDTH * HEIGHT * 2)
#define FRAMES_MAX 64
#define BUFFERS 4

static uint8_t *frames[FRAMES_MAX];
static int count;

static int keep(struct SwsContext **scaler, const AVFrame *from)
{
	uint8_t *data[1] = {malloc(FRAME)};
	int stride[1] = {WIDTH * 2};

	*scaler = sws_getCachedContext(*scaler, from->width, from->height, from->format, WIDTH,
		HEIGHT, AV_PIX_FMT_YUYV422, SWS_BILINEAR, NULL, NULL, NULL);
	if (!data[0] || !*scaler) {
		return -1;
	}
	(void)sws_scale(*scaler, (const uint8_t *const *)from->data, from->linesize, 0,
		from->height, data, stride);
	frames[count++] = data[0];
	return 0;
}

static int read_clip(const char *path)
{
	AVFormatContext *format = NULL;
	struct SwsContext *scaler = NULL;
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_MJPEG));

	if (!packet || !frame || !codec || avcodec_open2(codec, NULL, NULL) < 0 ||
		avformat_open_input(&format, path, NULL, NULL) < 0) {
		return -1;
	}
	while (count < FRAMES_MAX && av_read_frame(format, packet) == 0) {
		(void)avcodec_send_packet(codec, packet);
		av_packet_unref(packet);
		if (avcodec_receive_frame(codec, frame) == 0 && keep(&scaler, frame) < 0) {
			return -1;
		}
	}
	sws_freeContext(scaler);
	avcodec_free_context(&codec);
	avformat_close_input(&format);
	av_packet_free(&packet);
	av_frame_free(&frame);
	return count > 0 ? 0 : -1;
}

static int open_node(const char *node)
{
	struct v4l2_dv_timings timings = V4L2_DV_BT_DMT_640X480P60;
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, VIDIOC_S_DV_TIMINGS, &timings) < 0) {
		(void)fprintf(stderr, "%s: timings: %s\n", node, strerror(errno));
		exit(3);
	}
	return fd;
}

static void set_format(int fd)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};

	format.fmt.pix.width = WIDTH;
	format.fmt.pix.height = HEIGHT;
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
	format.fmt.pix.field = V4L2_FIELD_NONE;
	if (ioctl(fd, VIDIOC_S_FMT, &format) < 0 || format.fmt.pix.sizeimage != FRAME) {
		(void)fprintf(stderr, "format: %s, %ux%u, %u bytes\n", strerror(errno),
			format.fmt.pix.width, format.fmt.pix.height, format.fmt.pix.sizeimage);
		exit(3);
	}
}

static uint8_t *map_buffer(int fd, uint32_t index)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .index = index};

	if (ioctl(fd, VIDIOC_QUERYBUF, &buffer) < 0) {
		return MAP_FAILED;
	}
	return mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, buffer.m.offset);
}

static int queue(int fd, uint32_t index)
{
	struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
		.memory = V4L2_MEMORY_MMAP,
		.index = index,
		.bytesused = FRAME,
		.field = V4L2_FIELD_NONE};

	return ioctl(fd, VIDIOC_QBUF, &buffer);
}

static int play(int fd)
{
	struct v4l2_requestbuffers ask = {
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .count = BUFFERS};
	int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
	uint8_t *data[BUFFERS];
	int next = 0;

	if (ioctl(fd, VIDIOC_REQBUFS, &ask) < 0 || ask.count != BUFFERS) {
		return -1;
	}
	for (uint32_t i = 0; i < BUFFERS; i++) {
		data[i] = map_buffer(fd, i);
		if (data[i] == MAP_FAILED) {
			return -1;
		}
		memcpy(data[i], frames[next++ % count], FRAME);
		if (queue(fd, i) < 0) {
			return -1;
		}
	}
	if (ioctl(fd, VIDIOC_STREAMON, &type) < 0) {
		return -1;
	}
	(void)puts("feeding");
	(void)fflush(stdout);
	/* vivid shows the last frame again until there is a new one. */
	for (;; next++) {
		(void)usleep(80000);
		struct v4l2_buffer done = {
			.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};

		if (ioctl(fd, VIDIOC_DQBUF, &done) < 0) {
			return -1;
		}
		memcpy(data[done.index], frames[next % count], FRAME);
		if (queue(fd, done.index) < 0) {
			return -1;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		return 2;
	}
	int output = open_node(argv[2]);

	(void)close(open_node(argv[3]));
	set_format(output);
	av_log_set_level(AV_LOG_ERROR);
	if (read_clip(argv[1]) < 0) {
		(void)fprintf(stderr, "%s: can't be read\n", argv[1]);
		return 3;
	}
	if (play(output) < 0) {
		(void)fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
	}
	return 3;
}
