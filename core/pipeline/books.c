/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "base/clock.h"
#include "pipeline/impl.h"

void pst_books_revoked(struct pst_lane *lane, uint64_t permit)
{
	lane->revocation = (struct pst_revocation){.permit = permit,
		.encounter = lane->traveler.number,
		.leased = pst_ledger_leased_under(&lane->ledger, permit),
		.at = pst_ledger_position(&lane->ledger)};
}

int pst_books_write_revoked(struct pst_lane *lane)
{
	const struct pst_revocation ended = lane->revocation;

	if (ended.permit == 0) {
		return 0;
	}
	lane->revocation = (struct pst_revocation){0};
	int status = pst_record_append(lane, "permit.revoked",
		json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "lane", lane->spec.config->name,
			"encounter", (json_int_t)ended.encounter, "permit",
			(json_int_t)ended.permit, "leased", (json_int_t)ended.leased, "unsent",
			(json_int_t)pst_vision_unsent(&lane->vision, ended.permit), "session",
			(json_int_t)ended.at.session, "after", (json_int_t)ended.at.after),
		NULL);

	if (status < 0) {
		lane->revocation = ended;
	}
	return status;
}

void pst_books_wiped(struct pst_lane *lane, const struct pst_worker_event *event)
{
	(void)pst_record_append(lane, "permit.wiped",
		json_pack("{s:s, s:I, s:I, s:I}", "lane", lane->spec.config->name, "permit",
			(json_int_t)event->permit, "taken", (json_int_t)event->taken, "extracts",
			(json_int_t)event->extracts),
		NULL);
}

void pst_books_died(struct pst_lane *lane, const char *worker, const char *cause)
{
	(void)pst_record_append(lane, "worker.died",
		json_pack("{s:s, s:s, s:s}", "lane", lane->spec.config->name, "worker", worker,
			"cause", cause),
		NULL);
}

static json_t *run_json(const struct pst_run *run)
{
	json_t *json = json_pack("[I, s, I, I]", (json_int_t)run->session, pst_fate_name(run->fate),
		(json_int_t)run->first, (json_int_t)run->last);

	if (run->fate == PST_FATE_LEASED) {
		(void)json_array_append_new(json, json_integer((json_int_t)run->permit));
	}
	return json;
}

int pst_books_write(struct pst_lane *lane)
{
	struct pst_runs *runs = &lane->ledger.runs;

	if (runs->count == 0 && runs->unnumbered == 0) {
		return 0;
	}
	json_t *list = json_array();

	for (uint32_t i = 0; i < runs->count; i++) {
		(void)json_array_append_new(list, run_json(&runs->run[i]));
	}
	int status = pst_record_append(lane, "frames.accounted",
		json_pack("{s:s, s:I, s:o}", "lane", lane->spec.config->name, "unnumbered",
			(json_int_t)runs->unnumbered, "runs", list),
		NULL);

	if (status == 0) {
		pst_runs_clear(runs);
	}
	return status;
}

/* A log that takes nothing is not asked again with every frame, unless a frame might be leased. */
void pst_books_make_room(struct pst_lane *lane)
{
	int64_t now_ns = pst_clock_mono_ns();
	bool hopeless = lane->audit_error.status < 0 && now_ns - lane->crowded_ns < PST_NS_PER_S;

	if (!pst_runs_is_full(&lane->ledger.runs) ||
		(hopeless && pst_permit_id(&lane->permit) == 0)) {
		return;
	}
	if (pst_books_write(lane) < 0) {
		lane->crowded_ns = now_ns;
		(void)pst_script_break(lane);
	}
}

int pst_books_close(struct pst_lane *lane)
{
	const struct pst_ledger_counts *counts = &lane->ledger.counts;

	if (!lane->recorded) {
		return 0;
	}
	pst_ledger_end(&lane->ledger);
	int status = pst_books_write(lane);

	if (status == 0) {
		status = pst_record_append(lane, "lane.closed",
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "lane",
				lane->spec.config->name, "encounters",
				(json_int_t)lane->summary.encounters, "seen",
				(json_int_t)counts->seen, "leased", (json_int_t)counts->leased,
				"withheld", (json_int_t)counts->withheld, "lost",
				(json_int_t)counts->lost, "damaged", (json_int_t)counts->damaged),
			NULL);
	}
	return status;
}

static struct pst_ledger_witness witness_of(const struct pst_vision *vision)
{
	if (vision->sink) {
		return (struct pst_ledger_witness){.put = vision->sunk};
	}
	const struct pst_worker_counts counts = pst_worker_counts(vision->worker);

	return (struct pst_ledger_witness){.put = pst_vision_puts(vision),
		.worker_frames = counts.answered,
		.worker_dropped = counts.dropped + vision->replaced + vision->wiped,
		.has_worker = true};
}

static int reconcile(struct pst_lane *lane, struct pst_error *error)
{
	const struct pst_ledger_witness witness = witness_of(&lane->vision);
	struct pst_error mismatch = {0};

	if (pst_ledger_reconcile(&lane->ledger, &witness, &mismatch) < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "frame ledger does not reconcile: %s", mismatch.text);
	}
	return 0;
}

int pst_books_check(struct pst_lane *lane, struct pst_error *error)
{
	int status = reconcile(lane, error);

	if (status == 0 && lane->audit_error.status < 0) {
		status =
			pst_error_set(error, PST_E_UNSAFE, "audit log: %s", lane->audit_error.text);
	}
	if (status == 0 && lane->summary.unreceipted > 0) {
		status = pst_error_set(error, PST_E_UNSAFE,
			"%llu receipts could not be written to %s",
			(unsigned long long)lane->summary.unreceipted, lane->spec.receipts);
	}
	return status;
}
