/* SPDX-License-Identifier: Apache-2.0 */
/* A matcher's gallery: what goes in, what comes out, and what is refused. */
#include "conform/match.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "conform/pages.h"

#define TEMPLATES 12
#define LARGE 2000
#define LARGE_STEP 173		    /* every so many are looked for */
#define LARGE_NS (3 * PST_NS_PER_S) /* then it is enough */
#define STRANGER 5000000

enum pst_mark pst_match_add(struct pst_exam *exam, struct pst_desk *d)
{
	int status = pst_desk_add(d, pst_desk_key(0), 0);

	return status == 0 ? PST_MARK_PASS
			   : pst_fail(exam, "add returned %d (%s) for a template of %u bytes",
				     status, pst_status_name(status), d->size);
}

/* The template lies where nothing may be written, and is gone afterwards. */
enum pst_mark pst_match_add_copies(struct pst_exam *exam, struct pst_desk *d)
{
	struct pst_pages pages = {0};
	float before = 0, after = 0;
	int status;

	if (pst_pages_open(&pages, "the template", d->size, 8, PST_PAGES_LOOSE, 0) < 0) {
		return pst_no_memory(exam);
	}
	pst_template_make(&d->shape, TEMPLATES, pages.data);
	pst_pages_lock(&pages, true);
	status = pst_desk_add_bytes(d, pst_desk_key(TEMPLATES), pages.data, d->size);
	status = status < 0 ? status : pst_desk_seal(d);
	status = status < 0 ? status : pst_desk_verify(d, 0, pst_desk_key(TEMPLATES), &before);
	pst_pages_lock(&pages, false);
	memset(pages.data, 0x5a, d->size);
	status = status < 0 ? status : pst_desk_verify(d, 0, pst_desk_key(TEMPLATES), &after);
	pst_pages_close(&pages);
	status = status < 0 ? status : pst_desk_verify(d, 0, pst_desk_key(TEMPLATES), &after);
	if (status < 0) {
		return pst_fail(exam, "a gallery with one more template got %d (%s)", status,
			pst_status_name(status));
	}
	return before == after ? PST_MARK_PASS
			       : pst_fail(exam,
					 "a score went from %g to %g when the bytes given to "
					 "add were overwritten: copy them",
					 (double)before, (double)after);
}

enum pst_mark pst_match_add_null(struct pst_exam *exam, struct pst_desk *d)
{
	int status = pst_desk_add_bytes(d, STRANGER, d->bytes, 0);

	return status == PST_E_FORMAT ? PST_MARK_PASS
				      : pst_fail(exam, "add returned %d (%s) for 0 bytes", status,
						status == 0 ? "ok" : pst_status_name(status));
}

enum pst_mark pst_match_add_wrong_size(struct pst_exam *exam, struct pst_desk *d)
{
	const uint32_t sizes[] = {
		d->size - 1, d->size + d->shape.element, d->size + 1, d->size * 2};

	memset(d->bytes, 1, sizeof(d->bytes));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int status = sizes[i] == 0 || sizes[i] > PST_TEMPLATE_MAX
				     ? PST_E_FORMAT
				     : pst_desk_add_bytes(d, STRANGER, d->bytes, sizes[i]);

		if (status != PST_E_FORMAT) {
			return pst_fail(exam,
				"in a gallery of %u bytes each, add returned %d for %u", d->size,
				status, sizes[i]);
		}
	}
	return PST_MARK_PASS;
}

/* Fills a float template with what is no number. @return whether there is such a thing */
static bool make_bad(struct pst_desk *d, float value)
{
	pst_template_make(&d->shape, 3, d->bytes);
	if (d->shape.element == sizeof(value)) {
		memcpy(d->bytes, &value, sizeof(value));
	}
	return d->shape.element == sizeof(value);
}

static bool scores_are_numbers(const struct pst_desk *d)
{
	for (int i = 0; i < d->count && i < PST_DESK_ROOM; i++) {
		if (isnan(d->found[i].score)) {
			return false;
		}
	}
	return true;
}

enum pst_mark pst_match_add_nan(struct pst_exam *exam, struct pst_desk *d)
{
	static const float values[] = {NAN, INFINITY, -INFINITY};

	for (size_t i = 0; i < 3; i++) {
		int status;

		if (!make_bad(d, values[i])) {
			return pst_skip(exam, "whole numbers are never NaN");
		}
		status = pst_desk_add_bytes(d, STRANGER + i, d->bytes, d->size);
		if (status == 0) {
			status = pst_desk_seal(d);
			(void)pst_desk_search(d, 0, TEMPLATES);
		}
		if (status != PST_E_FORMAT && (status != 0 || !scores_are_numbers(d))) {
			return pst_fail(exam,
				"a template that holds %g got %d, and NaN scores: return "
				"PST_E_FORMAT",
				(double)values[i], status);
		}
	}
	return PST_MARK_PASS;
}

enum pst_mark pst_match_add_error(struct pst_exam *exam, struct pst_desk *d)
{
	int status;

	(void)pst_desk_add_bytes(d, STRANGER, d->bytes, 0);
	(void)pst_desk_add_bytes(d, STRANGER, d->bytes, d->size + d->shape.element);
	status = pst_desk_seal(d);
	if (status == 0) {
		status = pst_desk_search(d, 0, PST_CANDIDATES_MAX);
	}
	return status == TEMPLATES && !pst_desk_has(d, STRANGER)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "after refused templates a gallery of %d has %d candidates",
				 TEMPLATES, status);
}

enum pst_mark pst_match_remove(struct pst_exam *exam, struct pst_desk *d)
{
	int none = pst_desk_remove(d, STRANGER), one, two;

