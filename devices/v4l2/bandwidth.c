/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/bandwidth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/modes.h"
#include "devices/v4l2/ops.h"

#define DESCRIPTORS_MAX 65536 /* wTotalLength has 16 bits */
#define HIGH_SPEED_MBIT 480
#define MICROFRAMES_PER_S 8000
#define PAYLOAD_HEADER 12 /* bytes before a payload (USB Video Class 1.5, 2.4.3.3) */
#define COMPRESSED_BITS 2 /* per pixel; what cameras need that several share a bus with */

/* What a camera that stands still is left room for: compressed 640x480 at 30 a second. */
#define KEPT_LOAD (640.0 * 480 * 30 * COMPRESSED_BITS / 8)

static int read_usb(const struct v4l2_backend *backend, const char *usb_path, struct v4l2_usb *usb)
{
	uint8_t *bytes = malloc(DESCRIPTORS_MAX);
	int size = -1;

	if (bytes) {
		size = backend->ops->read_usb(
			backend->user, usb_path, "descriptors", bytes, DESCRIPTORS_MAX);
	}
	int status = size < 0 ? PST_E_CORRUPT : pst_v4l2_usb_parse(usb, bytes, (size_t)size);

	free(bytes);
	return status;
}

/* @return a number that a file of the USB device holds, or -1 */
static long read_number(const struct v4l2_backend *backend, const char *usb_path, const char *file)
{
	char text[32] = "";
	char *end;
	int size = backend->ops->read_usb(
		backend->user, usb_path, file, (uint8_t *)text, sizeof(text) - 1);
	long value = size > 0 ? strtol(text, &end, 10) : -1;

	return size > 0 && end != text ? value : -1;
}

static uint32_t cost_of(const struct v4l2_usb_setting *setting)
{
	return setting->payload + setting->transactions * V4L2_BANDWIDTH_TRANSACTION;
}

/* What a device has reserved: the settings that its interfaces are in. */
static uint32_t reserved(
	const struct v4l2_backend *backend, const char *usb_path, const struct v4l2_usb *usb)
{
	const char *slash = strrchr(usb_path, '/');
	long configuration = read_number(backend, usb_path, "bConfigurationValue");
	uint32_t sum = 0;
	long now = -1;

	for (uint32_t i = 0; i < usb->settings; i++) {
		const struct v4l2_usb_setting *setting = &usb->setting[i];

		if (i == 0 || setting->interface != setting[-1].interface) {
			char file[2 * PST_DEVICE_TEXT_SIZE];

			(void)snprintf(file, sizeof(file), "%.100s:%ld.%u/bAlternateSetting",
				slash ? slash + 1 : usb_path, configuration, setting->interface);
			now = read_number(backend, usb_path, file);
		}
		sum += now == setting->setting ? cost_of(setting) : 0;
	}
	return sum;
}

static uint32_t smallest(const struct v4l2_usb *usb, int function, double load)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < usb->settings; i++) {
		const struct v4l2_usb_setting *setting = &usb->setting[i];

		if (setting->video && (function < 0 || setting->function == function) &&
			setting->payload >= load / MICROFRAMES_PER_S + PAYLOAD_HEADER &&
			cost_of(setting) < best) {
			best = cost_of(setting);
		}
	}
	return best;
}

static bool is_known(const struct v4l2_bandwidth *bandwidth, const char *port)
{
	for (uint32_t i = 0; i < bandwidth->others; i++) {
		if (strcmp(bandwidth->other[i].port, port) == 0) {
			return true;
		}
	}
	return false;
}

static void add_other(struct v4l2_bandwidth *bandwidth, const struct v4l2_backend *backend,
	const struct v4l2_identity *identity)
{
	struct v4l2_bandwidth_share *share = &bandwidth->other[bandwidth->others];
	struct v4l2_usb usb;

	if (bandwidth->others == V4L2_BANDWIDTH_OTHERS_MAX || identity->bus != bandwidth->bus ||
		!identity->usb_path[0] || is_known(bandwidth, identity->port) ||
		identity->mbit != HIGH_SPEED_MBIT ||
		read_usb(backend, identity->usb_path, &usb) < 0) {
		return;
	}
	(void)snprintf(share->port, sizeof(share->port), "%s", identity->port);
	(void)snprintf(share->name, sizeof(share->name), "%s", identity->name);
	share->bytes = reserved(backend, identity->usb_path, &usb);
	bandwidth->taken += share->bytes;
	bandwidth->others++;
	if (share->bytes == 0) {
		uint32_t need = smallest(&usb, -1, KEPT_LOAD);

		bandwidth->kept += need < UINT32_MAX ? need : 0;
	}
}

