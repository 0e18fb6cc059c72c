/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that a reader of receipts relies on. */
static void check(const struct pst_receipt *receipt)
{
	const struct pst_receipt_info *info = &receipt->info;

	if (receipt->schema < 1 || receipt->schema > PST_RECEIPT_SCHEMA || !info->id ||
		!info->outcome || !info->withdraw || (receipt->schema > 1 && !info->policy) ||
		(info->audit_sequence > 0) != (info->audit_head != NULL)) {
		abort();
	}
	for (size_t i = 0; i < info->source_count; i++) {
		if (!info->sources[i].id) {
			abort();
		}
	}
	for (size_t i = 0; i < info->store_count; i++) {
		if (!info->stores[i].store) {
			abort();
		}
	}
	for (size_t i = 0; i < info->kept_count; i++) {
		if (!info->kept[i].store || !info->kept[i].until) {
			abort();
		}
	}
	for (size_t i = 0; i < info->dispute_count; i++) {
		if (!info->disputes[i].question || !info->disputes[i].taken) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t public_key[PST_SIGN_PUBLIC_SIZE] = {1, 2, 3};
	struct pst_receipt *receipt = NULL;
	struct pst_error error = {0};
	char *json = malloc(size ? size : 1);

	if (json && size > 0) {
		memcpy(json, data, size);
	}
	if (json && pst_receipt_open(json, size, &receipt, &error) == 0) {
		check(receipt);
		if (pst_receipt_verify(receipt, public_key, &error) == 0) {
			abort();
		}
	}
	pst_receipt_close(&receipt);
	free(json);
	return 0;
}
