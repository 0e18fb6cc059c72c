/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_SURROUNDINGS_H
#define PST_CONFORM_SURROUNDINGS_H

#include <fenv.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define PST_SIGNALS 65
#define PST_LIMITS RLIM_NLIMITS

/** What a process has around its code, and foreign code in it has to leave. */
struct pst_surroundings {
	int threads;
	uint64_t descriptors; /* bit mask of those open, of the first 64 */
	struct {
		void (*handler)(int);
		int flags;
	} signal[PST_SIGNALS];
	sigset_t mask;
	uint64_t environment; /* a digest of it */
	char folder[PATH_MAX];
	unsigned int umask;
	struct rlimit limit[PST_LIMITS];
	int priority;
	char locale[256];
	int rounding;
	uint32_t control; /* of the floating-point unit: what changes results, no flags */
};

/** Opens what is read later, when no file can be opened any more. @return 0 or -errno */
int pst_surroundings_begin(void);

void pst_surroundings_take(struct pst_surroundings *ret_surroundings);

/** @return threads of this process now, -1 if that can't be told */
int pst_surroundings_threads(void);

/** @return processor time of this process, ns */
int64_t pst_surroundings_cpu_ns(void);

/** @return bytes of memory of this process that are its own, or -1 */
int64_t pst_surroundings_memory(void);

/** Whether the memory at an address may be written; asks the kernel, changes nothing. */
bool pst_surroundings_is_writable(const void *address);

/**
 * Whether a part is as it was. ret_what names what is not: "the handler of SIGUSR1".
 */
bool pst_surroundings_same_signals(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_folder(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_limits(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_locale(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_rounding(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_environment(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);
bool pst_surroundings_same_descriptors(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);

#endif
