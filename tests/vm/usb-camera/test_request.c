/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "camera.h"

static struct settings settings;
static struct camera camera;
static uint8_t answer[CONFIG_MAX];

static void setup(void)
{
	settings = (struct settings){.identity = {.name = "A", .serial = "S"},
		.modes = {.formats = {FORMAT_MJPEG, FORMAT_YUYV},
			.format_count = 2,
			.sizes = {{640, 480}, {1280, 720}},
			.size_count = 2,
			.intervals = {333333, 666666},
			.interval_count = 2,
			.bus_bytes = 24000000}};
	memset(&camera, 0, sizeof(camera));
	camera.settings = &settings;
	camera.link.fd = -1;
	camera.identity = settings.identity;
	descriptors_build(
		&camera.descriptors, &settings.identity, &settings.modes, &settings.wiring);
	camera_reset(&camera);
}

static int ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, const void *data,
	uint16_t size)
{
	struct usbip_command command = {.kind = USBIP_SUBMIT,
		.in = type >> 7,
		.length = size,
		.setup = {type, request},
		.out = data};

	pst_bytes_put16(command.setup + 2, value);
	pst_bytes_put16(command.setup + 4, index);
	pst_bytes_put16(command.setup + 6, size);
	return request_answer(&camera, &command, answer);
}

static int set_control(unsigned unit, unsigned selector, int32_t value, uint16_t size)
{
	uint8_t data[4];

	pst_bytes_put32(data, (uint32_t)value);
	return ask(0x21, REQUEST_SET_CUR, (uint16_t)(selector << 8), (uint16_t)(unit << 8), data,
		size);
}

static int get_control(unsigned unit, unsigned selector, unsigned request, uint16_t size)
{
	return ask(0xa1, (uint8_t)request, (uint16_t)(selector << 8), (uint16_t)(unit << 8), NULL,
		size);
}

static void choose(uint8_t selector, uint8_t format, uint8_t frame, uint32_t interval)
{
	uint8_t block[PROBE_SIZE] = {[2] = format, [3] = frame};

	pst_bytes_put32(block + 4, interval);
	cr_assert_eq(ask(0x21, REQUEST_SET_CUR, (uint16_t)(selector << 8), 1, block, PROBE_SIZE),
		PROBE_SIZE);
}

TestSuite(request, .init = setup);

Test(request, descriptors_are_given_in_the_length_asked_for)
{
	cr_assert_eq(ask(0x80, 6, 0x0100, 0, NULL, 18), 18);
	cr_assert_eq(answer[1], 1);
	cr_assert_eq(ask(0x80, 6, 0x0200, 0, NULL, 9), 9);
	cr_assert_eq(pst_bytes_get16(answer + 2), camera.descriptors.config_size);
	cr_assert_eq(ask(0x80, 6, 0x0200, 0, NULL, 0xffff), (int)camera.descriptors.config_size);
	cr_assert_eq(ask(0x80, 6, 0x0303, 0x0409, NULL, 255), 4);
	cr_assert_eq(ask(0x80, 6, 0x0309, 0x0409, NULL, 255), -EPIPE, "no such string");
	cr_assert_eq(ask(0x80, 6, 0x0600, 0, NULL, 10), -EPIPE, "no other speed");
	cr_assert_eq(ask(0x80, 6, 0x0f00, 0, NULL, 22), -EPIPE, "high speed has no BOS");
}

Test(request, a_mode_is_negotiated_and_committed)
{
	choose(1, 2, 1, 333333);
	cr_assert_eq(ask(0xa1, REQUEST_GET_CUR, 0x0100, 1, NULL, PROBE_SIZE), PROBE_SIZE);
	cr_assert_eq(pst_bytes_get32(answer + 18), 614400);
	/* 614400 x 30 / 8000 microframes, a tenth more, and the header */
	cr_assert_eq(pst_bytes_get32(answer + 22), 2304 + 230 + PAYLOAD_HEADER_CLOCK);
	choose(2, 2, 1, 333333);
	cr_assert_eq(camera_format(&camera), FORMAT_YUYV);
	cr_assert_eq(camera_interval(&camera), 333333);
	cr_assert_eq(camera_size(&camera).width, 640);
}

Test(request, what_is_not_offered_becomes_the_nearest)
{
	choose(2, 9, 9, 400000);
	cr_assert_eq(camera_format(&camera), FORMAT_MJPEG);
	cr_assert_eq(camera_size(&camera).width, 640);
	cr_assert_eq(camera_interval(&camera), 333333);
	choose(2, 2, 2, 333333);
	cr_assert_eq(camera_interval(&camera), 1000000, "720p raw is too much for the bus");
}

Test(request, a_greedy_camera_asks_for_what_it_is_told)
{
	settings.payload = 3072;
	choose(1, 1, 1, 333333);
	cr_assert_eq(ask(0xa1, REQUEST_GET_CUR, 0x0100, 1, NULL, PROBE_SIZE), PROBE_SIZE);
	cr_assert_eq(pst_bytes_get32(answer + 22), 3072);
}