	(void)pst_desk_add(d, pst_desk_key(1), TEMPLATES);
	one = pst_desk_remove(d, pst_desk_key(0));
	two = pst_desk_remove(d, pst_desk_key(1));
	return none == 0 && one == 1 && two == 2
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "remove returned %d, %d and %d for keys of 0, 1 and 2 "
				 "templates",
				 none, one, two);
}

enum pst_mark pst_match_remove_gone(struct pst_exam *exam, struct pst_desk *d)
{
	float score;
	int verified, count;

	(void)pst_desk_add(d, pst_desk_key(2), TEMPLATES);
	(void)pst_desk_remove(d, pst_desk_key(2));
	if (pst_desk_seal(d) < 0) {
		return pst_fail(exam, "seal fails after a removal");
	}
	verified = pst_desk_verify(d, 2, pst_desk_key(2), &score);
	count = pst_desk_search(d, 2, PST_CANDIDATES_MAX);
	return verified == PST_E_NOT_FOUND && count == TEMPLATES - 1 &&
			       !pst_desk_has(d, pst_desk_key(2))
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "a removed key: verify returned %d (%s), search has %d of %d",
				 verified, pst_status_name(verified), count, TEMPLATES - 1);
}

enum pst_mark pst_match_seal(struct pst_exam *exam, struct pst_desk *d)
{
	int again = pst_desk_seal(d), empty;

	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_remove(d, pst_desk_key(i));
	}
	empty = pst_desk_seal(d);
	return again == 0 && empty == 0
		       ? PST_MARK_PASS
		       : pst_fail(
				 exam, "seal returned %d when sealed, %d when empty", again, empty);
}

enum pst_mark pst_match_unsealed(struct pst_exam *exam, struct pst_desk *d)
{
	float score;
	int added, found, gone;

	(void)pst_desk_add(d, STRANGER, STRANGER);
	added = pst_desk_search(d, STRANGER, PST_CANDIDATES_MAX);
	if (added != PST_E_PLUGIN && !(added == TEMPLATES + 1 && pst_desk_has(d, STRANGER))) {
		return pst_fail(exam,
			"search returned %d of %d after an add without seal: return "
			"PST_E_PLUGIN",
			added, TEMPLATES + 1);
	}
	found = pst_desk_verify(d, STRANGER, STRANGER, &score);
	(void)pst_desk_seal(d);
	(void)pst_desk_remove(d, STRANGER);
	gone = pst_desk_search(d, STRANGER, PST_CANDIDATES_MAX);
	return (found == 0 || found == PST_E_PLUGIN) &&
			       (gone == PST_E_PLUGIN || !pst_desk_has(d, STRANGER))
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "without seal, verify of a new key returned %d, and search "
				 "after a removal %d: return PST_E_PLUGIN",
				 found, gone);
}

enum pst_mark pst_match_keys(struct pst_exam *exam, struct pst_desk *d)
{
	static const uint64_t keys[] = {0, UINT64_MAX, 1ULL << 63, 1ULL << 32, UINT32_MAX};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int status = pst_desk_add(d, keys[i], STRANGER + i);

		status = status < 0 ? status : pst_desk_seal(d);
		status = status < 0 ? status : pst_desk_search(d, STRANGER + i, 1);
		if (status != 1 || d->found[0].key != keys[i]) {
			return pst_fail(exam,
				"key %llu: its own template finds %d candidates, the "
				"first %llu",
				(unsigned long long)keys[i], status,
				(unsigned long long)d->found[0].key);
		}
	}
	return PST_MARK_PASS;
}

enum pst_mark pst_match_order(struct pst_exam *exam, struct pst_desk *d)
{
	float first[TEMPLATES], second[TEMPLATES];

	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_verify(d, STRANGER, pst_desk_key(i), &first[i]);
	}
	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_remove(d, pst_desk_key(i));
	}
	for (uint64_t i = TEMPLATES; i > 0; i--) {
		(void)pst_desk_add(d, pst_desk_key(i - 1), i - 1);
	}
	(void)pst_desk_seal(d);
	for (uint64_t i = 0; i < TEMPLATES; i++) {
		int status = pst_desk_verify(d, STRANGER, pst_desk_key(i), &second[i]);

		if (status < 0 || first[i] != second[i]) {
			return pst_fail(exam,
				"added the other way round, key %llu scores %g instead "
				"of %g",
				(unsigned long long)pst_desk_key(i), (double)second[i],
				(double)first[i]);
		}
	}
	return PST_MARK_PASS;
}

enum pst_mark pst_match_large(struct pst_exam *exam, struct pst_desk *d)
{
	int64_t end = pst_clock_mono_ns() + LARGE_NS;
	uint64_t count = TEMPLATES;

	while (count < LARGE && pst_desk_add(d, pst_desk_key(count), count) == 0) {
		count++;
	}
	if (pst_desk_seal(d) < 0) {
		return pst_fail(exam, "%llu templates are taken, and cannot be sealed",
			(unsigned long long)count);
	}
	for (uint64_t i = 0; i < count && pst_clock_mono_ns() < end; i += LARGE_STEP) {
		int found = pst_desk_search(d, i, 1);

		if (found != 1 || d->found[0].key != pst_desk_key(i)) {
			return pst_fail(exam,
				"in a gallery of %llu, template %llu finds %d "
				"candidates, the first key %llu",
				(unsigned long long)count, (unsigned long long)i, found,
				(unsigned long long)d->found[0].key);
		}
	}
	return PST_MARK_PASS;
}
