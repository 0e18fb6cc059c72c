/* SPDX-License-Identifier: Apache-2.0 */
#include "support/guest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static void log_line(const struct pst_host *host, uint32_t level, const char *line)
{
	struct guest *guest = host->context;
	const uint32_t room = sizeof(guest->log) / sizeof(guest->log[0]);

	(void)level;
	if (guest->log_count >= room) {
		memmove(guest->log[0], guest->log[1], sizeof(guest->log) - sizeof(guest->log[0]));
	}
	(void)snprintf(guest->log[guest->log_count < room ? guest->log_count : room - 1],
		sizeof(guest->log[0]), "%s", line);
	guest->log_count++;
}

/* The value set by the test, else the default that stands after "{name: NAME, type: TYPE". */
static const char *option(struct guest *guest, const char *name, const char *type)
{
	char pattern[128];
	const char *at;

	for (const char *const *s = guest->settings; s && s[0]; s += 2) {
		if (strcmp(s[0], name) == 0) {
			return s[1];
		}
	}
	(void)snprintf(pattern, sizeof(pattern), "{name: %s, type: %s, default: \"", name, type);
	at = strstr(guest->manifest, pattern);
	if (!at) {
		return NULL;
	}
	at += strlen(pattern);
	(void)snprintf(guest->text, sizeof(guest->text), "%.*s", (int)strcspn(at, "\""), at);
	return guest->text;
}

static int option_int(const struct pst_host *host, const char *name, int64_t *ret_value)
{
	const char *text = option(host->context, name, "int");

	if (!text) {
		return PST_E_CONFIG;
	}
	*ret_value = strtoll(text, NULL, 10);
	return 0;
}

static int option_float(const struct pst_host *host, const char *name, double *ret_value)
{
	const char *text = option(host->context, name, "float");

	if (!text) {
		return PST_E_CONFIG;
	}
	*ret_value = strtod(text, NULL);
	return 0;
}

static int option_text(const struct pst_host *host, const char *name, const char **ret_value)
{
	struct guest *guest = host->context;
	const char *text = option(guest, name, "text");
	char *copy = guest->option_texts[guest->option_text_count];

	if (!text || guest->option_text_count + 1 == GUEST_OPTION_TEXTS) {
		return PST_E_CONFIG;
	}
	(void)snprintf(copy, sizeof(guest->option_texts[0]), "%s", text);
	guest->option_text_count++;
	*ret_value = copy;
	return 0;
}

static const char *model_path(const struct pst_host *host)
{
	const struct guest *guest = host->context;

	return guest->model[0] ? guest->model : NULL;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (file && getdelim(&text, &room, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	if (file) {
		(void)fclose(file);
	}
	return text;
}

static int load(struct guest *guest, const char *folder, const char *id)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s/%s.yaml", folder, id, id);
	guest->manifest = read_text(path);
	(void)snprintf(path, sizeof(path), "%s/%s/%s.so", folder, id, id);
	if (!guest->manifest || access(path, R_OK) != 0) {
		return -ENOENT;
	}
	guest->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!guest->library) {
		(void)fprintf(stderr, "%s\n", dlerror());
		return -EINVAL;
	}
	guest->entry = dlsym(guest->library, "pst_plugin_entry");
	return guest->entry ? 0 : -EINVAL;
}

static int64_t clock_ns(const struct pst_host *host)
{
	(void)host;
	return pst_clock_mono_ns();
}

static int is_call_thread(const struct pst_host *host)
{
	const struct guest *guest = host->context;

	return gettid() == guest->caller;
}

int guest_open(struct guest *guest, const char *folder, const char *id, const char *const *settings,
	const char *model)
{
	const char *folders = folder ? folder : getenv("POSTERN_PLUGINS");
	size_t size;
	int status = load(guest, folders ? folders : ".", id);

	if (status < 0) {
		guest_close(guest);
		return status;
	}
	guest->settings = settings;
	guest->caller = gettid();
	(void)snprintf(guest->model, sizeof(guest->model), "%s", model ? model : "");
	guest->host = (struct pst_host){
		.size = sizeof(struct pst_host),
		.context = guest,
		.log = log_line,
		.option_int = option_int,
		.option_float = option_float,
		.option_text = option_text,
		.model_path = model_path,
		.clock_ns = clock_ns,
		.is_call_thread = is_call_thread,
	};
	size = (guest->entry->instance_size + 63) / 64 * 64;
	guest->instance = aligned_alloc(64, size);
	if (!guest->instance) {
		guest_close(guest);
		return -ENOMEM;
	}
	memset(guest->instance, 0, size);
	status = guest->entry->init(guest->instance, &guest->host);
	if (status < 0) {
		free(guest->instance);
		guest->instance = NULL;
	}
	return status;
}

void guest_close(struct guest *guest)
{
	if (guest->instance) {
		guest->entry->finish(guest->instance);
		free(guest->instance);
	}
	if (guest->library) {
		(void)dlclose(guest->library);
	}
	free(guest->manifest);
	*guest = (struct guest){0};
}

const char *guest_field(struct guest *guest, const char *name)
{
	char pattern[80];
	const char *at;

	(void)snprintf(pattern, sizeof(pattern), "\n%s: ", name);
	at = strstr(guest->manifest, pattern);
	if (!at) {
		return "";
	}
	at += strlen(pattern);
	(void)snprintf(guest->text, sizeof(guest->text), "%.*s", (int)strcspn(at, "\n"), at);
	return guest->text;
}

bool guest_find_model(const char *file, char *ret_path)
{
	const char *folders[] = {getenv("POSTERN_MODELS"), "/usr/share/opencv4/haarcascades"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (folders[i]) {
			(void)snprintf(ret_path, 512, "%s/%s", folders[i], file);
			if (access(ret_path, R_OK) == 0) {
				return true;
			}
		}
	}
	return false;
}
