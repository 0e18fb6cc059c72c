/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TRANSFORM_H
#define PST_VAULT_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "vault/vault.h"

/*
 * A secret rotation of embeddings: all templates of a vault are multiplied by one orthogonal matrix
 * that nobody else has. Cosine scores between them stay what they were; next to a template of
 * another vault one looks like a stranger's.
 *
 * The matrix is drawn uniformly from all orthogonal ones (Haar measure; G. W. Stewart, "The
 * efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17, 1980), as a product
 *
 *   Q = H(0) H(1) ... H(n-2) D
 *
 * H(k) reflects the coordinates from k on, along a vector of n - k normal deviates; D is a diagonal
 * of signs. Both come from a keyed stream. The vectors are floats, the arithmetic is in double, so
 * Q is orthogonal to the rounding of the result.
 */

/** The matrix of a number and a dimension, in locked memory. */
struct pst_vault_transform;

/**
 * Derives the matrix from the vault's keys.
 *
 * @param dimension  2..PST_VAULT_TRANSFORM_FLOATS_MAX
 * @return 0, -EINVAL, -ENOMEM
 */
int pst_vault_transform_create(struct pst_vault_transform **ret_transform,
	const struct pst_keyring *ring, uint32_t number, uint32_t dimension) PST_MUST_CHECK;

/** Wipes, frees and nulls. Accepts NULL. */
void pst_vault_transform_destroy(struct pst_vault_transform **transform);

/** @return whether it is the matrix of these; NULL is of none */
bool pst_vault_transform_is(
	const struct pst_vault_transform *transform, uint32_t number, uint32_t dimension);

/**
 * Multiplies a template by the matrix, or by its inverse.
 *
 * @param from  dimension floats, in any alignment
 * @param to    as many; may be from
 * @return 0, -EINVAL (a value is not finite; to is untouched)
 */
int pst_vault_transform_apply(
	struct pst_vault_transform *transform, const uint8_t *from, uint8_t *to) PST_MUST_CHECK;
int pst_vault_transform_undo(
	struct pst_vault_transform *transform, const uint8_t *from, uint8_t *to) PST_MUST_CHECK;

#endif
