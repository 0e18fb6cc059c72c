/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"

/*
 * Traces: orders of all that can happen to an encounter, each step held against what must hold
 * after every one of them. A model of its own, below, says what the notice, the choice and the
 * clock are; the machine is not asked.
 */
#define RULES(X)                                                                                   \
	X(RULE_ALLOWED,                                                                            \
		"a permit lives only under an ALLOW cell for the notice and the choice of "        \
		"this moment, which is a current notice")                                          \
	X(RULE_SAID_NO, "no permit lives after decline or withdraw")                               \
	X(RULE_WINDOW, "the offered have their whole choice window, or consent")                   \
	X(RULE_TIME, "no permit lives past the deadline, or past its notice's last heartbeat by "  \
		     "the time-out; a clock that steps forward begins none, one that steps back "  \
		     "extends none")                                                               \
	X(RULE_STATE, "a permit lives in the state permitted, and in no other")                    \
	X(RULE_WIPED, "the end of a permit revokes and wipes")                                     \
	X(RULE_ID, "a permit's id is new")                                                         \
	X(RULE_LEASE, "a frame is leased under the live permit only, within its time")             \
	X(RULE_BUDGET, "the frame budget is never exceeded")                                       \
	X(RULE_ENDED, "opted-out, withdrawn, expired and faulted lead to closed only; a late "     \
		      "no is still a no")                                                          \
	X(RULE_CLOSED, "close closes, with all wiped and dropped")                                 \
	X(RULE_OUTCOME, "an encounter that ended has an outcome of the closed list, and only "     \
			"refer-not-captured has a reason")                                         \
	X(RULE_VERIFIED, "verified or enrolled needs a capture under a permit, and nobody who "    \
			 "said no")                                                                \
	X(RULE_BUSY, "an encounter that is not closed is not opened again")

enum rule {
#define RULE_ENUM(name, text) name,
	RULES(RULE_ENUM)
#undef RULE_ENUM
		RULE_NONE
};

#define RULE_TEXT(name, text) text,
static const char *const rule_texts[] = {RULES(RULE_TEXT) ""};

#define WINDOW_NS 25
#define TIMEOUT_NS 45
#define LONGEST_NS 1000
#define BUDGET 2
#define EVENT_NS 10 /* between events */
#define FORWARD_NS (2 * LONGEST_NS)
#define BACK_NS (LONGEST_NS / 2)

struct letter {
	enum {
		OPEN,
		EVENT,
		FRAME,
	} type;
	struct pst_event event;
};

#define NOTICE(state)                                                                              \
	{                                                                                          \
		EVENT,                                                                             \
		{                                                                                  \
			.kind = PST_EVENT_NOTICE, .notice = state                                  \
		}                                                                                  \
	}
#define DECIDED(with)                                                                              \
	{                                                                                          \
		EVENT,                                                                             \
		{                                                                                  \
			.kind = PST_EVENT_DECIDED, .outcome = with                                 \
		}                                                                                  \
	}

static const struct letter alphabet[] = {
	{OPEN, {0}},
	NOTICE(PST_NOTICE_CURRENT),
	NOTICE(PST_NOTICE_STALE),
	NOTICE(PST_NOTICE_ABSENT),
	{EVENT, {.kind = PST_EVENT_CONSENT}},
	{EVENT, {.kind = PST_EVENT_DECLINE}},
	{EVENT, {.kind = PST_EVENT_WITHDRAW}},
	{FRAME, {0}},
	{EVENT, {.kind = PST_EVENT_TIMEOUT}},
	{EVENT, {.kind = PST_EVENT_FAULT}},
	{EVENT, {.kind = PST_EVENT_CLOSE}},
	/* Of the lane's own, and what nobody should send. */
	{EVENT, {.kind = PST_EVENT_CAPTURED}},
	DECIDED(PST_OUTCOME_VERIFIED),
	DECIDED(PST_OUTCOME_REFER_EXEMPT),
	{EVENT, {.kind = PST_EVENT_UNSET}},
};

