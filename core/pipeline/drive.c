/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/drive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/impl.h"

#define OVERRIDES_RECORDED 16 /* of one encounter: whoever goes on trying fills no disk */

/* Catches up first, so that what follows happens now and not before what is due. */
static int begin(struct pst_lane *lane, struct pst_error *error)
{
	pst_lane_catch_up(lane);
	if (lane->over) {
		return pst_error_set(error, PST_E_END, "the lane is closing");
	}
	if (lane->spec.scenario) {
		return pst_error_set(error, -ENOTSUP,
			"the lane follows a scenario; leave --scenario out to drive it from here");
	}
	return 0;
}

/* Of who is there, or of the next one. */
static const struct pst_policy *policy_now(const struct pst_lane *lane)
{
	return lane->traveler.present ? lane->traveler.policy : lane->policy;
}

static bool is_heard(const struct pst_lane *lane)
{
	const struct pst_drive *drive = &lane->drive;

	return drive->display[0] &&
	       lane->now_ns - drive->heard_ns < lane->spec.config->notice_timeout_ns;
}

static enum pst_notice notice_now(const struct pst_lane *lane)
{
	const struct pst_policy *policy = policy_now(lane);

	if (!is_heard(lane)) {
		return PST_NOTICE_ABSENT;
	}
	return strcmp(lane->drive.version, policy->texts.notice_version) == 0
		       ? pst_policy_notice(policy, PST_NOTICE_CURRENT, lane->day)
		       : PST_NOTICE_STALE;
}

static bool is_opted_out(const struct pst_traveler *traveler)
{
	return traveler->present &&
	       (traveler->choice == PST_CHOICE_DECLINE || traveler->choice == PST_CHOICE_WITHDRAW);
}

/* Nobody at a desk takes an opt-out back; that somebody tried stays in the log. */
static int refuse_override(struct pst_lane *lane, const char *what, struct pst_error *error)
{
	const struct pst_traveler *traveler = &lane->traveler;

	if (lane->drive.overrides++ < OVERRIDES_RECORDED && pst_record_override(lane, what) < 0) {
		return pst_error_set(error, PST_E_UNSAFE, "audit log: %s", lane->audit_error.text);
	}
	return pst_error_set(error, PST_E_UNSAFE,
		"%s refused and recorded: the person of encounter %llu opted out; see to them "
		"without a picture, then close it",
		what, (unsigned long long)traveler->number);
}

static int check_value(const struct pst_lane *lane, enum pst_axis axis, const char *value,
	bool required, struct pst_error *error)
{
	const char *const *names = lane->policy->values[axis];

	if (!value && required) {
		return pst_error_set(error, PST_E_USAGE, "%s: missing", pst_axis_names[axis]);
	}
	if (!value || pst_text_index(names, value) >= 0) {
		return 0;
	}
	const char *nearest = pst_text_nearest(names, value);
	return pst_error_set(error, PST_E_USAGE, "%s: the policy knows no '%.64s'%s%s%s",
		pst_axis_names[axis], value, nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
}

static int check_person(
	const struct pst_lane *lane, const struct pst_drive_person *person, struct pst_error *error)
{
	const struct {
		enum pst_axis axis;
		const char *value;
		bool required;
	} values[] = {
		{PST_AXIS_CATEGORY, person->category, true},
		{PST_AXIS_KNOWN_BY, person->known_by, true},
		{PST_AXIS_AGE_BAND, person->age_band, false},
		{PST_AXIS_DIRECTION, person->direction, false},
		{PST_AXIS_ENVIRONMENT, person->environment, false},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int status = check_value(
			lane, values[i].axis, values[i].value, values[i].required, error);

		if (status < 0) {
			return status;
		}
	}
	if (person->subject && !pst_text_is_id(person->subject)) {
		return pst_error_set(error, PST_E_USAGE,
			"subject: '%.64s' is no id; 1 to 64 of a-z A-Z 0-9 - _ . are allowed",
			person->subject);
	}
	return 0;
}

/* A date of birth stands in place of an age band, where the policy states ages. */
static int take_birth(const struct pst_lane *lane, const struct pst_drive_person *person,
	int32_t *ret_day, struct pst_error *error)
{
	if (!person->born) {
		return 0;
	}
	if (person->age_band) {
		return pst_error_set(
			error, PST_E_USAGE, "born and age-band are both given; leave one out");
	}
	if (pst_clock_parse_day(person->born, ret_day) < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"born: '%.32s' is not a date of birth; write it as 2012-02-29",
			person->born);
	}
	if (pst_policy_age_band(lane->policy, *ret_day, lane->day) == 0) {
		return pst_error_set(error, PST_E_USAGE, "born: %s; give the age band",
			lane->policy->ages ? "after today" : "the policy states no ages");
	}
	return 0;
}

