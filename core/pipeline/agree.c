/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/agree.h"

#include <string.h>

int pst_agree(const struct pst_vault *vault, struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_vault_state state;
	struct pst_vault_set set;

	pst_vault_set(vault, &set);
	state = (struct pst_audit_vault_state){.records = set.records, .counter = set.counter};
	_Static_assert(sizeof(state.hash) == sizeof(set.hash), "the log keeps the whole hash");
	memcpy(state.hash, set.hash, sizeof(state.hash));
	return pst_audit_set_state(audit, &state) < 0
		       ? pst_error_set(error, PST_E_UNSAFE,
				 "the vault's database is older than the audit log says: it was "
				 "put "
				 "back; look with 'postern vault verify', restore with 'postern "
				 "vault restore'")
		       : 0;
}
