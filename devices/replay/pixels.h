/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_PIXELS_H
#define PST_DEVICES_REPLAY_PIXELS_H

#include <libavutil/pixfmt.h>

#include "frame/frame.h"

/** @return the frame format that holds these pixels as they are; UNSET: none does */
enum pst_frame_format pst_replay_format_of(enum AVPixelFormat pixels);

/** @return the pixels that raw video with this tag holds; NONE unless a frame format does too */
enum AVPixelFormat pst_replay_pixels_tagged(uint32_t tag);

/** @return AV_PIX_FMT_NONE for MJPEG and for what libav has no name for */
enum AVPixelFormat pst_replay_pixels_of(enum pst_frame_format format);

#endif
