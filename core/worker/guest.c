/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/guest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "postern/detector.h"
#include "postern/extractor.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"
#include "worker/log.h"

#define INSTANCE_MAX (64u << 20) /* bytes, the ABI's */
#define INSTANCE_ALIGNMENT 64

struct pst_guest {
	const struct pst_wire_plugin *plugin;
	const struct pst_plugin_entry *entry;
	void *library;
	void *self;
	struct pst_host host; /* context is the guest */
	pid_t caller;	      /* the thread that makes all calls */
};

static const struct pst_wire_option *find_option(
	const struct pst_host *host, const char *name, enum pst_wire_option_type type)
{
	const struct pst_guest *guest = host->context;

	for (uint32_t i = 0; i < guest->plugin->option_count; i++) {
		const struct pst_wire_option *option = &guest->plugin->option[i];

		if (option->type == type && strcmp(option->name, name) == 0) {
			return option;
		}
	}
	return NULL;
}

static void host_log(const struct pst_host *host, uint32_t level, const char *line)
{
	const struct pst_guest *guest = host->context;

	pst_worker_log(level, "%s: %s", guest->plugin->id, line);
}

static int host_option_int(const struct pst_host *host, const char *name, int64_t *ret_value)
{
	const struct pst_wire_option *option = find_option(host, name, PST_WIRE_OPTION_INT);

	if (!option || pst_text_parse_int(option->value, INT64_MIN, INT64_MAX, ret_value) < 0) {
		return PST_E_CONFIG;
	}
	return 0;
}

static int host_option_float(const struct pst_host *host, const char *name, double *ret_value)
{
	const struct pst_wire_option *option = find_option(host, name, PST_WIRE_OPTION_FLOAT);
	char *end;
	double value;

	if (!option) {
		return PST_E_CONFIG;
	}
	value = strtod(option->value, &end);
	if (end == option->value || *end != 0) {
		return PST_E_CONFIG;
	}
	*ret_value = value;
	return 0;
}

static int host_option_text(const struct pst_host *host, const char *name, const char **ret_value)
{
	const struct pst_wire_option *option = find_option(host, name, PST_WIRE_OPTION_TEXT);

	if (!option) {
		return PST_E_CONFIG;
	}
	*ret_value = option->value;
	return 0;
}

static const char *host_model_path(const struct pst_host *host)
{
	const struct pst_guest *guest = host->context;

	return guest->plugin->model[0] ? guest->plugin->model : NULL;
}

static int64_t host_clock_ns(const struct pst_host *host)
{
	(void)host;
	return pst_clock_mono_ns();
}

static int host_is_call_thread(const struct pst_host *host)
{
	const struct pst_guest *guest = host->context;

	return gettid() == guest->caller;
}

/* What a struct of ABI 1.0 ends with, for good: later minor versions add behind it. */
#define HAS(type, given, last)                                                                     \
	((given)->size >= offsetof(struct type, last) + sizeof(((struct type *)NULL)->last))
#define ENTRY_LEAST (offsetof(struct pst_plugin_entry, calls) + sizeof(const void *))

static bool has_calls(const struct pst_plugin_entry *entry)
{
	const struct pst_detector *detector = entry->calls;
	const struct pst_extractor *extractor = entry->calls;
	const struct pst_matcher *matcher = entry->calls;
	const struct pst_quality_calls *quality = entry->calls;
	const struct pst_pad_calls *pad = entry->calls;

	if (!entry->init || !entry->finish || !entry->calls) {
		return false;
	}
	switch (entry->kind) {
	case PST_PLUGIN_DETECTOR:
		return HAS(pst_detector, detector, detect) && detector->detect;
	case PST_PLUGIN_EXTRACTOR:
		return HAS(pst_extractor, extractor, extract) && extractor->extract;
	case PST_PLUGIN_MATCHER:
		return HAS(pst_matcher, matcher, search_batch) && matcher->add && matcher->remove &&
		       matcher->seal && matcher->verify && matcher->search;
	case PST_PLUGIN_QUALITY:
		return HAS(pst_quality_calls, quality, assess) && quality->assess;
	case PST_PLUGIN_PAD:
		return HAS(pst_pad_calls, pad, judge) && pad->judge;
	default:
		return false;
	}
}

int pst_guest_check(const struct pst_guest *guest, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = guest->plugin;
	const struct pst_plugin_entry *entry = guest->entry;

	if (entry->abi_major != PST_ABI_MAJOR || entry->abi_major != plugin->abi) {
		return pst_error_set(error, PST_E_ABI,
			"plugin %s: made for ABI %u.%u, this worker speaks %u.%u", plugin->id,
			entry->abi_major, entry->abi_minor, PST_ABI_MAJOR, PST_ABI_MINOR);
	}
	if (entry->size < ENTRY_LEAST) {
		return pst_error_set(error, PST_E_ABI,
			"plugin %s: its entry has %u bytes, ABI %u has at least %zu", plugin->id,
			entry->size, PST_ABI_MAJOR, ENTRY_LEAST);
	}
	if (entry->kind != plugin->kind) {
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: the library is of another kind than its manifest says",
			plugin->id);
	}
	if (!entry->id || strncmp(entry->id, plugin->id, sizeof(plugin->id)) != 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: the library calls itself '%.64s'", plugin->id,
			entry->id ? entry->id : "");
	}
	if (!entry->version ||
		strncmp(entry->version, plugin->version, sizeof(plugin->version)) != 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: the library is version '%.64s', its manifest says %s",
			plugin->id, entry->version ? entry->version : "", plugin->version);
	}
	if (!has_calls(entry) || entry->instance_size < 1 || entry->instance_size > INSTANCE_MAX) {
		return pst_error_set(error, PST_E_ABI,
			"plugin %s: its entry lacks a call or a sensible instance size",
			plugin->id);
	}
	return 0;
}

