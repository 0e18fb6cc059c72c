/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_GATE_VERDICT_H
#define PST_GATE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * The words the gate speaks. Every list is closed, and 0 is the refusing or unset value, so that a
 * cleared struct can only deny. X(name, text); the text is what files, events and users see.
 */

/** ASK: notice or choice is still missing; nothing is captured until it is there. */
#define PST_VERDICT_MAP(X)                                                                         \
	X(PST_VERDICT_REFUSE, "refuse")                                                            \
	X(PST_VERDICT_ASK, "ask")                                                                  \
	X(PST_VERDICT_ALLOW, "allow")

/** What stands behind an ALLOW. */
#define PST_AUTHORITY_MAP(X)                                                                       \
	X(PST_AUTHORITY_NONE, "none")                                                              \
	X(PST_AUTHORITY_CONSENTED, "consented")                                                    \
	X(PST_AUTHORITY_OFFERED, "offered")                                                        \
	X(PST_AUTHORITY_REQUIRED_IF_ASKED, "required-if-asked")

/**
 * How an encounter ends. Nothing here turns a person away: what is not verified or enrolled is
 * referred to a human.
 */
#define PST_OUTCOME_MAP(X)                                                                         \
	X(PST_OUTCOME_UNSET, "unset")                                                              \
	X(PST_OUTCOME_VERIFIED, "verified")                                                        \
	X(PST_OUTCOME_ENROLLED, "enrolled")                                                        \
	X(PST_OUTCOME_REFER_NO_MATCH, "refer-no-match")                                            \
	X(PST_OUTCOME_REFER_OPTED_OUT, "refer-opted-out")                                          \
	X(PST_OUTCOME_REFER_EXEMPT, "refer-exempt")                                                \
	X(PST_OUTCOME_REFER_NO_CONSENT, "refer-no-consent")                                        \
	X(PST_OUTCOME_REFER_UNKNOWN_CATEGORY, "refer-unknown-category")                            \
	X(PST_OUTCOME_REFER_NO_NOTICE, "refer-no-notice")                                          \
	X(PST_OUTCOME_REFER_WITHDRAWN, "refer-withdrawn")                                          \
	X(PST_OUTCOME_REFER_NOT_CAPTURED, "refer-not-captured")                                    \
	X(PST_OUTCOME_REFER_UNCALIBRATED, "refer-uncalibrated")                                    \
	X(PST_OUTCOME_REFER_FAULT, "refer-fault")

/** Why a permitted encounter ended without a picture good enough. */
#define PST_CAPTURE_REASON_MAP(X)                                                                  \
	X(PST_CAPTURE_REASON_UNSET, "unset")                                                       \
	X(PST_CAPTURE_REASON_NO_FACE, "no-face")                                                   \
	X(PST_CAPTURE_REASON_TOO_SMALL, "too-small")                                               \
	X(PST_CAPTURE_REASON_BLURRED, "blurred")                                                   \
	X(PST_CAPTURE_REASON_TOO_DARK, "too-dark")                                                 \
	X(PST_CAPTURE_REASON_TOO_BRIGHT, "too-bright")                                             \
	X(PST_CAPTURE_REASON_TURNED, "turned")                                                     \
	X(PST_CAPTURE_REASON_SEVERAL_FACES, "several-faces")                                       \
	X(PST_CAPTURE_REASON_PRESENTATION, "presentation")                                         \
	X(PST_CAPTURE_REASON_TIMEOUT, "timeout")

/** Whether the traveler was told, on a display that is known to be live. */
#define PST_NOTICE_MAP(X)                                                                          \
	X(PST_NOTICE_UNSET, "unset")                                                               \
	X(PST_NOTICE_ABSENT, "absent")                                                             \
	X(PST_NOTICE_STALE, "stale")                                                               \
	X(PST_NOTICE_CURRENT, "current")

/** What the traveler said. */
#define PST_CHOICE_MAP(X)                                                                          \
	X(PST_CHOICE_UNSET, "unset")                                                               \
	X(PST_CHOICE_NONE, "none")                                                                 \
	X(PST_CHOICE_CONSENT, "consent")                                                           \
	X(PST_CHOICE_DECLINE, "decline")                                                           \
	X(PST_CHOICE_WITHDRAW, "withdraw")

