/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/gallery.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define TOLERANCE 1e-4F /* rounding may carry a score this far beyond its range */

static int complain(const struct pst_guest *matcher, const char *what, struct pst_error *error)
{
	return pst_error_set(
		error, PST_E_PLUGIN, "plugin %s: %s", pst_guest_plugin(matcher)->id, what);
}

static bool is_score(const struct pst_guest *matcher, float score)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(matcher);

	return score >= plugin->score_low - TOLERANCE && score <= plugin->score_high + TOLERANCE;
}

static int check_candidates(const struct pst_guest *matcher, const struct pst_candidate *candidate,
	uint32_t count, struct pst_error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!is_score(matcher, candidate[i].score)) {
			return complain(matcher, "a score is NaN or out of its range", error);
		}
		if (i > 0 && candidate[i].score > candidate[i - 1].score) {
			return complain(matcher, "candidates are not sorted", error);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (candidate[k].key == candidate[i].key) {
				return complain(matcher, "a candidate is listed twice", error);
			}
		}
	}
	return 0;
}

/* @return 0 with *ret_status the matcher's count or status; PST_E_PLUGIN */
static int search(struct pst_guest *matcher, const uint8_t *probe, uint32_t size, uint32_t cap,
	struct pst_candidate *candidates, int32_t *ret_status, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	int count = calls->search(pst_guest_self(matcher), probe, size, candidates, cap);

	if (count > (int)cap) {
		return complain(matcher, "more candidates than there is room for", error);
	}
	*ret_status = count;
	return check_candidates(matcher, candidates, count < 0 ? 0 : (uint32_t)count, error);
}

/* @return status; PST_E_PLUGIN with the error filled where the matcher's own is one of its faults
 */
static int check_status(
	const struct pst_guest *matcher, int status, int32_t own, struct pst_error *error)
{
	if (status == 0 && own < 0 && own != PST_E_NOT_FOUND && own != PST_E_FORMAT &&
		own != -ENOMEM) {
		status = complain(matcher, pst_status_text(own), error);
	}
	return status;
}

int pst_gallery_answer(struct pst_guest *matcher, const struct pst_wire_message *request,
	struct pst_wire_match *ret_match, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	const struct pst_wire_query *query = &request->query;
	void *self = pst_guest_self(matcher);
	int64_t begin = pst_clock_mono_ns();
	int status = 0;

	memset(ret_match, 0, sizeof(*ret_match));
	if (request->type == PST_WIRE_ADD) {
		ret_match->status = calls->add(self, query->key, query->bytes, query->size);
	} else if (request->type == PST_WIRE_REMOVE) {
		ret_match->status = calls->remove(self, query->key);
	} else if (request->type == PST_WIRE_SEAL) {
		ret_match->status = calls->seal(self);
	} else if (request->type == PST_WIRE_SEARCH) {
		status = search(matcher, query->bytes, query->size, query->cap,
			ret_match->candidate, &ret_match->status, error);
		ret_match->count = ret_match->status < 0 ? 0 : (uint32_t)ret_match->status;
	} else {
		ret_match->status = calls->verify(
			self, query->bytes, query->size, query->key, &ret_match->score);
		if (ret_match->status != 0) {
			ret_match->score = 0;
		} else if (!is_score(matcher, ret_match->score)) {
			status = complain(matcher, "a score is NaN or out of its range", error);
		}
	}
	ret_match->search_us = (uint32_t)((pst_clock_mono_ns() - begin) / 1000);
	return check_status(matcher, status, ret_match->status, error);
}

int pst_gallery_answer_adds(struct pst_guest *matcher, const struct pst_wire_adds *adds,
	struct pst_wire_match *ret_match, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	int64_t begin = pst_clock_mono_ns();

	memset(ret_match, 0, sizeof(*ret_match));
	for (uint32_t i = 0; i < adds->count && ret_match->status >= 0; i++) {
		ret_match->status = calls->add(pst_guest_self(matcher), adds->key[i],
			adds->bytes + (size_t)i * adds->size, adds->size);
	}
	ret_match->search_us = (uint32_t)((pst_clock_mono_ns() - begin) / 1000);
	return check_status(matcher, 0, ret_match->status, error);
}

static int search_each(struct pst_guest *matcher, const struct pst_wire_batch *batch,
	struct pst_wire_matches *ret_matches, struct pst_error *error)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		int32_t count = 0;
		int status = search(matcher, batch->bytes + i * batch->size, batch->size,
			batch->cap, ret_matches->candidate + i * batch->cap, &count, error);

		if (status < 0) {
			return status;
		}
		if (count < 0) {
			ret_matches->status = count;
			return 0;
		}
		ret_matches->found[i] = (uint32_t)count;
	}
	return 0;
}

static int search_together(struct pst_guest *matcher, const struct pst_wire_batch *batch,
	struct pst_wire_matches *ret_matches, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	int status = calls->search_batch(pst_guest_self(matcher), batch->bytes, batch->size,
		batch->count, ret_matches->candidate, batch->cap, ret_matches->found);

	if (status > 0) {
		return complain(matcher, "search_batch answers with neither 0 nor an error", error);
	}
	ret_matches->status = status;
	for (uint32_t i = 0; i < batch->count && status == 0; i++) {
		if (ret_matches->found[i] > batch->cap) {
			return complain(matcher, "more candidates than there is room for", error);
		}
		status = check_candidates(matcher, ret_matches->candidate + i * batch->cap,
			ret_matches->found[i], error);
	}
	return ret_matches->status < 0 ? 0 : status;
}

int pst_gallery_answer_batch(struct pst_guest *matcher, const struct pst_wire_batch *batch,
	struct pst_wire_matches *ret_matches, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	int64_t begin = pst_clock_mono_ns();
	int status;

	memset(ret_matches, 0, sizeof(*ret_matches));
	ret_matches->cap = batch->cap;
	status = calls->search_batch ? search_together(matcher, batch, ret_matches, error)
				     : search_each(matcher, batch, ret_matches, error);
	ret_matches->count = ret_matches->status < 0 ? 0 : batch->count;
	ret_matches->search_us = (uint32_t)((pst_clock_mono_ns() - begin) / 1000);
	return check_status(matcher, status, ret_matches->status, error);
}
