/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_DEVICE_H
#define PST_DEVICES_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "frame/frame.h"

/**
 * A source of frames: a camera, a recording, a drawn scene. For users; who writes a device reads
 * devices/impl.h too.
 *
 *   open -> stopped -> start -> streaming -> stop -> stopped -> close
 *                                   |
 *                                   +-> ended (a recording) or failed: only stop and close help
 *
 * One thread, [capture], makes all calls of one device.
 */
struct pst_device;

/** How fast a recording or a drawn scene hands out frames; cameras are always real. */
enum pst_pace {
	PST_PACE_UNSET = 0,
	PST_PACE_REAL, /* as recorded, against CLOCK_MONOTONIC */
	PST_PACE_MAX,  /* as fast as they are taken; time is the recording's own */
};

/** Which kind of pictures a source gives; calibrations name the domain they were measured on. */
enum pst_domain {
	PST_DOMAIN_UNSET = 0,
	PST_DOMAIN_PHOTOGRAPH, /* a camera, or a recording of unknown origin */
	PST_DOMAIN_DRAWN,      /* invented faces, drawn */
};

/** Metadata comment by which a recording says that it was drawn. */
#define PST_DOMAIN_DRAWN_MARK "postern-domain=drawn"

#define PST_DEVICE_TEXT_SIZE 128

/** What a device turned out to be, after open (format and rate: final after start). */
struct pst_device_info {
	char uri[512];
	char name[PST_DEVICE_TEXT_SIZE];   /* "USB Camera", "clip.avi" */
	char driver[PST_DEVICE_TEXT_SIZE]; /* "uvcvideo", "mjpeg in avi", "synthetic" */
	enum pst_frame_format format;	   /* as handed over */
	uint32_t width;			   /* px */
	uint32_t height;		   /* px */
	double fps;			   /* frames per second, 0 if unknown */
	bool live;			   /* a camera, or paced real: newest frame wins */
	bool pausable; /* may be stopped and started again without losing its place */
	enum pst_domain domain;
};

/**
 * Starts streaming.
 *
 * @return 0; PST_E_DEVICE or -errno with the error filled; then it is stopped
 * [capture]
 */
int pst_device_start(struct pst_device *device, struct pst_error *error) PST_MUST_CHECK;

/** Stops streaming; frames not yet released are void. Harmless when stopped. [capture] */
void pst_device_stop(struct pst_device *device);

/**
 * Descriptor that becomes readable when pst_device_next will have something.
 *
 * @return the device's own descriptor, or -1: the next frame is there whenever it is asked for
 * [capture & running]
 */
int pst_device_fd(const struct pst_device *device);

/**
 * Hands over the next frame without waiting and without looking into it.
 *
 * @param ret_frame  on 1 the caller's until pst_device_release; at most 2 are held at a time
 * @return 1; 0 nothing yet; PST_E_END the recording is over; PST_E_CORRUPT this frame is damaged
 *         and skipped (its number is spent), the next may be good; PST_E_DEVICE or -errno the
 *         device failed (error filled): stop it
 * [capture & running]
 */
int pst_device_next(struct pst_device *device, struct pst_frame *ret_frame,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Makes plane[] valid; call it only under a live permit, before any byte is read.
 *
 * Until then plane[] may be empty: a recording whose frames build on each other keeps them
 * compressed and decodes here, from the last key frame on. Cameras, MJPEG and drawn scenes have
 * nothing to do.
 *
 * @param frame  the newest one handed over, not released
 * @return 0; PST_E_CORRUPT this frame can't be decoded (error filled): release it and go on;
 *         PST_E_DEVICE or -errno the device failed: stop it
 * [capture & running]
 */
int pst_device_map(
	struct pst_device *device, struct pst_frame *frame, struct pst_error *error) PST_MUST_CHECK;

/** Gives the frame's buffer back, read or unread, and zeroes *frame. [capture & running] */
void pst_device_release(struct pst_device *device, struct pst_frame *frame);

/** @return borrowed until close */
const struct pst_device_info *pst_device_info(const struct pst_device *device);

/** Stops, releases everything, sets *device to NULL. Accepts NULL inside. [capture] */
void pst_device_close(struct pst_device **device);

/** @return "photograph", "drawn"; "unset" */
const char *pst_domain_name(enum pst_domain domain);

#endif
