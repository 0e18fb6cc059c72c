/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare-reader NODE FOURCC WIDTHxHEIGHT FPS FRAMES: the least a program can do to take frames from a
 * camera: poll, DQBUF, QBUF. What postern's own reader is measured against. Prints JSON: the
 * processor time of so many frames, once some have been taken.
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define BUFFERS 4
#define WARM 30 /* frames, after which processor time is counted */

static void need(int status, const char *what)
{
	if (status < 0) {
		perror(what);
		exit(3);
	}
}

static void settle(int fd, const char *fourcc, const char *size, const char *fps)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	char *end = NULL;

	format.fmt.pix.pixelformat = v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]);
	format.fmt.pix.width = (uint32_t)strtoul(size, &end, 10);
	format.fmt.pix.height = (uint32_t)strtoul(end + 1, NULL, 10);
	need(ioctl(fd, VIDIOC_S_FMT, &format), "S_FMT");
	rate.parm.capture.timeperframe.numerator = 1;
	rate.parm.capture.timeperframe.denominator = (uint32_t)strtoul(fps, NULL, 10);
	need(ioctl(fd, VIDIOC_S_PARM, &rate), "S_PARM");
}

static void queue_all(int fd)
{
	struct v4l2_requestbuffers ask = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .count = BUFFERS};

	need(ioctl(fd, VIDIOC_REQBUFS, &ask), "REQBUFS");
	for (uint32_t i = 0; i < ask.count; i++) {
		struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.memory = V4L2_MEMORY_MMAP,
			.index = i};

		need(ioctl(fd, VIDIOC_QUERYBUF, &buffer), "QUERYBUF");
		if (mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, fd, buffer.m.offset) ==
			MAP_FAILED) {
			need(-1, "mmap");
		}
		need(ioctl(fd, VIDIOC_QBUF, &buffer), "QBUF");
	}
}

static double spent_ms(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct rusage begin = {0}, end;

	if (argc != 6 || strlen(argv[2]) != 4 || !strchr(argv[3], 'x')) {
		return 2;
	}
	int fd = open(argv[1], O_RDWR | O_CLOEXEC | O_NONBLOCK);

	need(fd, argv[1]);
	settle(fd, argv[2], argv[3], argv[4]);
	queue_all(fd);
	need(ioctl(fd, VIDIOC_STREAMON, &type), "STREAMON");
	for (int i = 0; i < WARM + atoi(argv[5]); i++) {
		if (i == WARM) {
			need(getrusage(RUSAGE_SELF, &begin), "getrusage");
		}
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		struct v4l2_buffer buffer = {
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};

		need(poll(&poller, 1, -1), "poll");
		need(ioctl(fd, VIDIOC_DQBUF, &buffer), "DQBUF");
		need(ioctl(fd, VIDIOC_QBUF, &buffer), "QBUF");
	}
	need(getrusage(RUSAGE_SELF, &end), "getrusage");
	(void)printf("{\"frames\": %d, \"cpu_ms\": %.3f}\n", atoi(argv[5]),
		spent_ms(&end) - spent_ms(&begin));
	return 0;
}
