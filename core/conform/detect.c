/* SPDX-License-Identifier: Apache-2.0 */
/* What a detector says of faces. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "postern/detector.h"

#define FAR 4.0F /* image sides: a worker refuses what lies further away */

static const enum pst_content contents[] = {PST_CONTENT_FACE, PST_CONTENT_OTHER,
	PST_CONTENT_SEVERAL, PST_CONTENT_NOISE, PST_CONTENT_WHITE, PST_CONTENT_MIRRORED};
#define CONTENTS (sizeof(contents) / sizeof(contents[0]))

static struct pst_answer first, second;

typedef enum pst_mark (*judge_fn)(struct pst_exam *exam, const struct pst_answer *answer);

/* Holds a judgement over the answers to all contents. */
static enum pst_mark over_all(struct pst_exam *exam, judge_fn judge)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	enum pst_mark mark = PST_MARK_PASS;

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (size_t i = 0; mark == PST_MARK_PASS && i < CONTENTS; i++) {
		if (pst_see_content(exam, trial, contents[i], 0xc3, &first) < 0) {
			return pst_no_memory(exam);
		}
		mark = judge(exam, &first);
	}
	return mark;
}

static uint32_t count_of(const struct pst_answer *answer)
{
	return answer->status < 0		? 0
	       : answer->status > PST_FACES_MAX ? PST_FACES_MAX
						: (uint32_t)answer->status;
}

static const struct pst_face *faces_of(const struct pst_answer *answer)
{
	return (const struct pst_face *)(const void *)answer->out.data;
}

static enum pst_mark judge_status(struct pst_exam *exam, const struct pst_answer *answer)
{
	return pst_status_is_listed(PST_PLUGIN_DETECTOR, answer->status)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "detect returned %d (%s), which its header does not list",
				 answer->status, pst_status_name(answer->status));
}

static enum pst_mark judge_count(struct pst_exam *exam, const struct pst_answer *answer)
{
	return answer->status <= PST_FACES_MAX ? PST_MARK_PASS
					       : pst_fail(exam, "%d faces are claimed, cap is %d",
							 answer->status, PST_FACES_MAX);
}

