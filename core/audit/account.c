/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* A moment told by frames: after a number of a session; -1: before its first. */
struct moment {
	uint64_t session;
	int64_t after;
};

struct run {
	uint64_t session;
	uint64_t first, last;
	bool leased;
	bool withheld;
};

struct permit {
	uint64_t id;
	uint64_t encounter;
	struct moment from, to;
	bool revoked;
	bool wiped;	 /* a worker said so */
	bool died;	 /* a worker died with frames of it */
	uint64_t leased; /* as the runs say */
	uint64_t said;	 /* leased, as its end says */
	uint64_t unsent;
	uint64_t taken;
	struct moment first, last; /* leased frames: before the first, after the last */
};

struct sums {
	uint64_t seen, leased, withheld, lost, damaged;
};

struct pst_account {
	struct pst_account_report report;
	pst_account_encounter_fn each;
	void *user;
	uint64_t sequence; /* of the entry being taken */

	bool in_lane;
	bool has_worker;
	struct moment at; /* the newest number in the account */
	struct sums sums; /* of this lane */
	struct run *runs; /* owned; since the encounter before closed */
	size_t run_count, run_room;
	struct permit *permits; /* owned; of this lane, ids rising */
	size_t permit_count, permit_room;
};

static const char *const finding_names[] = {
	"unset", "ok", "form", "gap", "overlap", "permit", "sum", "worker", "cut-short"};

const char *pst_account_finding_name(enum pst_account_finding finding)
{
	return finding_names[(unsigned)finding <= PST_ACCOUNT_FINDING_CUT_SHORT ? finding : 0];
}

__attribute__((format(printf, 3, 4))) static int found(
	struct pst_account *account, enum pst_account_finding finding, const char *format, ...)
{
	struct pst_account_report *report = &account->report;
	char what[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	report->finding = finding;
	report->bad_sequence = account->sequence;
	(void)snprintf(report->text, sizeof(report->text), "entry %" PRIu64 ": %s",
		account->sequence, what);
	return PST_E_CORRUPT;
}

static int bad_form(struct pst_account *account, const char *kind)
{
	return found(account, PST_ACCOUNT_FINDING_FORM, "'%s' is not as it has to be", kind);
}

/* @return <0, 0, >0: a comes before, is, comes after b */
static int compare(struct moment a, struct moment b)
{
	if (a.session != b.session) {
		return a.session < b.session ? -1 : 1;
	}
	return a.after < b.after ? -1 : a.after > b.after;
}

static struct moment before(uint64_t session, uint64_t number)
{
	return (struct moment){session, (int64_t)number - 1};
}

static struct moment behind(uint64_t session, uint64_t number)
{
	return (struct moment){session, (int64_t)number};
}

static bool is_count(json_int_t value)
{
	return value >= 0;
}

static bool is_moment(json_int_t session, json_int_t after)
{
	return session >= 0 && after >= -1;
}

/* @return an element of zeroes behind the others, or NULL */
static void *grow(void **list, size_t *count, size_t *room, size_t size)
{
	if (!*list || *count == *room) {
		size_t more = *room ? *room * 2 : 16;
		void *larger = reallocarray(*list, more, size);

		if (!larger) {
			return NULL;
		}
		*list = larger;
		*room = more;
	}
	void *element = (char *)*list + (*count)++ * size;

	memset(element, 0, size);
	return element;
}

static struct permit *find_permit(struct pst_account *account, uint64_t id)
{
	for (size_t i = account->permit_count; i > 0; i--) {
		if (account->permits[i - 1].id == id) {
			return &account->permits[i - 1];
		}
	}
	return NULL;
}

/* Whether what is known of a permit by now agrees; all of it is when the lane has closed. */
static int check_permit(struct pst_account *account, const struct permit *permit, bool all)
{
	uint64_t known = permit->taken + permit->unsent;

	if (permit->leased > 0 && compare(permit->first, permit->from) < 0) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"frame %" PRId64 " leased under permit %" PRIu64 " before it was granted",
			permit->first.after + 1, permit->id);
	}
	if (permit->revoked && permit->leased > 0 && compare(permit->last, permit->to) > 0) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"frame %" PRId64 " leased under permit %" PRIu64 " after it was revoked",
			permit->last.after, permit->id);
	}
	if (!all) {
		return 0;
	}
	if (!permit->revoked) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"permit %" PRIu64 " was never revoked", permit->id);
	}
	if (permit->leased != permit->said) {
		return found(account, PST_ACCOUNT_FINDING_SUM,
			"permit %" PRIu64 ": %" PRIu64 " frames leased, but its end says %" PRIu64,
			permit->id, permit->leased, permit->said);
	}
	if (!account->has_worker || permit->leased == 0) {
		return 0;
	}
	if (!permit->wiped && !permit->died) {
		return found(account, PST_ACCOUNT_FINDING_WORKER,
			"permit %" PRIu64 ": no worker said that it wiped its frames", permit->id);
	}
	if (known > permit->leased || (known < permit->leased && !permit->died)) {
		return found(account, PST_ACCOUNT_FINDING_WORKER,
			"permit %" PRIu64 ": %" PRIu64
			" frames leased, but the worker took %" PRIu64 " and %" PRIu64
			" were never sent",
			permit->id, permit->leased, permit->taken, permit->unsent);
	}
	return 0;
}

