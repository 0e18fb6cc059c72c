/* SPDX-License-Identifier: Apache-2.0 */
/* What a quality plugin says of faces. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "conform/watch.h"
#include "postern/quality.h"

#define SCALE_FROM 1.0F
#define SCALE_TO 2.0F
#define SCALE_PART 0.02F /* of the distance, which may be off by rounding */

static const enum pst_content contents[] = {PST_CONTENT_FACE, PST_CONTENT_OTHER, PST_CONTENT_BLACK,
	PST_CONTENT_WHITE, PST_CONTENT_NOISE, PST_CONTENT_ROTATED_90, PST_CONTENT_BLURRED,
	PST_CONTENT_DARK};
#define CONTENTS (sizeof(contents) / sizeof(contents[0]))

static struct pst_answer first, second;

typedef enum pst_mark (*judge_fn)(struct pst_exam *exam, const struct pst_answer *answer);

static uint32_t count_of(const struct pst_answer *answer)
{
	return answer->status < 0		   ? 0
	       : answer->status > PST_MEASURES_MAX ? PST_MEASURES_MAX
						   : (uint32_t)answer->status;
}

static const struct pst_quality_component *parts_of(const struct pst_answer *answer)
{
	return (const struct pst_quality_component *)(const void *)answer->out.data;
}

static const char *name_of(uint32_t measure)
{
	switch (measure) {
#define NAME(symbol, number, text)                                                                 \
	case number:                                                                               \
		return text;
		PST_MEASURE_MAP(NAME)
#undef NAME
	default:
		return NULL;
	}
}

static const char *name_or_number(uint32_t measure)
{
	const char *name = name_of(measure);

	return name ? name : "a measure without a name";
}

static enum pst_mark judge_status(struct pst_exam *exam, const struct pst_answer *answer)
{
	return answer->status != 0 && pst_status_is_listed(PST_PLUGIN_QUALITY, answer->status)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "assess returned %d (%s), which its header does not list",
				 answer->status, pst_status_name(answer->status));
}

static enum pst_mark judge_count(struct pst_exam *exam, const struct pst_answer *answer)
{
	return answer->status < 0 || (answer->status >= 1 && answer->status <= PST_MEASURES_MAX)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%d components, it must be 1 to %d", answer->status,
				 PST_MEASURES_MAX);
}

static enum pst_mark judge_unified(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	return count_of(answer) == 0 || parts[0].measure == PST_MEASURE_UNIFIED_QUALITY_SCORE
		       ? PST_MARK_PASS
		       : pst_fail(exam, "the first component is %s (%#x)",
				 name_or_number(parts[0].measure), parts[0].measure);
}

