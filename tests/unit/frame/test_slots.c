/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame/slots.h"

#define WIDTH 64
#define HEIGHT 48
#define STRIDE 80 /* padded */

static struct pst_slots *slots;
static struct pst_error error;
static uint8_t luma[STRIDE * HEIGHT];

static void setup(void)
{
	const struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT};

	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_slots_create(&config, &slots, &error), 0, "%s", error.text);
	for (size_t i = 0; i < sizeof(luma); i++) {
		luma[i] = (uint8_t)(i * 7 + 1);
	}
}

static void teardown(void)
{
	pst_slots_destroy(&slots);
	cr_assert_null(slots);
}

TestSuite(slots, .init = setup, .fini = teardown);

static struct pst_frame grey(void)
{
	return (struct pst_frame){.sequence = 9,
		.captured_ns = 123,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {luma, STRIDE, sizeof(luma)}};
}

static const uint8_t *view_of(struct pst_slots_view *view)
{
	cr_assert_eq(pst_slots_view_open(view, pst_slots_fd(slots), pst_slots_count(slots),
			     pst_slots_size(slots), &error),
		0, "%s", error.text);
	return view->base;
}

Test(slots, packs_rows_and_describes_them)
{
	struct pst_slots_view view;
	struct pst_slot_frame slot;
	struct pst_frame back, frame = grey();

	cr_assert_eq(pst_slots_put(slots, 2, &frame, 77, &slot, &error), 0, "%s", error.text);
	cr_assert_eq(slot.slot, 2);
	cr_assert_eq(slot.permit, 77);
	cr_assert_eq(slot.sequence, 9);
	cr_assert_eq(slot.captured_ns, 123);
	cr_assert_eq(slot.plane[0].stride, WIDTH);
	cr_assert_eq(slot.plane[0].size, WIDTH * HEIGHT);
	view_of(&view);
	cr_assert_eq(pst_slots_view_frame(&view, &slot, &back, &error), 0, "%s", error.text);
	for (int y = 0; y < HEIGHT; y++) {
		cr_assert_arr_eq(back.plane[0].data + y * WIDTH, luma + y * STRIDE, WIDTH);
	}
	cr_assert_eq(pst_slots_puts(slots), 1);
	pst_slots_view_close(&view);
}

Test(slots, wipe_leaves_nothing_and_frees)
{
	struct pst_slots_view view;
	struct pst_slot_frame slot;
	struct pst_frame frame = grey();
	const uint8_t *base = view_of(&view);

	cr_assert_eq(pst_slots_free_index(slots), 0);
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 1, &slot, &error), 0);
	cr_assert_eq(base[5], luma[5]);
	cr_assert_eq(pst_slots_free_index(slots), 1);
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 1, &slot, &error), -EBUSY);
	pst_slots_wipe(slots, 0);
	for (uint32_t i = 0; i < pst_slots_size(slots); i++) {
		cr_assert_eq(base[i], 0, "byte %u survived", i);
	}
	cr_assert_eq(pst_slots_free_index(slots), 0);
	pst_slots_view_close(&view);
}

Test(slots, full_means_no_free_index)
{
	struct pst_slot_frame slot;
	struct pst_frame frame = grey();

	for (uint32_t i = 0; i < pst_slots_count(slots); i++) {
		cr_assert_eq(pst_slots_put(slots, i, &frame, 1, &slot, &error), 0);
	}
	cr_assert_eq(pst_slots_free_index(slots), -1);
	pst_slots_wipe_all(slots);
	cr_assert_eq(pst_slots_free_index(slots), 0);
}

Test(slots, nobody_else_can_write)
{
	int fd = pst_slots_fd(slots);
	size_t size = (size_t)pst_slots_size(slots) * pst_slots_count(slots);
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char byte = 1;

	cr_assert_eq(map, MAP_FAILED, "a second writable mapping");
	cr_assert_eq(errno, EPERM);
	cr_assert_eq(pwrite(fd, &byte, 1, 0), -1, "write");
	cr_assert_eq(ftruncate(fd, 0), -1, "shrink");
	cr_assert_eq(ftruncate(fd, (off_t)size * 2), -1, "grow");
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1, "more seals");
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(map, MAP_FAILED, "reading is what it is for");
	cr_assert_eq(mprotect(map, size, PROT_READ | PROT_WRITE), -1, "made writable afterwards");
	munmap(map, size);
}

Test(slots, a_child_does_not_inherit_the_mapping)
{
	struct pst_slots_view view;
	const uint8_t *base = view_of(&view);
	int status;
	pid_t child;

	cr_assert_not_null(base);
	child = fork();
	if (child == 0) {
		struct pst_slot_frame slot;
		struct pst_frame frame = grey();

		signal(SIGSEGV, SIG_DFL);
		_exit(pst_slots_put(slots, 0, &frame, 1, &slot, NULL) == 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status), "the child wrote into the slots");
	pst_slots_view_close(&view);
}

