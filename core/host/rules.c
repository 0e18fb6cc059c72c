/* SPDX-License-Identifier: Apache-2.0 */
#include "host/rules.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"

#define LIBRARY_SUFFIX ".so"
#define CONTRACT_LENGTH 32 /* hex digits */

/* One line without control characters, so that it does nothing to a terminal but be read. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f ||
			((unsigned char)c[0] == 0xc2 && (unsigned char)c[1] < 0xa0)) {
			return false;
		}
	}
	return *text != 0;
}

/* An SPDX licence expression by its letters, and one that says something. */
static bool is_licence(const char *text)
{
	static const char *const nothing[] = {"none", "noassertion", "unknown", "todo", "tbd"};

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		if (strcasecmp(text, nothing[i]) == 0) {
			return false;
		}
	}
	return *text &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789-.+() ")] == 0 &&
	       text[strspn(text, " ")] != 0;
}

static int check_texts(const struct pst_manifest *m, struct pst_error *error)
{
	if (!is_licence(m->licence)) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: licence: name it by its SPDX identifier, like Apache-2.0", m->path);
	}
	if (!is_plain(m->summary)) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: summary: must be one line without control characters", m->path);
	}
	for (uint32_t i = 0; i < m->model_count; i++) {
		if (!is_licence(m->model[i].licence)) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: models[%u]: licence: name it by its SPDX identifier", m->path,
				i);
		}
		if (!is_plain(m->model[i].home)) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: models[%u]: home: must be one line without control characters",
				m->path, i);
		}
	}
	for (uint32_t i = 0; i < m->option_count; i++) {
		if (!is_plain(m->option[i].about) ||
			(m->option[i].def[0] && !is_plain(m->option[i].def))) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: options[%u]: about and default must be one line without "
				"control characters",
				m->path, i);
		}
	}
	return 0;
}

static int check_files(const struct pst_manifest *m, struct pst_error *error)
{
	const char *library = strrchr(m->library, '/');
	size_t length = library ? strlen(library) : 0;

	if (length <= strlen(LIBRARY_SUFFIX) + 1 || !pst_text_is_id(library + 1) ||
		strcmp(library + length - strlen(LIBRARY_SUFFIX), LIBRARY_SUFFIX) != 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: library: a name of letters, digits, '-', '_' and '.' that ends in "
			".so is needed",
			m->path);
	}
	for (uint32_t i = 0; i < m->model_count; i++) {
		if (!pst_text_is_id(m->model[i].file)) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: models[%u]: file: may hold letters, digits, '-', '_' and '.' "
				"only",
				m->path, i);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(m->model[i].file, m->model[k].file) == 0) {
				return pst_error_set(error, PST_E_CONFIG,
					"%s: models[%u]: file %s is listed twice", m->path, i,
					m->model[i].file);
			}
		}
	}
	return 0;
}

static bool is_contract(const char *text)
{
	return strlen(text) == CONTRACT_LENGTH &&
	       strspn(text, "0123456789abcdef") == CONTRACT_LENGTH;
}

static int check_contracts(const struct pst_manifest *m, struct pst_error *error)
{
	bool pinned = m->contract[0] != 0, good = !pinned || is_contract(m->contract);

	for (uint32_t i = 0; i < m->model_count; i++) {
		pinned |= m->model[i].contract[0] != 0;
		good &= !m->model[i].contract[0] || is_contract(m->model[i].contract);
	}
	if (!good) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: contract: must be the 32 hex digits that 'postern plugins' prints",
			m->path);
	}
	if (pinned && m->kind != PST_PLUGIN_EXTRACTOR) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: contract: is for extractors; a %s makes no templates", m->path,
			pst_plugin_kind_name(m->kind));
	}
	if (m->contract[0] && m->model_count > 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: contract: each model has one of its own; put it there", m->path);
	}
	return 0;
}

int pst_rules_check(const struct pst_manifest *manifest, struct pst_error *error)
{
	static int (*const rules[])(const struct pst_manifest *, struct pst_error *) = {
		check_texts, check_files, check_contracts};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(rules) / sizeof(rules[0]); i++) {
		status = rules[i](manifest, error);
	}
	return status;
}

int pst_rules_check_writers(const char *path, struct pst_error *error)
{
	struct stat info;

	if (stat(path, &info) < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (info.st_mode & S_IWOTH) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s can be written by everybody; take that away: chmod o-w %s", path, path);
	}
	return 0;
}
