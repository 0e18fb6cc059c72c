/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_FAKE_V4L2_H
#define TEST_SUPPORT_FAKE_V4L2_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/v4l2/ops.h"

/*
 * Cameras for tests, on devices/v4l2's table of operations: no root, no kernel driver, and faults
 * that no driver can be asked for. They are set up by writing into the structs below, at any time.
 *
 *   struct fake_v4l2 *fake = fake_v4l2_create();
 *   struct fake_camera *camera = fake_camera_add(fake, "/dev/video0", "A");
 *   pst_v4l2_open_on(&device, &fake->backend, "v4l2:/dev/video0", &error);
 *   pst_device_start(device, &error);
 *   fake_push(camera, &(struct fake_frame){.size = 9000});
 *
 * Frames are filled like a driver's: into the oldest queued buffer; with none queued the frame is
 * lost and its number skipped. Descriptors are pipes, readable while a buffer is filled; they hang
 * up at an unplug. Buffers are shared memory, mapped for reading only.
 */

#define FAKE_CAMERAS_MAX 8
#define FAKE_MODES_MAX 16
#define FAKE_RATES_MAX 8
#define FAKE_CONTROLS_MAX 24
#define FAKE_BUFFERS_MAX 32
#define FAKE_OPEN_MAX 16
#define FAKE_FAULTS_MAX 8
#define FAKE_REQUESTS 128 /* an ioctl's number, _IOC_NR */

struct fake_mode {
	uint32_t fourcc;
	uint32_t width; /* px */
	uint32_t height;
	double fps[FAKE_RATES_MAX]; /* ended by 0; none: the driver doesn't tell */
	/* a size in steps up to these, instead of one size; 0 for one */
	uint32_t width_max;
	uint32_t height_max;
	uint32_t step;
	/* of the bus, while streaming at fps[0]; 0: width x height x 2 x fps, an eighth for MJPG */
	uint64_t bytes_per_s;
};

struct fake_control {
	uint32_t id;
	enum v4l2_ctrl_type type;
	char name[32];
	int32_t least;
	int32_t most;
	int32_t step;
	int32_t initial;	 /* after power-on */
	uint32_t flags;		 /* V4L2_CTRL_FLAG_*, without INACTIVE */
	const char *const *menu; /* least..most; NULL elements are left out */
	/* inactive, so that writing is refused with EACCES, while this other control has this
	 * value; 0: never */
	uint32_t master;
	int32_t master_value;
	int32_t refuse; /* -errno of writing; 0 */
	bool deaf;	/* takes a value and keeps its own */
	int32_t value;
};

/** A request that fails. */
struct fake_fault {
	unsigned long request; /* VIDIOC_*; 0: all but QUERYCAP */
	int status;	       /* -errno */
	uint32_t after;	       /* so many are answered first */
	uint32_t times;	       /* then so many fail; 0: all that follow */
};

struct fake_frame {
	const void *bytes; /* NULL: size zeros */
	size_t size;	   /* bytesused, may exceed the buffer's */
	uint32_t flags;	   /* V4L2_BUF_FLAG_ERROR, TSTAMP_SRC_SOE, ...; monotonic is added */
	bool clock_unknown;
	uint32_t skipped;    /* numbers the driver loses before this frame */
	int64_t captured_ns; /* driver's time, if stamped; else now */
	bool stamped;
	uint32_t index; /* if misplaced: the index the driver names */
	bool misplaced;
};

struct fake_buffer {
	bool queued;
	bool filled;
	uint32_t bytesused;
	uint32_t flags;
	uint32_t sequence;
	uint32_t named; /* index that DQBUF tells */
	int64_t at_ns;
	uint64_t turn; /* order of queueing, then of filling */
};

struct fake_camera {
	struct fake_v4l2 *fake;
	char node[64];
	char name[32];
	char driver[16];
	char bus_info[32];
	char serial[32];
	char port[32]; /* "usb-1-1"; "" makes it no USB camera */
	uint16_t vendor;
	uint16_t product;
	uint32_t index; /* of the node within the camera */
	uint32_t bus;	/* cameras with one number share bus_budget */
	bool plugged;
	bool leaving;	       /* unplugged, but its USB device's folder is still there */
	uint32_t capabilities; /* of the whole camera */
	uint32_t device_caps;

	struct fake_mode mode[FAKE_MODES_MAX];
	size_t modes;
	struct fake_control control[FAKE_CONTROLS_MAX];
	size_t controls;
	struct fake_fault fault[FAKE_FAULTS_MAX];
	size_t faults;

