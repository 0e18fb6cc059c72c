/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_FILE_H
#define PST_POLICY_FILE_H

#include "base/yaml.h"
#include "gate/table.h"

/**
 * A policy file as written: strings and lists of strings, nothing interpreted yet. Absent keys are
 * NULL. Everything is owned by the YAML handle.
 */
struct file_list {
	char **item;
	unsigned count;
};

struct file_when {
	struct file_list axis[PST_AXIS_COUNT];
};

struct file_group {
	char *group;
	struct file_list of;
};

struct file_age {
	char *band, *from, *to;
};

struct file_axis {
	char *axis;
	struct file_list values;
	char *preset; /* key "default" */
	struct file_group *groups;
	unsigned groups_count;
	struct file_age *ages;
	unsigned ages_count;
};

struct file_source {
	char *source, *title, *citation, *checked, *status;
};

struct file_dispute {
	char *dispute, *question, *taken;
	struct file_list readings;
};

struct file_retention {
	char *class_name, *matching, *identity, *partner, *crossing, *note;
};

struct file_otherwise {
	char *verdict, *authority, *outcome, *retention;
};

struct file_rule {
	char *id, *text, *from, *until, *priority, *verdict, *authority, *outcome, *retention,
		*basis;
	struct file_when *when;
	struct file_otherwise *otherwise;
	struct file_list obligations, sources, disputes;
};

struct file_wording {
	char *language, *notice, *withdraw, *complain, *disclaimer;
};

struct file_texts {
	char *notice_version, *notice_until;
	struct file_wording own; /* its language may be NULL */
	struct file_wording *translations;
	unsigned translations_count;
};

struct file_given {
	char *axis[PST_AXIS_COUNT];
	char *date, *born;
};

struct file_case {
	char *id; /* key "case" */
	struct file_given given;
	char *verdict, *rule, *authority, *outcome, *retention;
};

struct file_top {
	char *policy, *format, *version, *title, *from, *choice_window;
	struct file_texts *texts;
	struct file_axis *axes;
	unsigned axes_count;
	struct file_when *unless_stated;
	struct file_list always;
	struct file_source *sources;
	unsigned sources_count;
	struct file_dispute *disputes;
	unsigned disputes_count;
	struct file_retention *retention;
	unsigned retention_count;
	struct file_rule *rules;
	unsigned rules_count;
	struct file_case *cases; /* key "expect" */
	unsigned cases_count;
};

/** The schema of struct file_top. */
extern const cyaml_schema_value_t policy_file_schema;

#endif
