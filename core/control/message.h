/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_MESSAGE_H
#define PST_CONTROL_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

/*
 * What is said on a control socket, as docs/control.md tells it: a request is one line of JSON, and
 * so is its answer.
 *
 *   {"v":1,"id":7,"do":"decline","encounter":3}
 *   {"v":1,"id":7,"ok":true,"encounter":3}
 *   {"v":1,"id":7,"ok":false,"code":"no","error":"nobody is there; open an encounter"}
 */

#define PST_CONTROL_VERSION 1
#define PST_CONTROL_LINE_MAX 4096    /* bytes of a request with its newline */
#define PST_CONTROL_ANSWER_MAX 65536 /* bytes of an answer with its newline */
#define PST_CONTROL_EVIDENCE_MAX 16
#define PST_CONTROL_PRECISION JSON_REAL_PRECISION(9) /* of what is not a whole number */

/** X(name, word, fields it takes) */
#define PST_CONTROL_DO_MAP(X)                                                                      \
	X(PST_CONTROL_OPEN, "open",                                                                \
		"category known-by age-band born direction environment subject")                   \
	X(PST_CONTROL_NOTICE, "notice", "display version language")                                \
	X(PST_CONTROL_CONSENT, "consent", "encounter")                                             \
	X(PST_CONTROL_DECLINE, "decline", "encounter")                                             \
	X(PST_CONTROL_WITHDRAW, "withdraw", "encounter")                                           \
	X(PST_CONTROL_REVIEW, "review", "encounter receipt officer decision evidence")             \
	X(PST_CONTROL_CLOSE, "close", "encounter")                                                 \
	X(PST_CONTROL_STATUS, "status", "")                                                        \
	X(PST_CONTROL_POLICY, "policy", "")                                                        \
	X(PST_CONTROL_EXPLAIN, "explain", "encounter")                                             \
	X(PST_CONTROL_RECEIPT, "receipt", "receipt")                                               \
	X(PST_CONTROL_HEALTH, "health", "")                                                        \
	X(PST_CONTROL_PICTURE, "picture", "")                                                      \
	X(PST_CONTROL_SUBSCRIBE, "subscribe", "")

enum pst_control_do {
	PST_CONTROL_UNSET = 0,
#define PST_CONTROL_ENUM(name, word, fields) name,
	PST_CONTROL_DO_MAP(PST_CONTROL_ENUM)
#undef PST_CONTROL_ENUM
		PST_CONTROL_DO_COUNT
};

/** A request. Texts belong to it; NULL: not given. */
struct pst_control_request {
	enum pst_control_do what;
	int64_t id; /* echoed in the answer; negative: none was given */
	const char *category;
	const char *known_by;
	const char *age_band;
	const char *born;
	const char *direction;
	const char *environment;
	const char *subject;
	const char *display;
	const char *version;
	const char *language;
	const char *receipt;
	const char *officer;
	const char *decision;
	uint64_t encounter; /* 0: not given */
	const char *evidence[PST_CONTROL_EVIDENCE_MAX];
	size_t evidence_count;
	json_t *json; /* owned; holds the texts */
};

/**
 * Reads one line. Unknown commands, unknown and doubled fields are refused, never passed over.
 *
 * @param ret_request  in any case to be finished; its id is set as soon as it could be read
 * @return 0
 *         PST_E_FORMAT  it is not JSON, not an object or of another version: who sends that speaks
 *                       another language, and nothing more is read from there
 *         PST_E_USAGE   a request that does not hold together; the error names the field
 * [any]
 */
int pst_control_parse(struct pst_control_request *ret_request, const char *line, size_t size,
	struct pst_error *error) PST_MUST_CHECK;

/** Frees what it holds. Accepts a zeroed one. */
void pst_control_request_finish(struct pst_control_request *request);

/**
 * Writes the answer to a request that was done.
 *
 * @param id      negative: none
 * @param fields  taken: an object of what else to say; may be NULL
 * @return a line with its newline, the caller frees: a refusal where the answer would be too long;
 *         NULL: no memory
 */
char *pst_control_answer(int64_t id, json_t *fields);

/** Writes the answer to one that was not. @return as pst_control_answer() */
char *pst_control_refusal(int64_t id, const struct pst_error *error);

/** @return the status that a refusal's code stands for; PST_E_FORMAT for a code that is none */
int pst_control_status_of(const char *code);

#endif
