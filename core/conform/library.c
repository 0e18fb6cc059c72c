/* SPDX-License-Identifier: Apache-2.0 */
/* The library: as a file, when it is loaded, and its entry. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "conform/object.h"
#include "conform/exam.h"
#include "postern/detector.h"
#include "postern/extractor.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"

#define LIBRARY_MAX ((size_t)256 << 20)	  /* bytes */
#define INSTANCE_MAX ((uint64_t)64 << 20) /* bytes, entry.h */

static int read_elf(struct pst_exam *exam, struct pst_object *ret_elf, struct pst_error *error)
{
	uint8_t *data = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(exam->plugin.library, LIBRARY_MAX, &data, &size, error);

	if (status == 0) {
		status = pst_object_read(data, size, ret_elf, error);
	}
	free(data);
	return status;
}

static enum pst_mark check_elf(struct pst_exam *exam)
{
	struct pst_error error = {0};
	struct pst_object elf = {0};

	return read_elf(exam, &elf, &error) == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%s: %s", exam->plugin.library, error.text);
}

static enum pst_mark judge_elf(struct pst_exam *exam, const struct pst_object *elf)
{
	switch ((int)exam->current) {
	case PST_CHECK_LIBRARY_EXPORTS_ENTRY:
		return elf->exports_entry
			       ? PST_MARK_PASS
			       : pst_fail(exam,
					 "no object pst_plugin_entry is exported: declare it "
					 "PST_EXPORT const struct pst_plugin_entry");
	case PST_CHECK_LIBRARY_EXPORTS_ONLY_ENTRY:
		return !elf->exports_other[0] ? PST_MARK_PASS
					      : pst_fail(exam,
							"%s is exported, too: build with "
							"-fvisibility=hidden or a version script",
							elf->exports_other);
	case PST_CHECK_LIBRARY_NEEDS_NO_HOST:
		return !elf->needs_host[0] ? PST_MARK_PASS
					   : pst_fail(exam,
						     "%s is not defined: a plugin has only "
						     "what struct pst_host offers",
						     elf->needs_host);
	case PST_CHECK_LIBRARY_NO_TEXT_RELOCATIONS:
		return !elf->text_relocations
			       ? PST_MARK_PASS
			       : pst_fail(exam, "code is relocated: build with -fPIC");
	case PST_CHECK_LIBRARY_NO_EXECUTABLE_STACK:
		return !elf->executable_stack
			       ? PST_MARK_PASS
			       : pst_fail(exam, "an executable stack is asked for: link with "
						"-z noexecstack");
	case PST_CHECK_LIBRARY_NO_WRITABLE_CODE:
		return !elf->writable_code
			       ? PST_MARK_PASS
			       : pst_fail(exam, "a segment is both writable and executable");
	default:
		return !elf->run_path[0] || strncmp(elf->run_path, "$ORIGIN", 7) == 0
			       ? PST_MARK_PASS
			       : pst_fail(exam,
					 "libraries are looked for in %s, too: remove the "
					 "run path",
					 elf->run_path);
	}
}

static enum pst_mark check_elf_part(struct pst_exam *exam)
{
	struct pst_error error = {0};
	struct pst_object elf = {0};

	if (read_elf(exam, &elf, &error) < 0) {
		return pst_skip(exam, "the library cannot be read: see library.elf");
	}
	return judge_elf(exam, &elf);
}

static enum pst_mark check_opens(struct pst_exam *exam)
{
	return pst_exam_library(exam) ? PST_MARK_PASS : pst_fail(exam, "%s", exam->why.text);
}

static enum pst_mark not_loaded(struct pst_exam *exam)
{
	return pst_skip(exam, "the library cannot be loaded: see load.opens");
}

static enum pst_mark check_no_threads(struct pst_exam *exam)
{
	if (!pst_exam_library(exam)) {
		return not_loaded(exam);
	}
	return exam->loaded.threads <= exam->began.threads
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%d threads run after loading: start them in init",
				 exam->loaded.threads - exam->began.threads);
}

