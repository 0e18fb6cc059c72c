/* SPDX-License-Identifier: Apache-2.0 */
/* What presentation attack detection says of chips. */
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "postern/pad.h"

static const enum pst_content contents[] = {PST_CONTENT_FACE, PST_CONTENT_OTHER, PST_CONTENT_BLACK,
	PST_CONTENT_NOISE, PST_CONTENT_BLURRED};
#define CONTENTS (sizeof(contents) / sizeof(contents[0]))

static struct pst_answer answer;

static enum pst_mark judge_finding(
	struct pst_exam *exam, const char *question, const struct pst_pad_finding *finding)
{
	bool answered = finding->answer != PST_PAD_UNSET;
	size_t length = strnlen(finding->reason, sizeof(finding->reason));

	switch ((int)exam->current) {
	case PST_CHECK_JUDGE_ANSWER:
		return finding->answer <= PST_PAD_UNCERTAIN
			       ? PST_MARK_PASS
			       : pst_fail(exam, "%s: answer %u", question, finding->answer);
	case PST_CHECK_JUDGE_UNSET:
		return answered || (finding->score == 0 && length == 0)
			       ? PST_MARK_PASS
			       : pst_fail(
					 exam, "%s: unset, yet with a score or a reason", question);
	case PST_CHECK_JUDGE_SCORE:
		return !answered || (finding->score >= 0 && finding->score <= 1)
			       ? PST_MARK_PASS
			       : pst_fail(exam, "%s: score %g", question, (double)finding->score);
	case PST_CHECK_JUDGE_REASON_ENDED:
		return length < sizeof(finding->reason)
			       ? PST_MARK_PASS
			       : pst_fail(exam, "%s: the reason has no end", question);
	default:
		for (size_t i = 0; i < length; i++) {
			if (finding->reason[i] < ' ' || finding->reason[i] > '~') {
				return pst_fail(exam, "%s: byte %zu of the reason is %#x", question,
					i, (unsigned char)finding->reason[i]);
			}
		}
		return PST_MARK_PASS;
	}
}

static enum pst_mark judge(struct pst_exam *exam)
{
	const struct pst_pad_result *result = (const void *)answer.out.data;
	enum pst_mark mark;

	if (exam->current == PST_CHECK_JUDGE_STATUS) {
		return pst_status_is_listed(PST_PLUGIN_PAD, answer.status)
			       ? PST_MARK_PASS
			       : pst_fail(exam,
					 "judge returned %d (%s), which its header does not "
					 "list",
					 answer.status, pst_status_name(answer.status));
	}
	if (exam->current == PST_CHECK_JUDGE_RESULT) {
		return !answer.spilled ? PST_MARK_PASS
				       : pst_fail(exam, "bytes around the result were written");
	}
	if (answer.status != 0) {
		return PST_MARK_PASS;
	}
	mark = judge_finding(exam, "impersonation", &result->impersonation);
	return mark == PST_MARK_PASS ? judge_finding(exam, "evasion", &result->evasion) : mark;
}

static enum pst_mark check_all(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	enum pst_mark mark = PST_MARK_PASS;

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (size_t i = 0; mark == PST_MARK_PASS && i < CONTENTS; i++) {
		if (pst_see_content(exam, trial, contents[i], 0, &answer) < 0) {
			return pst_no_memory(exam);
		}
		mark = judge(exam);
	}
	return mark;
}

static enum pst_mark check_answers_something(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	const struct pst_pad_result *result;

	if (!trial) {
		return pst_no_instance(exam);
	}
	if (pst_see_content(exam, trial, PST_CONTENT_FACE, 0, &answer) < 0) {
		return pst_no_memory(exam);
	}
	result = (const void *)answer.out.data;
	return answer.status != 0 || result->impersonation.answer != PST_PAD_UNSET ||
			       result->evasion.answer != PST_PAD_UNSET
		       ? PST_MARK_PASS
		       : pst_fail(exam, "both questions are left unset: say PST_PAD_UNCERTAIN, or "
					"PST_E_POOR_QUALITY");
}

const struct pst_check_run pst_runs_judge[] = {
	{PST_CHECK_JUDGE_STATUS, check_all, 0},
	{PST_CHECK_JUDGE_ANSWER, check_all, 0},
	{PST_CHECK_JUDGE_ANSWERS_SOMETHING, check_answers_something, 0},
	{PST_CHECK_JUDGE_UNSET, check_all, 0},
	{PST_CHECK_JUDGE_SCORE, check_all, 0},
	{PST_CHECK_JUDGE_REASON_ENDED, check_all, 0},
	{PST_CHECK_JUDGE_REASON_PRINTABLE, check_all, 0},
	{PST_CHECK_JUDGE_RESULT, check_all, 0},
	{0},
};