#define OUTSIDE_LETTERS 11
#define ALL_LETTERS (sizeof(alphabet) / sizeof(alphabet[0]))

struct setting {
	struct pst_cell cells[CELLS_COUNT];
	struct pst_table table;
	struct pst_encounter_request request;
	bool late; /* nobody tells the machine in time what has come due */
};

struct trace {
	struct pst_encounter encounter;
	struct pst_permit permit;
	int64_t clock_ns; /* as told to the machine; may step back */
	uint32_t leased;  /* under the live permit */
	/* The model. */
	bool open;
	bool said_no;
	bool captured;
	enum pst_notice notice;
	enum pst_choice choice;
	int64_t now_ns; /* latest moment */
	int64_t opened_ns;
	int64_t noticed_ns;
	int64_t heard_ns;
};

static const struct setting *setting;
static unsigned long long steps, grants, leases;

static void forget_notice(struct trace *trace)
{
	trace->notice = PST_NOTICE_ABSENT;
	trace->choice = PST_CHOICE_NONE;
}

static bool has_lapsed(const struct trace *trace)
{
	int64_t timeout_ns = setting->request.notice_timeout_ns;

	return timeout_ns > 0 && trace->notice == PST_NOTICE_CURRENT &&
	       trace->now_ns >= trace->heard_ns + timeout_ns;
}

static void model_event(struct trace *trace, const struct pst_event *event)
{
	bool ends = event->kind == PST_EVENT_DECLINE || event->kind == PST_EVENT_WITHDRAW;

	if (has_lapsed(trace) && !ends) {
		forget_notice(trace);
	}
	if (event->kind == PST_EVENT_NOTICE && event->notice == PST_NOTICE_CURRENT) {
		trace->heard_ns = trace->now_ns;
		if (trace->notice != PST_NOTICE_CURRENT) {
			trace->noticed_ns = trace->now_ns;
		}
		trace->notice = PST_NOTICE_CURRENT;
	} else if (event->kind == PST_EVENT_NOTICE) {
		forget_notice(trace);
		trace->notice = event->notice;
	} else if (event->kind == PST_EVENT_CONSENT && trace->notice == PST_NOTICE_CURRENT) {
		trace->choice = PST_CHOICE_CONSENT;
	}
	trace->said_no |= ends;
	trace->open &= event->kind != PST_EVENT_CLOSE;
}

static struct pst_cell model_cell(const struct trace *trace)
{
	struct pst_place place = setting->request.place;

	place.value[PST_AXIS_NOTICE] = (uint16_t)trace->notice;
	place.value[PST_AXIS_CHOICE] = (uint16_t)trace->choice;
	return pst_table_lookup(&setting->table, &place);
}

static enum rule check_permit(const struct trace *before, const struct trace *after, int actions)
{
	struct pst_cell cell = model_cell(after);
	uint64_t id = pst_permit_id(&after->permit), was = pst_permit_id(&before->permit);
	const int ending = PST_ACTION_REVOKED | PST_ACTION_WIPE;

	if ((id != 0) != (after->encounter.state == PST_ENCOUNTER_PERMITTED)) {
		return RULE_STATE;
	}
	if (was != 0 && was != id && (actions & ending) != ending) {
		return RULE_WIPED;
	}
	if (id == 0) {
		return RULE_NONE;
	}
	if (after->said_no) {
		return RULE_SAID_NO;
	}
	if (!after->open || cell.verdict != PST_VERDICT_ALLOW ||
		after->notice != PST_NOTICE_CURRENT) {
		return RULE_ALLOWED;
	}
	if (cell.authority == PST_AUTHORITY_OFFERED && after->choice != PST_CHOICE_CONSENT &&
		after->now_ns < after->noticed_ns + WINDOW_NS) {
		return RULE_WINDOW;
	}
	if (after->now_ns >= after->opened_ns + LONGEST_NS || has_lapsed(after)) {
		return RULE_TIME;
	}
	if (id != was && (id <= before->permit.last_id || !(actions & PST_ACTION_GRANTED) ||
				 id != after->encounter.permit_id)) {
		return RULE_ID;
	}
	return RULE_NONE;
}

