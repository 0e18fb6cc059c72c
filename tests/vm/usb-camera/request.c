/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on endpoint 0: USB 2.0 9.4, and UVC chapter 4 for those of the class. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "camera.h"

enum {
	TYPE_MASK = 0x60,
	TYPE_CLASS = 0x20,
	DIRECTION_IN = 0x80,
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
	SET_SEL = 0x30,
	SET_ISOCH_DELAY = 0x31,
	DT_DEVICE = 1,
	DT_CONFIG = 2,
	DT_STRING = 3,
	DT_BOS = 15,
	ENTITY_STREAM = 1, /* interface number */
	SELECTOR_PROBE = 1,
	SELECTOR_COMMIT = 2,
	MICROFRAMES = 8000, /* per second */
	/* bytes that a host reads of a device right after it has reset the port */
	AFTER_RESET_HIGH = 64,
	AFTER_RESET_SUPER = 8,
};

struct setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

/* What the mode needs of the bus; of MJPEG, a quarter of the raw picture. */
static uint32_t payload_of(
	const struct camera *camera, enum format format, struct size size, uint32_t interval)
{
	uint32_t most = descriptors_payload_max(&camera->descriptors);

	if (camera->descriptors.wiring.bulk) {
		return most;
	}
	if (camera->settings->payload) {
		return camera->settings->payload < most ? camera->settings->payload : most;
	}
	uint64_t rate = (uint64_t)format_bytes(format, size) * 10000000 / interval;
	uint64_t need = (format == FORMAT_MJPEG ? rate / 4 : rate) / MICROFRAMES;

	need += need / 10 + PAYLOAD_HEADER_CLOCK;
	return need < most ? (uint32_t)need : most;
}

static uint32_t nearest(const uint32_t *intervals, unsigned count, uint32_t wanted)
{
	uint32_t best = intervals[0];

	for (unsigned i = 1; i < count; i++) {
		uint32_t far = best > wanted ? best - wanted : wanted - best;
		uint32_t here =
			intervals[i] > wanted ? intervals[i] - wanted : wanted - intervals[i];

		best = here < far ? intervals[i] : best;
	}
	return best;
}

/* Fills a probe block with the mode nearest to what is asked for (UVC 4.3.1.1). */
static void negotiate(const struct camera *camera, uint8_t block[PROBE_SIZE], uint8_t format,
	uint8_t frame, uint32_t interval)
{
	const struct modes *modes = &camera->settings->modes;
	uint32_t intervals[INTERVALS_MAX];

	format = format < 1 || format > modes->format_count ? 1 : format;
	frame = frame < 1 || frame > modes->size_count ? 1 : frame;
	enum format chosen = modes->formats[format - 1];
	struct size size = modes->sizes[frame - 1];
	unsigned count = modes_intervals(modes, chosen, size, intervals);

	interval = nearest(intervals, count, interval);
	memset(block, 0, PROBE_SIZE);
	block[0] = 1;
	block[2] = format;
	block[3] = frame;
	pst_bytes_put32(block + 4, interval);
	pst_bytes_put32(block + 18, format_bytes(chosen, size));
	pst_bytes_put32(block + 22, payload_of(camera, chosen, size, interval));
}

void request_reset(struct camera *camera)
{
	negotiate(camera, camera->probe, 1, 1, 0);
	memcpy(camera->commit, camera->probe, PROBE_SIZE);
}

struct size camera_size(const struct camera *camera)
{
	return camera->settings->modes.sizes[camera->commit[3] - 1];
}

enum format camera_format(const struct camera *camera)
{
	return camera->settings->modes.formats[camera->commit[2] - 1];
}

uint32_t camera_interval(const struct camera *camera)
{
	return pst_bytes_get32(camera->commit + 4);
}

static int set_block(struct camera *camera, unsigned selector, const uint8_t *data, size_t size)
{
	uint8_t *block = selector == SELECTOR_PROBE ? camera->probe : camera->commit;

	if (size < 8) {
		return -EPIPE;
	}
	negotiate(camera, block, data[2], data[3], pst_bytes_get32(data + 4));
	if (selector == SELECTOR_COMMIT) {
		struct size chosen = camera_size(camera);

		log_event(&camera->log, "commit",
			"\"format\": \"%s\", \"width\": %u, \"height\": %u, \"interval\": %" PRIu32
			", \"payload\": %" PRIu32,
			format_name(camera_format(camera)), chosen.width, chosen.height,
			camera_interval(camera), pst_bytes_get32(block + 22));
	}
	return (int)size;
}

static int stream_request(struct camera *camera, const struct setup *setup, const uint8_t *out,
	uint8_t answer[CONFIG_MAX])
{
	unsigned selector = setup->value >> 8;
	const uint8_t *block = selector == SELECTOR_PROBE ? camera->probe : camera->commit;

	if (selector != SELECTOR_PROBE && selector != SELECTOR_COMMIT) {
		return -EPIPE;
	}
	switch (setup->request) {
	case REQUEST_SET_CUR:
		return set_block(camera, selector, out, setup->length);
	case REQUEST_GET_CUR:
		memcpy(answer, block, PROBE_SIZE);
		return PROBE_SIZE;
	case REQUEST_GET_MIN:
	case REQUEST_GET_DEF:
		negotiate(camera, answer, camera->probe[2], camera->probe[3], 0);
		return PROBE_SIZE;
	case REQUEST_GET_MAX:
		negotiate(camera, answer, camera->probe[2], camera->probe[3], UINT32_MAX);
		return PROBE_SIZE;
	case REQUEST_GET_LEN:
		pst_bytes_put16(answer, PROBE_SIZE);
		return 2;
	case REQUEST_GET_INFO:
		answer[0] = 3;
		return 1;
	default:
		return -EPIPE;
	}
}

