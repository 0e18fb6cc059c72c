/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of every shape and content, for plugins that see. */
#include <errno.h>
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "worker/picture.h"

#define GAP 61 /* bytes between rows: odd on purpose */
#define ODD_WIDTH 333
#define ODD_HEIGHT 251
#define ROW 97 /* px of a picture of one row */

static struct pst_answer first, second;

static bool is_fine(const struct pst_exam *exam, int status)
{
	return status == PST_E_FORMAT || pst_status_is_answer(exam->plugin.kind, status);
}

static enum pst_mark not_fine(struct pst_exam *exam, const struct pst_shape *shape, int status)
{
	return pst_fail(exam,
		"a picture of %ux%u, format %u, got %d (%s): answer it, or return "
		"PST_E_FORMAT",
		shape->width, shape->height, shape->format, status, pst_status_name(status));
}

/* Shows a picture of some shape. @return 0, or PST_E_NOT_FOUND without an instance, -ENOMEM */
static int show(struct pst_exam *exam, const struct pst_shape *shape, struct pst_answer *ret_answer)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_view view = {0};
	int status = trial ? pst_view_open(&view, &exam->album, shape) : PST_E_NOT_FOUND;

	if (status == 0) {
		status = pst_see(trial, &view.image, &view.face, 0, PST_ROOM_USUAL, ret_answer);
	}
	pst_view_close(&view);
	return status;
}

static enum pst_mark cannot(struct pst_exam *exam, int status)
{
	return status == -ENOMEM ? pst_no_memory(exam) : pst_no_instance(exam);
}

/* Twice, and the second answer is the first one. */
static enum pst_mark show_twice(struct pst_exam *exam, const struct pst_shape *shape)
{
	int status = show(exam, shape, &first);

	status = status < 0 ? status : show(exam, shape, &second);
	if (status < 0) {
		return cannot(exam, status);
	}
	if (!is_fine(exam, first.status)) {
		return not_fine(exam, shape, first.status);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "a picture of %ux%u, format %u, is answered differently the "
				 "second time",
				 shape->width, shape->height, shape->format);
}

static enum pst_mark check_declared(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	int status;

	shape.width = exam->album.full_width;
	shape.height = exam->album.full_height;
	status = show(exam, &shape, &first);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_status_is_answer(exam->plugin.kind, first.status)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "a picture of %ux%u, as the manifest declares it, got %d (%s)",
				 shape.width, shape.height, first.status,
				 pst_status_name(first.status));
}

static enum pst_mark check_format(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);

	shape.format = exam->current == PST_CHECK_PICTURE_FORMAT_GREY8	 ? PST_PIXELS_GREY8
		       : exam->current == PST_CHECK_PICTURE_FORMAT_RGB24 ? PST_PIXELS_RGB24
									 : PST_PIXELS_BGR24;
	return show_twice(exam, &shape);
}

static enum pst_mark check_format_unknown(struct pst_exam *exam)
{
	static const uint32_t formats[] = {PST_PIXELS_UNSET, 4, 99, UINT32_MAX};
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_view view = {0};
	int status;

	shape.format =
		PST_PIXELS_RGB24; /* the pixels are there, whatever the plugin takes them for */
	status = trial ? pst_view_open(&view, &exam->album, &shape) : PST_E_NOT_FOUND;
	for (size_t i = 0; status == 0 && i < sizeof(formats) / sizeof(formats[0]); i++) {
		view.image.format = formats[i];
		status = pst_see(trial, &view.image, &view.face, 0, PST_ROOM_USUAL, &first);
		if (status == 0 && first.status != PST_E_FORMAT) {
			pst_view_close(&view);
			return pst_fail(exam, "format %u got %d (%s), not PST_E_FORMAT", formats[i],
				first.status, pst_status_name(first.status));
		}
	}
	pst_view_close(&view);
	return status < 0 ? cannot(exam, status) : PST_MARK_PASS;
}

static enum pst_mark check_size(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	uint32_t width = shape.width;

	switch ((int)exam->current) {
	case PST_CHECK_PICTURE_SIZE_1X1:
		shape.width = shape.height = 1;
		break;
	case PST_CHECK_PICTURE_SIZE_ROW:
		shape.width = ROW;
		shape.height = 1;
		break;
	case PST_CHECK_PICTURE_SIZE_COLUMN:
		shape.width = 1;
		shape.height = ROW;
		break;
	case PST_CHECK_PICTURE_SIZE_ODD:
		shape.width = ODD_WIDTH;
		shape.height = ODD_HEIGHT;
		break;
	default:
		shape.width = shape.height;
		shape.height = width;
		break;
	}
	return show_twice(exam, &shape);
}

static enum pst_mark check_size_small(struct pst_exam *exam)
{
	static const uint32_t sizes[][2] = {
		{2, 2}, {3, 3}, {3, 5}, {7, 4}, {8, 8}, {11, 13}, {15, 16}, {17, 31}, {31, 17}};
	enum pst_mark mark = PST_MARK_PASS;

