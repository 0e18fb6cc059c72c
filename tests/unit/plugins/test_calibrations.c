/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped calibrations belong to the shipped plugins and promise no more than was counted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/calibration.h"
#include "host/contract.h"
#include "host/manifest.h"

static const char *path_of(const char *plugin, const char *file)
{
	static char path[2][1024];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s/%s", getenv("POSTERN_PLUGINS"),
		plugin, file);
	return path[turn];
}

/* @param model  file name, or NULL */
static void check(const char *plugin, const char *model, const char *file, const char *domain)
{
	struct pst_manifest *manifest = NULL;
	struct pst_calibration calibration;
	struct pst_threshold threshold;
	struct pst_error error = {0};
	char contract[PST_CONTRACT_TEXT], name[80];
	int index = -1;

	(void)snprintf(name, sizeof(name), "%s.yaml", plugin);
	cr_assert_eq(
		pst_manifest_load(path_of(plugin, name), &manifest, &error), 0, "%s", error.text);
	for (uint32_t i = 0; model && i < manifest->model_count; i++) {
		if (strcmp(manifest->model[i].file, model) == 0) {
			index = (int)i;
		}
	}
	cr_assert_eq(index >= 0, model != NULL);
	pst_contract_id(manifest, index, contract);
	cr_assert_eq(pst_calibration_load(path_of(plugin, file), &calibration, &error), 0, "%s",
		error.text);
	cr_assert_str_eq(calibration.contract, contract,
		"%s was measured with another version of %s: measure again", file, plugin);
	cr_assert_str_eq(calibration.domain, domain);
	cr_assert_str_eq(calibration.matcher, "cosine");
	cr_assert_gt(calibration.point_count, 0);
	for (uint32_t i = 0; i < calibration.point_count; i++) {
		double fmr = calibration.point[i].fmr;

		cr_assert_eq(pst_calibration_threshold(&calibration, fmr, &threshold, &error), 0,
			"%s", error.text);
		cr_assert_eq(threshold.score, (float)calibration.point[i].score);
	}
	pst_manifest_destroy(&manifest);
}

Test(calibrations, of_lbph_fits_its_contract)
{
	check("lbph", NULL, "drawn.calibration.yaml", "drawn");
}

Test(calibrations, of_arcface_fit_their_contract)
{
	struct pst_manifest *manifest = NULL;
	struct pst_error error = {0};

	if (pst_manifest_load(path_of("arcface", "arcface.yaml"), &manifest, &error) < 0) {
		cr_skip_test("arcface is not built");
	}
	pst_manifest_destroy(&manifest);
	check("arcface", "mobilefacenet.onnx", "mobilefacenet-photograph.calibration.yaml",
		"photograph");
	check("arcface", "mobilefacenet.onnx", "mobilefacenet-drawn.calibration.yaml", "drawn");
}