/** How far the operator runs biometrics at present. */
#define PST_MODE_MAP(X)                                                                            \
	X(PST_MODE_UNSET, "unset")                                                                 \
	X(PST_MODE_NORMAL, "normal")                                                               \
	X(PST_MODE_PARTIAL, "partial")                                                             \
	X(PST_MODE_SUSPENDED, "suspended")

/** What the picture is for: 1:1 against a reference, 1:N against a gallery, a new reference. */
#define PST_PURPOSE_MAP(X)                                                                         \
	X(PST_PURPOSE_UNSET, "unset")                                                              \
	X(PST_PURPOSE_VERIFY, "verify")                                                            \
	X(PST_PURPOSE_IDENTIFY, "identify")                                                        \
	X(PST_PURPOSE_ENROL, "enrol")

/** What a decision obliges the lane to do. Bit i of an obligation mask is entry i. */
#define PST_OBLIGATION_MAP(X)                                                                      \
	X(PST_OBLIGATION_SHOW_NOTICE, "show-notice")                                               \
	X(PST_OBLIGATION_OFFER_OPT_OUT, "offer-opt-out")                                           \
	X(PST_OBLIGATION_GIVE_RECEIPT, "give-receipt")                                             \
	X(PST_OBLIGATION_HUMAN_REVIEW, "human-review")                                             \
	X(PST_OBLIGATION_PARTNER_KEEPS_NOTHING, "partner-keeps-nothing")                           \
	X(PST_OBLIGATION_NO_SANCTION, "no-sanction")                                               \
	X(PST_OBLIGATION_CHECK_SOURCE, "check-source")

#define PST_WORD_ENUM(name, text) name,
enum pst_verdict { PST_VERDICT_MAP(PST_WORD_ENUM) PST_VERDICT_COUNT };
enum pst_authority { PST_AUTHORITY_MAP(PST_WORD_ENUM) PST_AUTHORITY_COUNT };
enum pst_outcome { PST_OUTCOME_MAP(PST_WORD_ENUM) PST_OUTCOME_COUNT };
enum pst_capture_reason { PST_CAPTURE_REASON_MAP(PST_WORD_ENUM) PST_CAPTURE_REASON_COUNT };
enum pst_notice { PST_NOTICE_MAP(PST_WORD_ENUM) PST_NOTICE_COUNT };
enum pst_choice { PST_CHOICE_MAP(PST_WORD_ENUM) PST_CHOICE_COUNT };
enum pst_mode { PST_MODE_MAP(PST_WORD_ENUM) PST_MODE_COUNT };
enum pst_purpose { PST_PURPOSE_MAP(PST_WORD_ENUM) PST_PURPOSE_COUNT };
enum pst_obligation { PST_OBLIGATION_MAP(PST_WORD_ENUM) PST_OBLIGATION_COUNT };
#undef PST_WORD_ENUM

/** @return static text; "unset" or the refusing word for a value outside the list. [any] */
const char *pst_verdict_name(enum pst_verdict verdict);
const char *pst_authority_name(enum pst_authority authority);
const char *pst_outcome_name(enum pst_outcome outcome);
const char *pst_capture_reason_name(enum pst_capture_reason reason);
const char *pst_notice_name(enum pst_notice notice);
const char *pst_choice_name(enum pst_choice choice);
const char *pst_mode_name(enum pst_mode mode);
const char *pst_purpose_name(enum pst_purpose purpose);
const char *pst_obligation_name(enum pst_obligation obligation);

/** The names of a list in order, ended by NULL: index in it = enum value. [any] */
extern const char *const pst_verdict_names[];
extern const char *const pst_authority_names[];
extern const char *const pst_outcome_names[];
extern const char *const pst_capture_reason_names[];
extern const char *const pst_notice_names[];
extern const char *const pst_choice_names[];
extern const char *const pst_mode_names[];
extern const char *const pst_purpose_names[];
extern const char *const pst_obligation_names[];

/** @return whether the outcome hands the person to a human (all but verified and enrolled). [any]
 */
bool pst_outcome_is_refer(enum pst_outcome outcome);

/**
 * How deep a verdict reaches into a person's life, to compare two readings of a law:
 * refuse < ask < allow by consent < allow as an offer < allow as a duty.
 * [any]
 */
int pst_verdict_intrusion(enum pst_verdict verdict, enum pst_authority authority);

#endif