static int class_request(struct camera *camera, const struct setup *setup, const uint8_t *out,
	uint8_t answer[CONFIG_MAX])
{
	enum control set = CONTROL_COUNT;

	if (fault_script_active(&camera->faults, FAULT_STALL)) {
		return -EPIPE;
	}
	if ((setup->index & 0xff) == ENTITY_STREAM) {
		return stream_request(camera, setup, out, answer);
	}
	if (setup->request == REQUEST_SET_CUR) {
		memcpy(answer, out, setup->length < 8 ? setup->length : 8);
	}
	int result = controls_request(&camera->controls, setup->index >> 8, setup->value >> 8,
		setup->request, answer, setup->length, &set);

	if (set < CONTROL_COUNT) {
		log_event(&camera->log, "control",
			"\"name\": \"%s\", \"value\": %" PRId32 ", \"refused\": %s",
			control_name(set), camera->controls.value[set],
			result < 0 ? "true" : "false");
	}
	return result < 0 || setup->type & DIRECTION_IN ? result : setup->length;
}

static int get_descriptor(
	struct camera *camera, const struct setup *setup, uint8_t answer[CONFIG_MAX])
{
	const struct descriptors *all = &camera->descriptors;

	switch (setup->value >> 8) {
	case DT_DEVICE:
		memcpy(answer, all->device, sizeof(all->device));
		return sizeof(all->device);
	case DT_CONFIG:
		memcpy(answer, all->config, all->config_size);
		return (int)all->config_size;
	case DT_STRING: {
		size_t size = descriptors_string(&camera->identity, setup->value & 0xff, answer);

		return size ? (int)size : -EPIPE;
	}
	case DT_BOS:
		if (!all->wiring.super) {
			return -EPIPE;
		}
		memcpy(answer, all->bos, sizeof(all->bos));
		return sizeof(all->bos);
	default:
		return -EPIPE;
	}
}

static int set_interface(struct camera *camera, const struct setup *setup)
{
	if (setup->index == ENTITY_STREAM) {
		if (setup->value > camera->descriptors.alt_count) {
			return -EPIPE;
		}
		camera->alt = (uint8_t)setup->value;
		log_event(&camera->log, "alt", "\"setting\": %u, \"payload\": %" PRIu32,
			camera->alt, camera->descriptors.alt_payload[camera->alt]);
		camera_stop(camera);
		if (camera->alt > 0) {
			camera_start(camera);
		}
	}
	return 0;
}

static int standard_request(
	struct camera *camera, const struct setup *setup, uint8_t answer[CONFIG_MAX])
{
	switch (setup->request) {
	case GET_STATUS:
		pst_bytes_put16(answer, 0);
		return 2;
	case GET_DESCRIPTOR:
		return get_descriptor(camera, setup, answer);
	case GET_CONFIGURATION:
		answer[0] = camera->configuration;
		return 1;
	case SET_CONFIGURATION:
		camera_reset(camera);
		camera->configuration = (uint8_t)setup->value;
		return 0;
	case GET_INTERFACE:
		answer[0] = setup->index == ENTITY_STREAM ? camera->alt : 0;
		return 1;
	case SET_INTERFACE:
		return set_interface(camera, setup);
	case CLEAR_FEATURE:
		/* A host ends a bulk stream by clearing the endpoint's halt. */
		if (camera->descriptors.wiring.bulk && setup->index == IN_ENDPOINT) {
			camera_stop(camera);
		}
		return 0;
	case SET_FEATURE:
	case SET_SEL:
	case SET_ISOCH_DELAY:
		return setup->length;
	default:
		return -EPIPE;
	}
}

/* vhci_hcd doesn't tell of a reset; what the host reads right after one does. */
static bool is_after_reset(const struct camera *camera, const struct setup *setup)
{
	return setup->type == DIRECTION_IN && setup->request == GET_DESCRIPTOR &&
	       setup->value >> 8 == DT_DEVICE &&
	       setup->length ==
		       (camera->descriptors.wiring.super ? AFTER_RESET_SUPER : AFTER_RESET_HIGH);
}

static bool takes_configuration_away(const struct setup *setup)
{
	return setup->type == 0 && setup->request == SET_CONFIGURATION && setup->value == 0;
}

int request_answer(
	struct camera *camera, const struct usbip_command *command, uint8_t answer[CONFIG_MAX])
{
	const uint8_t *raw = command->setup;
	struct setup setup = {raw[0], raw[1], pst_bytes_get16(raw + 2), pst_bytes_get16(raw + 4),
		pst_bytes_get16(raw + 6)};

	if (is_after_reset(camera, &setup) || takes_configuration_away(&setup)) {
		if (camera->configuration) {
			log_event(&camera->log, "reset", "\"wedged\": %s",
				fault_script_active(&camera->faults, FAULT_WEDGE) ? "true"
										  : "false");
		}
		fault_script_end(&camera->faults, FAULT_WEDGE);
		camera_reset(camera);
		camera->configuration = 0;
	}
	if (fault_script_active(&camera->faults, FAULT_WEDGE)) {
		return -EPROTO;
	}
	if (!command->in && command->length < setup.length) {
		return -EPIPE;
	}
	int result = (setup.type & TYPE_MASK) == TYPE_CLASS
			     ? class_request(camera, &setup, command->out, answer)
			     : standard_request(camera, &setup, answer);

	return result > setup.length ? setup.length : result;
}
