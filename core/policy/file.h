/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_FILE_H
#define PST_POLICY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gate/table.h"

/**
 * A policy file as written: strings and lists of strings, nothing interpreted yet. Absent keys are
 * NULL. Everything is owned by the struct policy_file that holds it.
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

struct file_axis {
	char *axis;
	struct file_list values;
	char *preset; /* key "default" */
	struct file_group *groups;
	unsigned groups_count;
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

struct file_texts {
	char *notice_version, *notice, *withdraw, *complain, *disclaimer;
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
};

struct policy_file {
	const char *name; /* borrowed */
	const char *text; /* borrowed; not NUL-terminated */
	size_t size;
	struct file_top *top;
};

/**
 * Reads YAML into structs: unknown keys, wrong shapes, doubled keys, aliases and further documents
 * are errors with file and line.
 *
 * @param name, data  borrowed until policy_file_finish()
 * @return 0, PST_E_CONFIG or -ENOMEM
 */
int policy_file_read(struct policy_file *file, const char *name, const void *data, size_t size,
	struct pst_error *error) PST_MUST_CHECK;

void policy_file_finish(struct policy_file *file);

/**
 * Finds the line where a word stands, as a whole word, at or after a line.
 *
 * @return line from 1, or first_line if the word is not found
 */
int policy_file_find_line(const struct policy_file *file, int first_line, const char *word);

/** @return the line where rule number index (from 0) begins; 0 if it cannot be told */
int policy_file_rule_line(const struct policy_file *file, unsigned index);

#endif
