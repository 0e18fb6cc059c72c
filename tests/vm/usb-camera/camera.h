/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_CAMERA_H
#define USB_CAMERA_CAMERA_H

#include "controls.h"
#include "descriptors.h"
#include "fault.h"
#include "log.h"
#include "picture.h"
#include "stream.h"
#include "usbip.h"

#define PROBE_SIZE 26 /* bytes of UVC 1.0's probe and commit */
#define SWAP_MARK 1   /* added to the mark when it comes back as another camera */

/** What the camera is told to be. */
struct settings {
	struct modes modes;
	struct identity identity;
	char swap[64]; /* serial of the other camera it comes back as, in turns; "": none */
	struct wiring wiring;
	unsigned port;
	uint32_t payload; /* bytes asked of the bus whatever the mode; 0: what it needs */
	bool clock;	  /* payload headers tell the camera's clock */
	const char *picture;
	unsigned settle; /* frames of a stream until the automatic exposure has settled */
	char mark;
	const char *log;
	struct fault_script faults;
	uint32_t seed;
	int64_t replug_ns; /* from an unplug to the next plugging; -1: never */
	unsigned cycles;   /* times that it comes back; 0: always */
};

/*
 *   unplugged -> plug -> idle -> commit, alternate setting -> streaming -> alternate setting 0 ->
 * idle ^                                                          |
 *       +------------------- unplug, from anywhere ----------------+
 *
 * One thread; all of it waits in one place, camera_run().
 */
struct camera {
	const struct settings *settings;
	struct fault_script faults;
	struct identity identity; /* who it is just now */
	char mark;
	struct descriptors descriptors;
	struct controls controls;
	struct picture *picture; /* owned */
	struct log log;
	struct usbip_link link;
	struct stream stream;
	uint8_t probe[PROBE_SIZE], commit[PROBE_SIZE];
	uint8_t configuration, alt;
	bool streaming;
	bool leaving;	   /* the process ends with the next unplug */
	unsigned plug;	   /* from 1; how often it was plugged in */
	unsigned session;  /* stream starts */
	uint64_t number;   /* of the last frame */
	uint64_t taken;	   /* frames handed over in full */
	uint64_t sequence; /* of the next frame in this session */
	int64_t begun_ns;  /* first plugging */
	int64_t due_ns;	   /* of the next frame */
	int64_t replug_at; /* INT64_MAX: not by itself */
	struct sent sent;  /* the frame on its way */
	uint8_t *scratch;  /* owned; a damaged copy */
	size_t scratch_room;
};

/**
 * Opens picture and log and plugs the camera in, and runs it until SIGTERM, SIGINT or the last
 * unplug. SIGUSR1 unplugs it, SIGUSR2 plugs it in again.
 *
 * @return 0; -errno or PST_E_* with the error filled
 */
int camera_run(const struct settings *settings, struct pst_error *error) PST_MUST_CHECK;

/** Begins a stream, as the host asked for it. */
void camera_start(struct camera *camera);

/** Ends the stream; a frame on its way is cut off. Harmless when idle. */
void camera_stop(struct camera *camera);

/** What is left when a bus reset or a configuration was given: the power-on state. */
void camera_reset(struct camera *camera);

/** @return the size that the host chose */
struct size camera_size(const struct camera *camera);

/** @return the format that the host chose */
enum format camera_format(const struct camera *camera);

/** @return the interval that the host chose, 100 ns */
uint32_t camera_interval(const struct camera *camera);

/** Fills probe and commit with what the camera would choose itself. */
void request_reset(struct camera *camera);

/**
 * Answers a request on endpoint 0.
 *
 * @param answer  room for CONFIG_MAX bytes
 * @return bytes of the answer, or bytes taken of an OUT request; -EPIPE stalled; -EPROTO wedged
 */
int request_answer(struct camera *camera, const struct usbip_command *command,
	uint8_t answer[CONFIG_MAX]) PST_MUST_CHECK;

#endif
