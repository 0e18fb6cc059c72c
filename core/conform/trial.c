/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conform/report.h"
#include "conform/watch.h"

#define ALIGNMENT 64
#define LINE_MAX_BYTES 200 /* host.h */

static struct pst_trial *trial_of(const struct pst_host *host)
{
	return host->context;
}

/* The first of a kind is kept. */
static void note(char to[PST_TRIAL_SAID_SIZE], const char *what, const char *name)
{
	if (to[0] == 0) {
		(void)snprintf(to, PST_TRIAL_SAID_SIZE, "%s%.64s", what, name);
		pst_report_clean(to);
	}
}

static void on_log(const struct pst_host *host, uint32_t level, const char *line)
{
	struct pst_manners *manners = &trial_of(host)->manners;
	size_t length = strlen(line);

	manners->lines++;
	(void)snprintf(manners->said, sizeof(manners->said), "%.120s", line);
	if (level < PST_LOG_ERROR || level > PST_LOG_DEBUG) {
		note(manners->bad_line, "a line without a known level: ", line);
	}
	if (length > LINE_MAX_BYTES) {
		note(manners->bad_line, "a line of more than 200 bytes: ", line);
	}
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
			note(manners->bad_line, "a line with control characters: ", line);
		}
	}
	pst_report_clean(manners->said);
}

/* What every question about options has in common. */
static const struct pst_host *asked(
	const struct pst_host *host, const char *name, enum pst_wire_option_type type)
{
	struct pst_trial *trial = trial_of(host);
	const struct pst_wire_plugin *plugin = &trial->plugin;
	bool declared = false;

	for (uint32_t i = 0; i < plugin->option_count; i++) {
		declared = declared || (plugin->option[i].type == type &&
					       strcmp(plugin->option[i].name, name) == 0);
	}
	if (!declared) {
		note(trial->manners.undeclared, "", name);
	}
	if (!trial->in_init) {
		note(trial->manners.late, "option ", name);
	}
	return pst_guest_host(trial->guest);
}

static int on_option_int(const struct pst_host *host, const char *name, int64_t *ret_value)
{
	const struct pst_host *inner = asked(host, name, PST_WIRE_OPTION_INT);

	return inner->option_int(inner, name, ret_value);
}

static int on_option_float(const struct pst_host *host, const char *name, double *ret_value)
{
	const struct pst_host *inner = asked(host, name, PST_WIRE_OPTION_FLOAT);

	return inner->option_float(inner, name, ret_value);
}

static int on_option_text(const struct pst_host *host, const char *name, const char **ret_value)
{
	const struct pst_host *inner = asked(host, name, PST_WIRE_OPTION_TEXT);

	return inner->option_text(inner, name, ret_value);
}

static const char *on_model_path(const struct pst_host *host)
{
	struct pst_trial *trial = trial_of(host);
	const struct pst_host *inner = pst_guest_host(trial->guest);

	if (!trial->in_init) {
		note(trial->manners.late, "the model's path", "");
	}
	return inner->model_path(inner);
}

static int64_t on_clock_ns(const struct pst_host *host)
{
	const struct pst_host *inner = pst_guest_host(trial_of(host)->guest);

	return inner->clock_ns(inner);
}

static int on_is_call_thread(const struct pst_host *host)
{
	const struct pst_host *inner = pst_guest_host(trial_of(host)->guest);

	return inner->is_call_thread(inner);
}

static void make_host(struct pst_trial *trial)
{
	trial->host = (struct pst_host){
		.size = sizeof(trial->host),
		.context = trial,
		.log = on_log,
		.option_int = on_option_int,
		.option_float = on_option_float,
		.option_text = on_option_text,
		.model_path = on_model_path,
		.clock_ns = on_clock_ns,
		.is_call_thread = on_is_call_thread,
	};
	trial->given = trial->host;
}

int pst_trial_load(struct pst_trial *trial, const struct pst_wire_plugin *plugin,
	struct pst_error *error)
{
	int status;

	*trial = (struct pst_trial){.plugin = *plugin};
	pst_watch_enter(PST_WATCH_INIT);
	status = pst_guest_load(&trial->plugin, &trial->guest, error);
	pst_watch_leave();
	if (status == 0) {
		trial->entry = pst_guest_entry(trial->guest);
	}
	return status;
}

static int call_init(struct pst_trial *trial)
{
	int status;

	trial->in_init = true;
	pst_watch_enter(PST_WATCH_INIT);
	status = trial->entry->init(trial->memory.data, &trial->host);
	pst_watch_leave();
	trial->in_init = false;
	trial->self = status == 0 ? trial->memory.data : NULL;
	return status;
}

int pst_trial_init(struct pst_trial *trial)
{
	make_host(trial);
	if (pst_pages_open(&trial->memory, "the instance's memory", trial->entry->instance_size,
		    ALIGNMENT, PST_PAGES_LOOSE, 0) < 0) {
		return -ENOMEM;
	}
	return call_init(trial);
}

int pst_trial_again(struct pst_trial *trial)
{
	pst_trial_finish(trial);
	memset(trial->memory.data, 0, trial->memory.size);
	return call_init(trial);
}

void pst_trial_finish(struct pst_trial *trial)
{
	if (trial->self) {
		pst_watch_enter(PST_WATCH_INIT);
		trial->entry->finish(trial->self);
		pst_watch_leave();
		trial->self = NULL;
	}
}

int pst_trial_open(struct pst_trial *trial, const struct pst_wire_plugin *plugin,
	struct pst_error *error)
{
	int status = pst_trial_load(trial, plugin, error);

	if (status == 0) {
		status = pst_guest_check(trial->guest, error);
	}
	if (status < 0) {
		return status;
	}
	status = pst_trial_init(trial);
	if (status == 0) {
		return 0;
	}
	return pst_error_set(error, status < 0 ? status : PST_E_PLUGIN,
		"init returned %d (%s)%s%.120s", status, pst_status_name(status),
		trial->manners.said[0] ? ", and logged: " : "", trial->manners.said);
}

void pst_trial_close(struct pst_trial *trial)
{
	pst_trial_finish(trial);
	pst_guest_close(&trial->guest);
	pst_pages_close(&trial->memory);
}

bool pst_trial_is_intact(const struct pst_trial *trial)
{
	return pst_pages_are_intact(&trial->memory);
}
