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

static int check_candidates(const struct pst_guest *matcher, const struct pst_wire_match *match,
	struct pst_error *error)
{
	for (uint32_t i = 0; i < match->count; i++) {
		if (!is_score(matcher, match->candidate[i].score)) {
			return complain(matcher, "a score is NaN or out of its range", error);
		}
		if (i > 0 && match->candidate[i].score > match->candidate[i - 1].score) {
			return complain(matcher, "candidates are not sorted", error);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (match->candidate[k].key == match->candidate[i].key) {
				return complain(matcher, "a candidate is listed twice", error);
			}
		}
	}
	return 0;
}

static int search(struct pst_guest *matcher, const struct pst_wire_query *query,
	struct pst_wire_match *ret_match, struct pst_error *error)
{
	const struct pst_matcher *calls = pst_guest_calls(matcher);
	int count = calls->search(pst_guest_self(matcher), query->bytes, query->size,
		ret_match->candidate, query->cap);

	if (count > (int)query->cap) {
		return complain(matcher, "more candidates than there is room for", error);
	}
	ret_match->status = count;
	ret_match->count = count < 0 ? 0 : (uint32_t)count;
	return check_candidates(matcher, ret_match, error);
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
		status = search(matcher, query, ret_match, error);
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
	if (status == 0 && ret_match->status < 0 && ret_match->status != PST_E_NOT_FOUND &&
		ret_match->status != PST_E_FORMAT && ret_match->status != -ENOMEM) {
		status = complain(matcher, pst_status_text(ret_match->status), error);
	}
	return status;
}
