/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define UNSET "unset"

int policy_no_memory(struct compiler *compiler)
{
	return pst_error_set(compiler->error, -ENOMEM, "policy: out of memory");
}

const char *policy_where(struct compiler *compiler, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(compiler->where, sizeof(compiler->where), format, args);
	va_end(args);
	return compiler->where;
}

int policy_fail(struct compiler *compiler, const char *where, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pst_yaml_fail(compiler->yaml, compiler->error, where, "%s", text);
}

int policy_read_word(struct compiler *compiler, const char *where, const char *what,
	const char *word, const char *const *names, bool zero_is_word)
{
	int index = pst_text_index(names, word);

	if (index > 0 || (index == 0 && zero_is_word)) {
		return index;
	}
	return pst_yaml_fail_name(
		compiler->yaml, compiler->error, where, what, word, names + (zero_is_word ? 0 : 1));
}

int policy_check_id(struct compiler *compiler, const char *where, const char *what, const char *id)
{
	if (pst_text_is_id(id)) {
		return 0;
	}
	return policy_fail(compiler, where,
		"'%.64s' cannot be the name of a %s: 1 to 64 letters, digits, '-', '_' and single "
		"'.', a letter or digit first",
		id, what);
}

static int line_of(struct compiler *compiler, const char *list, unsigned index)
{
	return (int)pst_yaml_line(compiler->yaml, policy_where(compiler, "%s[%u]", list, index));
}

static int take_source(struct compiler *compiler, unsigned index, struct pst_source *sources)
{
	const struct file_source *from = &compiler->top->sources[index];
	struct pst_source *to = &sources[index];
	int status = policy_check_id(compiler, policy_where(compiler, "sources[%u].source", index),
		"source", from->source);

	if (status < 0) {
		return status;
	}
	for (unsigned i = 0; i < index; i++) {
		if (strcmp(sources[i].id, from->source) == 0) {
			return policy_fail(compiler, compiler->where, "source '%s' stands twice",
				from->source);
		}
	}
	if (pst_clock_parse_day(from->checked, &to->checked_day) < 0) {
		return policy_fail(compiler, policy_where(compiler, "sources[%u].checked", index),
			"source '%s': checked needs a date like 2025-12-09, not '%.32s'",
			from->source, from->checked);
	}
	status = policy_read_word(compiler, policy_where(compiler, "sources[%u].status", index),
		"status", from->status, pst_source_status_names, false);
	if (status < 0) {
		return status;
	}
	to->id = from->source;
	to->line = line_of(compiler, "sources", index);
	to->title = from->title;
	to->citation = from->citation;
	to->status = (enum pst_source_status)status;
	return 0;
}

static int take_sources(struct compiler *compiler)
{
	unsigned count = compiler->top->sources_count;
	struct pst_source *sources = policy_alloc(compiler->policy, count, sizeof(*sources));
	int status = 0;

	if (!sources) {
		return policy_no_memory(compiler);
	}
	for (unsigned i = 0; i < count && status >= 0; i++) {
		status = take_source(compiler, i, sources);
	}
	compiler->policy->sources = sources;
	compiler->policy->source_count = count;
	return status;
}

static int take_dispute(struct compiler *compiler, unsigned index, struct pst_dispute *disputes)
{
	const struct file_dispute *from = &compiler->top->disputes[index];
	const char **readings;
	int status = policy_check_id(compiler,
		policy_where(compiler, "disputes[%u].dispute", index), "dispute", from->dispute);

	if (status < 0) {
		return status;
	}
	for (unsigned i = 0; i < index; i++) {
		if (strcmp(disputes[i].id, from->dispute) == 0) {
			return policy_fail(compiler, compiler->where, "dispute '%s' stands twice",
				from->dispute);
		}
	}
	if (from->readings.count < 2) {
		return policy_fail(compiler, policy_where(compiler, "disputes[%u].readings", index),
			"dispute '%s' needs two readings or more", from->dispute);
	}
	readings = policy_alloc(compiler->policy, from->readings.count + 1, sizeof(*readings));
	if (!readings) {
		return policy_no_memory(compiler);
	}
	for (unsigned i = 0; i < from->readings.count; i++) {
		readings[i] = from->readings.item[i];
	}
	disputes[index] = (struct pst_dispute){.id = from->dispute,
		.line = line_of(compiler, "disputes", index),
		.question = from->question,
		.readings = readings,
		.taken = from->taken};
	return 0;
}

static int take_disputes(struct compiler *compiler)
{
	unsigned count = compiler->top->disputes_count;
	struct pst_dispute *disputes =
		policy_alloc(compiler->policy, count ? count : 1, sizeof(*disputes));
	int status = 0;

	if (!disputes) {
		return policy_no_memory(compiler);
	}
	for (unsigned i = 0; i < count && status >= 0; i++) {
		status = take_dispute(compiler, i, disputes);
	}
	compiler->policy->disputes = disputes;
	compiler->policy->dispute_count = count;
	return status;
}

