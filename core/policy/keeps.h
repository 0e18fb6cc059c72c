/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_KEEPS_H
#define PST_POLICY_KEEPS_H

#include "policy/view.h"

/**
 * How long each store keeps what is captured of a category, at the longest of all that the view
 * shows: so that nobody is told less than what may be kept of them.
 *
 * @param category   a value of that axis, whether the view shows it or not
 * @param ret_class  per store, the class that keeps for the longest; not set where nothing is
 *                   captured
 * @return whether anything is captured
 * [any]
 */
bool pst_policy_keeps(const struct pst_policy_view *view, uint16_t category,
	const struct pst_retention *ret_class[PST_STORE_COUNT]);

#endif