static int close_lane(struct pst_account *account)
{
	int status = 0;

	for (size_t i = 0; i < account->permit_count && status == 0; i++) {
		status = check_permit(account, &account->permits[i], /* all= */ true);
	}
	account->in_lane = false;
	return status;
}

static void add_up(struct pst_account *account)
{
	struct pst_account_report *report = &account->report;

	report->seen += account->sums.seen;
	report->leased += account->sums.leased;
	report->withheld += account->sums.withheld;
	report->lost += account->sums.lost;
	report->damaged += account->sums.damaged;
	account->sums = (struct sums){0};
}

/* What can be said of the lanes before and after holds all the same. */
static void cut_short(struct pst_account *account)
{
	if (account->report.cut_short++ == 0) {
		(void)found(account, PST_ACCOUNT_FINDING_CUT_SHORT,
			"another lane opens, but the one before never closed: what came after "
			"frame "
			"%" PRId64 " of its session %" PRIu64 " is not in the account",
			account->at.after, account->at.session);
	}
	add_up(account);
}

static int take_lane_opened(struct pst_account *account, const json_t *json)
{
	if (account->in_lane) {
		cut_short(account);
	}
	account->in_lane = true;
	account->has_worker = !json_is_string(json_object_get(json, "recording"));
	account->at = (struct moment){0, -1};
	account->run_count = 0;
	account->permit_count = 0;
	account->report.lanes++;
	return 0;
}

static int take_granted(struct pst_account *account, json_t *json)
{
	json_int_t id, encounter, session, after;
	const struct permit *last =
		account->permit_count ? &account->permits[account->permit_count - 1] : NULL;

	if (json_unpack(json, "{s:I, s:I, s:I, s:I}", "permit", &id, "encounter", &encounter,
		    "session", &session, "after", &after) < 0 ||
		id < 1 || !is_count(encounter) || !is_moment(session, after)) {
		return bad_form(account, "permit.granted");
	}
	if (last && ((uint64_t)id <= last->id || !last->revoked)) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"permit %" JSON_INTEGER_FORMAT " granted while permit %" PRIu64 "%s", id,
			last->id, last->revoked ? " came before it" : " is not revoked");
	}
	struct permit *permit = grow((void **)&account->permits, &account->permit_count,
		&account->permit_room, sizeof(*permit));
	if (!permit) {
		return -ENOMEM;
	}
	permit->id = (uint64_t)id;
	permit->encounter = (uint64_t)encounter;
	permit->from = (struct moment){(uint64_t)session, after};
	account->report.permits++;
	return 0;
}

static int take_revoked(struct pst_account *account, json_t *json)
{
	json_int_t id, leased, unsent, session, after;

	if (json_unpack(json, "{s:I, s:I, s:I, s:I, s:I}", "permit", &id, "leased", &leased,
		    "unsent", &unsent, "session", &session, "after", &after) < 0 ||
		!is_count(leased) || !is_count(unsent) || !is_moment(session, after)) {
		return bad_form(account, "permit.revoked");
	}
	struct permit *permit = find_permit(account, (uint64_t)id);
	if (!permit || permit->revoked) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"permit %" JSON_INTEGER_FORMAT " revoked without being granted, or twice",
			id);
	}
	permit->revoked = true;
	permit->said = (uint64_t)leased;
	permit->unsent = (uint64_t)unsent;
	permit->to = (struct moment){(uint64_t)session, after};
	account->report.unsent += permit->unsent;
	return check_permit(account, permit, /* all= */ false);
}

