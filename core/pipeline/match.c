/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/match.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "host/adds.h"

#define START_TIMEOUT_MS 20000
#define CALL_TIMEOUT_MS 2000

static int hand_over(void *user, uint64_t subject_key, const uint8_t *template, size_t size)
{
	struct pst_match *match = user;

	return pst_worker_add_more(
		match->worker, subject_key, template, (uint32_t)size, CALL_TIMEOUT_MS, NULL);
}

int pst_match_reload(struct pst_match *match, int64_t now_s, struct pst_error *error)
{
	int count = pst_vault_gallery_each(
		match->vault, match->gallery, match->contract, now_s, hand_over, match, error);

	if (count >= 0) {
		int status = pst_worker_add_rest(match->worker, CALL_TIMEOUT_MS, error);

		count = status < 0 ? status : count;
	}
	pst_worker_add_drop(match->worker);
	if (count == PST_E_NOT_FOUND || count == PST_E_MISMATCH || count == PST_E_VAULT) {
		return count;
	}
	if (count < 0) {
		return pst_error_set(error, count, "gallery '%s': the matcher took no template: %s",
			match->gallery, pst_status_text(count));
	}
	match->references = (uint64_t)count;
	return pst_worker_seal(match->worker, CALL_TIMEOUT_MS, error);
}

_Static_assert((int)PST_VAULT_FORMAT_FLOAT32 == (int)PST_TEMPLATE_TYPE_FLOAT32,
	"the vault numbers types as manifests do");

int pst_match_check_transform(const struct pst_vault *vault, const struct pst_plugin *extractor,
	const struct pst_plugin *matcher, struct pst_error *error)
{
	if (pst_vault_transform_number(vault) == 0) {
		return 0;
	}
	if (extractor->manifest->template_.type != PST_TEMPLATE_TYPE_FLOAT32 ||
		extractor->manifest->template_.dimension > PST_VAULT_TRANSFORM_FLOATS_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: the vault transforms its templates, and these are not of at "
			"most %u float32; use an extractor of embeddings, as arcface, or a vault "
			"without a transform",
			extractor->id, PST_VAULT_TRANSFORM_FLOATS_MAX);
	}
	if (matcher->manifest->invariance != PST_INVARIANCE_ORTHOGONAL) {
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: the vault transforms its templates, and this matcher's "
			"manifest does not say 'invariance: orthogonal'; use cosine, or a vault "
			"without a transform",
			matcher->id);
	}
	return 0;
}

static void look_up_threshold(struct pst_match *match, const struct pst_match_config *config)
{
	struct pst_error why = {0};
	const struct pst_calibration *calibration = pst_calibration_select(
		config->extractor->calibration, config->extractor->calibration_count,
		config->extractor->contract, config->matcher->id, config->domain);

	int status = calibration ? pst_calibration_check_libraries(calibration,
					   config->extractor->manifest->digest,
					   config->matcher->manifest->digest, &why)
				 : 0;

	if (status == 0) {
		status = pst_calibration_threshold(
			calibration, config->fmr, &match->threshold, &why);
	}
	if (status < 0) {
		match->threshold = (struct pst_threshold){0};
		_Static_assert(sizeof(match->uncalibrated) >= sizeof(why.text), "cut text");
		for (size_t i = 0; i < sizeof(why.text); i++) {
			match->uncalibrated[i] = why.text[i];
		}
	}
}

int pst_match_open(
	struct pst_match *match, const struct pst_match_config *config, struct pst_error *error)
{
	const struct pst_worker_config worker = {.kind = PST_WORKER_MATCH,
		.matcher = config->matcher,
		.settings = config->settings,
		.setting_count = config->setting_count,
		.sandbox = config->sandbox};

	*match = (struct pst_match){.vault = config->vault,
		.gallery = config->gallery,
		.rank = config->rank,
		.format = (uint16_t)config->extractor->manifest->template_.type};
	int status = pst_bytes_from_hex(
		config->extractor->contract, match->contract, sizeof(match->contract));
	if (status < 0) {
		return pst_error_set(
			error, PST_E_CONFIG, "plugin %s: no contract id", config->extractor->id);
	}
	look_up_threshold(match, config);
	if (!config->vault || !config->gallery[0]) {
		return 0;
	}
	status = pst_worker_create(&worker, &match->worker, error);
	if (status == 0) {
		status = pst_worker_wait_ready(match->worker, START_TIMEOUT_MS, error);
		pst_error_prefix(error, "plugin %s", config->matcher->id);
	}
	if (status == 0) {
		status = pst_match_reload(match, config->now_s, error);
	}
	if (status < 0) {
		pst_match_close(match);
	}
	return status;
}

void pst_match_close(struct pst_match *match)
{
	pst_worker_destroy(&match->worker);
}

static int verify(struct pst_match *match, const uint8_t *template, size_t size,
	const char *subject, struct pst_match_result *result, struct pst_error *error)
{
	float score;
	int status = pst_worker_verify(match->worker, template, (uint32_t)size,
		pst_vault_subject_key(match->vault, subject), CALL_TIMEOUT_MS, &score, error);

	if (status == PST_E_NOT_FOUND) {
		return 0;
	}
	if (status == 0) {
		result->matched = score >= match->threshold.score;
	}
	return status;
}

static int identify(struct pst_match *match, const uint8_t *template, size_t size,
	struct pst_match_result *result, struct pst_error *error)
{
	struct pst_candidate candidates[PST_CANDIDATES_MAX];
	int count = pst_worker_search(match->worker, template, (uint32_t)size, candidates,
		match->rank, CALL_TIMEOUT_MS, error);

	if (count > 0 && candidates[0].score >= match->threshold.score) {
		result->matched = true;
		result->rank = 1;
	}
	return count < 0 ? count : 0;
}

/* The worker sees only probes turned as the gallery is. */
static int compare(struct pst_match *match, const uint8_t *template, size_t size,
	const char *subject, struct pst_match_result *result, struct pst_error *error)
{
	const uint8_t *probe;
	int status = pst_vault_transform_probe(
		match->vault, match->format, template, size, &probe, error);

	if (status < 0) {
		return status;
	}
	status = subject ? verify(match, probe, size, subject, result, error)
			 : identify(match, probe, size, result, error);
	pst_vault_transform_probe_done(match->vault, size);
	return status;
}

int pst_match_compare(struct pst_match *match, const uint8_t *template, size_t size,
	const char *subject, struct pst_match_result *ret_result, struct pst_error *error)
{
	struct pst_match_result result = {
		.calibrated = match->threshold.fmr > 0,
		.identify = subject == NULL,
		.fmr = match->threshold.fmr,
	};
	int64_t begin = pst_clock_mono_ns();
	int status = 0;

	if (result.calibrated && match->worker) {
		status = compare(match, template, size, subject, &result, error);
	}
	result.duration_ns = pst_clock_mono_ns() - begin;
	*ret_result = result;
	return status;
}
