/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_BUFFERS_H
#define PST_DEVICES_V4L2_BUFFERS_H

#include "devices/v4l2/node.h"

#define V4L2_BUFFERS_MAX 8

/**
 * The driver's buffers, mapped: not inherited by a fork, not written into a core dump.
 *
 * Zeroed is a valid empty set.
 */
struct v4l2_buffers {
	struct {
		uint8_t *data;
		size_t size;
		bool queued; /* with the driver */
	} at[V4L2_BUFFERS_MAX];
	uint32_t count;
};

/**
 * Asks for buffers, maps and queues them all: as many as leave two with the driver while a caller
 * holds two.
 *
 * @return 0; -errno the driver's; PST_E_DEVICE it gives too few; error filled, none left
 */
int pst_v4l2_buffers_map(struct v4l2_buffers *buffers, const struct v4l2_node *node,
	struct pst_error *error) PST_MUST_CHECK;

/** Unmaps them and lets the driver free them; it must not be streaming. */
void pst_v4l2_buffers_unmap(struct v4l2_buffers *buffers, const struct v4l2_node *node);

/**
 * Takes one filled buffer, without waiting and without looking into it.
 *
 * @param ret_buffer  as the driver gave it; its index is sure to be one of ours that was queued
 * @return 1; 0 none is filled; -errno the driver's; PST_E_DEVICE it gives what it can't have; with
 *         the error filled
 */
int pst_v4l2_buffers_take(struct v4l2_buffers *buffers, const struct v4l2_node *node,
	struct v4l2_buffer *ret_buffer, struct pst_error *error) PST_MUST_CHECK;

/** Gives a buffer back to the driver. @return 0; -errno the driver's, with the error filled */
int pst_v4l2_buffers_give(struct v4l2_buffers *buffers, const struct v4l2_node *node,
	uint32_t index, struct pst_error *error) PST_MUST_CHECK;

#endif