static bool is_over(const struct pst_encounter *encounter)
{
	return encounter->state >= PST_ENCOUNTER_OPTED_OUT;
}

static enum rule check_end(const struct trace *before, const struct trace *after)
{
	const struct pst_encounter *now = &after->encounter;

	bool late_no =
		before->encounter.state == PST_ENCOUNTER_EXPIRED &&
		(now->state == PST_ENCOUNTER_OPTED_OUT || now->state == PST_ENCOUNTER_WITHDRAWN);

	if (is_over(&before->encounter) && before->encounter.state < PST_ENCOUNTER_CLOSED &&
		now->state != before->encounter.state && now->state != PST_ENCOUNTER_CLOSED &&
		!late_no) {
		return RULE_ENDED;
	}
	if (is_over(now) &&
		(now->outcome <= PST_OUTCOME_UNSET || now->outcome >= PST_OUTCOME_COUNT)) {
		return RULE_OUTCOME;
	}
	if ((now->outcome == PST_OUTCOME_REFER_NOT_CAPTURED) !=
			(now->reason != PST_CAPTURE_REASON_UNSET) ||
		now->reason >= PST_CAPTURE_REASON_COUNT) {
		return RULE_OUTCOME;
	}
	if (now->outcome != PST_OUTCOME_UNSET && !pst_outcome_is_refer(now->outcome) &&
		(!after->captured || (is_over(now) && after->said_no))) {
		return RULE_VERIFIED;
	}
	return RULE_NONE;
}

static void fail(enum rule rule, const struct trace *before, const struct pst_event *event)
{
	cr_assert_fail("%s: event %d in state %s", rule_texts[rule], event ? (int)event->kind : -1,
		pst_encounter_state_name(before->encounter.state));
}

static void tell(struct trace *trace, const struct pst_event *event, int64_t at_ns)
{
	struct trace before;
	enum rule rule;

	memcpy(&before, trace, sizeof(before));
	int actions = pst_encounter_event(&trace->encounter, event, at_ns);
	steps++;
	grants += (actions & PST_ACTION_GRANTED) != 0;
	if (at_ns > trace->now_ns) {
		trace->now_ns = at_ns;
	}
	if (trace->open) {
		model_event(trace, event);
	}
	trace->captured |= trace->encounter.state == PST_ENCOUNTER_CAPTURED;
	if (pst_permit_id(&trace->permit) != pst_permit_id(&before.permit)) {
		trace->leased = 0;
	}
	rule = check_permit(&before, trace, actions);
	if (rule == RULE_NONE) {
		rule = check_end(&before, trace);
	}
	if (rule == RULE_NONE && event->kind == PST_EVENT_CLOSE && before.open &&
		(trace->encounter.state != PST_ENCOUNTER_CLOSED ||
			(actions & (PST_ACTION_WIPE | PST_ACTION_DROP | PST_ACTION_CLOSED)) !=
				(PST_ACTION_WIPE | PST_ACTION_DROP | PST_ACTION_CLOSED))) {
		rule = RULE_CLOSED;
	}
	if (rule != RULE_NONE) {
		fail(rule, &before, event);
	}
}

static void open_encounter(struct trace *trace)
{
	struct trace before;

	memcpy(&before, trace, sizeof(before));
	int actions = pst_encounter_open(&trace->encounter, &setting->table, &trace->permit,
		&setting->request, trace->clock_ns);

	steps++;
	if (before.open) {
		if (actions != -EBUSY || memcmp(&before, trace, sizeof(before)) != 0) {
			fail(RULE_BUSY, &before, NULL);
		}
		return;
	}
	if (actions != 0 || pst_permit_id(&trace->permit) != 0) {
		fail(RULE_STATE, &before, NULL);
	}
	trace->open = true;
	trace->said_no = trace->captured = false;
	forget_notice(trace);
	trace->now_ns = trace->opened_ns = trace->clock_ns;
}

