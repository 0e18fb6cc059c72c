/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/desk.h"

#include <errno.h>
#include <string.h>

#include "conform/watch.h"

static struct pst_desk desk;

uint64_t pst_desk_key(uint64_t number)
{
	return 7 * number + 1;
}

static enum pst_mark start(struct pst_exam *exam)
{
	struct pst_error error = {0};

	if (pst_trial_open(&desk.trial, &exam->plugin, &error) < 0) {
		return pst_no_instance(exam);
	}
	if (exam->shape.dimension == 0 &&
		!pst_template_find(&desk.trial, exam->plan.template_types, &exam->shape)) {
		return exam->current == PST_CHECK_MATCH_ADD
			       ? pst_fail(exam,
					 "no template of the declared types is taken, of 1 to "
					 "8192 elements")
			       : pst_skip(exam, "it takes no template: see match.add");
	}
	desk.calls = desk.trial.entry->calls;
	desk.shape = exam->shape;
	desk.size = pst_template_size(&desk.shape);
	return PST_MARK_PASS;
}

enum pst_mark pst_desk_open(struct pst_exam *exam, uint32_t templates, struct pst_desk **ret_desk)
{
	enum pst_mark mark = start(exam);
	int status = 0;

	for (uint64_t i = 0; mark == PST_MARK_PASS && status == 0 && i < templates; i++) {
		status = pst_desk_add(&desk, pst_desk_key(i), i);
	}
	if (mark == PST_MARK_PASS && status == 0) {
		status = pst_desk_seal(&desk);
	}
	if (status != 0) {
		mark = pst_skip(exam, "a gallery of %u templates cannot be made: %d (%s)",
			templates, status, pst_status_name(status));
	}
	*ret_desk = &desk;
	return mark;
}

void pst_desk_close(void)
{
	pst_trial_close(&desk.trial);
}

int pst_desk_add_bytes(struct pst_desk *d, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	int status;

	pst_watch_enter(PST_WATCH_FRAME);
	status = d->calls->add(d->trial.self, key, bytes, size);
	pst_watch_leave();
	return status;
}

int pst_desk_add(struct pst_desk *d, uint64_t key, uint64_t number)
{
	pst_template_make(&d->shape, number, d->bytes);
	return pst_desk_add_bytes(d, key, d->bytes, d->size);
}

int pst_desk_remove(struct pst_desk *d, uint64_t key)
{
	int status;

	pst_watch_enter(PST_WATCH_FRAME);
	status = d->calls->remove(d->trial.self, key);
	pst_watch_leave();
	return status;
}

int pst_desk_seal(struct pst_desk *d)
{
	int status;

	pst_watch_enter(PST_WATCH_FRAME);
	status = d->calls->seal(d->trial.self);
	pst_watch_leave();
	return status;
}

int pst_desk_verify_bytes(
	struct pst_desk *d, const uint8_t *bytes, uint32_t size, uint64_t key, float *ret_score)
{
	int status;

	*ret_score = 0;
	pst_watch_enter(PST_WATCH_FRAME);
	status = d->calls->verify(d->trial.self, bytes, size, key, ret_score);
	pst_watch_leave();
	return status;
}

int pst_desk_verify(struct pst_desk *d, uint64_t number, uint64_t key, float *ret_score)
{
	pst_template_make(&d->shape, number, d->bytes);
	return pst_desk_verify_bytes(d, d->bytes, d->size, key, ret_score);
}

int pst_desk_search_bytes(struct pst_desk *d, const uint8_t *bytes, uint32_t size, uint32_t cap)
{
	memset(d->found, 0xc3, sizeof(d->found));
	pst_watch_enter(PST_WATCH_FRAME);
	d->count = d->calls->search(d->trial.self, bytes, size, d->found, cap);
	pst_watch_leave();
	return d->count;
}

int pst_desk_search(struct pst_desk *d, uint64_t number, uint32_t cap)
{
	pst_template_make(&d->shape, number, d->bytes);
	return pst_desk_search_bytes(d, d->bytes, d->size, cap);
}

bool pst_desk_has(const struct pst_desk *d, uint64_t key)
{
	for (int i = 0; i < d->count && i < PST_DESK_ROOM; i++) {
		if (d->found[i].key == key) {
			return true;
		}
	}
	return false;
}