static enum pst_mark check_load_keeps(struct pst_exam *exam)
{
	static const struct {
		enum pst_check check;
		pst_same_fn same;
	} parts[] = {
		{PST_CHECK_LOAD_KEEPS_DESCRIPTORS, pst_surroundings_same_descriptors},
		{PST_CHECK_LOAD_KEEPS_SIGNALS, pst_surroundings_same_signals},
		{PST_CHECK_LOAD_KEEPS_ENVIRONMENT, pst_surroundings_same_environment},
		{PST_CHECK_LOAD_KEEPS_FOLDER, pst_surroundings_same_folder},
		{PST_CHECK_LOAD_KEEPS_LIMITS, pst_surroundings_same_limits},
		{PST_CHECK_LOAD_KEEPS_LOCALE, pst_surroundings_same_locale},
		{PST_CHECK_LOAD_KEEPS_ROUNDING, pst_surroundings_same_rounding},
	};
	size_t i = 0;

	if (!pst_exam_library(exam)) {
		return not_loaded(exam);
	}
	while (parts[i].check != exam->current) {
		i++;
	}
	return pst_keeps(exam, parts[i].same, &exam->began, &exam->loaded, "loading");
}

static enum pst_mark check_entry_size(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->size >= sizeof(*trial->entry)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "size is %u, the struct has %zu: set it with sizeof",
				 trial->entry->size, sizeof(*trial->entry));
}

static enum pst_mark check_major(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->abi_major == PST_ABI_MAJOR &&
			       trial->entry->abi_major == exam->plugin.abi
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "abi_major is %u, the manifest says %u, this postern has "
				 "%u: build with the headers of this postern",
				 trial->entry->abi_major, exam->plugin.abi, PST_ABI_MAJOR);
}

static enum pst_mark check_kind(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->kind == exam->plugin.kind
		       ? PST_MARK_PASS
		       : pst_fail(exam, "kind is %u, the manifest's is %u (enum pst_plugin_kind)",
				 trial->entry->kind, exam->plugin.kind);
}

static enum pst_mark check_text(
	struct pst_exam *exam, const char *what, const char *text, const char *wanted)
{
	if (!text) {
		return pst_fail(exam, "%s is NULL", what);
	}
	return strncmp(text, wanted, PST_WIRE_NAME_SIZE) == 0
		       ? PST_MARK_PASS
		       : pst_fail(
				 exam, "%s is '%.64s', the manifest says '%s'", what, text, wanted);
}

static enum pst_mark check_id(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	return trial ? check_text(exam, "id", trial->entry->id, exam->plugin.id) : not_loaded(exam);
}

static enum pst_mark check_version(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	return trial ? check_text(exam, "version", trial->entry->version, exam->plugin.version)
		     : not_loaded(exam);
}

static enum pst_mark check_instance_size(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->instance_size >= 1 && trial->entry->instance_size <= INSTANCE_MAX
		       ? PST_MARK_PASS
		       : pst_fail(exam, "instance_size is %llu bytes, it must be 1 to 64 MiB",
				 (unsigned long long)trial->entry->instance_size);
}

static enum pst_mark check_init_finish(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->init && trial->entry->finish
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%s is NULL", trial->entry->init ? "finish" : "init");
}

/* Of the kind that the manifest says: its struct's first field is its size. */
static size_t calls_size(uint32_t kind)
{
	switch (kind) {
	case PST_PLUGIN_DETECTOR:
		return sizeof(struct pst_detector);
	case PST_PLUGIN_EXTRACTOR:
		return sizeof(struct pst_extractor);
	case PST_PLUGIN_MATCHER:
		return sizeof(struct pst_matcher);
	case PST_PLUGIN_QUALITY:
		return sizeof(struct pst_quality_calls);
	default:
		return sizeof(struct pst_pad_calls);
	}
}

static enum pst_mark check_calls(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);
	const uint32_t *size = trial ? trial->entry->calls : NULL;

	if (!trial) {
		return not_loaded(exam);
	}
	if (!size) {
		return pst_fail(exam, "calls is NULL");
	}
	return *size >= calls_size(exam->plugin.kind)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "calls->size is %u, its struct has %zu: set it with sizeof",
				 *size, calls_size(exam->plugin.kind));
}

