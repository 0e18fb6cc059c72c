/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <criterion/criterion.h>

struct fake_v4l2 *fake;
struct fake_camera *camera;
struct pst_device *device;
struct pst_error error;
struct pst_frame frame;

void plug_in(void)
{
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
}

void pull_out(void)
{
	pst_device_close(&device);
	fake_v4l2_destroy(&fake);
}

void open_it(const char *uri)
{
	int status = pst_v4l2_open_on(&device, &fake->backend, uri, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

void start_as(const char *uri)
{
	open_it(uri);
	int status = pst_device_start(device, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

void start_it(void)
{
	start_as("v4l2:/dev/video0?size=640x480");
}

int next(void)
{
	error = (struct pst_error){0};
	return pst_device_next(device, &frame, &error);
}

int push(size_t size)
{
	return fake_push(camera, &(struct fake_frame){.size = size});
}

/* One good frame, from the camera and back to it. */
void pass_one(void)
{
	cr_assert_geq(push(9000), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	pst_device_release(device, &frame);
}

uint64_t made(void)
{
	const struct pst_device_counts counts = pst_device_counts(device);

	return counts.good + counts.lost + counts.flagged + counts.undersized + counts.torn;
}

void expect_counts(uint64_t good, uint64_t lost, uint64_t flagged, uint64_t undersized)
{
	const struct pst_device_counts counts = pst_device_counts(device);

	cr_assert_eq(counts.good, good, "good %llu", (unsigned long long)counts.good);
	cr_assert_eq(counts.lost, lost, "lost %llu", (unsigned long long)counts.lost);
	cr_assert_eq(counts.flagged, flagged, "flagged %llu", (unsigned long long)counts.flagged);
	cr_assert_eq(counts.undersized, undersized, "undersized %llu",
		(unsigned long long)counts.undersized);
	cr_assert_eq(counts.torn, 0);
}