	int open_status;	/* -errno that opening fails with; 0 */
	uint32_t buffers_least; /* what REQBUFS gives at least, at most */
	uint32_t buffers_most;
	uint32_t buffer_bytes;	    /* 0: width x height x 2 */
	uint32_t stride;	    /* bytesperline told; 0: as the format needs; never for MJPG */
	struct v4l2_pix_format lie; /* what S_FMT and G_FMT give while width is set */
	double fps_most;	    /* S_PARM gives no more; 0: no limit */
	bool mute;	      /* DQBUF never gives anything, the descriptor stays unreadable */
	uint32_t sequence;    /* of the next frame */
	bool held_by_another; /* S_FMT, REQBUFS, STREAMON: EBUSY */

	/* Kept by the fake, for tests to look at. */
	struct v4l2_pix_format format;
	double fps;
	bool streaming;
	int owner; /* descriptor that has the buffers, or -1 */
	int memory;
	uint32_t buffers;
	uint32_t buffer_room; /* bytes from buffer to buffer */
	struct fake_buffer buffer[FAKE_BUFFERS_MAX];
	uint64_t turn;
	uint64_t pushed;       /* frames made, however they ended */
	uint64_t overrun;      /* of them lost, since no buffer was queued */
	uint32_t queued_least; /* fewest buffers queued when a frame came; UINT32_MAX before */
	uint32_t calls[FAKE_REQUESTS];
	uint32_t failed[FAKE_REQUESTS];
	uint32_t opens;
	/* Called after each ioctl, may change what is answered. NULL: nothing */
	int (*after)(struct fake_camera *camera, unsigned long request, void *argument, int status);
	void *user;
};

/** Some cameras on some buses. */
struct fake_v4l2 {
	struct v4l2_backend backend;
	struct fake_camera camera[FAKE_CAMERAS_MAX];
	size_t cameras;
	uint64_t bus_budget; /* bytes per second of each bus: STREAMON beyond is ENOSPC; 0: no limit
			      */
	bool usb_told;	/* cameras have USB descriptors, buses of high speed count by settings */
	int64_t now_ns; /* the clock; 0: CLOCK_MONOTONIC */
	uint32_t maps;	/* now mapped */
	struct v4l2_watch *watch[FAKE_OPEN_MAX]; /* NULL: free */
	int reset_status;			 /* what resetting a port gives; 0 */
	uint32_t resets;			 /* of ports, successful or not */
	uint32_t lists;				 /* how often all nodes were listed */
	uint32_t mmaps_left; /* so many succeed, then ENOMEM; UINT32_MAX at first */
	struct {
		int fd;
		int peer;		    /* the pipe's other end */
		struct fake_camera *camera; /* NULL: unplugged since */
	} open[FAKE_OPEN_MAX];
};

/** @return a machine without cameras, to be given to fake_v4l2_destroy */
struct fake_v4l2 *fake_v4l2_create(void);

/** Frees it; fails the test if something is still open or mapped. Accepts NULL inside. */
void fake_v4l2_destroy(struct fake_v4l2 **fake);

/**
 * Plugs in a camera like a usual one: MJPG and YUYV at 640x480 and 1280x720 (30, 15; YUYV 720p: 9),
 * brightness, white balance and exposure with their automatics, mains frequency, focus.
 *
 * @return in the machine's own array
 */
struct fake_camera *fake_camera_add(struct fake_v4l2 *fake, const char *node, const char *serial);

/** Adds the metadata node that the camera added before has beside its video node. */
struct fake_camera *fake_metadata_add(struct fake_v4l2 *fake, const char *node);

/** Takes the camera away: its descriptors hang up, calls give ENODEV, the node is gone. */
void fake_unplug(struct fake_camera *camera);

/** Brings it back under a node's name, at its power-on values. */
void fake_replug(struct fake_camera *camera, const char *node);

/** Has watchers look again: nodes changed. Plugging does it by itself. */
void fake_tell(struct fake_v4l2 *fake);

/**
 * One frame of the camera's.
 *
 * @return index of the buffer that was filled; -1 lost, no buffer was queued; -2 not streaming
 */
int fake_push(struct fake_camera *camera, const struct fake_frame *frame);

/** Adds a fault. @return it, to be changed */
struct fake_fault *fake_fail(struct fake_camera *camera, unsigned long request, int status);

/** @return bytes per second that the camera moves in its mode */
uint64_t fake_load(const struct fake_camera *camera);

/** @return how often the request was made, how often it failed */
uint32_t fake_calls(const struct fake_camera *camera, unsigned long request);
uint32_t fake_failed(const struct fake_camera *camera, unsigned long request);

/** @return the control, or NULL */
struct fake_control *fake_control_of(struct fake_camera *camera, uint32_t id);

#endif