/* Nobody looks at somebody who has no permit, nor before the log says whom. */
static int take_viewed(struct pst_account *account, json_t *json)
{
	json_int_t id, encounter;

	if (json_unpack(json, "{s:I, s:I}", "permit", &id, "encounter", &encounter) < 0) {
		return bad_form(account, "picture.viewed");
	}
	const struct permit *permit = find_permit(account, (uint64_t)id);
	if (!permit || permit->revoked || permit->encounter != (uint64_t)encounter) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"a picture of encounter %" JSON_INTEGER_FORMAT
			" viewed under permit %" JSON_INTEGER_FORMAT ", which did not hold then",
			encounter, id);
	}
	return 0;
}

static int take_wiped(struct pst_account *account, json_t *json)
{
	json_int_t id, taken;

	if (json_unpack(json, "{s:I, s:I}", "permit", &id, "taken", &taken) < 0 ||
		!is_count(taken)) {
		return bad_form(account, "permit.wiped");
	}
	struct permit *permit = find_permit(account, (uint64_t)id);
	if (!permit || !permit->revoked || permit->wiped) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"permit %" JSON_INTEGER_FORMAT " wiped without being revoked, or twice",
			id);
	}
	permit->wiped = true;
	permit->taken = (uint64_t)taken;
	account->report.taken += permit->taken;
	return 0;
}

static int take_died(struct pst_account *account, json_t *json)
{
	const char *worker;

	if (json_unpack(json, "{s:s}", "worker", &worker) < 0) {
		return bad_form(account, "worker.died");
	}
	for (size_t i = 0; strcmp(worker, "vision") == 0 && i < account->permit_count; i++) {
		account->permits[i].died = account->permits[i].died || !account->permits[i].wiped;
	}
	return 0;
}

/* The next run must go on where the account stands, or begin another session. */
static int check_place(struct pst_account *account, const struct run *run)
{
	if (account->at.session == run->session && account->at.after >= 0) {
		uint64_t next = (uint64_t)account->at.after + 1;

		if (run->first > next) {
			return found(account, PST_ACCOUNT_FINDING_GAP,
				"frames %" PRIu64 " to %" PRIu64 " of session %" PRIu64
				" are not in the account",
				next, run->first - 1, run->session);
		}
		if (run->first < next) {
			return found(account, PST_ACCOUNT_FINDING_OVERLAP,
				"frame %" PRIu64 " of session %" PRIu64 " is in the account twice",
				run->first, run->session);
		}
	} else if (run->session < account->at.session) {
		return found(account, PST_ACCOUNT_FINDING_OVERLAP,
			"session %" PRIu64 " again, after session %" PRIu64, run->session,
			account->at.session);
	} else {
		account->report.sessions++;
	}
	return 0;
}

static int lease(struct pst_account *account, const struct run *run, json_int_t id)
{
	struct permit *permit = find_permit(account, (uint64_t)id);

	if (!permit) {
		return found(account, PST_ACCOUNT_FINDING_PERMIT,
			"frame %" PRIu64 " leased under permit %" JSON_INTEGER_FORMAT
			", which was not granted",
			run->first, id);
	}
	if (permit->leased == 0) {
		permit->first = before(run->session, run->first);
	}
	permit->last = behind(run->session, run->last);
	permit->leased += run->last - run->first + 1;
	return check_permit(account, permit, /* all= */ false);
}

static bool count_run(struct pst_account *account, struct run *run, const char *fate)
{
	uint64_t count = run->last - run->first + 1;
	struct sums *sums = &account->sums;

	run->leased = strcmp(fate, "leased") == 0;
	run->withheld = strcmp(fate, "withheld") == 0;
	if (run->leased) {
		sums->leased += count;
	} else if (run->withheld) {
		sums->withheld += count;
	} else if (strcmp(fate, "lost") == 0) {
		sums->lost += count;
	} else if (strcmp(fate, "damaged") == 0) {
		sums->damaged += count;
	} else {
		return false;
	}
	sums->seen += count;
	return true;
}

