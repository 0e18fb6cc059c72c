/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_ACCOUNT_H
#define PST_AUDIT_ACCOUNT_H

#include "audit/audit.h"

/*
 * The account of frames, recomputed from the log alone. Of each run of a lane, from "lane.opened"
 * to "lane.closed":
 *
 *   frames.accounted   {runs: [[session, fate, first, last, permit if leased], ...], unnumbered}
 *   permit.granted     {permit, encounter, session, after}: frames above number `after` may be
 * leased permit.revoked     {permit, leased, unsent, session, after}: up to and with `after` they
 * were permit.wiped       {permit, taken}: what the worker says it took before it wiped it all
 *   worker.died        {worker: vision}: what it took of permits not wiped, nobody knows
 *   encounter.closed   {encounter, leased, withheld, from: [session, after], to: [session, after]}
 *   lane.closed        {seen, leased, withheld, lost, damaged}
 *
 * It holds when the numbers of each session follow on each other without gap or overlap; when what
 * is leased lies within the permit it is leased under, from its entry to its end; when each
 * encounter's and the lane's sums are those of the runs; when each permit's leased frames are those
 * that the worker took and those that were never sent to it.
 *
 * A run of a lane that no "lane.closed" ends is open while it is the log's last, else it was cut
 * short, by a kill or a crash: that is a finding, as its last numbers are not in the account. The
 * entries behind it are taken all the same.
 */

enum pst_account_finding {
	PST_ACCOUNT_FINDING_UNSET = 0,
	PST_ACCOUNT_FINDING_OK,
	PST_ACCOUNT_FINDING_FORM,      /* an entry is not as it has to be, or out of order */
	PST_ACCOUNT_FINDING_GAP,       /* numbers are missing */
	PST_ACCOUNT_FINDING_OVERLAP,   /* numbers are there twice, or went back */
	PST_ACCOUNT_FINDING_PERMIT,    /* leased outside of a permit */
	PST_ACCOUNT_FINDING_SUM,       /* sums differ */
	PST_ACCOUNT_FINDING_WORKER,    /* the worker took other than was leased */
	PST_ACCOUNT_FINDING_CUT_SHORT, /* a lane ended without its last entry */
};

/** What a log came to; counts are those of the log up to the first finding. */
struct pst_account_report {
	enum pst_account_finding finding;
	uint64_t bad_sequence; /* entry that shows it; 0: none */
	uint64_t lanes;	       /* runs of lanes */
	uint64_t cut_short;    /* of them, those that never closed */
	uint64_t sessions;     /* of their sources */
	uint64_t encounters;
	uint64_t permits;
	uint64_t seen, leased, withheld, lost, damaged; /* frames */
	uint64_t taken;					/* by workers, as they say */
	uint64_t unsent;				/* leased, and never sent to a worker */
	bool open;					/* the last lane has not closed */
	char text[256];					/* one line for a person */
};

/** One encounter whose account holds. Texts are borrowed until the callback returns. */
struct pst_account_encounter {
	uint64_t sequence; /* of its entry "encounter.closed" */
	uint64_t lane;	   /* from 1: the which run of a lane in this log */
	uint64_t encounter;
	const char *category;
	const char *rule;
	const char *outcome;
	uint64_t session;     /* of its first frame; 0: it had none */
	uint64_t first, last; /* numbers of its first and last frame */
	uint64_t leased, withheld;
	uint64_t permits; /* that it had */
	uint64_t taken;	  /* by the worker, as far as it has said yet */
};
typedef void (*pst_account_encounter_fn)(void *user, const struct pst_account_encounter *encounter);

/** An account being recomputed, entry by entry. */
struct pst_account;

/** @param each  may be NULL @return NULL: no memory */
struct pst_account *pst_account_create(pst_account_encounter_fn each, void *user);
void pst_account_destroy(struct pst_account **account);

/**
 * Takes the next entry; those of other kinds are passed over.
 *
 * @return 0; PST_E_CORRUPT it does not hold: pst_account_finish says why; -ENOMEM
 */
int pst_account_take(struct pst_account *account, const struct pst_audit_item *item) PST_MUST_CHECK;

/** The log ends here, or at a finding. @return its report, borrowed */
const struct pst_account_report *pst_account_finish(struct pst_account *account);

/** @return "ok", "form", "gap", ...; "unset" */
const char *pst_account_finding_name(enum pst_account_finding finding);

#endif