static enum pst_mark judge_sorted(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_face *faces = faces_of(answer);

	for (uint32_t i = 1; i < count_of(answer); i++) {
		if (faces[i].score > faces[i - 1].score) {
			return pst_fail(exam, "face %u has score %g, the one before it %g", i,
				(double)faces[i].score, (double)faces[i - 1].score);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark judge_score(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_face *faces = faces_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		if (!(faces[i].score >= 0 && faces[i].score <= 1)) {
			return pst_fail(exam, "face %u has score %g", i, (double)faces[i].score);
		}
	}
	return PST_MARK_PASS;
}

static bool is_within(float value, float low, float high)
{
	return value >= low && value <= high; /* false for NaN */
}

static enum pst_mark judge_box(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_face *faces = faces_of(answer);
	float far_x = FAR * (float)exam->album.width, far_y = FAR * (float)exam->album.height;

	for (uint32_t i = 0; i < count_of(answer); i++) {
		const struct pst_face *face = &faces[i];

		if (!is_within(face->x, -far_x, far_x) || !is_within(face->y, -far_y, far_y) ||
			!is_within(face->width, 0.5F, far_x) ||
			!is_within(face->height, 0.5F, far_y)) {
			return pst_fail(exam, "face %u: box %g,%g %gx%g in a picture of %ux%u", i,
				(double)face->x, (double)face->y, (double)face->width,
				(double)face->height, exam->album.width, exam->album.height);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark judge_landmarks(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_face *faces = faces_of(answer);
	float far_x = FAR * (float)exam->album.width, far_y = FAR * (float)exam->album.height;

	for (uint32_t i = 0; i < count_of(answer); i++) {
		const struct pst_face *face = &faces[i];

		if (face->has_landmarks > 1) {
			return pst_fail(exam, "face %u: has_landmarks is %u, not 0 or 1", i,
				face->has_landmarks);
		}
		for (int k = 0; face->has_landmarks && k < PST_LANDMARK_COUNT; k++) {
			if (!is_within(face->landmarks[k].x, -far_x, far_x) ||
				!is_within(face->landmarks[k].y, -far_y, far_y)) {
				return pst_fail(exam, "face %u: landmark %d at %g,%g", i, k,
					(double)face->landmarks[k].x, (double)face->landmarks[k].y);
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark check_all(struct pst_exam *exam)
{
	switch ((int)exam->current) {
	case PST_CHECK_DETECT_STATUS:
		return over_all(exam, judge_status);
	case PST_CHECK_DETECT_COUNT:
		return over_all(exam, judge_count);
	case PST_CHECK_DETECT_SORTED:
		return over_all(exam, judge_sorted);
	case PST_CHECK_DETECT_SCORE:
		return over_all(exam, judge_score);
	case PST_CHECK_DETECT_BOX:
		return over_all(exam, judge_box);
	default:
		return over_all(exam, judge_landmarks);
	}
}

/* Shows several faces with little room. @return 0 or what pst_view_open and pst_see return */
static int show(struct pst_exam *exam, uint32_t room, uint8_t fill, struct pst_answer *ret_answer)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_SEVERAL);
	struct pst_view view = {0};
	int status = pst_view_open(&view, &exam->album, &shape);

	if (status == 0) {
		status = pst_see(&exam->trial, &view.image, &view.face, fill, room, ret_answer);
	}
	pst_view_close(&view);
	return status;
}

static enum pst_mark check_cap(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	for (uint32_t room = 1; room <= 3; room++) {
		first.guard = PST_PAGES_LOOSE;
		if (show(exam, room, 0, &first) < 0) {
			return pst_no_memory(exam);
		}
		if (first.spilled || first.status > (int)room) {
			return pst_fail(exam, "with room for %u faces %d were claimed%s", room,
				first.status, first.spilled ? ", and bytes behind it written" : "");
		}
	}
	first.guard = PST_PAGES_END; /* far behind it there is nothing: who writes there dies */
	return show(exam, 1, 0, &first) < 0 ? pst_no_memory(exam) : PST_MARK_PASS;
}

static enum pst_mark check_cap_one(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (show(exam, PST_ROOM_USUAL, 0, &first) < 0 || show(exam, 1, 0, &second) < 0) {
		return pst_no_memory(exam);
	}
	if (first.status <= 0) {
		return pst_skip(exam, "it finds no face in the drawn picture");
	}
	return second.status == 1 && memcmp(first.bytes, second.bytes, second.size) == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "of %d faces, room for one got %d, and not the first of them",
				 first.status, second.status);
}

static enum pst_mark check_writes_all(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (show(exam, PST_ROOM_USUAL, 0x11, &first) < 0 ||
		show(exam, PST_ROOM_USUAL, 0xee, &second) < 0) {
		return pst_no_memory(exam);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "a field of a face holds what was in the buffer before");
}

static enum pst_mark check_blank(struct pst_exam *exam)
{
	static const enum pst_content blanks[] = {
		PST_CONTENT_BLACK, PST_CONTENT_GREY, PST_CONTENT_WHITE};
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		if (pst_see_content(exam, trial, blanks[i], 0, &first) < 0) {
			return pst_no_memory(exam);
		}
		if (first.status < 0) {
			return pst_fail(exam, "an even picture got %d (%s): no face is 0",
				first.status, pst_status_name(first.status));
		}
	}
	return PST_MARK_PASS;
}

const struct pst_check_run pst_runs_detect[] = {
	{PST_CHECK_DETECT_STATUS, check_all, 0},
	{PST_CHECK_DETECT_COUNT, check_all, 0},
	{PST_CHECK_DETECT_CAP, check_cap, 0},
	{PST_CHECK_DETECT_CAP_ONE, check_cap_one, 0},
	{PST_CHECK_DETECT_SORTED, check_all, 0},
	{PST_CHECK_DETECT_SCORE, check_all, 0},
	{PST_CHECK_DETECT_BOX, check_all, 0},
	{PST_CHECK_DETECT_LANDMARKS, check_all, 0},
	{PST_CHECK_DETECT_WRITES_ALL, check_writes_all, 0},
	{PST_CHECK_DETECT_BLANK, check_blank, 0},
	{0},
};