static void take_frame(struct trace *trace)
{
	uint64_t live = pst_permit_id(&trace->permit);
	uint64_t id = pst_permit_take(&trace->permit, trace->clock_ns);

	steps++;
	if (id == 0) {
		return;
	}
	leases++;
	if (id != live || trace->clock_ns >= trace->opened_ns + LONGEST_NS ||
		(setting->request.notice_timeout_ns > 0 &&
			trace->clock_ns >= trace->heard_ns + setting->request.notice_timeout_ns)) {
		fail(RULE_LEASE, trace, NULL);
	}
	if (++trace->leased > BUDGET) {
		fail(RULE_BUDGET, trace, NULL);
	}
}

/* A lane that is not late tells first what has come due, each at its own time. */
static void play(struct trace *trace, const struct letter *letter, int64_t after_ns)
{
	static const struct pst_event tick = {.kind = PST_EVENT_TICK};

	trace->encounter.permit = &trace->permit;
	trace->clock_ns += after_ns;
	for (int64_t due = pst_encounter_due_ns(&trace->encounter);
		!setting->late && due <= trace->clock_ns;
		due = pst_encounter_due_ns(&trace->encounter)) {
		tell(trace, &tick, due);
	}
	switch (letter->type) {
	case OPEN:
		open_encounter(trace);
		break;
	case FRAME:
		take_frame(trace);
		break;
	case EVENT:
		tell(trace, &letter->event, trace->clock_ns);
		break;
	}
}

static void set_up(struct setting *new, enum pst_authority authority, int64_t timeout_ns)
{
	new->table = cells_table(authority, new->cells);
	new->request = cells_request();
	new->request.choice_window_ns = WINDOW_NS;
	new->request.longest_ns = LONGEST_NS;
	new->request.notice_timeout_ns = timeout_ns;
	new->request.frames = BUDGET;
	new->late = false;
	setting = new;
	steps = grants = leases = 0;
}

/* A gate that never opens would keep every rule. */
static void expect_use(enum pst_authority authority)
{
	cr_expect_eq(grants > 0, authority != PST_AUTHORITY_NONE);
	cr_expect_eq(leases > 0, authority != PST_AUTHORITY_NONE);
}

/* @return traces of exactly this length, each closed at its end */
static unsigned long long explore(const struct trace *before, size_t letters, int length)
{
	static const struct letter close = {EVENT, {.kind = PST_EVENT_CLOSE}};
	unsigned long long traces = 0;

	for (size_t i = 0; i < letters; i++) {
		struct trace after;

		memcpy(&after, before, sizeof(after));
		play(&after, &alphabet[i], EVENT_NS);
		if (length > 1) {
			traces += explore(&after, letters, length - 1);
		} else {
			play(&after, &close, EVENT_NS);
			traces++;
		}
	}
	return traces;
}

static void explore_all(size_t letters, int length, unsigned long long expected)
{
	static const int64_t timeouts[] = {0, TIMEOUT_NS};
	unsigned long long traces = 0, all_steps = 0;

	for (int authority = 0; authority < PST_AUTHORITY_COUNT; authority++) {
		for (size_t i = 0; i < 2; i++) {
			struct setting one;
			struct trace trace = {0};

			set_up(&one, (enum pst_authority)authority, timeouts[i]);
			traces += explore(&trace, letters, length);
			expect_use((enum pst_authority)authority);
			all_steps += steps;
		}
	}
	cr_expect_eq(traces, expected);
	(void)fprintf(stderr, "%llu traces of length %d, %llu steps checked\n", traces, length,
		all_steps);
}

