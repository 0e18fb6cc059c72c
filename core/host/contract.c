/* SPDX-License-Identifier: Apache-2.0 */
#include "host/contract.h"

#include <assert.h>
#include <stdio.h>

#include "base/bytes.h"
#include "crypto/digest.h"

/* Room for the fixed lines and every preset option at its longest. */
#define TEXT_SIZE (1024 + PST_MANIFEST_OPTIONS_MAX * sizeof(struct pst_setting))

static void put_picture(const struct pst_manifest *manifest, FILE *out)
{
	if (!manifest->chip.format) {
		(void)fprintf(out, "input %s %u %u", pst_pixels_name(manifest->input.format),
			manifest->input.size, manifest->input.multiple);
		return;
	}
	(void)fprintf(out, "%s %ux%u", pst_pixels_name(manifest->chip.format), manifest->chip.width,
		manifest->chip.height);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		(void)fprintf(out, " %.4f,%.4f", (double)manifest->chip.landmark[i].x,
			(double)manifest->chip.landmark[i].y);
	}
}

void pst_contract_id(
	const struct pst_manifest *manifest, int model, char ret_contract[PST_CONTRACT_TEXT])
{
	const struct pst_model *m = model < 0 ? NULL : &manifest->model[model];
	const char *weights = model < 0 ? "-" : manifest->model[model].digest;
	uint8_t digest[PST_DIGEST_SIZE];
	char text[TEXT_SIZE];
	size_t size = 0;
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert(out);
	(void)fprintf(
		out, "postern-contract-1\n%s\n%s\n%s\n", manifest->id, manifest->version, weights);
	put_picture(manifest, out);
	(void)fprintf(out, "\n%s\n%u\n", pst_template_type_name(manifest->template_.type),
		manifest->template_.dimension);
	for (uint32_t i = 0; m && i < m->setting_count; i++) {
		(void)fprintf(out, "%s=%s\n", m->setting[i].name, m->setting[i].value);
	}
	(void)fflush(out);
	size = (size_t)ftell(out);
	(void)fclose(out);
	pst_digest_bytes(text, size, digest);
	pst_bytes_to_hex(digest, (PST_CONTRACT_TEXT - 1) / 2, ret_contract);
}