static int take_run(struct pst_account *account, json_t *json)
{
	json_int_t session, first, last, permit = 0;
	const char *fate;

	if (json_unpack(json, "[IsII]", &session, &fate, &first, &last) < 0 || session < 1 ||
		!is_count(first) || last < first ||
		json_array_size(json) != (strcmp(fate, "leased") == 0 ? 5U : 4U)) {
		return bad_form(account, "frames.accounted");
	}
	struct run *run = grow(
		(void **)&account->runs, &account->run_count, &account->run_room, sizeof(*run));
	if (!run) {
		return -ENOMEM;
	}
	run->session = (uint64_t)session;
	run->first = (uint64_t)first;
	run->last = (uint64_t)last;
	if (!count_run(account, run, fate)) {
		return bad_form(account, "frames.accounted");
	}
	int status = check_place(account, run);
	if (status == 0 && run->leased) {
		permit = json_integer_value(json_array_get(json, 4));
		status = lease(account, run, permit);
	}
	account->at = behind(run->session, run->last);
	return status;
}

static int take_frames(struct pst_account *account, json_t *json)
{
	json_int_t unnumbered;
	json_t *runs, *run;
	size_t index;
	int status = 0;

	if (json_unpack(json, "{s:I, s:o}", "unnumbered", &unnumbered, "runs", &runs) < 0 ||
		!is_count(unnumbered) || !json_is_array(runs)) {
		return bad_form(account, "frames.accounted");
	}
	account->sums.damaged += (uint64_t)unnumbered;
	account->sums.seen += (uint64_t)unnumbered;
	json_array_foreach(runs, index, run)
	{
		status = take_run(account, run);
		if (status < 0) {
			break;
		}
	}
	return status;
}

/* What of a run lies between two moments. @return false: nothing */
static bool clip(const struct run *run, struct moment from, struct moment to, struct run *ret_run)
{
	*ret_run = *run;
	if (compare(behind(run->session, run->last), from) <= 0 ||
		compare(before(run->session, run->first), to) >= 0) {
		return false;
	}
	if (run->session == from.session && from.after >= (int64_t)run->first) {
		ret_run->first = (uint64_t)from.after + 1;
	}
	if (run->session == to.session && to.after < (int64_t)run->last) {
		ret_run->last = (uint64_t)to.after;
	}
	return true;
}

static void add_run(struct pst_account_encounter *encounter, const struct run *run)
{
	uint64_t count = run->last - run->first + 1;

	if (encounter->session == 0) {
		encounter->session = run->session;
		encounter->first = run->first;
	}
	encounter->last = run->last;
	encounter->leased += run->leased ? count : 0;
	encounter->withheld += run->withheld ? count : 0;
}

/* Every frame leased since the encounter opened is one of its own permits'. */
static int check_encounter(struct pst_account *account, struct pst_account_encounter *encounter,
	uint64_t leased, uint64_t withheld)
{
	uint64_t own = 0;

	for (size_t i = 0; i < account->permit_count; i++) {
		const struct permit *permit = &account->permits[i];

		if (permit->encounter == encounter->encounter) {
			own += permit->leased;
			encounter->permits++;
			encounter->taken += permit->taken;
		}
	}
	if (encounter->leased != leased || encounter->withheld != withheld || own != leased) {
		return found(account, PST_ACCOUNT_FINDING_SUM,
			"encounter %" PRIu64 " closed with %" PRIu64 " leased and %" PRIu64
			" withheld, but its frames were %" PRIu64 " and %" PRIu64
			", of them %" PRIu64 " under its permits",
			encounter->encounter, leased, withheld, encounter->leased,
			encounter->withheld, own);
	}
	return 0;
}

static int take_encounter(
	struct pst_account *account, const struct pst_audit_item *item, json_t *json)
{
	struct pst_account_encounter encounter = {
		.sequence = item->sequence, .lane = account->report.lanes};
	json_int_t number, leased, withheld, from[2], to[2];
	struct run part;

	if (json_unpack(json, "{s:I, s:s, s:s, s:s, s:I, s:I, s:[II], s:[II]}", "encounter",
		    &number, "category", &encounter.category, "rule", &encounter.rule, "outcome",
		    &encounter.outcome, "leased", &leased, "withheld", &withheld, "from", &from[0],
		    &from[1], "to", &to[0], &to[1]) < 0 ||
		!is_count(number) || !is_moment(from[0], from[1]) || !is_moment(to[0], to[1])) {
		return bad_form(account, "encounter.closed");
	}
	encounter.encounter = (uint64_t)number;
	for (size_t i = 0; i < account->run_count; i++) {
		if (clip(&account->runs[i], (struct moment){(uint64_t)from[0], from[1]},
			    (struct moment){(uint64_t)to[0], to[1]}, &part)) {
			add_run(&encounter, &part);
		}
	}
	account->run_count = 0;
	account->report.encounters++;
	int status = check_encounter(account, &encounter, (uint64_t)leased, (uint64_t)withheld);
	if (status == 0 && account->each) {
		account->each(account->user, &encounter);
	}
	return status;
}

