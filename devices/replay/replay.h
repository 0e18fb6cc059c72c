/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_REPLAY_H
#define PST_DEVICES_REPLAY_REPLAY_H

#include "devices/bytes.h"
#include "devices/device.h"

/**
 * Opens a recording: AVI, MP4, MKV, Y4M, a stream of JPEGs, a folder of JPEG or PNG pictures, a
 * numbered sequence ("img-%04d.jpg") or one picture.
 *
 * JPEGs are handed over undecoded, borrowed from libavformat's packet. All else stays compressed
 * until pst_device_map: then it is decoded by libavcodec, from the last key frame on; pictures
 * before the mapped one are dropped inside. Opening decodes nothing. Starting a stopped recording
 * plays it from its beginning.
 *
 * What is to be shown turned by quarters (a phone held upright) is turned when it is mapped, JPEGs
 * too, also pictures whose Exif orientation says so. Files of one kind joined into one play one
 * after the other; joined MP4s are refused.
 *
 * A recording by pst_replay_writer keeps the times and the pauses of the lane that made it; others
 * begin at 0, and pauses of more than a minute are left out.
 *
 * Frames are numbered from 0 in the order they are shown. Domain: PST_DOMAIN_DRAWN when the
 * container's comment holds PST_DOMAIN_DRAWN_MARK, else PST_DOMAIN_PHOTOGRAPH.
 *
 * @param uri   "clip.avi", "file:clip.avi?loop=3": loop is how often it is played, 0 for ever;
 *              fps (1..1000, default 25) is for pictures, which carry no time
 * @param pace  PST_PACE_REAL: the descriptor is a timer, captured_ns is when the frame was due;
 *              PST_PACE_MAX: no descriptor, captured_ns counts from 0
 * @param ret   on success the caller's, to be closed
 * @return 0; PST_E_CONFIG the URI is wrong; PST_E_DEVICE no readable recording; -errno; all with
 *         the error filled
 * [capture]
 */
int pst_replay_open(struct pst_device **ret, const char *uri, enum pst_pace pace,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens a container whose bytes come from somewhere else, else as pst_replay_open.
 *
 * @param input  copied and taken: closed with the device, or before an error is returned
 * [capture]
 */
int pst_replay_open_input(struct pst_device **ret, const char *uri, enum pst_pace pace,
	const struct pst_input *input, struct pst_error *error) PST_MUST_CHECK;

#endif
