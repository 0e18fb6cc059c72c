/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "vault/bulletin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A bulletin that decodes is one that encodes to the same bytes, but for its signature. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[PST_SIGN_SEED_SIZE];
	struct pst_bulletin bulletin;
	struct pst_sign_key *signer = NULL;
	struct pst_bytes again = {0};
	uint32_t bucket;

	if (pst_bulletin_decode(data, size, &bulletin) == 0) {
		if (pst_sign_key_open(&signer, seed) < 0 ||
			pst_bulletin_encode(&bulletin, signer, &again) < 0 || again.size != size ||
			memcmp(again.data, data, size - PST_SIGN_SIGNATURE_SIZE) != 0) {
			abort();
		}
		for (size_t i = 0; i < bulletin.class_count; i++) {
			(void)pst_bulletin_key(&bulletin.classes[i], (int64_t)size << 20, &bucket);
		}
		(void)!pst_bulletin_verify(data, size);
	}
	pst_bytes_finish(&again);
	pst_sign_key_close(&signer);
	pst_bulletin_finish(&bulletin);
	return 0;
}