/* What is opened must still be the file whose digest the host has verified. */
static int check_stamp(const struct pst_wire_plugin *plugin, const char *path,
	const struct pst_stamp *stamp, struct pst_error *error)
{
	struct pst_stamp now = {0};

	if (!pst_stamp_is_set(stamp)) {
		return 0;
	}
	if (pst_stamp_take_path(path, &now) < 0 || !pst_stamp_is_equal(stamp, &now)) {
		return pst_error_set(error, PST_E_UNSAFE,
			"plugin %s: %s has changed since its digest was verified; start again",
			plugin->id, path);
	}
	return 0;
}

static int load(struct pst_guest *guest, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = guest->plugin;
	int status = check_stamp(plugin, plugin->library, &plugin->library_stamp, error);

	if (status == 0 && plugin->model[0]) {
		status = check_stamp(plugin, plugin->model, &plugin->model_stamp, error);
	}
	if (status < 0) {
		return status;
	}
	guest->library = dlopen(plugin->library, RTLD_NOW | RTLD_LOCAL);
	if (!guest->library) {
		return pst_error_set(
			error, PST_E_ABI, "plugin %s: cannot be loaded: %s", plugin->id, dlerror());
	}
	status = check_stamp(plugin, plugin->library, &plugin->library_stamp, error);
	if (status < 0) {
		return status;
	}
	guest->entry = dlsym(guest->library, "pst_plugin_entry");
	if (!guest->entry) {
		return pst_error_set(error, PST_E_ABI,
			"plugin %s: %s exports no pst_plugin_entry: it is no plugin", plugin->id,
			plugin->library);
	}
	return 0;
}

static int start(struct pst_guest *guest, struct pst_error *error)
{
	size_t size = (guest->entry->instance_size + INSTANCE_ALIGNMENT - 1) / INSTANCE_ALIGNMENT *
		      INSTANCE_ALIGNMENT;
	int status;

	guest->self = aligned_alloc(INSTANCE_ALIGNMENT, size);
	if (!guest->self) {
		return pst_error_set(error, -ENOMEM, "plugin %s: no memory", guest->plugin->id);
	}
	memset(guest->self, 0, size);
	status = guest->entry->init(guest->self, &guest->host);
	if (status == 0) {
		return 0;
	}
	free(guest->self);
	guest->self = NULL;
	if (status != PST_E_CONFIG && status != -ENOMEM) {
		status = PST_E_PLUGIN;
	}
	return pst_error_set(error, status, "plugin %s does not start: %s", guest->plugin->id,
		status == PST_E_CONFIG ? "an option or its model does not fit"
				       : pst_status_text(status));
}

int pst_guest_load(
	const struct pst_wire_plugin *plugin, struct pst_guest **ret_guest, struct pst_error *error)
{
	struct pst_guest *guest = calloc(1, sizeof(*guest));
	int status;

	if (!guest) {
		return pst_error_set(error, -ENOMEM, "plugin %s: no memory", plugin->id);
	}
	guest->plugin = plugin;
	guest->caller = gettid();
	guest->host = (struct pst_host){
		.size = sizeof(guest->host),
		.context = guest,
		.log = host_log,
		.option_int = host_option_int,
		.option_float = host_option_float,
		.option_text = host_option_text,
		.model_path = host_model_path,
		.clock_ns = host_clock_ns,
		.is_call_thread = host_is_call_thread,
	};
	status = load(guest, error);
	if (status < 0) {
		pst_guest_close(&guest);
		return status;
	}
	*ret_guest = guest;
	return 0;
}

int pst_guest_open(
	const struct pst_wire_plugin *plugin, struct pst_guest **ret_guest, struct pst_error *error)
{
	struct pst_guest *guest = NULL;
	int status = pst_guest_load(plugin, &guest, error);

	if (status == 0) {
		status = pst_guest_check(guest, error);
	}
	if (status == 0) {
		status = start(guest, error);
	}
	if (status < 0) {
		pst_guest_close(&guest);
		return status;
	}
	*ret_guest = guest;
	return 0;
}

void pst_guest_close(struct pst_guest **guest)
{
	struct pst_guest *g = *guest;

	if (!g) {
		return;
	}
	if (g->self) {
		g->entry->finish(g->self);
		free(g->self);
	}
	free(g);
	*guest = NULL;
}

void *pst_guest_self(const struct pst_guest *guest)
{
	return guest->self;
}

const void *pst_guest_calls(const struct pst_guest *guest)
{
	return guest->entry->calls;
}

const struct pst_plugin_entry *pst_guest_entry(const struct pst_guest *guest)
{
	return guest->entry;
}

const struct pst_host *pst_guest_host(const struct pst_guest *guest)
{
	return &guest->host;
}

const struct pst_wire_plugin *pst_guest_plugin(const struct pst_guest *guest)
{
	return guest->plugin;
}
