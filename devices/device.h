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
 *   open -> stopped -- start --> streaming -- stop --> stopped -> close
 *              ^                     |
 *              |                     +-> ended (a recording): only stop and close help
 *              |                     +-> failed -- stop --> away -> close
 *              +------- return, answering 1 ------------------+
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

/** Why a source that failed is away. */
enum pst_device_away {
	PST_DEVICE_AWAY_UNSET = 0, /* it is there */
	PST_DEVICE_AWAY_UNPLUGGED,
	PST_DEVICE_AWAY_STALLED, /* it streams and gives no frame, see pst_device_check */
	PST_DEVICE_AWAY_WEDGED,	 /* the device is there and answers nothing (EPROTO) */
	PST_DEVICE_AWAY_FAILED,	 /* anything else */
};

/**
 * What became of the frames that a source made since it was opened, each under one cause:
 * made == good + lost + flagged + undersized + torn. Zeroed is a valid start.
 */
struct pst_device_counts {
	uint64_t good;	     /* handed over, and not found torn when mapped */
	uint64_t lost;	     /* numbers that the driver skipped */
	uint64_t flagged;    /* the driver says that it is damaged */
	uint64_t undersized; /* fewer bytes than its format needs, or none */
	uint64_t torn; /* its bytes are no whole picture; known only of frames that were mapped */
	uint64_t settling;  /* of good: handed over with settling set */
	uint64_t restamped; /* of all handed over: the driver's time was of no use */
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
#define PST_DEVICE_CHOICE_SIZE 512
#define PST_DEVICE_STALL_INTERVALS 10 /* frame intervals; at least PST_DEVICE_STALL_MS */
#define PST_DEVICE_STALL_MS 1000
#define PST_DEVICE_FIRST_MS 5000 /* for the first frame after a start */

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
	/* why this mode and no other, one line; "" where there was nothing to choose */
	char choice[PST_DEVICE_CHOICE_SIZE];
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
 * To be asked once for each time that the descriptor is found readable, which it stays while there
 * is more: asking on until 0 costs a call of the driver in vain for each frame.
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
 * compressed and decodes here, from the last key frame on. JPEGs are looked through, see
 * devices/jpeg.h; raw pictures and drawn scenes have nothing to do.
 *
 * @param frame  the newest one handed over, not released
 * @return 0; PST_E_CORRUPT this frame can't be decoded (error filled): release it and go on;
 *         -EAGAIN its bytes are not to be had (error untouched): release it and go on;
 *         PST_E_DEVICE or -errno the device failed: stop it
 * [capture & running]
 */
int pst_device_map(
	struct pst_device *device, struct pst_frame *frame, struct pst_error *error) PST_MUST_CHECK;

/**
 * Fails a source that streams but has given no frame for PST_DEVICE_STALL_INTERVALS, or none at all
 * for PST_DEVICE_FIRST_MS after its start. To be called now and then; it asks the driver nothing
 * before that time is over, and a frame that waits to be taken is no stall.
 *
 * @return 0; PST_E_TIMEOUT with the error filled: stop it
 * [capture & running]
 */
int pst_device_check(struct pst_device *device, struct pst_error *error) PST_MUST_CHECK;

/** @return what became of the frames so far */
struct pst_device_counts pst_device_counts(const struct pst_device *device);

/** @return CLOCK_MONOTONIC when a device that came back was first seen again; 0 unknown */
int64_t pst_device_seen_ns(const struct pst_device *device);

/** @return why a failed device is away; UNSET while it is there */
enum pst_device_away pst_device_away(const struct pst_device *device);

/**
 * Descriptor that becomes readable when something happened that may bring a device back that is
 * away, or that may have taken one away that is stopped. Stays the same until close.
 *
 * @return the device's own; -1: one of this kind does not come back
 * [capture & !running]
 */
int pst_device_return_fd(const struct pst_device *device);

/**
 * Tries to bring a device back that is away. It is back when it is the same camera, and has taken
 * the same format, size, rate and controls again.
 *
 * A stopped one that is not known to be away may be asked too: 1 it is still there; 0 it is gone,
 * with the error filled and away set.
 *
 * @return 1 back, stopped; 0 not yet; PST_E_MISMATCH another camera stands in its place, told
 *         once each, none of its frames was asked for; PST_E_DEVICE it is there but not as it
 *         was. On errors the text is filled and waiting on the descriptor goes on.
 * [capture & !running]
 */
int pst_device_return(struct pst_device *device, struct pst_error *error) PST_MUST_CHECK;

/** Gives the frame's buffer back, read or unread, and zeroes *frame. [capture & running] */
void pst_device_release(struct pst_device *device, struct pst_frame *frame);

/** @return borrowed until close */
const struct pst_device_info *pst_device_info(const struct pst_device *device);

/** Stops, releases everything, sets *device to NULL. Accepts NULL inside. [capture] */
void pst_device_close(struct pst_device **device);

/** @return "unplugged", "stalled", "wedged", "failed"; "unset" */
const char *pst_device_away_name(enum pst_device_away away);

/** @return "photograph", "drawn"; "unset" */
const char *pst_domain_name(enum pst_domain domain);

#endif
