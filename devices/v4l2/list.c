/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/list.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/v4l2/access.h"
#include "devices/v4l2/controls.h"
#include "devices/v4l2/holder.h"
#include "devices/v4l2/identity.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/node.h"
#include "devices/v4l2/sysfs.h"

#define CAPTURES (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)

struct list {
	const struct v4l2_backend *backend;
	const char *proc;
	struct v4l2_identity *node; /* owned; port filled as far as it is known */
	bool *is_metadata;	    /* owned; of each node */
	int nodes;
	struct pst_v4l2_camera *camera;
	int *at; /* owned; of each camera, its place in node */
	int count;
};

static enum pst_v4l2_state state_of(int status)
{
	switch (status) {
	case 0:
		return PST_V4L2_STATE_FREE;
	case -EBUSY:
		return PST_V4L2_STATE_BUSY;
	case -EACCES:
	case -EPERM:
		return PST_V4L2_STATE_FORBIDDEN;
	case -ENOENT:
	case -ENXIO:
		return PST_V4L2_STATE_ABSENT;
	default:
		return pst_v4l2_node_is_wedged(status) ? PST_V4L2_STATE_WEDGED
						       : PST_V4L2_STATE_FAILED;
	}
}

/*
 * To uvcvideo whoever sets a format has the camera until it is closed or its buffers are given up;
 * so that a lane that opens it meanwhile finds it free, that is done at once.
 */
static void let_go(const struct v4l2_node *node, int tried)
{
	struct v4l2_requestbuffers none = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};

	if (tried == 0) {
		(void)!pst_v4l2_node_ask(node, VIDIOC_REQBUFS, &none);
	}
}

static int ask_modes(struct list *list, struct pst_v4l2_camera *camera)
{
	struct v4l2_node node;
	struct v4l2_modes modes = {0};

	if (pst_v4l2_node_open(&node, list->backend, camera->node, NULL) < 0) {
		return -ENOTTY;
	}
	(void)snprintf(camera->driver, sizeof(camera->driver), "%s", node.driver);
	camera->status = pst_v4l2_node_try(&node);
	let_go(&node, camera->status);
	camera->state = state_of(camera->status);
	int status = pst_v4l2_modes_read(&modes, &node, &(struct v4l2_want){0});

	/* One that is wedged would take seconds for each. */
	if (status == 0 && (camera->status == 0 || camera->state == PST_V4L2_STATE_BUSY)) {
		camera->controls = pst_v4l2_controls_read(&node, &camera->control);
		status = camera->controls < 0 ? camera->controls : 0;
	}
	pst_v4l2_node_close(&node);
	camera->mode = modes.mode;
	camera->modes = modes.count;
	return status;
}

static void advise(struct pst_v4l2_camera *camera)
{
	struct v4l2_access access;
	char holders[200];

	switch (camera->state) {
	case PST_V4L2_STATE_BUSY:
		pst_v4l2_holders_describe(camera->holder, camera->holders, camera->holders_hidden,
			camera->node, holders, sizeof(holders));
		(void)snprintf(camera->advice, sizeof(camera->advice), "in use by %s", holders);
		break;
	case PST_V4L2_STATE_FORBIDDEN:
	case PST_V4L2_STATE_ABSENT:
		pst_v4l2_access_read(camera->node, camera->status, &access);
		pst_v4l2_access_advise(&access, camera->advice, sizeof(camera->advice));
		break;
	case PST_V4L2_STATE_WEDGED:
	case PST_V4L2_STATE_FAILED:
		(void)snprintf(camera->advice, sizeof(camera->advice),
			"it does not answer (%s): plug it in again",
			pst_status_text(camera->status));
		break;
	case PST_V4L2_STATE_FREE:
	case PST_V4L2_STATE_UNSET:
		break;
	}
}