/* 4 policies, notices with and without a heartbeat: 8 * 11^7. */
Test(traces, every_order_of_seven_events_keeps_the_rules, .timeout = 500)
{
	explore_all(OUTSIDE_LETTERS, 7, 8ULL * 19487171);
}

/* With what the lane itself tells: 8 * 15^6. */
Test(traces, every_order_with_captures_and_decisions_keeps_the_rules, .timeout = 500)
{
	explore_all(ALL_LETTERS, 6, 8ULL * 11390625);
}

/*
 * Two traces that differ only in how long ago they began, or in what cannot matter any longer, go
 * on alike. So they are told apart by this alone, and each is played once for each length.
 */
static void shift(int64_t *time_ns, int64_t by_ns, bool matters)
{
	*time_ns = matters ? *time_ns - by_ns : 0;
}

static void normalise(struct trace *trace)
{
	struct pst_encounter *encounter = &trace->encounter;
	struct pst_permit *permit = &trace->permit;
	bool middle = trace->open && !is_over(encounter);
	bool noticed = middle && trace->notice == PST_NOTICE_CURRENT;
	bool live = pst_permit_id(permit) != 0;
	int64_t from_ns = permit->from_ns, until_ns = permit->until_ns, by_ns = trace->clock_ns;

	shift(&encounter->opened_ns, by_ns, middle);
	shift(&encounter->now_ns, by_ns, middle);
	shift(&encounter->noticed_ns, by_ns, noticed);
	shift(&encounter->heard_ns, by_ns, noticed);
	shift(&trace->opened_ns, by_ns, middle);
	shift(&trace->now_ns, by_ns, middle);
	shift(&trace->noticed_ns, by_ns, noticed);
	shift(&trace->heard_ns, by_ns, noticed);
	shift(&from_ns, by_ns, live);
	shift(&until_ns, by_ns, live);
	permit->from_ns = from_ns;
	permit->until_ns = until_ns;
	permit->frames = live ? permit->frames : 0;
	permit->last_id = permit->id = encounter->permit_id = live;
	encounter->permit = NULL;
	trace->clock_ns = 0;
	if (!trace->open) {
		memset(trace, 0, sizeof(*trace));
	}
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct trace));
}

struct layer {
	struct trace *traces; /* each differs from the others */
	size_t count, room;
	void *tree;
};

static void add(struct layer *layer, const struct trace *trace)
{
	cr_assert_lt(layer->count, layer->room);
	struct trace *last = &layer->traces[layer->count];

	memcpy(last, trace, sizeof(*last));
	struct trace *const *found = tsearch(last, &layer->tree, compare);
	cr_assert_not_null(found);
	layer->count += *found == last;
}

static void keep(void *node)
{
}

/* @return traces that are told apart, all lengths together */
static unsigned long long explore_with_steps(int length)
{
	static const int64_t clock_steps[] = {EVENT_NS, TIMEOUT_NS + 1, FORWARD_NS, -BACK_NS};
	struct layer before = {.traces = calloc(1, sizeof(struct trace)), .count = 1, .room = 1};
	unsigned long long played = 0;

	for (int done = 0; done < length; done++) {
		struct layer after = {.room = before.count * OUTSIDE_LETTERS * 4};

		after.traces = calloc(after.room, sizeof(struct trace));
		cr_assert(before.traces && after.traces);
		for (size_t i = 0; i < before.count * OUTSIDE_LETTERS * 4; i++) {
			struct trace trace;

			memcpy(&trace, &before.traces[i / (OUTSIDE_LETTERS * 4)], sizeof(trace));
			play(&trace, &alphabet[i / 4 % OUTSIDE_LETTERS], clock_steps[i % 4]);
			normalise(&trace);
			add(&after, &trace);
		}
		played += after.count;
		tdestroy(after.tree, keep);
		free(before.traces);
		before = after;
	}
	free(before.traces);
	return played;
}

