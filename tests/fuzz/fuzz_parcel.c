/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "vault/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes lies within the bytes, has an account of all of them, and is not taken for signed.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t header[PST_SEAL_HEADER_SIZE];
	struct pst_parcel parcel;
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact) {
		return 0;
	}
	memcpy(exact, data, size);
	if (pst_parcel_decode(exact, size, &parcel) == 0) {
		pst_vault_header_encode(&parcel.header, header);
		if (memcmp(header, parcel.header_bytes, sizeof(header)) != 0 ||
			parcel.body + parcel.body_size + PST_SIGN_SIGNATURE_SIZE != exact + size) {
			abort();
		}
		(void)!pst_parcel_verify(exact, size);
		(void)pst_box_is_usable(parcel.wrap + 1);
	}
	free(exact);
	return 0;
}