/* "none": never enrolled there; "unstated": the sources give no period, so nothing is kept;
 * "unset": somebody has to say how long. */
int policy_read_period(const char *text, int64_t *ret_s)
{
	int64_t ns;

	*ret_s = 0;
	if (strcmp(text, "none") == 0 || strcmp(text, "unstated") == 0 ||
		strcmp(text, UNSET) == 0) {
		return 0;
	}
	if (pst_clock_parse_duration(text, &ns) < 0) {
		return -EINVAL;
	}
	*ret_s = ns / PST_NS_PER_S;
	return 0;
}

static int take_class(struct compiler *compiler, unsigned index, struct pst_retention *classes)
{
	const struct file_retention *from = &compiler->top->retention[index];
	struct pst_retention *to = &classes[index + 1];
	const char *const text[PST_STORE_COUNT] = {
		[PST_STORE_MATCHING] = from->matching,
		[PST_STORE_IDENTITY] = from->identity,
		[PST_STORE_PARTNER] = from->partner,
		[PST_STORE_CROSSING] = from->crossing,
	};
	int status = policy_check_id(compiler, policy_where(compiler, "retention[%u].class", index),
		"retention class", from->class_name);

	if (status < 0) {
		return status;
	}
	for (unsigned i = 0; i <= index; i++) {
		if (strcmp(classes[i].class_name, from->class_name) == 0) {
			return policy_fail(compiler, compiler->where,
				"retention class '%s' stands twice or is built in",
				from->class_name);
		}
	}
	to->class_name = from->class_name;
	to->line = line_of(compiler, "retention", index);
	to->note = from->note ? from->note : "";
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		to->text[store] = text[store];
		to->is_unset[store] = strcmp(text[store], UNSET) == 0;
		if (policy_read_period(text[store], &to->keep_s[store]) < 0) {
			return policy_fail(compiler,
				policy_where(compiler, "retention[%u].%s", index,
					pst_store_names[store]),
				"'%.32s' is no retention for store %s; write 12h, 14d, 75y, 0, "
				"none, unstated or unset",
				text[store], pst_store_names[store]);
		}
	}
	return 0;
}

static int take_retention(struct compiler *compiler)
{
	unsigned count = compiler->top->retention_count;
	struct pst_retention *classes = policy_alloc(compiler->policy, count + 1, sizeof(*classes));
	int status = 0;

	if (!classes) {
		return policy_no_memory(compiler);
	}
	if (count > UINT8_MAX) {
		return policy_fail(compiler, "retention", "more than 255 retention classes");
	}
	classes[0].class_name = "nothing";
	classes[0].note = "";
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		classes[0].text[store] = "none";
	}
	for (unsigned i = 0; i < count && status >= 0; i++) {
		status = take_class(compiler, i, classes);
	}
	compiler->policy->retention = classes;
	compiler->retention = classes;
	compiler->policy->retention_count = count + 1;
	return status;
}

static int take_head(struct compiler *compiler)
{
	const struct file_top *top = compiler->top;
	struct pst_policy *policy = compiler->policy;
	int64_t format;
	int status = policy_check_id(compiler, "policy", "policy", top->policy);

	if (status < 0) {
		return status;
	}
	if (pst_text_parse_int(top->format, 1, 1, &format) < 0) {
		return policy_fail(compiler, "format",
			"format '%.32s' is not known here; this program reads format 1",
			top->format);
	}
	if (pst_text_parse_int(top->version, 1, INT32_MAX, &policy->version) < 0) {
		return policy_fail(compiler, "version",
			"version needs a whole number from 1, not '%.32s'", top->version);
	}
	if (pst_clock_parse_day(top->from, &policy->from_day) < 0 || policy->from_day < 1) {
		return policy_fail(compiler, "from",
			"from needs a date after 1970-01-01, like 2009-01-18, not '%.32s'",
			top->from);
	}
	if (pst_clock_parse_duration(top->choice_window, &policy->choice_window_ns) < 0) {
		return policy_fail(compiler, "choice-window",
			"choice-window needs a duration like 1.5s, not '%.32s'",
			top->choice_window);
	}
	policy->id = top->policy;
	policy->title = top->title;
	return policy_compile_texts(compiler);
}

int policy_compile_records(struct compiler *compiler)
{
	int status = take_head(compiler);

	if (status >= 0) {
		status = take_sources(compiler);
	}
	if (status >= 0) {
		status = take_disputes(compiler);
	}
	return status >= 0 ? take_retention(compiler) : status;
}
