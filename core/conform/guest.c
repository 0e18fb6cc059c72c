/* SPDX-License-Identifier: Apache-2.0 */
/* The usual work once more, as a sealed worker does it. What it asks for in vain, watch.c tells. */
#include <errno.h>
#include <time.h>

#include "conform/answer.h"
#include "conform/exam.h"
#include "conform/watch.h"

#define ROUNDS 3
#define WAIT_NS 300000000 /* for threads that wait before they do something */

static struct pst_answer answer;

/* Once at the full size, as a worker warms up. */
static int warm_up(struct pst_exam *exam, struct pst_trial *trial, struct pst_view *view)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);
	int status;

	if (trial->plugin.kind == PST_PLUGIN_MATCHER) {
		return pst_work(exam, trial, 0, 0, &answer);
	}
	shape.width = exam->album.full_width;
	shape.height = exam->album.full_height;
	status = pst_view_open(view, &exam->album, &shape);
	return status < 0 ? status
			  : pst_see(trial, &view->image, &view->face, 0, PST_ROOM_USUAL, &answer);
}

static enum pst_mark check_sealed(struct pst_exam *exam)
{
	const struct timespec wait = {.tv_nsec = WAIT_NS};
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_view view = {0};
	struct pst_error error = {0};
	int status = trial ? warm_up(exam, trial, &view) : PST_E_NOT_FOUND;

	if (status < 0) {
		return pst_no_instance(exam);
	}
	if (pst_watch_seal(&error) < 0) {
		return pst_skip(exam, "%s", error.text);
	}
	for (uint32_t i = 0; status == 0 && i < ROUNDS; i++) {
		status = trial->plugin.kind == PST_PLUGIN_MATCHER
				 ? pst_work(exam, trial, i, 0, &answer)
				 : pst_see(trial, &view.image, &view.face, 0, PST_ROOM_USUAL,
					   &answer);
		status = status < 0 ? status : pst_work(exam, trial, i, 0, &answer);
	}
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	pst_view_close(&view);
	return PST_MARK_PASS;
}

const struct pst_check_run pst_runs_guest[] = {
	{PST_CHECK_GUEST_NO_OTHER_CALL, check_sealed, 20000},
	{0},
};
