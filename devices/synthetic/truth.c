/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/truth.h"

#include <errno.h>
#include <jansson.h>

#define JSON_STYLE (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6))

/* Writes the value on a line of its own and drops it. */
static int put_line(FILE *file, const char *before, json_t *value)
{
	if (!value) {
		return -ENOMEM;
	}
	errno = 0;
	int status = fputs(before, file) < 0 || json_dumpf(value, file, JSON_STYLE) < 0 ? -1 : 0;
	json_decref(value);
	return status < 0 ? (errno ? -errno : -EIO) : 0;
}

static json_t *face_json(const struct pst_synth_face *face)
{
	json_t *points = json_array();
	for (int i = 0; i < PST_SYNTH_LANDMARK_COUNT; i++) {
		json_array_append_new(points, json_pack("[ff]", (double)face->landmarks[i].x,
						      (double)face->landmarks[i].y));
	}
	return json_pack("{si sb sb s[ffff] so}", "identity", (int)face->identity, "main",
		face->is_main, "in-zone", face->in_zone, "box", (double)face->x, (double)face->y,
		(double)face->width, (double)face->height, "landmarks", points);
}

static json_t *frame_json(const struct pst_synth_scene *scene, uint64_t index)
{
	struct pst_synth_face faces[PST_SYNTH_FACES_MAX];
	size_t count = pst_synth_scene_truth(scene, index, faces);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, face_json(&faces[i]));
	}
	return json_pack("{sI so}", "frame", (json_int_t)index, "faces", list);
}

static json_t *turns_json(const struct pst_synth_scene *scene)
{
	size_t count;
	const struct pst_synth_turn *turns = pst_synth_scene_turns(scene, &count);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(
			list, json_pack("{si sf sf si}", "identity", (int)turns[i].identity,
				      "start-s", turns[i].start_s, "end-s", turns[i].end_s,
				      "bystanders", (int)turns[i].bystanders));
	}
	return list;
}

int pst_synth_truth_write(FILE *file, const struct pst_synth_scene *scene,
	const struct pst_synth_scene_options *options)
{
	json_t *size = json_pack("[ii]", (int)options->width, (int)options->height);
	int status = put_line(
		file, "{\"version\":1,\n\"seed\":", json_integer((json_int_t)options->seed));
	status = status < 0 ? status : put_line(file, ",\n\"take\":", json_integer(options->take));
	status = status < 0 ? status
			    : put_line(file, ",\n\"people\":", json_integer(options->people));
	status = status < 0 ? status : put_line(file, ",\n\"size\":", json_incref(size));
	status = status < 0 ? status : put_line(file, ",\n\"fps\":", json_integer(options->fps));
	status = status < 0 ? status : put_line(file, ",\n\"turns\":", turns_json(scene));
	json_decref(size);
	uint64_t count = pst_synth_scene_frame_count(scene);
	for (uint64_t i = 0; i < count && status == 0; i++) {
		status = put_line(file, i == 0 ? ",\n\"frames\":[\n" : ",\n", frame_json(scene, i));
	}
	if (status == 0 && fputs("]}\n", file) < 0) {
		status = -EIO;
	}
	return status;
}