/* Before every event the clock goes on, skips the time-out or the deadline, or steps back: 44^7. */
Test(traces, clock_steps_between_all_events_keep_the_rules, .timeout = 500)
{
	unsigned long long played = 0, all_steps = 0;

	for (int i = 0; i < 4 * PST_AUTHORITY_COUNT; i++) {
		enum pst_authority authority = (enum pst_authority)(i / 4);
		struct setting one;

		set_up(&one, authority, i & 1 ? TIMEOUT_NS : 0);
		one.late = i & 2;
		played += explore_with_steps(7);
		expect_use(authority);
		all_steps += steps;
	}
	(void)fprintf(stderr, "16 * 44^7 traces: %llu that differ, %llu steps checked\n", played,
		all_steps);
}

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Tables that no policy would compile to: each cell anything, so that the machine stands alone. */
static void scramble(struct setting *one, uint64_t *seed)
{
	for (size_t i = 0; i < CELLS_COUNT; i++) {
		one->cells[i] = (struct pst_cell){
			.verdict = (uint8_t)(draw(seed) % (PST_VERDICT_COUNT + 1)),
			.authority = (uint8_t)(draw(seed) % (PST_AUTHORITY_COUNT + 1)),
			.outcome = (uint8_t)(draw(seed) % (PST_OUTCOME_COUNT + 3)),
			.rule = 1};
	}
}

static struct letter draw_letter(uint64_t *seed)
{
	struct letter letter = alphabet[draw(seed) % ALL_LETTERS];

	if (letter.event.kind == PST_EVENT_DECIDED) {
		letter.event.outcome = (enum pst_outcome)(draw(seed) % (PST_OUTCOME_COUNT + 2));
	}
	letter.event.reason =
		(enum pst_capture_reason)(draw(seed) % (PST_CAPTURE_REASON_COUNT + 2));
	return letter;
}

static void play_random(uint64_t *seed, unsigned *outcomes)
{
	static const struct letter close = {EVENT, {.kind = PST_EVENT_CLOSE}};
	static const int64_t clock_steps[] = {
		0, 1, EVENT_NS, EVENT_NS, EVENT_NS, WINDOW_NS, TIMEOUT_NS, LONGEST_NS, -BACK_NS};
	uint64_t length = 8 + draw(seed) % 56;
	struct trace trace = {0};

	for (uint64_t i = 0; i < length; i++) {
		struct letter letter = i % 16 == 0 ? alphabet[0] : draw_letter(seed);

		play(&trace, &letter, clock_steps[draw(seed) % 9]);
	}
	if (trace.open) {
		play(&trace, &close, 0);
	}
	cr_assert_eq(trace.encounter.state, PST_ENCOUNTER_CLOSED);
	outcomes[trace.encounter.outcome]++;
}

/* A face turns nobody away: what comes out is verified, enrolled or a referral to a human. */
Test(traces, a_million_random_traces_end_in_the_closed_list, .timeout = 500)
{
	unsigned outcomes[PST_OUTCOME_COUNT] = {0};
	uint64_t seed = 20251226;
	struct setting one;

	for (unsigned i = 0; i < 1000000; i++) {
		if (i % 100 == 0) {
			set_up(&one, (enum pst_authority)(i / 100 % PST_AUTHORITY_COUNT),
				i / 400 % 2 ? TIMEOUT_NS : 0);
			one.request.place.value[PST_AXIS_PURPOSE] = (uint16_t)(i / 800 % 3 + 1);
			one.late = i / 2400 % 2;
		}
		if (i % 200 >= 100) {
			scramble(&one, &seed);
		}
		play_random(&seed, outcomes);
	}
	for (int i = 0; i < PST_OUTCOME_COUNT; i++) {
		const char *name = pst_outcome_name((enum pst_outcome)i);

		cr_expect_eq(outcomes[i] > 0, i != PST_OUTCOME_UNSET, "%s", name);
		cr_expect_null(strstr(name, "deny"));
		cr_expect(i <= PST_OUTCOME_ENROLLED || strncmp(name, "refer-", 6) == 0, "%s", name);
	}
}