	for (size_t i = 0; mark == PST_MARK_PASS && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);

		shape.width = sizes[i][0];
		shape.height = sizes[i][1];
		mark = show_twice(exam, &shape);
	}
	return mark;
}

static enum pst_mark check_size_changes(struct pst_exam *exam)
{
	struct pst_shape large = pst_album_shape(&exam->album, PST_CONTENT_FACE), small = large;
	int status;

	small.width = small.width / 2 + 1;
	small.height = small.height / 2 + 1;
	small.content = PST_CONTENT_OTHER;
	status = show(exam, &large, &first);
	status = status < 0 ? status : show(exam, &small, &second);
	status = status < 0 ? status : show(exam, &large, &second);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "a picture is answered differently after one of another size");
}

/* The usual picture against the same one in another layout. */
static enum pst_mark compare_layout(
	struct pst_exam *exam, const struct pst_shape *layout, const char *what)
{
	struct pst_shape usual = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	int status = show(exam, &usual, &first);

	status = status < 0 ? status : show(exam, layout, &second);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "the same picture %s is answered differently (%d, then %d)",
				 what, first.status, second.status);
}

static enum pst_mark check_stride(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);

	shape.gap = GAP;
	return compare_layout(exam, &shape, "with rows further apart: use stride");
}

static enum pst_mark check_padding(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	enum pst_mark mark;

	shape.gap = GAP;
	shape.gap_fill = 0xff;
	mark = compare_layout(exam, &shape, "with white between its rows: stop at width");
	shape.gap = 2 * GAP;
	shape.gap_fill = 0x3c;
	return mark == PST_MARK_PASS
		       ? compare_layout(exam, &shape, "with grey between its rows: stop at width")
		       : mark;
}

static enum pst_mark check_unaligned(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	enum pst_mark mark = PST_MARK_PASS;

	for (shape.shift = 1; mark == PST_MARK_PASS && shape.shift <= 3; shape.shift++) {
		mark = compare_layout(exam, &shape, "at an odd address");
	}
	return mark;
}

/* Pages say no to whoever touches more, or writes: the plugin dies, and this check has failed. */
static enum pst_mark check_bounds(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);

	shape.locked = exam->current == PST_CHECK_PICTURE_NOT_WRITTEN;
	shape.guard = exam->current == PST_CHECK_PICTURE_END	 ? PST_PAGES_END
		      : exam->current == PST_CHECK_PICTURE_BEGIN ? PST_PAGES_BEGIN
								 : PST_PAGES_LOOSE;
	return show_twice(exam, &shape);
}

static enum pst_mark check_not_kept(struct pst_exam *exam)
{
	struct pst_shape face = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_shape noise = pst_album_shape(&exam->album, PST_CONTENT_NOISE);
	int status = show(exam, &face, &first); /* and unmaps it */

	status = status < 0 ? status : show(exam, &noise, &second);
	status = status < 0 ? status : show(exam, &face, &second);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "a picture is answered differently after another one: keep "
					"no address of it");
}

static enum pst_mark check_larger_struct(struct pst_exam *exam)
{
	struct {
		struct pst_image image;
		uint8_t later[64];
	} larger;
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_view view = {0};
	int status = show(exam, &shape, &first);

	status = status < 0 ? status : pst_view_open(&view, &exam->album, &shape);
	if (status == 0) {
		memset(&larger, 0xa5, sizeof(larger));
		larger.image = view.image;
		larger.image.size = sizeof(larger);
		status = pst_see(trial, &larger.image, &view.face, 0, PST_ROOM_USUAL, &second);
	}
	pst_view_close(&view);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "an image struct of %zu bytes got %d (%s): a larger size "
				 "only means more fields",
				 sizeof(larger), second.status, pst_status_name(second.status));
}

static enum pst_mark check_content(struct pst_exam *exam)
{
	static const struct {
		enum pst_check check;
		enum pst_content content;
	} contents[] = {
		{PST_CHECK_PICTURE_BLACK, PST_CONTENT_BLACK},
		{PST_CHECK_PICTURE_WHITE, PST_CONTENT_WHITE},
		{PST_CHECK_PICTURE_GREY, PST_CONTENT_GREY},
		{PST_CHECK_PICTURE_NOISE, PST_CONTENT_NOISE},
		{PST_CHECK_PICTURE_STRIPES, PST_CONTENT_STRIPES},
		{PST_CHECK_PICTURE_ROTATED_90, PST_CONTENT_ROTATED_90},
		{PST_CHECK_PICTURE_ROTATED_180, PST_CONTENT_ROTATED_180},
		{PST_CHECK_PICTURE_MIRRORED, PST_CONTENT_MIRRORED},
		{PST_CHECK_PICTURE_SEVERAL_FACES, PST_CONTENT_SEVERAL},
	};
	struct pst_shape shape;
	size_t i = 0;
	int status;

	while (contents[i].check != exam->current) {
		i++;
	}
	shape = pst_album_shape(&exam->album, contents[i].content);
	status = show(exam, &shape, &first);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_status_is_answer(exam->plugin.kind, first.status)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "it got %d (%s), though nothing is wrong with its format",
				 first.status, pst_status_name(first.status));
}

