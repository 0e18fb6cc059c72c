/* SPDX-License-Identifier: Apache-2.0 */
/* What an extractor makes of chips. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "conform/watch.h"
#include "postern/extractor.h"

#define FLOAT32 (1U << 1) /* of template_types, as manifests number them */
#define SMALL 7		  /* bytes of room that is too small, at most */

static struct pst_answer first, second;

static const enum pst_content contents[] = {PST_CONTENT_FACE, PST_CONTENT_OTHER, PST_CONTENT_BLACK,
	PST_CONTENT_NOISE, PST_CONTENT_ROTATED_180};
#define CONTENTS (sizeof(contents) / sizeof(contents[0]))

static enum pst_mark judge(struct pst_exam *exam, const struct pst_answer *answer)
{
	uint32_t size = exam->plugin.template_size;

	if (exam->current == PST_CHECK_EXTRACT_STATUS) {
		return answer->status != 0 &&
				       pst_status_is_listed(PST_PLUGIN_EXTRACTOR, answer->status)
			       ? PST_MARK_PASS
			       : pst_fail(exam,
					 "extract returned %d (%s), which its header does not "
					 "list",
					 answer->status, pst_status_name(answer->status));
	}
	if (exam->current == PST_CHECK_EXTRACT_SIZE) {
		return answer->status < 0 || answer->status == (int)size
			       ? PST_MARK_PASS
			       : pst_fail(exam, "a template of %d bytes, the manifest says %u",
					 answer->status, size);
	}
	for (uint32_t i = 0; (exam->plan.template_types & FLOAT32) && i + 4 <= answer->size;
		i += 4) {
		float value;

		memcpy(&value, answer->bytes + i, sizeof(value));
		if (!isfinite(value)) {
			return pst_fail(
				exam, "number %u of the template is %g", i / 4, (double)value);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark check_all(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	enum pst_mark mark = PST_MARK_PASS;

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (size_t i = 0; mark == PST_MARK_PASS && i < CONTENTS; i++) {
		if (pst_see_content(exam, trial, contents[i], 0, &first) < 0) {
			return pst_no_memory(exam);
		}
		mark = judge(exam, &first);
	}
	return mark;
}

static int show(struct pst_exam *exam, uint32_t room, struct pst_answer *ret_answer)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_view view = {0};
	int status = pst_view_open(&view, &exam->album, &shape);

	if (status == 0) {
		status = pst_see(&exam->trial, &view.image, &view.face, 0, room, ret_answer);
	}
	pst_view_close(&view);
	return status;
}

static enum pst_mark check_cap(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	first.guard = PST_PAGES_LOOSE;
	if (show(exam, PST_ROOM_USUAL, &first) < 0) {
		return pst_no_memory(exam);
	}
	if (first.spilled) {
		return pst_fail(exam, "bytes around the %u of the template were written",
			exam->plugin.template_size);
	}
	first.guard = PST_PAGES_END;
	return show(exam, PST_ROOM_USUAL, &first) < 0 ? pst_no_memory(exam) : PST_MARK_PASS;
}

static enum pst_mark check_cap_small(struct pst_exam *exam)
{
	uint32_t size = exam->plugin.template_size;
	uint32_t room = size > SMALL ? SMALL : size - 1;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (room == 0) {
		return pst_skip(exam, "no room is smaller than a template of one byte");
	}
	first.guard = PST_PAGES_LOOSE;
	if (show(exam, room, &first) < 0) {
		return pst_no_memory(exam);
	}
	return !first.spilled && first.status <= (int)room && first.status < 0
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "with room for %u bytes it returned %d%s: compare cap first", room,
				 first.status, first.spilled ? " and wrote behind it" : "");
}

static enum pst_mark check_writes_all(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_see_content(exam, trial, PST_CONTENT_FACE, 0x11, &first) < 0 ||
		pst_see_content(exam, trial, PST_CONTENT_FACE, 0xee, &second) < 0) {
		return pst_no_memory(exam);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "bytes of the template hold what was in the buffer before");
}

static enum pst_mark check_own_buffer(struct pst_exam *exam)
{
	static uint8_t before[PST_TEMPLATE_MAX];
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_see_content(exam, trial, PST_CONTENT_FACE, 0, &first) < 0) {
		return pst_no_memory(exam);
	}
	memcpy(before, first.out.data, first.out.size);
	if (pst_see_content(exam, trial, PST_CONTENT_OTHER, 0, &second) < 0) {
		return pst_no_memory(exam);
	}
	return memcmp(before, first.out.data, first.out.size) == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam, "a template changed while the next one was made");
}

static enum pst_mark check_tells_apart(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_see_content(exam, trial, PST_CONTENT_FACE, 0, &first) < 0 ||
		pst_see_content(exam, trial, PST_CONTENT_OTHER, 0, &second) < 0) {
		return pst_no_memory(exam);
	}
	if (first.status < 0 || second.status < 0) {
		return pst_skip(exam, "it makes no template of the drawn faces (%d, %d)",
			first.status, second.status);
	}
	return pst_answers_equal(&first, &second)
		       ? pst_fail(exam, "two different faces have the same template")
		       : PST_MARK_PASS;
}

static enum pst_mark check_roles(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_trial *trial = pst_exam_trial(exam);
	static uint8_t bytes[PST_TEMPLATE_MAX];
	struct pst_view view = {0};
	int sizes[2] = {0};

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_view_open(&view, &exam->album, &shape) < 0) {
		return pst_no_memory(exam);
	}
	for (uint32_t i = 0; i < 2; i++) {
		const struct pst_extractor *calls = trial->entry->calls;

		pst_watch_enter(PST_WATCH_FRAME);
		sizes[i] = calls->extract(trial->self, &view.image, &view.face,
			i == 0 ? PST_ROLE_ENROL : PST_ROLE_PROBE, bytes,
			exam->plugin.template_size);
		pst_watch_leave();
	}
	pst_view_close(&view);
	return sizes[0] == sizes[1] && pst_status_is_answer(PST_PLUGIN_EXTRACTOR, sizes[0])
		       ? PST_MARK_PASS
		       : pst_fail(exam, "the same face got %d for enrolment and %d for a probe",
				 sizes[0], sizes[1]);
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
		if (!pst_status_is_answer(PST_PLUGIN_EXTRACTOR, first.status)) {
			return pst_fail(exam,
				"an even chip got %d (%s): return PST_E_NO_FACE, "
				"PST_E_POOR_QUALITY or PST_E_ELECTIVE",
				first.status, pst_status_name(first.status));
		}
	}
	return PST_MARK_PASS;
}

const struct pst_check_run pst_runs_extract[] = {
	{PST_CHECK_EXTRACT_STATUS, check_all, 0},
	{PST_CHECK_EXTRACT_SIZE, check_all, 0},
	{PST_CHECK_EXTRACT_CAP, check_cap, 0},
	{PST_CHECK_EXTRACT_CAP_SMALL, check_cap_small, 0},
	{PST_CHECK_EXTRACT_WRITES_ALL, check_writes_all, 0},
	{PST_CHECK_EXTRACT_FINITE, check_all, 0},
	{PST_CHECK_EXTRACT_OWN_BUFFER, check_own_buffer, 0},
	{PST_CHECK_EXTRACT_TELLS_APART, check_tells_apart, 0},
	{PST_CHECK_EXTRACT_ROLES, check_roles, 0},
	{PST_CHECK_EXTRACT_BLANK, check_blank, 0},
	{0},
};