static int take_lane_closed(struct pst_account *account, json_t *json)
{
	const struct sums *sums = &account->sums;
	json_int_t seen, leased, withheld, lost, damaged;

	if (json_unpack(json, "{s:I, s:I, s:I, s:I, s:I}", "seen", &seen, "leased", &leased,
		    "withheld", &withheld, "lost", &lost, "damaged", &damaged) < 0) {
		return bad_form(account, "lane.closed");
	}
	if (sums->seen != (uint64_t)seen || sums->leased != (uint64_t)leased ||
		sums->withheld != (uint64_t)withheld || sums->lost != (uint64_t)lost ||
		sums->damaged != (uint64_t)damaged) {
		return found(account, PST_ACCOUNT_FINDING_SUM,
			"the lane closed with %" JSON_INTEGER_FORMAT
			" frames (%" JSON_INTEGER_FORMAT " leased, %" JSON_INTEGER_FORMAT
			" withheld), but the account holds %" PRIu64 " (%" PRIu64 ", %" PRIu64 ")",
			seen, leased, withheld, sums->seen, sums->leased, sums->withheld);
	}
	return close_lane(account);
}

static int dispatch(struct pst_account *account, const struct pst_audit_item *item, json_t *json)
{
	static const struct {
		const char *kind;
		int (*take)(struct pst_account *account, json_t *json);
	} kinds[] = {
		{"permit.granted", take_granted},
		{"permit.revoked", take_revoked},
		{"picture.viewed", take_viewed},
		{"permit.wiped", take_wiped},
		{"worker.died", take_died},
		{"frames.accounted", take_frames},
		{"lane.closed", take_lane_closed},
	};
	bool closes = strcmp(item->kind, "encounter.closed") == 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(item->kind, kinds[i].kind) == 0) {
			return account->in_lane ? kinds[i].take(account, json)
						: found(account, PST_ACCOUNT_FINDING_FORM,
							  "'%s' while no lane is open", item->kind);
		}
	}
	if (closes && !account->in_lane) {
		return found(account, PST_ACCOUNT_FINDING_FORM, "'%s' while no lane is open",
			item->kind);
	}
	return closes ? take_encounter(account, item, json) : 0;
}

int pst_account_take(struct pst_account *account, const struct pst_audit_item *item)
{
	json_t *json = json_loads(item->json, 0, NULL);
	int status;

	account->sequence = item->sequence;
	if (strcmp(item->kind, "lane.opened") == 0) {
		status = take_lane_opened(account, json);
	} else {
		status = json ? dispatch(account, item, json) : bad_form(account, item->kind);
	}
	if (!account->in_lane) {
		add_up(account);
	}
	json_decref(json);
	return status;
}

const struct pst_account_report *pst_account_finish(struct pst_account *account)
{
	struct pst_account_report *report = &account->report;

	add_up(account);
	if (report->finding != PST_ACCOUNT_FINDING_UNSET) {
		return report;
	}
	report->finding = PST_ACCOUNT_FINDING_OK;
	report->open = account->in_lane;
	(void)snprintf(report->text, sizeof(report->text),
		"%" PRIu64 " frames accounted for: %" PRIu64 " leased under %" PRIu64
		" permits, %" PRIu64 " withheld, %" PRIu64 " lost, %" PRIu64 " damaged",
		report->seen, report->leased, report->permits, report->withheld, report->lost,
		report->damaged);
	return report;
}

struct pst_account *pst_account_create(pst_account_encounter_fn each, void *user)
{
	struct pst_account *account = calloc(1, sizeof(*account));

	if (account) {
		account->each = each;
		account->user = user;
	}
	return account;
}

void pst_account_destroy(struct pst_account **account)
{
	if (*account) {
		free((*account)->runs);
		free((*account)->permits);
		free(*account);
		*account = NULL;
	}
}
