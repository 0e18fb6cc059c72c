/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_PERSON_H
#define PST_PIPELINE_PERSON_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Who stands in front of the camera, as told when they stepped up: by a scenario, or by whoever
 * runs the desk. Texts are borrowed until the encounter has closed.
 *
 * category and known_by: "" is unset, and then the gate refuses. The others: "" is the lane's or
 * the policy's own.
 */
struct pst_person {
	const char *category;
	const char *known_by;
	const char *age_band;
	const char *direction;
	const char *environment;
	const char *subject;	     /* of the lane's gallery, compared 1:1; "": nobody stated */
	const char *notice_version;  /* that is shown, kept up to date; NULL: the policy's */
	const char *notice_language; /* the same; "" or NULL: nobody said */
	bool has_born;		     /* a date of birth stands in place of age_band */
	int32_t born_day;	     /* days since 1970 */
	int64_t longest_ns;	     /* from stepping up until the gate gives up; > 0 */
	int64_t notice_timeout_ns;   /* a notice is current while its last heartbeat is younger;
					0: it stays as told */
};

#endif