/* Keeps a text for as long as the encounter lasts. What is too long the checks have refused. */
static const char *keep(char to[PST_LANE_TEXT_SIZE], const char *text)
{
	(void)snprintf(to, PST_LANE_TEXT_SIZE, "%s", text ? text : "");
	return to;
}

int pst_drive_open(struct pst_lane *lane, const struct pst_drive_person *person,
	uint64_t *ret_encounter, struct pst_error *error)
{
	struct pst_drive *drive = &lane->drive;
	int32_t born_day = 0;
	int status = begin(lane, error);

	if (status == 0 && is_opted_out(&lane->traveler)) {
		return refuse_override(lane, "open", error);
	}
	if (status == 0 && lane->traveler.present) {
		status = pst_error_set(error, -EBUSY,
			"the person of encounter %llu is still there; close it first",
			(unsigned long long)lane->traveler.number);
	}
	if (status == 0) {
		status = check_person(lane, person, error);
	}
	if (status == 0) {
		status = take_birth(lane, person, &born_day, error);
	}
	if (status < 0) {
		return status;
	}
	const struct pst_person kept = {.category = keep(drive->category, person->category),
		.known_by = keep(drive->known_by, person->known_by),
		.age_band = keep(drive->age_band, person->age_band),
		.direction = keep(drive->direction, person->direction),
		.environment = keep(drive->environment, person->environment),
		.subject = keep(drive->subject, person->subject),
		.notice_version = drive->version,
		.notice_language = drive->language,
		.has_born = person->born != NULL,
		.born_day = born_day,
		.longest_ns = lane->spec.config->longest_ns,
		.notice_timeout_ns = lane->spec.config->notice_timeout_ns};

	drive->overrides = 0;
	pst_traveler_open(lane, &kept, lane->now_ns);
	*ret_encounter = lane->traveler.number;
	pst_traveler_notice(lane, notice_now(lane), lane->now_ns);
	pst_lane_advance(lane);
	return 0;
}

/* A notice can only be read in a language that the policy speaks. */
static int check_language(
	const struct pst_lane *lane, const char *language, struct pst_error *error)
{
	const struct pst_policy_texts *texts = &policy_now(lane)->texts;
	char known[256];
	size_t used = (size_t)snprintf(known, sizeof(known), "%s", texts->own.language);

	if (!language || pst_policy_wording(policy_now(lane), language)) {
		return 0;
	}
	for (size_t i = 0; i < texts->translation_count && used < sizeof(known); i++) {
		used += (size_t)snprintf(known + used, sizeof(known) - used, ", %s",
			texts->translations[i].language);
	}
	return pst_error_set(error, PST_E_USAGE,
		"language: the policy's notice is not in '%.32s'; it is in %s", language, known);
}

static int check_display(const struct pst_lane *lane, const char *display, const char *version,
	const char *language, struct pst_error *error)
{
	const struct pst_drive *drive = &lane->drive;

	if (!display || !pst_text_is_id(display)) {
		return pst_error_set(error, PST_E_USAGE, "display: missing, or not an id");
	}
	if (!version || strlen(version) >= sizeof(drive->version)) {
		return pst_error_set(error, PST_E_USAGE,
			"version: missing, or longer than %zu bytes; say which notice is shown",
			sizeof(drive->version) - 1);
	}
	int status = check_language(lane, language, error);
	if (status == 0 && is_heard(lane) && strcmp(drive->display, display) != 0) {
		status = pst_error_set(error, -EBUSY,
			"display '%s' shows this lane's notice; stop it first", drive->display);
	}
	return status;
}

