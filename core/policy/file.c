/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/file.h"

#include "policy/policy.h"

#define LIST_MAX 256
#define TEXT_MAX 4000

#define NEED(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, TEXT_MAX)
#define MAY(key, type, member)                                                                     \
	CYAML_FIELD_STRING_PTR(                                                                    \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1, TEXT_MAX)
#define LIST(key, flags, type, member)                                                             \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), struct type, member.item,    \
		member.count, &word_schema, 1, LIST_MAX)
#define ENTRIES(key, flags, type, member, schema, max)                                             \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | (flags), struct type, member, schema, 1, max)
#define MAPPING(type, fields)                                                                      \
	{                                                                                          \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)                       \
	}

static const cyaml_schema_value_t word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

#define WHEN(key, id) LIST(key, CYAML_FLAG_OPTIONAL, file_when, axis[id])
static const cyaml_schema_field_t when_fields[] = {WHEN("category", PST_AXIS_CATEGORY),
	WHEN("known-by", PST_AXIS_KNOWN_BY), WHEN("age-band", PST_AXIS_AGE_BAND),
	WHEN("direction", PST_AXIS_DIRECTION), WHEN("environment", PST_AXIS_ENVIRONMENT),
	WHEN("port", PST_AXIS_PORT), WHEN("mode", PST_AXIS_MODE), WHEN("purpose", PST_AXIS_PURPOSE),
	WHEN("modality", PST_AXIS_MODALITY), WHEN("notice", PST_AXIS_NOTICE),
	WHEN("choice", PST_AXIS_CHOICE), CYAML_FIELD_END};

static const cyaml_schema_field_t group_fields[] = {
	NEED("group", file_group, group), LIST("of", 0, file_group, of), CYAML_FIELD_END};
static const cyaml_schema_value_t group_schema = MAPPING(file_group, group_fields);

static const cyaml_schema_field_t age_fields[] = {NEED("band", file_age, band),
	MAY("from", file_age, from), MAY("to", file_age, to), CYAML_FIELD_END};
static const cyaml_schema_value_t age_schema = MAPPING(file_age, age_fields);

static const cyaml_schema_field_t axis_fields[] = {NEED("axis", file_axis, axis),
	LIST("values", CYAML_FLAG_OPTIONAL, file_axis, values), MAY("default", file_axis, preset),
	ENTRIES("groups", CYAML_FLAG_OPTIONAL, file_axis, groups, &group_schema, LIST_MAX),
	ENTRIES("ages", CYAML_FLAG_OPTIONAL, file_axis, ages, &age_schema, PST_POLICY_VALUES_MAX),
	CYAML_FIELD_END};
static const cyaml_schema_value_t axis_schema = MAPPING(file_axis, axis_fields);

static const cyaml_schema_field_t source_fields[] = {NEED("source", file_source, source),
	NEED("title", file_source, title), NEED("citation", file_source, citation),
	NEED("checked", file_source, checked), NEED("status", file_source, status),
	CYAML_FIELD_END};
static const cyaml_schema_value_t source_schema = MAPPING(file_source, source_fields);

static const cyaml_schema_field_t dispute_fields[] = {NEED("dispute", file_dispute, dispute),
	NEED("question", file_dispute, question), LIST("readings", 0, file_dispute, readings),
	NEED("taken", file_dispute, taken), CYAML_FIELD_END};
static const cyaml_schema_value_t dispute_schema = MAPPING(file_dispute, dispute_fields);

static const cyaml_schema_field_t retention_fields[] = {NEED("class", file_retention, class_name),
	NEED("matching", file_retention, matching), NEED("identity", file_retention, identity),
	NEED("partner", file_retention, partner), NEED("crossing", file_retention, crossing),
	MAY("note", file_retention, note), CYAML_FIELD_END};
static const cyaml_schema_value_t retention_schema = MAPPING(file_retention, retention_fields);

static const cyaml_schema_field_t otherwise_fields[] = {NEED("verdict", file_otherwise, verdict),
	MAY("authority", file_otherwise, authority), MAY("outcome", file_otherwise, outcome),
	MAY("retention", file_otherwise, retention), CYAML_FIELD_END};

