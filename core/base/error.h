/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_ERROR_H
#define PST_BASE_ERROR_H

#include <stdarg.h>

#include "postern/status.h"

#define PST_MUST_CHECK __attribute__((warn_unused_result))
#define PST_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/**
 * Why something failed, in one line that a person can act on: what, where, what to do.
 *
 * The caller owns it, usually on the stack, zeroed. Rooms fill it and return its status; only the
 * command line prints it. The first message wins: a later set on a filled error changes nothing.
 */
struct pst_error {
	int status;	/* 0: empty; else -errno or PST_E_* */
	char text[512]; /* one line, no newline, UTF-8 */
};

/**
 * Fills the error and returns its status, so that a failing call is one line.
 *
 * @param error  may be NULL: then only the status is returned
 * @param status -errno or PST_E_*; never 0
 * @return status
 */
int pst_error_set(struct pst_error *error, int status, const char *format, ...) PST_PRINTF(3, 4);
int pst_error_setv(struct pst_error *error, int status, const char *format, va_list args)
	PST_PRINTF(3, 0);

#ifdef __clang_analyzer__
/* What the comment above promises, in the words of a static analyzer. */
#define pst_error_set(error, status, ...)                                                          \
	({                                                                                         \
		int pst_status_ = (status);                                                        \
		(void)(pst_error_set)(error, pst_status_, __VA_ARGS__);                            \
		if (pst_status_ >= 0) {                                                            \
			__builtin_unreachable();                                                   \
		}                                                                                  \
		pst_status_;                                                                       \
	})
#endif

/** Puts "prefix: " before the message, to say where a lower room's failure happened. */
void pst_error_prefix(struct pst_error *error, const char *format, ...) PST_PRINTF(2, 3);

/** @return static text for -errno or PST_E_*; never NULL. Thread-safe. */
const char *pst_status_text(int status);

/** @return "PST_E_FORMAT", "ENOENT", ...; "unknown" for what is neither. */
const char *pst_status_name(int status);

#endif
