/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_CONTRACT_H
#define PST_HOST_CONTRACT_H

#include "host/calibration.h"
#include "host/manifest.h"

/**
 * The contract id of an extractor with one of its models: templates and calibrations that carry
 * another one are never compared with its own.
 *
 * It is the first half of the SHA-256, in hex, over these lines, each ended by a newline:
 *   postern-contract-1
 *   plugin id
 *   plugin version
 *   digest of the model, or "-"
 *   chip, "rgb24 112x112 38.2946,51.6963 ..." with the five reference landmarks; without one the
 *     input, "input rgb24 640 32" with size and multiple
 *   template type, "float32"
 *   template dimension
 *   for each option that the model presets, in the manifest's order: name=value
 *
 * @param manifest  an extractor's
 * @param model     index into manifest->model, or -1
 */
void pst_contract_id(
	const struct pst_manifest *manifest, int model, char ret_contract[PST_CONTRACT_TEXT]);

#endif