static const cyaml_schema_field_t rule_fields[] = {NEED("id", file_rule, id),
	NEED("text", file_rule, text),
	CYAML_FIELD_MAPPING_PTR("when", CYAML_FLAG_POINTER, struct file_rule, when, when_fields),
	MAY("from", file_rule, from), MAY("until", file_rule, until),
	MAY("priority", file_rule, priority), NEED("verdict", file_rule, verdict),
	MAY("authority", file_rule, authority), MAY("outcome", file_rule, outcome),
	MAY("retention", file_rule, retention), NEED("basis", file_rule, basis),
	LIST("obligations", CYAML_FLAG_OPTIONAL, file_rule, obligations),
	LIST("sources", 0, file_rule, sources),
	LIST("disputes", CYAML_FLAG_OPTIONAL, file_rule, disputes),
	CYAML_FIELD_MAPPING_PTR("otherwise", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file_rule, otherwise, otherwise_fields),
	CYAML_FIELD_END};
static const cyaml_schema_value_t rule_schema = MAPPING(file_rule, rule_fields);

static const cyaml_schema_field_t wording_fields[] = {NEED("language", file_wording, language),
	NEED("notice", file_wording, notice), NEED("withdraw", file_wording, withdraw),
	NEED("complain", file_wording, complain), NEED("disclaimer", file_wording, disclaimer),
	CYAML_FIELD_END};
static const cyaml_schema_value_t wording_schema = MAPPING(file_wording, wording_fields);

static const cyaml_schema_field_t texts_fields[] = {
	NEED("notice-version", file_texts, notice_version),
	MAY("notice-until", file_texts, notice_until), MAY("language", file_texts, own.language),
	NEED("notice", file_texts, own.notice), NEED("withdraw", file_texts, own.withdraw),
	NEED("complain", file_texts, own.complain), NEED("disclaimer", file_texts, own.disclaimer),
	ENTRIES("translations", CYAML_FLAG_OPTIONAL, file_texts, translations, &wording_schema,
		PST_POLICY_TRANSLATIONS_MAX),
	CYAML_FIELD_END};

#define GIVEN(key, id) MAY(key, file_given, axis[id])
static const cyaml_schema_field_t given_fields[] = {GIVEN("category", PST_AXIS_CATEGORY),
	GIVEN("known-by", PST_AXIS_KNOWN_BY), GIVEN("age-band", PST_AXIS_AGE_BAND),
	GIVEN("direction", PST_AXIS_DIRECTION), GIVEN("environment", PST_AXIS_ENVIRONMENT),
	GIVEN("port", PST_AXIS_PORT), GIVEN("mode", PST_AXIS_MODE),
	GIVEN("purpose", PST_AXIS_PURPOSE), GIVEN("modality", PST_AXIS_MODALITY),
	GIVEN("notice", PST_AXIS_NOTICE), GIVEN("choice", PST_AXIS_CHOICE),
	NEED("date", file_given, date), MAY("born", file_given, born), CYAML_FIELD_END};

static const cyaml_schema_field_t case_fields[] = {NEED("case", file_case, id),
	CYAML_FIELD_MAPPING("given", CYAML_FLAG_DEFAULT, struct file_case, given, given_fields),
	NEED("verdict", file_case, verdict), NEED("rule", file_case, rule),
	MAY("authority", file_case, authority), MAY("outcome", file_case, outcome),
	MAY("retention", file_case, retention), CYAML_FIELD_END};
static const cyaml_schema_value_t case_schema = MAPPING(file_case, case_fields);

static const cyaml_schema_field_t top_fields[] = {NEED("policy", file_top, policy),
	NEED("format", file_top, format), NEED("version", file_top, version),
	NEED("title", file_top, title), NEED("from", file_top, from),
	NEED("choice-window", file_top, choice_window),
	CYAML_FIELD_MAPPING_PTR("texts", CYAML_FLAG_POINTER, struct file_top, texts, texts_fields),
	ENTRIES("axes", 0, file_top, axes, &axis_schema, PST_AXIS_COUNT),
	CYAML_FIELD_MAPPING_PTR("unless-stated", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file_top, unless_stated, when_fields),
	LIST("always", CYAML_FLAG_OPTIONAL, file_top, always),
	ENTRIES("sources", 0, file_top, sources, &source_schema, LIST_MAX),
	ENTRIES("disputes", CYAML_FLAG_OPTIONAL, file_top, disputes, &dispute_schema, LIST_MAX),
	ENTRIES("retention", 0, file_top, retention, &retention_schema, LIST_MAX),
	ENTRIES("rules", 0, file_top, rules, &rule_schema, PST_POLICY_RULES_MAX),
	ENTRIES("expect", CYAML_FLAG_OPTIONAL, file_top, cases, &case_schema, PST_POLICY_CASES_MAX),
	CYAML_FIELD_END};

const cyaml_schema_value_t policy_file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_top, top_fields)};
