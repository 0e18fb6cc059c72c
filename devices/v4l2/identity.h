/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_IDENTITY_H
#define PST_DEVICES_V4L2_IDENTITY_H

#include <stdbool.h>

#include "devices/device.h"

struct v4l2_backend;
struct v4l2_node;

/* Room for a URI that names a camera, its values encoded. */
#define V4L2_URI_SIZE (8 * PST_DEVICE_TEXT_SIZE)

/**
 * Who a camera is: what the system tells of a video node without the camera being asked.
 *
 * A node's number says nothing: it changes hands with every replug.
 */
struct v4l2_identity {
	char node[PST_DEVICE_TEXT_SIZE];   /* "/dev/video0", when it was read */
	char name[PST_DEVICE_TEXT_SIZE];   /* product name as the driver gives it */
	char serial[PST_DEVICE_TEXT_SIZE]; /* "" when it has none */
	char port[PST_DEVICE_TEXT_SIZE];   /* "usb-1-1.2"; of others the driver's bus text */
	char function[16];		   /* "1.0": which USB function of a device; else "" */
	char usb_path[2 * PST_DEVICE_TEXT_SIZE]; /* sysfs folder of the USB device; else "" */
	uint16_t vendor;			 /* 0 unless USB */
	uint16_t product;
	uint32_t bus;	/* USB bus number, 0 unless USB */
	uint32_t mbit;	/* speed of the USB link: 12, 480, 5000, ...; 0 unknown */
	uint32_t index; /* of the node within its function; the capture node is mostly 0 */
	uint32_t major;
	uint32_t minor;
};

/** What stands in a URI to name a camera; all empty: the only one there is. */
struct v4l2_address {
	char path[PST_DEVICE_TEXT_SIZE]; /* then the others are empty */
	char serial[PST_DEVICE_TEXT_SIZE];
	char port[PST_DEVICE_TEXT_SIZE]; /* "usb-1-1.2:1.0" where a device has several cameras */
};

/**
 * Reads "/dev/video0", "serial=ABC", "port=usb-1-1.2", "serial=ABC,port=usb-1-1.2" or "". In
 * values '%' and two hex digits stand for a character.
 *
 * @return 0; PST_E_CONFIG with the error filled
 */
int pst_v4l2_address_parse(
	struct v4l2_address *address, const char *text, struct pst_error *error) PST_MUST_CHECK;

/**
 * Finds the node of the camera that an address names; a path is taken as it is.
 *
 * A camera's metadata node is never found.
 *
 * @param backend   what it opens candidates on, and asks for nodes (its list operation)
 * @param ret_path  room for size bytes
 * @return 0; PST_E_DEVICE none, or several fit: twins with one serial are told apart by port;
 *         PST_E_MISMATCH serial and port belong to different cameras; error filled
 */
int pst_v4l2_find(const struct v4l2_backend *backend, const struct v4l2_address *address,
	char *ret_path, size_t size, struct pst_error *error) PST_MUST_CHECK;

/**
 * Finds a camera again that was open, under whatever node it has now.
 *
 * It must be of the same vendor, product and serial; and at the same port, unless the address
 * names a serial alone.
 *
 * @param address  by which it was opened
 * @param known    who it was then
 * @return 1; 0 not there; PST_E_MISMATCH a look-alike, or another camera at its node or port,
 *         the error names both; PST_E_DEVICE with the error filled
 */
int pst_v4l2_find_again(const struct v4l2_backend *backend, const struct v4l2_address *address,
	const struct v4l2_identity *known, char *ret_path, size_t size,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads whose node an open descriptor is, by its device number: the answer holds whatever became
 * of the path meanwhile, for a number is not given away while it is open.
 *
 * @return 0; PST_E_DEVICE it is gone; error filled
 */
int pst_v4l2_identify(const struct v4l2_node *node, struct v4l2_identity *ret_identity,
	struct pst_error *error) PST_MUST_CHECK;

/** @return whether a camera is at "usb-1-1.2", or is the function "usb-1-1.2:1.0" there */
bool pst_v4l2_identity_is_at(const struct v4l2_identity *identity, const char *port);

/** @return whether found is the camera that was known, as pst_v4l2_find_again counts it */
bool pst_v4l2_identity_is_same(const struct v4l2_address *address,
	const struct v4l2_identity *known, const struct v4l2_identity *found);

/**
 * Holds a camera against what was asked for.
 *
 * To be called with what pst_v4l2_identify says of a node that was found and opened, since another
 * camera may have taken its place in between.
 *
 * @param known  who it was at the first open; NULL at the first open
 * @return 0; PST_E_MISMATCH with the error saying who was expected and who stands there
 */
int pst_v4l2_identity_check(const struct v4l2_address *address, const struct v4l2_identity *known,
	const struct v4l2_identity *found, struct pst_error *error) PST_MUST_CHECK;

/** Writes "v4l2:serial=ABC,port=usb-1-1.2", of what is set, to be read again as an address. */
void pst_v4l2_address_format(const struct v4l2_address *address, char text[V4L2_URI_SIZE]);

/** Writes "046d:0825 \"C270\", serial ABC, at usb-1-1.2" for messages. */
void pst_v4l2_identity_describe(const struct v4l2_identity *identity, char *text, size_t size);

#endif