int pst_drive_notice(struct pst_lane *lane, const char *display, const char *version,
	const char *language, enum pst_notice *ret_notice, struct pst_error *error)
{
	struct pst_drive *drive = &lane->drive;
	int status = begin(lane, error);

	if (status == 0) {
		status = check_display(lane, display, version, language, error);
	}
	if (status < 0) {
		return status;
	}
	(void)keep(drive->display, display);
	(void)keep(drive->version, version);
	(void)keep(drive->language, language);
	drive->heard_ns = lane->now_ns;
	*ret_notice = notice_now(lane);
	if (lane->traveler.present) {
		pst_traveler_notice(lane, *ret_notice, lane->now_ns);
	}
	pst_lane_advance(lane);
	return 0;
}

static int find_present(struct pst_lane *lane, uint64_t encounter, struct pst_error *error)
{
	const struct pst_traveler *traveler = &lane->traveler;

	if (!traveler->present) {
		return pst_error_set(error, PST_E_NOT_FOUND, "nobody is there; open an encounter");
	}
	if (encounter != PST_DRIVE_ANY && encounter != traveler->number) {
		return pst_error_set(error, PST_E_NOT_FOUND, "encounter %llu is not there; %llu is",
			(unsigned long long)encounter, (unsigned long long)traveler->number);
	}
	return 0;
}

static int check_consent(struct pst_lane *lane, struct pst_error *error)
{
	const struct pst_encounter *encounter = &lane->traveler.encounter;

	if (is_opted_out(&lane->traveler)) {
		return refuse_override(lane, "consent", error);
	}
	if (encounter->state == PST_ENCOUNTER_OPENED) {
		return pst_error_set(error, PST_E_ELECTIVE,
			"nothing was shown to consent to; a display has to show notice %s",
			policy_now(lane)->texts.notice_version);
	}
	if (encounter->state > PST_ENCOUNTER_PERMITTED) {
		return pst_error_set(error, PST_E_ELECTIVE, "too late to consent: %s",
			pst_encounter_state_name(encounter->state));
	}
	if (encounter->cell.verdict == PST_VERDICT_REFUSE) {
		return pst_error_set(
			error, PST_E_ELECTIVE, "the policy refuses, whatever the person says");
	}
	return 0;
}

int pst_drive_choose(
	struct pst_lane *lane, uint64_t encounter, enum pst_choice choice, struct pst_error *error)
{
	int status = begin(lane, error);

	if (status == 0) {
		status = find_present(lane, encounter, error);
	}
	if (status == 0 && choice == PST_CHOICE_CONSENT) {
		status = check_consent(lane, error);
	}
	if (status == 0 && !is_opted_out(&lane->traveler)) {
		pst_traveler_choose(lane, choice, lane->now_ns);
		pst_lane_advance(lane);
	}
	return status;
}

int pst_drive_close(struct pst_lane *lane, uint64_t encounter, struct pst_drive_closed *ret_closed,
	struct pst_error *error)
{
	int status = begin(lane, error);

	if (status == 0) {
		status = find_present(lane, encounter, error);
	}
	if (status < 0) {
		return status;
	}
	encounter = lane->traveler.number;
	pst_traveler_leave(lane, lane->now_ns);
	*ret_closed = lane->drive.closed[encounter % PST_DRIVE_CLOSED_MAX];
	pst_lane_advance(lane);
	return 0;
}

static const struct pst_drive_closed *find_closed(
	const struct pst_lane *lane, uint64_t encounter, const char *receipt)
{
	const struct pst_drive_closed *closed = lane->drive.closed;

	for (size_t i = 0; i < PST_DRIVE_CLOSED_MAX; i++) {
		const struct pst_review_subject *subject = &closed[i].subject;

		if (subject->audit > 0 && (receipt ? strcmp(subject->receipt, receipt) == 0
						   : subject->encounter == encounter)) {
			return &closed[i];
		}
	}
	return NULL;
}

int pst_drive_review(struct pst_lane *lane, uint64_t encounter, const char *receipt,
	const struct pst_review *review, struct pst_drive_closed *ret_closed,
	uint64_t *ret_sequence, struct pst_error *error)
{
	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	const struct pst_drive_closed *closed = find_closed(lane, encounter, receipt);

	if (!closed && !receipt && lane->traveler.present && encounter == lane->traveler.number) {
		return pst_error_set(error, -EBUSY, "encounter %llu is not over; close it first",
			(unsigned long long)encounter);
	}
	if (!closed) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"no such encounter among the last %d of this run; an older one is reviewed "
			"in its state directory, when the lane is stopped",
			PST_DRIVE_CLOSED_MAX);
	}
	*ret_closed = *closed;
	return pst_review_append(lane->spec.audit, review, &closed->subject, ret_sequence, error);
}