static enum pst_mark check_face_not_written(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_pages face = {0};
	struct pst_view view = {0};
	int status = trial ? pst_view_open(&view, &exam->album, &shape) : PST_E_NOT_FOUND;

	if (status == 0) {
		status =
			pst_pages_open(&face, "the face", sizeof(view.face), 4, PST_PAGES_LOOSE, 0);
	}
	if (status == 0) {
		memcpy(face.data, &view.face, sizeof(view.face));
		pst_pages_lock(&face, true);
		status = pst_see(trial, &view.image,
			(const struct pst_face *)(const void *)face.data, 0, PST_ROOM_USUAL,
			&first);
	}
	pst_pages_close(&face);
	pst_view_close(&view);
	return status < 0 ? cannot(exam, status) : PST_MARK_PASS;
}

static void set_point(struct pst_face *face, float x, float y)
{
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i] = (struct pst_point){x, y};
	}
}

static enum pst_mark check_face_odd(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_view view = {0};
	int status = trial ? pst_view_open(&view, &exam->album, &shape) : PST_E_NOT_FOUND;
	float width = (float)shape.width, height = (float)shape.height;

	for (int i = 0; status == 0 && i < 4; i++) {
		struct pst_face face = view.face;

		face.x = i == 0 ? -width : i == 1 ? width - 1 : face.x;
		face.y = i == 0 ? -height : i == 1 ? height - 1 : face.y;
		face.width = i == 2 ? 0.5F : i == 3 ? 4 * width : face.width;
		face.height = i == 2 ? 0.5F : i == 3 ? 4 * height : face.height;
		if (i != 3) {
			set_point(&face, face.x, face.y);
		}
		status = pst_see(trial, &view.image, &face, 0, PST_ROOM_USUAL, &first);
		if (status == 0 && !is_fine(exam, first.status)) {
			pst_view_close(&view);
			return pst_fail(exam, "a box of %gx%g at %g,%g got %d (%s)",
				(double)face.width, (double)face.height, (double)face.x,
				(double)face.y, first.status, pst_status_name(first.status));
		}
	}
	pst_view_close(&view);
	return status < 0 ? cannot(exam, status) : PST_MARK_PASS;
}

const struct pst_check_run pst_runs_picture[] = {
	{PST_CHECK_PICTURE_DECLARED, check_declared, 0},
	{PST_CHECK_PICTURE_FORMAT_GREY8, check_format, 0},
	{PST_CHECK_PICTURE_FORMAT_RGB24, check_format, 0},
	{PST_CHECK_PICTURE_FORMAT_BGR24, check_format, 0},
	{PST_CHECK_PICTURE_FORMAT_UNKNOWN, check_format_unknown, 0},
	{PST_CHECK_PICTURE_SIZE_1X1, check_size, 0},
	{PST_CHECK_PICTURE_SIZE_ROW, check_size, 0},
	{PST_CHECK_PICTURE_SIZE_COLUMN, check_size, 0},
	{PST_CHECK_PICTURE_SIZE_ODD, check_size, 0},
	{PST_CHECK_PICTURE_SIZE_SMALL, check_size_small, 0},
	{PST_CHECK_PICTURE_SIZE_TALL, check_size, 0},
	{PST_CHECK_PICTURE_SIZE_CHANGES, check_size_changes, 0},
	{PST_CHECK_PICTURE_STRIDE, check_stride, 0},
	{PST_CHECK_PICTURE_PADDING, check_padding, 0},
	{PST_CHECK_PICTURE_UNALIGNED, check_unaligned, 0},
	{PST_CHECK_PICTURE_NOT_WRITTEN, check_bounds, 0},
	{PST_CHECK_PICTURE_END, check_bounds, 0},
	{PST_CHECK_PICTURE_BEGIN, check_bounds, 0},
	{PST_CHECK_PICTURE_NOT_KEPT, check_not_kept, 0},
	{PST_CHECK_PICTURE_LARGER_STRUCT, check_larger_struct, 0},
	{PST_CHECK_PICTURE_BLACK, check_content, 0},
	{PST_CHECK_PICTURE_WHITE, check_content, 0},
	{PST_CHECK_PICTURE_GREY, check_content, 0},
	{PST_CHECK_PICTURE_NOISE, check_content, 0},
	{PST_CHECK_PICTURE_STRIPES, check_content, 0},
	{PST_CHECK_PICTURE_ROTATED_90, check_content, 0},
	{PST_CHECK_PICTURE_ROTATED_180, check_content, 0},
	{PST_CHECK_PICTURE_MIRRORED, check_content, 0},
	{PST_CHECK_PICTURE_SEVERAL_FACES, check_content, 0},
	{PST_CHECK_PICTURE_FACE_NOT_WRITTEN, check_face_not_written, 0},
	{PST_CHECK_PICTURE_FACE_ODD, check_face_odd, 0},
	{0},
};
