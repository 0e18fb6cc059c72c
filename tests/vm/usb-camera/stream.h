/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_STREAM_H
#define USB_CAMERA_STREAM_H

#include "fault.h"
#include "usbip.h"

#define URBS_MAX 64
#define PAYLOAD_HEADER 6	/* bytes: with the time of the frame */
#define PAYLOAD_HEADER_CLOCK 12 /* and with the camera's clock */

/** A transfer that waits for picture data. */
struct urb {
	uint32_t seqnum;
	uint32_t length;
	uint32_t packets; /* 0: bulk */
	uint8_t descriptors[USBIP_PACKETS_MAX * USBIP_PACKET];
};

/** One frame on its way. */
struct outgoing {
	const uint8_t *data; /* borrowed until it is through */
	size_t size;
	size_t passed; /* bytes that are through, or left out on purpose */
	size_t sent;   /* bytes handed over */
	size_t cut;    /* unplug: after so many bytes */
	enum fault_kind fault;
	bool active;
	bool harmed; /* packet, hole: it has happened */
};

/** The IN endpoint: transfers that wait, and the frame that goes into them. */
struct stream {
	struct urb urbs[URBS_MAX];
	unsigned urb_count;
	uint32_t payload_max; /* bytes with header */
	bool clock;	      /* payload headers tell the camera's clock */
	uint8_t frame_id;     /* toggles from frame to frame */
	uint32_t time;	      /* the camera's clock at the frame's begin */
	struct outgoing frame;
	uint8_t *buffer; /* owned; answers that go out together */
	size_t room;
	size_t used;
};

enum pump {
	PUMP_WAITS = 0, /* no transfers left */
	PUMP_DONE,	/* the frame is through */
	PUMP_CUT,	/* up to where it is to be unplugged */
};

/** Forgets transfers and frame; the first frame afterwards begins a stream. */
void stream_reset(struct stream *stream);

/** Frees what it holds. */
void stream_finish(struct stream *stream);

/** Keeps a submitted transfer. @return 0, or -ENOSPC: answer it with an error */
int stream_submit(struct stream *stream, const struct usbip_command *command) PST_MUST_CHECK;

/** Drops a transfer. @return whether it was there */
bool stream_unlink(struct stream *stream, uint32_t seqnum);

/**
 * Begins a frame; none may be on its way.
 *
 * @param data  borrowed until pump says it is through
 * @param cut   FAULT_UNPLUG: bytes after which it ends
 */
void stream_begin(
	struct stream *stream, const uint8_t *data, size_t size, enum fault_kind fault, size_t cut);

/** Fills waiting transfers and answers them. @return an enum pump, or -errno of the socket */
int stream_pump(struct stream *stream, struct usbip_link *link) PST_MUST_CHECK;

#endif