static enum pst_mark judge_known(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		if (!name_of(parts[i].measure)) {
			return pst_fail(exam, "component %u is measure %#x, which is none", i,
				parts[i].measure);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark judge_unique(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (parts[i].measure == parts[k].measure) {
				return pst_fail(exam, "components %u and %u are both %s", k, i,
					name_or_number(parts[i].measure));
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark judge_part_status(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		if (parts[i].status != 0 && parts[i].status != PST_E_NOT_IMPLEMENTED &&
			parts[i].status != PST_E_FORMAT) {
			return pst_fail(exam, "%s has status %d (%s)",
				name_or_number(parts[i].measure), parts[i].status,
				pst_status_name(parts[i].status));
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark judge_score(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		if (parts[i].status == 0 && !(parts[i].score >= 0 && parts[i].score <= 100)) {
			return pst_fail(exam, "%s has score %g", name_or_number(parts[i].measure),
				(double)parts[i].score);
		}
	}
	return PST_MARK_PASS;
}

static bool is_raw_sane(const struct pst_quality_component *part)
{
	switch (part->measure) {
	case PST_MEASURE_LUMINANCE_MEAN:
		return part->raw >= 0 && part->raw <= 255;
	case PST_MEASURE_INTER_EYE_DISTANCE:
		return part->raw >= 0 && isfinite(part->raw);
	case PST_MEASURE_HEAD_POSE_YAW:
	case PST_MEASURE_HEAD_POSE_PITCH:
	case PST_MEASURE_HEAD_POSE_ROLL:
		return part->raw >= -180 && part->raw <= 180;
	default:
		return isfinite(part->raw);
	}
}

static enum pst_mark judge_raw(struct pst_exam *exam, const struct pst_answer *answer)
{
	const struct pst_quality_component *parts = parts_of(answer);

	for (uint32_t i = 0; i < count_of(answer); i++) {
		if (parts[i].status == 0 && !is_raw_sane(&parts[i])) {
			return pst_fail(exam, "%s has the raw value %g",
				name_or_number(parts[i].measure), (double)parts[i].raw);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark check_all(struct pst_exam *exam)
{
	static const struct {
		enum pst_check check;
		judge_fn judge;
	} judges[] = {
		{PST_CHECK_ASSESS_STATUS, judge_status},
		{PST_CHECK_ASSESS_COUNT, judge_count},
		{PST_CHECK_ASSESS_UNIFIED_FIRST, judge_unified},
		{PST_CHECK_ASSESS_MEASURES_KNOWN, judge_known},
		{PST_CHECK_ASSESS_MEASURES_UNIQUE, judge_unique},
		{PST_CHECK_ASSESS_COMPONENT_STATUS, judge_part_status},
		{PST_CHECK_ASSESS_SCORE, judge_score},
		{PST_CHECK_ASSESS_RAW, judge_raw},
	};
	struct pst_trial *trial = pst_exam_trial(exam);
	enum pst_mark mark = PST_MARK_PASS;
	size_t at = 0;

	if (!trial) {
		return pst_no_instance(exam);
	}
	while (judges[at].check != exam->current) {
		at++;
	}
	for (size_t i = 0; mark == PST_MARK_PASS && i < CONTENTS; i++) {
		if (pst_see_content(exam, trial, contents[i], 0xff, &first) < 0) {
			return pst_no_memory(exam);
		}
		mark = judges[at].judge(exam, &first);
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
	for (uint32_t room = 1; room <= 3; room++) {
		first.guard = PST_PAGES_LOOSE;
		if (show(exam, room, &first) < 0) {
			return pst_no_memory(exam);
		}
		if (first.spilled || first.status > (int)room) {
			return pst_fail(exam, "with room for %u components it returned %d%s", room,
				first.status, first.spilled ? " and wrote behind it" : "");
		}
	}
	first.guard = PST_PAGES_END;
	return show(exam, 1, &first) < 0 ? pst_no_memory(exam) : PST_MARK_PASS;
}

static enum pst_mark check_cap_one(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (show(exam, 1, &first) < 0) {
		return pst_no_memory(exam);
	}
	return first.status == 1 && parts_of(&first)[0].measure == PST_MEASURE_UNIFIED_QUALITY_SCORE
		       ? PST_MARK_PASS
		       : pst_fail(exam, "room for one component got %d (%s), or another measure",
				 first.status, pst_status_name(first.status));
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
		       : pst_fail(exam, "a component holds what was in the buffer before");
}

/* @return whether the answer tells a measure */
static bool find(const struct pst_answer *answer, enum pst_measure measure,
	struct pst_quality_component *ret_part)
{
	for (uint32_t i = 0; i < count_of(answer); i++) {
		*ret_part = parts_of(answer)[i];
		if (ret_part->measure == (uint32_t)measure && ret_part->status == 0) {
			return true;
		}
	}
	return false;
}

static int measure_eyes(struct pst_exam *exam, const struct pst_view *view, float scale,
	struct pst_quality_component *ret_part)
{
	const struct pst_quality_calls *calls = exam->trial.entry->calls;
	static struct pst_quality_component parts[PST_MEASURES_MAX];
	int count;

	pst_watch_enter(PST_WATCH_FRAME);
	count = calls->assess(
		exam->trial.self, &view->image, &view->face, scale, parts, PST_MEASURES_MAX);
	pst_watch_leave();
	for (int i = 0; i < count && i < PST_MEASURES_MAX; i++) {
		if (parts[i].measure == PST_MEASURE_INTER_EYE_DISTANCE && parts[i].status == 0) {
			*ret_part = parts[i];
			return 0;
		}
	}
	return PST_E_NOT_FOUND;
}

static enum pst_mark check_scale(struct pst_exam *exam)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	struct pst_quality_component from = {0}, to = {0};
	struct pst_view view = {0};
	int status;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (pst_view_open(&view, &exam->album, &shape) < 0) {
		return pst_no_memory(exam);
	}
	status = measure_eyes(exam, &view, SCALE_FROM, &from);
	status = status < 0 ? status : measure_eyes(exam, &view, SCALE_TO, &to);
	pst_view_close(&view);
	if (status < 0) {
		return pst_skip(exam, "the distance between the eyes is not told");
	}
	return fabsf(to.raw - from.raw * SCALE_TO / SCALE_FROM) <= SCALE_PART * to.raw
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "at scale 2 the eyes are %g px apart, at scale 1 %g: "
				 "multiply by scale",
				 (double)to.raw, (double)from.raw);
}

/* Two pictures that differ in one thing, and what is told of it. */
static enum pst_mark compare(struct pst_exam *exam, enum pst_content worse,
	enum pst_measure measure, struct pst_quality_component *ret_good,
	struct pst_quality_component *ret_worse)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_see_content(exam, trial, PST_CONTENT_FACE, 0, &first) < 0 ||
		pst_see_content(exam, trial, worse, 0, &second) < 0) {
		return pst_no_memory(exam);
	}
	if (!find(&first, measure, ret_good) || !find(&second, measure, ret_worse)) {
		return pst_skip(exam, "%s is not told", name_of(measure));
	}
	return PST_MARK_PASS;
}

static enum pst_mark check_light(struct pst_exam *exam)
{
	struct pst_quality_component good = {0}, worse = {0};
	enum pst_mark mark =
		compare(exam, PST_CONTENT_DARK, PST_MEASURE_LUMINANCE_MEAN, &good, &worse);

	return mark != PST_MARK_PASS || worse.raw < good.raw
		       ? mark
		       : pst_fail(exam,
				 "a third of the light has a luminance mean of %g, all of it "
				 "%g",
				 (double)worse.raw, (double)good.raw);
}

static enum pst_mark check_blur(struct pst_exam *exam)
{
	struct pst_quality_component good = {0}, worse = {0};
	enum pst_mark mark =
		compare(exam, PST_CONTENT_BLURRED, PST_MEASURE_SHARPNESS, &good, &worse);

	return mark != PST_MARK_PASS || worse.score <= good.score
		       ? mark
		       : pst_fail(exam, "blurred it has a sharpness of %g, before %g",
				 (double)worse.score, (double)good.score);
}

const struct pst_check_run pst_runs_assess[] = {
	{PST_CHECK_ASSESS_STATUS, check_all, 0},
	{PST_CHECK_ASSESS_COUNT, check_all, 0},
	{PST_CHECK_ASSESS_CAP, check_cap, 0},
	{PST_CHECK_ASSESS_CAP_ONE, check_cap_one, 0},
	{PST_CHECK_ASSESS_UNIFIED_FIRST, check_all, 0},
	{PST_CHECK_ASSESS_MEASURES_KNOWN, check_all, 0},
	{PST_CHECK_ASSESS_MEASURES_UNIQUE, check_all, 0},
	{PST_CHECK_ASSESS_COMPONENT_STATUS, check_all, 0},
	{PST_CHECK_ASSESS_SCORE, check_all, 0},
	{PST_CHECK_ASSESS_RAW, check_all, 0},
	{PST_CHECK_ASSESS_WRITES_ALL, check_writes_all, 0},
	{PST_CHECK_ASSESS_SCALE, check_scale, 0},
	{PST_CHECK_ASSESS_LIGHT, check_light, 0},
	{PST_CHECK_ASSESS_BLUR, check_blur, 0},
	{0},
};