Test(request, the_stream_follows_the_alternate_setting)
{
	cr_assert_eq(ask(0x01, 11, 4, 1, NULL, 0), 0);
	cr_assert(camera.streaming);
	cr_assert_eq(camera.session, 1);
	cr_assert_eq(ask(0x81, 10, 0, 1, NULL, 1), 1);
	cr_assert_eq(answer[0], 4);
	cr_assert_eq(ask(0x01, 11, 5, 1, NULL, 0), -EPIPE);
	cr_assert_eq(ask(0x01, 11, 0, 1, NULL, 0), 0);
	cr_assert_not(camera.streaming);
}

Test(request, controls_keep_what_is_set)
{
	cr_assert_eq(set_control(UNIT_PROCESSING, 2, -33, 2), 2);
	cr_assert_eq(get_control(UNIT_PROCESSING, 2, REQUEST_GET_CUR, 2), 2);
	cr_assert_eq((int16_t)pst_bytes_get16(answer), -33);
	cr_assert_eq(get_control(UNIT_PROCESSING, 2, REQUEST_GET_MIN, 2), 2);
	cr_assert_eq((int16_t)pst_bytes_get16(answer), -64);
	cr_assert_eq(set_control(UNIT_PROCESSING, 2, 65, 2), -EPIPE);
	cr_assert_eq(get_control(0, 2, REQUEST_GET_CUR, 1), 1);
	cr_assert_eq(answer[0], WRONG_RANGE);
	cr_assert_eq(get_control(UNIT_PROCESSING, 15, REQUEST_GET_CUR, 2), -EPIPE);
	camera_reset(&camera);
	cr_assert_eq(camera.controls.value[CONTROL_BRIGHTNESS], 0, "as after power on");
}

Test(request, an_automatic_must_be_off_first)
{
	cr_assert_eq(set_control(UNIT_CAMERA, 4, 300, 4), -EPIPE);
	cr_assert_eq(get_control(0, 2, REQUEST_GET_CUR, 1), 1);
	cr_assert_eq(answer[0], WRONG_STATE);
	cr_assert_eq(get_control(UNIT_CAMERA, 4, REQUEST_GET_INFO, 1), 1);
	cr_assert_eq(answer[0], 7);
	cr_assert_eq(set_control(UNIT_CAMERA, 2, 2, 1), -EPIPE, "no such mode");
	cr_assert_eq(set_control(UNIT_CAMERA, 2, EXPOSURE_MANUAL, 1), 1);
	cr_assert_eq(set_control(UNIT_CAMERA, 4, 300, 4), 4);
	cr_assert_eq(controls_exposure_ns(&camera.controls), 30000000);
	cr_assert_eq(set_control(UNIT_CAMERA, 6, 10, 2), -EPIPE, "focus");
	cr_assert_eq(set_control(UNIT_CAMERA, 8, 0, 1), 1);
	cr_assert_eq(set_control(UNIT_CAMERA, 6, 10, 2), 2);
}

static void inject(const char *text)
{
	struct pst_error error = {0};

	cr_assert_eq(fault_script_add(&camera.faults, text, &error), 0);
	fault_script_start(&camera.faults, 1);
}

Test(request, a_stalled_camera_still_shows_its_descriptors)
{
	inject("stall");
	cr_assert_eq(set_control(UNIT_PROCESSING, 2, 1, 2), -EPIPE);
	cr_assert_eq(ask(0xa1, REQUEST_GET_CUR, 0x0100, 1, NULL, PROBE_SIZE), -EPIPE);
	cr_assert_eq(ask(0x80, 6, 0x0100, 0, NULL, 18), 18);
}

Test(request, a_wedged_camera_needs_a_reset)
{
	camera.configuration = 1;
	inject("wedge");
	cr_assert_eq(set_control(UNIT_PROCESSING, 2, 1, 2), -EPROTO);
	cr_assert_eq(ask(0x80, 6, 0x0100, 0, NULL, 18), -EPROTO);
	cr_assert_eq(ask(0x80, 6, 0x0100, 0, NULL, 64), 18, "the first read after a reset");
	cr_assert_eq(set_control(UNIT_PROCESSING, 2, 1, 2), 2);
	cr_assert_eq(camera.configuration, 0);
}

Test(request, a_wedged_camera_comes_back_when_its_configuration_is_taken_away)
{
	camera.configuration = 1;
	inject("wedge");
	cr_assert_eq(ask(0x00, 9, 1, 0, NULL, 0), -EPROTO);
	cr_assert_eq(ask(0x00, 9, 0, 0, NULL, 0), 0);
	cr_assert_eq(ask(0x00, 9, 1, 0, NULL, 0), 0);
	cr_assert_eq(camera.configuration, 1);
}

Test(request, an_out_request_without_its_data_is_stalled)
{
	struct usbip_command command = {
		.kind = USBIP_SUBMIT, .setup = {0x21, 1, 0, 2, 0, 2, 2}, .length = 0};

	cr_assert_eq(request_answer(&camera, &command, answer), -EPIPE);
}
