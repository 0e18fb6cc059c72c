/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_HOST_H
#define POSTERN_HOST_H

#include <stdint.h>

/** How much a log line matters; travels as uint32_t. Since abi 1.0 */
enum pst_log_level {
	PST_LOG_UNSET = 0,
	PST_LOG_ERROR = 1,
	PST_LOG_WARNING = 2,
	PST_LOG_INFO = 3,
	PST_LOG_DEBUG = 4,
};

/**
 * What the worker offers a plugin; nothing else of postern can be called.
 *
 * Borrowed; valid from init until finish has returned. Since abi 1.0
 */
struct pst_host {
	uint32_t size; /* sizeof(struct pst_host) of the host */
	uint32_t reserved;
	void *context; /* the host's own; hand the struct back, never touch this */

	/**
	 * Logs one line of at most 200 bytes, tagged with the plugin's id by the host.
	 *
	 * What is longer is cut, what is not printable is replaced, and where lines come too fast
	 * some are dropped. Never log pixels, templates or scores of a person.
	 *
	 * @param level  enum pst_log_level; another counts as a warning
	 * @param line   borrowed until return, without a newline
	 * [any]
	 */
	void (*log)(const struct pst_host *host, uint32_t level, const char *line);

	/**
	 * Reads an option declared in the manifest: the configured value, which the host has held
	 * against the declared range, or the default.
	 *
	 * @return 0; PST_E_CONFIG the manifest declares no such option of that type
	 * On error ret_value is unchanged.
	 * [control & !running]
	 */
	int (*option_int)(const struct pst_host *host, const char *name, int64_t *ret_value);
	/**
	 * As option_int; finite.
	 * [control & !running]
	 */
	int (*option_float)(const struct pst_host *host, const char *name, double *ret_value);
	/**
	 * As option_int; the text is borrowed until finish has returned.
	 * [control & !running]
	 */
	int (*option_text)(const struct pst_host *host, const char *name, const char **ret_value);

	/**
	 * Path of the model file whose digest the host has verified, NULL if the manifest names
	 * none. Borrowed until finish has returned; the file may be opened during init only.
	 *
	 * [control & !running]
	 */
	const char *(*model_path)(const struct pst_host *host);

	/**
	 * Time of CLOCK_MONOTONIC, ns: for a plugin's own measurements, never for its answers,
	 * which depend on nothing but what the call was given.
	 *
	 * [any]
	 */
	int64_t (*clock_ns)(const struct pst_host *host);

	/**
	 * Whether the caller is the thread that makes all [control] and [frame] calls.
	 *
	 * @return 1; 0 on a thread that the plugin started
	 * [any]
	 */
	int (*is_call_thread)(const struct pst_host *host);
};

#endif
