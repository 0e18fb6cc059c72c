/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/v4l2/identity.h"
#include "devices/v4l2/node.h"
#include "devices/v4l2/sysfs.h"

/* All nodes of the machine, to be asked one by one. */
struct search {
	const struct v4l2_backend *backend;
	struct v4l2_identity *node; /* owned */
	int count;
};

static int search_begin(
	struct search *search, const struct v4l2_backend *backend, struct pst_error *error)
{
	*search = (struct search){.backend = backend};
	if (backend->ops->list) {
		search->count = backend->ops->list(backend->user, &search->node);
	}
	if (search->count < 0) {
		return pst_error_set(error, search->count, "list of cameras: %s",
			pst_status_text(search->count));
	}
	assert(search->node || search->count == 0);
	return 0;
}

/*
 * Opens a node to see whether it gives pictures; learns the port of what is not USB. One that
 * can't be asked (no permission, busy, wedged) is told from its metadata node by its number.
 */
static bool gives_pictures(const struct search *search, struct v4l2_identity *node)
{
	struct v4l2_capability cap;
	int status = pst_v4l2_node_peek(search->backend, node->node, &cap);

	if (status < 0) {
		return node->index == 0;
	}
	if (!node->port[0]) {
		pst_v4l2_text_clean(node->port, sizeof(node->port), (const char *)cap.bus_info,
			sizeof(cap.bus_info));
	}
	return (cap.device_caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) != 0;
}

static bool is_one_camera(const struct v4l2_identity *a, const struct v4l2_identity *b)
{
	return a->vendor && strcmp(a->port, b->port) == 0 && strcmp(a->function, b->function) == 0;
}

static bool fits(
	const struct search *search, const struct v4l2_address *address, struct v4l2_identity *node)
{
	if (strcmp(address->serial, node->serial) != 0 && address->serial[0]) {
		return false;
	}
	if (address->port[0] && node->port[0] && !pst_v4l2_identity_is_at(node, address->port)) {
		return false;
	}
	return gives_pictures(search, node) &&
	       (!address->port[0] || pst_v4l2_identity_is_at(node, address->port));
}

static int refuse_several(const char *asked, const struct v4l2_identity *a,
	const struct v4l2_identity *b, struct pst_error *error)
{
	const char *at = strcmp(a->port, b->port) == 0 ? ":" : "";

	return pst_error_set(error, PST_E_DEVICE,
		"%.160s: several cameras fit, %s at port %s%s%s and %s at port %s%s%s; name one "
		"by port=PORT",
		asked, a->node, a->port, at, at[0] ? a->function : "", b->node, b->port, at,
		at[0] ? b->function : "");
}

/* Nothing fits both serial and port: is one of the two there with another partner? */
static int refuse_none(const struct search *search, const struct v4l2_address *address,
	const char *asked, struct pst_error *error)
{
	char seen[2 * PST_DEVICE_TEXT_SIZE];

	for (int i = 0; address->serial[0] && address->port[0] && i < search->count; i++) {
		if (pst_v4l2_identity_is_at(&search->node[i], address->port)) {
			pst_v4l2_identity_describe(&search->node[i], seen, sizeof(seen));
			return pst_error_set(error, PST_E_MISMATCH,
				"%.160s: another camera stands there: found %.180s", asked, seen);
		}
	}
	for (int i = 0; address->serial[0] && address->port[0] && i < search->count; i++) {
		if (strcmp(search->node[i].serial, address->serial) == 0) {
			return pst_error_set(error, PST_E_MISMATCH,
				"%.160s: the camera with this serial is at %s; plug it in where it "
				"belongs, or name it by its serial alone",
				asked, search->node[i].port);
		}
	}
	if (!address->serial[0] && !address->port[0]) {
		return pst_error_set(error, PST_E_DEVICE,
			"v4l2: there is no camera; 'postern doctor' says why that may be");
	}
	return pst_error_set(error, PST_E_DEVICE,
		"%.160s: no such camera; 'postern devices' lists those there are", asked);
}

int pst_v4l2_find(const struct v4l2_backend *backend, const struct v4l2_address *address,
	char *ret_path, size_t size, struct pst_error *error)
{
	const struct v4l2_identity *found = NULL;
	char asked[V4L2_URI_SIZE];
	struct search search;

	if (address->path[0]) {
		return pst_text_copy(ret_path, size, address->path);
	}
	int status = search_begin(&search, backend, error);

	pst_v4l2_address_format(address, asked);
	for (int i = 0; status == 0 && i < search.count; i++) {
		struct v4l2_identity *node = &search.node[i];

		if ((found && is_one_camera(found, node)) || !fits(&search, address, node)) {
			continue;
		}
		if (found) {
			status = refuse_several(asked, found, node, error);
		}
		found = node;
	}
	if (status == 0 && !found) {
		status = refuse_none(&search, address, asked, error);
	}
	if (status == 0) {
		status = pst_text_copy(ret_path, size, found->node);
	}
	free(search.node);
	return status;
}

static bool is_another(const struct v4l2_identity *known, const struct v4l2_identity *node)
{
	return known->vendor != node->vendor || known->product != node->product ||
	       strcmp(known->serial, node->serial) != 0 || strcmp(known->port, node->port) != 0;
}

static bool stands_in_its_place(const struct v4l2_address *address,
	const struct v4l2_identity *known, const struct v4l2_identity *node)
{
	bool any_port = address->serial[0] && !address->port[0];

	return is_another(known, node) &&
	       ((address->path[0] && strcmp(node->node, known->node) == 0) ||
		       (!any_port && known->vendor && strcmp(node->port, known->port) == 0));
}

/* @return the one that may be taken for the camera that is not there, or NULL */
static const struct v4l2_identity *find_other(const struct search *search,
	const struct v4l2_address *address, const struct v4l2_identity *known)
{
	for (int i = 0; i < search->count; i++) {
		if (stands_in_its_place(address, known, &search->node[i])) {
			return &search->node[i];
		}
	}
	for (int i = 0; known->serial[0] && i < search->count; i++) {
		if (is_another(known, &search->node[i]) &&
			strcmp(search->node[i].serial, known->serial) == 0) {
			return &search->node[i];
		}
	}
	return NULL;
}

int pst_v4l2_find_again(const struct v4l2_backend *backend, const struct v4l2_address *address,
	const struct v4l2_identity *known, char *ret_path, size_t size, struct pst_error *error)
{
	const struct v4l2_identity *found = NULL;
	struct search search;
	int status = 0;

	if (!backend->ops->list) {
		return pst_text_copy(ret_path, size, known->node) < 0 ? -ENAMETOOLONG : 1;
	}
	status = search_begin(&search, backend, error);
	for (int i = 0; status == 0 && i < search.count; i++) {
		struct v4l2_identity *node = &search.node[i];

		/* What is not USB tells its port only when asked. */
		if (!known->vendor && !node->port[0] && strcmp(node->name, known->name) == 0) {
			(void)gives_pictures(&search, node);
		}
		if (!pst_v4l2_identity_is_same(address, known, node)) {
			continue;
		}
		if (found) {
			char asked[V4L2_URI_SIZE];

			pst_v4l2_address_format(address, asked);
			status = refuse_several(asked, found, node, error);
		}
		found = node;
	}
	if (status == 0 && found) {
		status = pst_text_copy(ret_path, size, found->node) < 0 ? -ENAMETOOLONG : 1;
	} else if (status == 0) {
		found = find_other(&search, address, known);
		status = found ? pst_v4l2_identity_check(address, known, found, error) : 0;
	}
	free(search.node);
	return status;
}
