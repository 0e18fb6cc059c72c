/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "devices/impl.h"
#include "devices/v4l2/node.h"

static int refuse_address(const char *text, struct pst_error *error)
{
	return pst_error_set(error, PST_E_CONFIG,
		"v4l2:%s: names no camera; write v4l2:/dev/video0, v4l2:serial=SERIAL, "
		"v4l2:port=PORT or v4l2:serial=SERIAL,port=PORT, as 'postern devices' shows them",
		text);
}

int pst_v4l2_address_parse(struct v4l2_address *address, const char *text, struct pst_error *error)
{
	const char *at = text;

	*address = (struct v4l2_address){0};
	if (text[0] == '/') {
		if (pst_text_copy(address->path, sizeof(address->path), text) < 0) {
			return pst_error_set(error, PST_E_CONFIG, "%s: path too long", text);
		}
		return 0;
	}
	while (*at) {
		size_t length = strcspn(at, ",");
		bool is_serial = strncmp(at, "serial=", 7) == 0;
		size_t key = is_serial ? 7 : 5;
		char *to = is_serial ? address->serial : address->port;

		if ((!is_serial && strncmp(at, "port=", 5) != 0) || to[0] || length == key ||
			pst_uri_decode(at + key, length - key, to, PST_DEVICE_TEXT_SIZE) < 0) {
			return refuse_address(text, error);
		}
		at += length;
		if (*at == ',' && !*++at) {
			return refuse_address(text, error);
		}
	}
	return 0;
}

void pst_v4l2_address_format(const struct v4l2_address *address, char text[V4L2_URI_SIZE])
{
	char serial[3 * PST_DEVICE_TEXT_SIZE];
	char port[3 * PST_DEVICE_TEXT_SIZE];

	(void)!pst_uri_encode(address->serial, serial, sizeof(serial));
	(void)!pst_uri_encode(address->port, port, sizeof(port));
	(void)snprintf(text, V4L2_URI_SIZE, "v4l2:%s%s%s%s%s%s", address->path,
		serial[0] ? "serial=" : "", serial, serial[0] && port[0] ? "," : "",
		port[0] ? "port=" : "", port);
}

int pst_v4l2_identify(
	const struct v4l2_node *node, struct v4l2_identity *ret_identity, struct pst_error *error)
{
	struct v4l2_identity identity = {0};
	int status = 0;

	if (node->backend.ops->identify) {
		status = node->backend.ops->identify(node->backend.user, node->fd, &identity);
	}
	if (status < 0) {
		return pst_v4l2_node_fail(node, status, "say which camera it is", error);
	}
	if (!identity.node[0]) {
		(void)snprintf(identity.node, sizeof(identity.node), "%s", node->path);
	}
	if (!identity.name[0]) {
		(void)snprintf(identity.name, sizeof(identity.name), "%s", node->name);
	}
	if (!identity.port[0]) {
		(void)snprintf(identity.port, sizeof(identity.port), "%s", node->bus);
	}
	*ret_identity = identity;
	return 0;
}

void pst_v4l2_identity_describe(const struct v4l2_identity *identity, char *text, size_t size)
{
	char maker[16] = "";

	if (identity->vendor) {
		(void)snprintf(
			maker, sizeof(maker), "%04x:%04x ", identity->vendor, identity->product);
	}
	(void)snprintf(text, size, "%s\"%s\", %s%s, at %s", maker, identity->name,
		identity->serial[0] ? "serial " : "no serial", identity->serial,
		identity->port[0] ? identity->port : identity->node);
}

bool pst_v4l2_identity_is_at(const struct v4l2_identity *identity, const char *port)
{
	size_t length = strlen(identity->port);

	return strncmp(identity->port, port, length) == 0 &&
	       (!port[length] || (port[length] == ':' && identity->function[0] &&
					 strcmp(port + length + 1, identity->function) == 0));
}

bool pst_v4l2_identity_is_same(const struct v4l2_address *address,
	const struct v4l2_identity *known, const struct v4l2_identity *found)
{
	bool any_port = address->serial[0] && !address->port[0];

	return known->vendor == found->vendor && known->product == found->product &&
	       strcmp(known->serial, found->serial) == 0 &&
	       (known->vendor || strcmp(known->name, found->name) == 0) &&
	       strcmp(known->function, found->function) == 0 && known->index == found->index &&
	       (any_port || strcmp(known->port, found->port) == 0);
}

int pst_v4l2_identity_check(const struct v4l2_address *address, const struct v4l2_identity *known,
	const struct v4l2_identity *found, struct pst_error *error)
{
	char wanted[V4L2_URI_SIZE];
	char seen[PST_DEVICE_TEXT_SIZE * 2];

	pst_v4l2_identity_describe(found, seen, sizeof(seen));
	if (known && !pst_v4l2_identity_is_same(address, known, found)) {
		pst_v4l2_identity_describe(known, wanted, sizeof(wanted));
		return pst_error_set(error, PST_E_MISMATCH,
			"%s: another camera stands there: expected %.180s; found %.180s",
			found->node, wanted, seen);
	}
	if ((address->serial[0] && strcmp(address->serial, found->serial) != 0) ||
		(address->port[0] && !pst_v4l2_identity_is_at(found, address->port))) {
		pst_v4l2_address_format(address, wanted);
		return pst_error_set(error, PST_E_MISMATCH,
			"%.160s: another camera stands there: found %.180s", wanted, seen);
	}
	return 0;
}