static const char *missing_call(const struct pst_wire_plugin *plugin, const void *calls)
{
	const struct pst_matcher *matcher = calls;

	switch (plugin->kind) {
	case PST_PLUGIN_DETECTOR:
		return ((const struct pst_detector *)calls)->detect ? NULL : "detect";
	case PST_PLUGIN_EXTRACTOR:
		return ((const struct pst_extractor *)calls)->extract ? NULL : "extract";
	case PST_PLUGIN_QUALITY:
		return ((const struct pst_quality_calls *)calls)->assess ? NULL : "assess";
	case PST_PLUGIN_PAD:
		return ((const struct pst_pad_calls *)calls)->judge ? NULL : "judge";
	default:
		return !matcher->add	  ? "add"
		       : !matcher->remove ? "remove"
		       : !matcher->seal	  ? "seal"
		       : !matcher->verify ? "verify"
		       : !matcher->search ? "search"
					  : NULL;
	}
}

static enum pst_mark check_calls_complete(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);
	const char *missing;

	if (!trial || !trial->entry->calls ||
		*(const uint32_t *)trial->entry->calls < calls_size(exam->plugin.kind)) {
		return pst_skip(exam, "the struct of calls is not there: see abi.calls");
	}
	missing = missing_call(&exam->plugin, trial->entry->calls);
	return missing ? pst_fail(exam, "%s is NULL", missing) : PST_MARK_PASS;
}

static enum pst_mark check_reserved(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);
	const uint32_t *calls = trial ? trial->entry->calls : NULL;

	if (!trial) {
		return not_loaded(exam);
	}
	return trial->entry->reserved == 0 && (!calls || calls[1] == 0)
		       ? PST_MARK_PASS
		       : pst_fail(exam, "a reserved field is not 0: a later version may give it a "
					"meaning");
}

static enum pst_mark check_read_only(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);
	const void *parts[] = {NULL, NULL};

	if (!trial) {
		return not_loaded(exam);
	}
	parts[0] = trial->entry;
	parts[1] = trial->entry->calls;
	for (int i = 0; i < 2; i++) {
		if (parts[i] && pst_surroundings_is_writable(parts[i])) {
			return pst_fail(exam,
				"%s can be written: declare it const, and link with "
				"-z relro",
				i == 0 ? "pst_plugin_entry" : "the struct of calls");
		}
	}
	return PST_MARK_PASS;
}

const struct pst_check_run pst_runs_library[] = {
	{PST_CHECK_LIBRARY_ELF, check_elf, 0},
	{PST_CHECK_LIBRARY_EXPORTS_ENTRY, check_elf_part, 0},
	{PST_CHECK_LIBRARY_EXPORTS_ONLY_ENTRY, check_elf_part, 0},
	{PST_CHECK_LIBRARY_NEEDS_NO_HOST, check_elf_part, 0},
	{PST_CHECK_LIBRARY_NO_TEXT_RELOCATIONS, check_elf_part, 0},
	{PST_CHECK_LIBRARY_NO_EXECUTABLE_STACK, check_elf_part, 0},
	{PST_CHECK_LIBRARY_NO_WRITABLE_CODE, check_elf_part, 0},
	{PST_CHECK_LIBRARY_RUN_PATH, check_elf_part, 0},
	{PST_CHECK_LOAD_OPENS, check_opens, 0},
	{PST_CHECK_LOAD_NO_THREADS, check_no_threads, 0},
	{PST_CHECK_LOAD_KEEPS_DESCRIPTORS, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_SIGNALS, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_ENVIRONMENT, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_FOLDER, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_LIMITS, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_LOCALE, check_load_keeps, 0},
	{PST_CHECK_LOAD_KEEPS_ROUNDING, check_load_keeps, 0},
	{PST_CHECK_ABI_ENTRY_SIZE, check_entry_size, 0},
	{PST_CHECK_ABI_MAJOR, check_major, 0},
	{PST_CHECK_ABI_KIND, check_kind, 0},
	{PST_CHECK_ABI_ID, check_id, 0},
	{PST_CHECK_ABI_VERSION, check_version, 0},
	{PST_CHECK_ABI_RESERVED, check_reserved, 0},
	{PST_CHECK_ABI_INSTANCE_SIZE, check_instance_size, 0},
	{PST_CHECK_ABI_INIT_FINISH, check_init_finish, 0},
	{PST_CHECK_ABI_CALLS, check_calls, 0},
	{PST_CHECK_ABI_CALLS_COMPLETE, check_calls_complete, 0},
	{PST_CHECK_ABI_ENTRY_READ_ONLY, check_read_only, 0},
	{0},
};
