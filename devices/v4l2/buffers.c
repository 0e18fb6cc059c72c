/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/buffers.h"

#include <errno.h>

/* Two that a caller may hold, two that the driver can always fill. */
#define WANTED 4

/* @return status, as the driver gave it */
static int refuse(
	const struct v4l2_node *node, int status, const char *what, struct pst_error *error)
{
	(void)pst_v4l2_node_fail(node, status, what, error);
	return status;
}

static int map_one(struct v4l2_buffers *buffers, const struct v4l2_node *node, uint32_t index,
	struct pst_error *error)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
	int status = pst_v4l2_node_ask(node, VIDIOC_QUERYBUF, &buffer);

	if (status < 0) {
		return refuse(node, status, "describe its buffers", error);
	}
	status = node->backend.ops->mmap(node->backend.user, node->fd, buffer.length,
		buffer.m.offset, &buffers->at[index].data);
	if (status < 0) {
		return refuse(node, status, "share its buffers", error);
	}
	buffers->at[index].size = buffer.length;
	return pst_v4l2_buffers_give(buffers, node, index, error);
}

int pst_v4l2_buffers_map(
	struct v4l2_buffers *buffers, const struct v4l2_node *node, struct pst_error *error)
{
	struct v4l2_requestbuffers ask = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .count = WANTED};
	int status = pst_v4l2_node_ask(node, VIDIOC_REQBUFS, &ask);

	if (status < 0) {
		return refuse(node, status, "give buffers", error);
	}
	buffers->count = ask.count < V4L2_BUFFERS_MAX ? ask.count : V4L2_BUFFERS_MAX;
	if (ask.count < WANTED) {
		status = pst_error_set(error, PST_E_DEVICE,
			"%s: the driver of \"%s\" gives %u buffers, but %d are needed: two to "
			"read, two to fill",
			node->path, node->name, ask.count, WANTED);
	}
	for (uint32_t i = 0; status == 0 && i < buffers->count; i++) {
		status = map_one(buffers, node, i, error);
	}
	if (status < 0) {
		pst_v4l2_buffers_unmap(buffers, node);
	}
	return status;
}

void pst_v4l2_buffers_unmap(struct v4l2_buffers *buffers, const struct v4l2_node *node)
{
	struct v4l2_requestbuffers none = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};

	for (uint32_t i = 0; i < buffers->count; i++) {
		if (buffers->at[i].data) {
			node->backend.ops->munmap(
				node->backend.user, buffers->at[i].data, buffers->at[i].size);
		}
	}
	/* A camera that is gone refuses; its buffers go with the descriptor then. */
	(void)!pst_v4l2_node_ask(node, VIDIOC_REQBUFS, &none);
	*buffers = (struct v4l2_buffers){0};
}

int pst_v4l2_buffers_take(struct v4l2_buffers *buffers, const struct v4l2_node *node,
	struct v4l2_buffer *ret_buffer, struct pst_error *error)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int status = pst_v4l2_node_ask(node, VIDIOC_DQBUF, &buffer);

	if (status == -EAGAIN) {
		return 0;
	}
	if (status < 0) {
		return refuse(node, status, "deliver a frame", error);
	}
	if (buffer.index >= buffers->count || !buffers->at[buffer.index].queued) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the driver of \"%s\" delivers buffer %u, which it doesn't have",
			node->path, node->name, buffer.index);
	}
	buffers->at[buffer.index].queued = false;
	*ret_buffer = buffer;
	return 1;
}

int pst_v4l2_buffers_give(struct v4l2_buffers *buffers, const struct v4l2_node *node,
	uint32_t index, struct pst_error *error)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
	int status = pst_v4l2_node_ask(node, VIDIOC_QBUF, &buffer);

	if (status < 0) {
		return refuse(node, status, "take a buffer back", error);
	}
	buffers->at[index].queued = true;
	return 0;
}
