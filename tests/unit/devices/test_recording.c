/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "devices/replay/replay.h"
#include "devices/synthetic/recording.h"
#include "devices/synthetic/synthetic.h"

static char folder[] = "/tmp/postern-recording-XXXXXX";
static char path[64], truth_path[80];

static const struct pst_synth_scene_options options = {.seed = 7,
	.people = 2,
	.width = 320,
	.height = 240,
	.fps = 10,
	.seconds = 4,
	.bystanders = 1};

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/clip.avi", folder);
	(void)snprintf(truth_path, sizeof(truth_path), "%s.truth.json", path);
}

static size_t list_folder(bool clear)
{
	char name[512];
	size_t count = 0;
	DIR *dir = opendir(folder);

	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] != '.') {
			count++;
			(void)snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
			if (clear) {
				(void)unlink(name);
			}
		}
	}
	(void)closedir(dir);
	return count;
}

static void drop_folder(void)
{
	(void)list_folder(true);
	(void)rmdir(folder);
}

TestSuite(recording, .init = make_folder, .fini = drop_folder);

static bool count_progress(void *user, uint64_t done, uint64_t total)
{
	uint64_t *last = user;

	cr_assert_eq(done, *last + 1);
	cr_assert_eq(total, 40);
	*last = done;
	return true;
}

Test(recording, is_replayed_as_it_was_drawn)
{
	struct pst_error error = {0};
	struct pst_device *file = NULL, *scene = NULL;
	struct pst_frame a, b;
	uint64_t done = 0;

	cr_assert_eq(pst_synth_record(path, &options, count_progress, &done, &error), 0, "%s",
		error.text);
	cr_assert_eq(done, 40);
	cr_assert_eq(list_folder(false), 2);
	cr_assert_eq(pst_replay_open(&file, path, PST_PACE_MAX, &error), 0, "%s", error.text);
	cr_assert_eq(pst_device_info(file)->domain, PST_DOMAIN_DRAWN);
	cr_assert_eq(pst_device_info(file)->format, PST_FRAME_FORMAT_MJPEG);
	cr_assert_float_eq(pst_device_info(file)->fps, 10, 1e-6);
	cr_assert_eq(pst_synth_open(&scene,
			     "synth:?seed=7&people=2&size=320x240&fps=10&seconds=4&bystanders=1",
			     PST_PACE_MAX, &error),
		0);
	cr_assert_eq(pst_device_start(file, &error), 0);
	cr_assert_eq(pst_device_start(scene, &error), 0);
	for (int i = 0; i < 40; i++) {
		cr_assert_eq(pst_device_next(file, &a, &error), 1);
		cr_assert_eq(pst_device_map(file, &a, &error), 0);
		cr_assert_eq(pst_device_next(scene, &b, &error), 1);
		cr_assert_eq(a.captured_ns, b.captured_ns);
		cr_assert_eq(a.plane[0].size, b.plane[0].size);
		cr_assert_eq(memcmp(a.plane[0].data, b.plane[0].data, a.plane[0].size), 0);
		pst_device_release(file, &a);
		pst_device_release(scene, &b);
	}
	cr_assert_eq(pst_device_next(file, &a, &error), PST_E_END);
	pst_device_close(&file);
	pst_device_close(&scene);
}

Test(recording, truth_has_every_frame)
{
	struct pst_error error = {0};
	json_error_t trouble;

	cr_assert_eq(pst_synth_record(path, &options, NULL, NULL, &error), 0, "%s", error.text);
	json_t *truth = json_load_file(truth_path, JSON_REJECT_DUPLICATES, &trouble);

	cr_assert_not_null(truth, "line %d: %s", trouble.line, trouble.text);
	cr_assert_eq(json_integer_value(json_object_get(truth, "version")), 1);
	cr_assert_eq(json_integer_value(json_object_get(truth, "seed")), 7);
	cr_assert_eq(json_integer_value(json_object_get(truth, "people")), 2);
	cr_assert_eq(json_integer_value(json_object_get(truth, "fps")), 10);
	cr_assert_eq(json_integer_value(json_array_get(json_object_get(truth, "size"), 0)), 320);
	cr_assert_eq(json_array_size(json_object_get(truth, "turns")), 2);
	json_t *frames = json_object_get(truth, "frames");

	cr_assert_eq(json_array_size(frames), 40);
	json_t *frame = json_array_get(frames, 30);
	json_t *face = json_array_get(json_object_get(frame, "faces"), 0);

	cr_assert_eq(json_integer_value(json_object_get(frame, "frame")), 30);
	cr_assert_eq(json_array_size(json_object_get(frame, "faces")), 2);
	cr_assert_eq(json_integer_value(json_object_get(face, "identity")), 1);
	cr_assert(json_is_true(json_object_get(face, "main")));
	cr_assert(json_is_true(json_object_get(face, "in-zone")));
	cr_assert_eq(json_array_size(json_object_get(face, "box")), 4);
	cr_assert_eq(json_array_size(json_object_get(face, "landmarks")), 5);
	json_decref(truth);
}

Test(recording, leaves_nothing_where_it_cannot_write)
{
	struct pst_error error = {0};
	char missing[96];

	(void)snprintf(missing, sizeof(missing), "%s/none/clip.avi", folder);
	cr_assert_eq(pst_synth_record(missing, &options, NULL, NULL, &error), -ENOENT);
	cr_assert_not_null(strstr(error.text, missing), "%s", error.text);
	cr_assert_eq(list_folder(false), 0);
}

Test(recording, refused_options_touch_no_file)
{
	struct pst_error error = {0};
	struct pst_synth_scene_options wrong = options;

	wrong.fps = 0;
	cr_assert_eq(pst_synth_record(path, &wrong, NULL, NULL, &error), PST_E_CONFIG);
	cr_assert_not_null(strstr(error.text, "fps 0"));
	cr_assert_eq(list_folder(false), 0);
}

/* The limit on a file's size stands in for a full disk: both fail in the middle of a write. */
Test(recording, full_disk_keeps_the_old_file)
{
	struct pst_error error = {0};
	struct rlimit limit = {100000, 100000};
	char old[4] = {0};
	FILE *file = fopen(path, "w");

	cr_assert_eq(fputs("old", file), 1);
	cr_assert_eq(fclose(file), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(
		pst_synth_record(path, &options, NULL, NULL, &error), -EFBIG, "%s", error.text);
	cr_assert_not_null(strstr(error.text, path), "%s", error.text);
	cr_assert_eq(list_folder(false), 1);
	file = fopen(path, "r");
	cr_assert_eq(fread(old, 1, 3, file), 3);
	(void)fclose(file);
	cr_assert_str_eq(old, "old");
}

Test(recording, portrait_is_a_picture_that_is_replayed)
{
	struct pst_error error = {0};
	struct pst_device *device = NULL;
	struct pst_frame frame;

	(void)snprintf(path, sizeof(path), "%s/face.jpg", folder);
	cr_assert_eq(pst_synth_record_portrait(path, &options, 1, &error), 0, "%s", error.text);
	cr_assert_eq(list_folder(false), 1);
	cr_assert_eq(pst_replay_open(&device, path, PST_PACE_MAX, &error), 0, "%s", error.text);
	cr_assert_eq(pst_device_start(device, &error), 0);
	cr_assert_eq(pst_device_next(device, &frame, &error), 1);
	cr_assert_eq(frame.width, 320);
	pst_device_close(&device);
}