Test(slots, refuses_frames_without_permit_or_too_large)
{
	struct pst_slot_frame slot;
	struct pst_frame frame = grey();

	cr_assert_eq(pst_slots_put(slots, 0, &frame, 0, &slot, &error), PST_E_UNSAFE);
	memset(&error, 0, sizeof(error));
	frame.plane[0].size = 10;
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 1, &slot, &error), PST_E_CORRUPT);
	frame = grey();
	frame.width = WIDTH * 2;
	frame.plane[0].stride = WIDTH * 2;
	frame.height = HEIGHT * 2;
	frame.plane[0].data = calloc(WIDTH * 2, HEIGHT * 2);
	frame.plane[0].size = WIDTH * 2 * HEIGHT * 2;
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 1, &slot, &error), -EFBIG, "%d", error.status);
	cr_assert(strstr(error.text, "larger than a slot"));
	free((void *)frame.plane[0].data);
	cr_assert_eq(pst_slots_puts(slots), 0);
	cr_assert_eq(pst_slots_free_index(slots), 0);
}

Test(slots, a_view_refuses_what_reaches_outside)
{
	struct pst_slots_view view;
	struct pst_slot_frame slot, wrong;
	struct pst_frame back, frame = grey();

	view_of(&view);
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 1, &slot, &error), 0);
	wrong = slot;
	wrong.slot = pst_slots_count(slots);
	cr_assert_eq(pst_slots_view_frame(&view, &wrong, &back, NULL), PST_E_CORRUPT);
	wrong = slot;
	wrong.plane[0].offset = pst_slots_size(slots) - 1;
	cr_assert_eq(pst_slots_view_frame(&view, &wrong, &back, NULL), PST_E_CORRUPT);
	wrong = slot;
	wrong.plane[0].size = UINT32_MAX;
	cr_assert_eq(pst_slots_view_frame(&view, &wrong, &back, NULL), PST_E_CORRUPT);
	wrong = slot;
	wrong.height = 16384;
	cr_assert_eq(pst_slots_view_frame(&view, &wrong, &back, NULL), PST_E_CORRUPT);
	wrong = slot;
	wrong.format = PST_FRAME_FORMAT_I420;
	cr_assert_eq(pst_slots_view_frame(&view, &wrong, &back, NULL), PST_E_CORRUPT);
	pst_slots_view_close(&view);
}

Test(slots, a_view_refuses_unsealed_memory)
{
	struct pst_slots_view view = {0};
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_eq(ftruncate(fd, 4096), 0);
	cr_assert_eq(pst_slots_view_open(&view, fd, 1, 4096, &error), PST_E_UNSAFE);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_slots_view_open(&view, fd, 2, 4096, &error), -EINVAL);
	cr_assert_eq(pst_slots_view_open(&view, fd, 1, 4096, &error), 0);
	pst_slots_view_close(&view);
	close(fd);
}

Test(slots, every_format_fits_its_own_slot)
{
	for (int format = PST_FRAME_FORMAT_MJPEG; format <= PST_FRAME_FORMAT_LAST; format++) {
		/* Odd sizes: chroma rounds up. */
		const struct pst_slots_config config = {
			.format = format, .width = 33, .height = 17, .count = 2};
		struct pst_frame back,
			frame = {.sequence = 1, .format = format, .width = 33, .height = 17};
		struct pst_slots_view view;
		struct pst_slot_frame slot;
		struct pst_slots *other;
		uint8_t data[PST_FRAME_PLANES_MAX][128 * 17];

		for (uint32_t i = 0; i < pst_frame_format_planes(format); i++) {
			memset(data[i], 0x40 + (int)i, sizeof(data[i]));
			frame.plane[i].data = data[i];
			frame.plane[i].stride = format == PST_FRAME_FORMAT_MJPEG ? 0 : 128;
			frame.plane[i].size = format == PST_FRAME_FORMAT_MJPEG
						      ? 300
						      : 128 * pst_frame_plane_rows(format, i, 17);
		}
		cr_assert_eq(pst_slots_create(&config, &other, &error), 0, "%s", error.text);
		cr_assert_eq(pst_slots_put(other, 1, &frame, 5, &slot, &error), 0, "%s: %s",
			pst_frame_format_name(format), error.text);
		cr_assert_eq(pst_slots_view_open(
				     &view, pst_slots_fd(other), 2, pst_slots_size(other), &error),
			0);
		cr_assert_eq(
			pst_slots_view_frame(&view, &slot, &back, &error), 0, "%s", error.text);
		for (uint32_t i = 0; i < pst_frame_format_planes(format); i++) {
			cr_assert_eq(back.plane[i].data[back.plane[i].size - 1], 0x40 + i);
		}
		pst_slots_view_close(&view);
		pst_slots_destroy(&other);
	}
}

Test(slots, refuses_senseless_sizes)
{
	struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_UNSET, .width = 1, .height = 1};
	struct pst_slots *other = NULL;

	cr_assert_eq(pst_slots_create(&config, &other, &error), PST_E_CONFIG);
	config.format = PST_FRAME_FORMAT_GREY;
	config.width = 0;
	cr_assert_eq(pst_slots_create(&config, &other, NULL), PST_E_CONFIG);
	config.width = PST_FRAME_SIDE_MAX + 1;
	cr_assert_eq(pst_slots_create(&config, &other, NULL), PST_E_CONFIG);
	config.width = 16;
	config.count = PST_SLOTS_MAX + 1;
	cr_assert_eq(pst_slots_create(&config, &other, NULL), PST_E_CONFIG);
	cr_assert_null(other);
}