static void describe(
	struct list *list, struct pst_v4l2_camera *camera, const struct v4l2_identity *identity)
{
	(void)snprintf(camera->node, sizeof(camera->node), "%s", identity->node);
	(void)snprintf(camera->name, sizeof(camera->name), "%s", identity->name);
	(void)snprintf(camera->port, sizeof(camera->port), "%s", identity->port);
	(void)snprintf(camera->serial, sizeof(camera->serial), "%s", identity->serial);
	camera->usb = identity->bus > 0 || identity->vendor > 0;
	camera->vendor = identity->vendor;
	camera->product = identity->product;
	camera->bus = identity->bus;
	camera->mbit = identity->mbit;
	camera->holders = pst_v4l2_holders(list->proc, identity->major, identity->minor,
		camera->holder, PST_V4L2_HOLDERS_MAX, &camera->holders_hidden);
}

/* @return 1 added, 0 it is no camera, -ENOMEM */
static int add_camera(struct list *list, int index, int status)
{
	struct pst_v4l2_camera camera = {.status = status, .state = state_of(status)};

	describe(list, &camera, &list->node[index]);
	if (status == 0) {
		int asked = ask_modes(list, &camera);

		if (asked < 0) {
			free(camera.mode);
			pst_v4l2_controls_free(&camera.control, camera.controls);
			return asked == -ENOMEM ? asked : 0;
		}
	}
	advise(&camera);
	list->at[list->count] = index;
	list->camera[list->count++] = camera;
	return 1;
}

/* @return -ENOMEM, else as add_camera */
static int look_at(struct list *list, int index)
{
	struct v4l2_identity *node = &list->node[index];
	struct v4l2_capability cap;
	int status = pst_v4l2_node_peek(list->backend, node->node, &cap);

	if (status < 0) {
		/* Unasked it is told from its metadata node by its number within the camera. */
		list->is_metadata[index] = node->vendor && node->index > 0;
		return node->index == 0 ? add_camera(list, index, status) : 0;
	}
	pst_v4l2_text_clean(
		node->name, sizeof(node->name), (const char *)cap.card, sizeof(cap.card));
	if (!node->port[0]) {
		pst_v4l2_text_clean(node->port, sizeof(node->port), (const char *)cap.bus_info,
			sizeof(cap.bus_info));
	}
	if (cap.device_caps & CAPTURES) {
		return add_camera(list, index, 0);
	}
	list->is_metadata[index] = (cap.device_caps & V4L2_CAP_META_CAPTURE) != 0;
	return 0;
}

static bool are_of_one_camera(const struct v4l2_identity *a, const struct v4l2_identity *b)
{
	return strcmp(a->port, b->port) == 0 && strcmp(a->function, b->function) == 0;
}

static void add_metadata(struct list *list, const struct v4l2_identity *node)
{
	for (int i = 0; i < list->count; i++) {
		struct pst_v4l2_camera *camera = &list->camera[i];

		if (are_of_one_camera(&list->node[list->at[i]], node) &&
			camera->metadatas < PST_V4L2_METADATA_MAX) {
			(void)snprintf(camera->metadata[camera->metadatas++],
				sizeof(camera->metadata[0]), "%s", node->node);
			return;
		}
	}
}

static void write_uri(const char *serial, const char *port, char uri[PST_V4L2_URI_SIZE])
{
	struct v4l2_address address = {0};
	char text[V4L2_URI_SIZE];

	(void)snprintf(address.serial, sizeof(address.serial), "%s", serial);
	(void)snprintf(address.port, sizeof(address.port), "%s", port);
	pst_v4l2_address_format(&address, text);
	if (pst_text_copy(uri, PST_V4L2_URI_SIZE, text) < 0) {
		uri[0] = 0;
	}
}