static void explain(const struct pst_lane *lane, struct pst_drive_explanation *ret_explanation)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_encounter *encounter = &traveler->encounter;
	const struct pst_policy *policy = traveler->policy;
	const uint16_t *value = encounter->request.place.value;
	const enum pst_notice notice = (enum pst_notice)value[PST_AXIS_NOTICE];

	*ret_explanation = (struct pst_drive_explanation){
		.state = pst_encounter_state_name(encounter->state),
		.policy = policy,
		.category =
			pst_policy_value_name(policy, PST_AXIS_CATEGORY, value[PST_AXIS_CATEGORY]),
		.known_by =
			pst_policy_value_name(policy, PST_AXIS_KNOWN_BY, value[PST_AXIS_KNOWN_BY]),
		.age_band =
			pst_policy_value_name(policy, PST_AXIS_AGE_BAND, value[PST_AXIS_AGE_BAND]),
		.direction = pst_policy_value_name(
			policy, PST_AXIS_DIRECTION, value[PST_AXIS_DIRECTION]),
		.environment = pst_policy_value_name(
			policy, PST_AXIS_ENVIRONMENT, value[PST_AXIS_ENVIRONMENT]),
		.purpose = pst_policy_value_name(policy, PST_AXIS_PURPOSE, value[PST_AXIS_PURPOSE]),
		.notice = notice == PST_NOTICE_UNSET ? PST_NOTICE_ABSENT : notice,
		.notice_version = pst_traveler_notice_version(traveler),
		.notice_language = pst_traveler_notice_language(traveler),
		.permit = pst_permit_id(&lane->permit) != 0,
		.compared = traveler->compared,
		.matched = traveler->match.matched,
		.fmr = lane->match.threshold.fmr};
	pst_policy_explain_place(policy, &encounter->request.place, &ret_explanation->why);
	pst_record_tell(lane, &ret_explanation->why.decision, lane->now_ns, &ret_explanation->told);
}

int pst_drive_explain(struct pst_lane *lane, uint64_t encounter,
	struct pst_drive_explanation *ret_explanation, struct pst_error *error)
{
	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	int status = find_present(lane, encounter, error);

	if (status == 0) {
		explain(lane, ret_explanation);
	}
	return status;
}

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int pst_drive_policy(
	struct pst_lane *lane, struct pst_drive_policy *ret_policy, struct pst_error *error)
{
	const struct pst_lane_config *config = lane->spec.config;
	const uint32_t spread = 1u << PST_AXIS_KNOWN_BY | 1u << PST_AXIS_AGE_BAND |
				1u << PST_AXIS_DIRECTION | 1u << PST_AXIS_ENVIRONMENT |
				1u << PST_AXIS_PORT | 1u << PST_AXIS_CHOICE;

	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	const int32_t today = pst_lane_config_day(config, pst_clock_wall_s());
	const struct pst_policy_request request = {
		.value = {[PST_AXIS_DIRECTION] = text_or_null(config->direction),
			[PST_AXIS_ENVIRONMENT] = text_or_null(config->environment),
			[PST_AXIS_MODE] = config->mode,
			[PST_AXIS_PURPOSE] = config->purpose,
			[PST_AXIS_MODALITY] = "face",
			[PST_AXIS_NOTICE] = pst_notice_name(PST_NOTICE_CURRENT)},
		.day = today > lane->day ? today : lane->day};
	*ret_policy = (struct pst_drive_policy){.policy = policy_now(lane),
		.sha256 =
			lane->traveler.present ? lane->traveler.policy_digest : lane->policy_digest,
		.direction = request.value[PST_AXIS_DIRECTION],
		.environment = request.value[PST_AXIS_ENVIRONMENT],
		.purpose = lane->purpose};
	if (pst_policy_view_open(ret_policy->policy, &request, spread, &ret_policy->view, error) <
		0) {
		error->status = PST_E_UNSAFE;
		return PST_E_UNSAFE;
	}
	if (lane->purpose == PST_PURPOSE_VERIFY) {
		/* Who states no subject is looked for among all. */
		ret_policy->view.shown[PST_AXIS_PURPOSE] |= 1u << (PST_PURPOSE_IDENTIFY - 1);
	}
	return 0;
}