void pst_v4l2_bandwidth_read(struct v4l2_bandwidth *bandwidth, const struct v4l2_backend *backend,
	const struct v4l2_identity *identity)
{
	struct v4l2_identity *list = NULL;
	unsigned int function = 0;

	*bandwidth = (struct v4l2_bandwidth){.bus = identity->bus};
	if (!backend->ops->read_usb || !backend->ops->list || !identity->usb_path[0] ||
		identity->mbit != HIGH_SPEED_MBIT ||
		read_usb(backend, identity->usb_path, &bandwidth->usb) < 0) {
		return;
	}
	(void)sscanf(identity->function, "%*u.%u", &function);
	bandwidth->function = (uint8_t)function;
	if (smallest(&bandwidth->usb, bandwidth->function, 0) == UINT32_MAX) {
		return;
	}
	bandwidth->budget = V4L2_BANDWIDTH_HIGH_SPEED;
	/* Its microphone, or its second camera. */
	bandwidth->taken = reserved(backend, identity->usb_path, &bandwidth->usb);
	int count = backend->ops->list(backend->user, &list);

	for (int i = 0; i < count; i++) {
		if (strcmp(list[i].port, identity->port) != 0) {
			add_other(bandwidth, backend, &list[i]);
		}
	}
	free(list);
}

static const struct v4l2_usb_size *size_of(
	const struct v4l2_bandwidth *bandwidth, const struct pst_v4l2_mode *mode, bool compressed)
{
	for (uint32_t i = 0; i < bandwidth->usb.sizes; i++) {
		const struct v4l2_usb_size *size = &bandwidth->usb.size[i];

		if (size->function == bandwidth->function && size->compressed == compressed &&
			size->width == mode->width && size->height == mode->height) {
			return size;
		}
	}
	return NULL;
}

double pst_v4l2_bandwidth_load(
	const struct v4l2_bandwidth *bandwidth, const struct pst_v4l2_mode *mode, double fps)
{
	bool compressed = mode->format == PST_FRAME_FORMAT_MJPEG;
	const struct v4l2_usb_size *size = size_of(bandwidth, mode, compressed);
	double pixels = (double)mode->width * mode->height;
	double frame = 0; /* bytes */

	for (uint32_t i = 0; !compressed && i < pst_frame_format_planes(mode->format); i++) {
		frame += (double)pst_frame_plane_row_bytes(mode->format, i, mode->width) *
			 pst_frame_plane_rows(mode->format, i, mode->height);
	}
	if (compressed) {
		frame = pixels * COMPRESSED_BITS / 8;
	} else if (mode->converted && size && size->frame_bytes) {
		frame = size->frame_bytes;
	}
	double load = frame * fps;

	if (compressed && size && size->bits_per_s && size->bits_per_s / 8.0 < load) {
		load = size->bits_per_s / 8.0;
	}
	return load;
}

uint32_t pst_v4l2_bandwidth_need(const struct v4l2_bandwidth *bandwidth, double load)
{
	return bandwidth->budget ? smallest(&bandwidth->usb, bandwidth->function, load) : 0;
}

void pst_v4l2_bandwidth_describe(const struct v4l2_bandwidth *bandwidth, char *text, size_t size)
{
	size_t used = 0;

	(void)snprintf(text, size, "nobody");
	for (uint32_t i = 0; i < bandwidth->others && used < size; i++) {
		const struct v4l2_bandwidth_share *share = &bandwidth->other[i];
		int length = snprintf(text + used, size - used, "%s%s \"%s\" %u", used ? ", " : "",
			share->port, share->name, share->bytes);

		used += length > 0 ? (size_t)length : 0;
	}
}