/* What names the camera at index alone: its serial, with the port where twins are about. */
static void name_camera(struct list *list, int index)
{
	struct pst_v4l2_camera *camera = &list->camera[index];
	const struct v4l2_identity *own = &list->node[list->at[index]];
	char port[PST_DEVICE_TEXT_SIZE + 20];
	bool port_shared = false;
	bool all_shared = false;

	for (int i = 0; i < list->count; i++) {
		if (i != index && strcmp(list->camera[i].port, camera->port) == 0) {
			port_shared = true;
			all_shared = all_shared || are_of_one_camera(&list->node[list->at[i]], own);
		}
		camera->serial_shared =
			camera->serial_shared ||
			(i != index && camera->serial[0] &&
				strcmp(list->camera[i].serial, camera->serial) == 0);
	}
	(void)snprintf(port, sizeof(port), "%s%s%s", camera->port,
		port_shared && own->function[0] ? ":" : "", port_shared ? own->function : "");
	if (camera->serial[0]) {
		write_uri(camera->serial, "", camera->serial_uri);
	}
	if (camera->port[0]) {
		write_uri("", port, camera->port_uri);
	}
	if (all_shared || !camera->port[0]) {
		(void)snprintf(camera->best_uri, sizeof(camera->best_uri), "v4l2:%s", camera->node);
	} else if (camera->serial[0]) {
		write_uri(camera->serial, camera->serial_shared ? port : "", camera->best_uri);
	} else {
		write_uri("", port, camera->best_uri);
	}
}

static int fill(struct list *list)
{
	int status = list->backend->ops->list
			     ? list->backend->ops->list(list->backend->user, &list->node)
			     : 0;

	if (status <= 0) {
		return status;
	}
	assert(list->node);
	list->nodes = status;
	list->camera = calloc((size_t)list->nodes, sizeof(*list->camera));
	list->at = calloc((size_t)list->nodes, sizeof(*list->at));
	list->is_metadata = calloc((size_t)list->nodes, sizeof(*list->is_metadata));
	status = list->camera && list->at && list->is_metadata ? 0 : -ENOMEM;
	for (int i = 0; status >= 0 && i < list->nodes; i++) {
		status = look_at(list, i);
	}
	for (int i = 0; status >= 0 && i < list->nodes; i++) {
		if (list->is_metadata[i]) {
			add_metadata(list, &list->node[i]);
		}
	}
	for (int i = 0; status >= 0 && i < list->count; i++) {
		name_camera(list, i);
	}
	return status < 0 ? status : 0;
}

int pst_v4l2_list_on(const struct v4l2_backend *backend, const char *proc,
	struct pst_v4l2_camera **ret_cameras, struct pst_error *error)
{
	struct list list = {.backend = backend, .proc = proc};
	int status = fill(&list);

	free(list.node);
	free(list.is_metadata);
	free(list.at);
	if (status < 0 || list.count == 0) {
		pst_v4l2_list_free(&list.camera, list.count);
	}
	if (status < 0) {
		return pst_error_set(error, status, "list of cameras: %s", pst_status_text(status));
	}
	*ret_cameras = list.camera;
	return list.count;
}

int pst_v4l2_list(struct pst_v4l2_camera **ret_cameras, struct pst_error *error)
{
	return pst_v4l2_list_on(pst_v4l2_kernel(), "/proc", ret_cameras, error);
}

void pst_v4l2_list_free(struct pst_v4l2_camera **cameras, int count)
{
	for (int i = 0; *cameras && i < count; i++) {
		free((*cameras)[i].mode);
		pst_v4l2_controls_free(&(*cameras)[i].control, (*cameras)[i].controls);
	}
	free(*cameras);
	*cameras = NULL;
}

const char *pst_v4l2_state_name(enum pst_v4l2_state state)
{
	switch (state) {
	case PST_V4L2_STATE_FREE:
		return "free";
	case PST_V4L2_STATE_BUSY:
		return "busy";
	case PST_V4L2_STATE_FORBIDDEN:
		return "forbidden";
	case PST_V4L2_STATE_ABSENT:
		return "absent";
	case PST_V4L2_STATE_WEDGED:
		return "wedged";
	case PST_V4L2_STATE_FAILED:
		return "failed";
	case PST_V4L2_STATE_UNSET:
		break;
	}
	return "unset";
}
