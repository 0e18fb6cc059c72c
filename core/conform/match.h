/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_MATCH_H
#define PST_CONFORM_MATCH_H

#include "conform/desk.h"
#include "conform/exam.h"

/** A check of a matcher, on a gallery of its own. Those of gallery.c, for the list in match.c: */
typedef enum pst_mark (*pst_match_fn)(struct pst_exam *exam, struct pst_desk *desk);

enum pst_mark pst_match_add(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_add_copies(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_add_null(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_add_wrong_size(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_add_nan(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_add_error(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_remove(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_remove_gone(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_seal(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_unsealed(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_keys(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_order(struct pst_exam *exam, struct pst_desk *desk);
enum pst_mark pst_match_large(struct pst_exam *exam, struct pst_desk *desk);

#endif