void pst_drive_remember(
	struct pst_lane *lane, const struct pst_events_closed *closed, const char *receipt)
{
	struct pst_drive_explanation explanation;

	if (!lane->spec.driver) {
		return;
	}
	explain(lane, &explanation);
	explanation.told = *closed;
	explanation.is_over = true;
	explanation.receipt = receipt;
	lane->spec.driver->closed(lane->spec.driver->user, &explanation);
	struct pst_drive_closed *kept =
		&lane->drive.closed[closed->encounter % PST_DRIVE_CLOSED_MAX];

	*kept = (struct pst_drive_closed){
		.subject = {.encounter = closed->encounter,
			.audit = closed->audit > 0 ? (uint64_t)closed->audit : 0},
		.outcome = closed->outcome,
		.reason = closed->reason};
	(void)keep(kept->subject.lane, lane->spec.config->name);
	(void)snprintf(kept->subject.receipt, sizeof(kept->subject.receipt), "%s",
		closed->receipt ? closed->receipt : "");
}

static bool is_driven(const struct pst_lane *lane)
{
	return lane->spec.driver && !lane->spec.scenario && lane->traveler.present;
}

/* When the person has been there for too long. */
static int64_t deadline_ns(const struct pst_lane *lane)
{
	return lane->traveler.encounter.opened_ns + lane->spec.config->longest_ns;
}

int64_t pst_drive_due_ns(const struct pst_lane *lane)
{
	const int64_t lapse_ns = lane->drive.heard_ns + lane->spec.config->notice_timeout_ns;

	if (!is_driven(lane)) {
		return INT64_MAX;
	}
	return lane->traveler.notice != PST_NOTICE_ABSENT && lapse_ns < deadline_ns(lane)
		       ? lapse_ns
		       : deadline_ns(lane);
}

void pst_drive_advance(struct pst_lane *lane)
{
	const struct pst_traveler *traveler = &lane->traveler;

	if (is_driven(lane) && traveler->notice != notice_now(lane)) {
		pst_traveler_notice(lane, notice_now(lane), lane->now_ns);
	}
	if (is_driven(lane) && (lane->now_ns >= deadline_ns(lane) ||
				       traveler->encounter.state == PST_ENCOUNTER_EXPIRED)) {
		pst_traveler_leave(lane, lane->now_ns);
	}
}

static void tell_status(const struct pst_lane *lane, struct pst_drive_status *ret_status)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_encounter *encounter = &traveler->encounter;
	struct pst_policy_decision decision;

	*ret_status = (struct pst_drive_status){.lane = lane->spec.config->name,
		.version = lane->spec.version,
		.policy = policy_now(lane)->id,
		.wanted_notice = policy_now(lane)->texts.notice_version,
		.source = pst_source_state_name(lane->source),
		.driven = !lane->spec.scenario,
		.pictures = lane->spec.config->picture == PST_LANE_PICTURE_MASKED,
		.now_ns = lane->now_ns,
		.notice = notice_now(lane),
		.display = is_heard(lane) ? lane->drive.display : "",
		.encounters = lane->summary.encounters,
		.frames = pst_record_frames(lane)};
	if (!traveler->present) {
		return;
	}
	pst_policy_describe(traveler->policy, encounter->cell, &decision);
	ret_status->encounter = traveler->number;
	ret_status->state = pst_encounter_state_name(encounter->state);
	ret_status->category = pst_policy_value_name(traveler->policy, PST_AXIS_CATEGORY,
		encounter->request.place.value[PST_AXIS_CATEGORY]);
	ret_status->verdict = decision.verdict;
	ret_status->rule = decision.rule_id;
	ret_status->choice = traveler->choice;
	ret_status->permit = pst_permit_id(&lane->permit) != 0;
	ret_status->outcome = encounter->outcome;
	ret_status->reason = encounter->reason;
	ret_status->since_ns = encounter->opened_ns;
}

void pst_drive_status(struct pst_lane *lane, struct pst_drive_status *ret_status)
{
	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	tell_status(lane, ret_status);
}
