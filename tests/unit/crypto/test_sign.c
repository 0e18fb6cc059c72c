/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "crypto/chain.h"
#include "crypto/sign.h"
#include "postern/status.h"

Test(sign, verifies_its_own_and_nothing_else)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {7};
	const uint8_t other_seed[PST_SIGN_SEED_SIZE] = {8};
	struct pst_sign_key *key, *other;
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE], other_public[PST_SIGN_PUBLIC_SIZE];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char text[] = "what was decided";

	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_sign_key_open(&other, other_seed), 0);
	pst_sign_public(key, public_key);
	pst_sign_public(other, other_public);
	pst_sign(key, text, sizeof(text), signature);
	cr_expect_eq(pst_sign_verify(public_key, text, sizeof(text), signature), 0);
	cr_expect_eq(pst_sign_verify(other_public, text, sizeof(text), signature), PST_E_CORRUPT);
	cr_expect_eq(pst_sign_verify(public_key, text, sizeof(text) - 1, signature), PST_E_CORRUPT);
	for (size_t bit = 0; bit < sizeof(signature) * 8; bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		cr_assert_eq(pst_sign_verify(public_key, text, sizeof(text), signature),
			PST_E_CORRUPT, "bit %zu", bit);
		signature[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	pst_sign_key_close(&key);
	pst_sign_key_close(&other);
	cr_expect_null(key);
	pst_sign_key_close(&key);
}

Test(chain, depends_on_order_content_and_place)
{
	uint8_t start[PST_CHAIN_SIZE], ab[PST_CHAIN_SIZE], ba[PST_CHAIN_SIZE];
	uint8_t joined[PST_CHAIN_SIZE], raw[PST_CHAIN_SIZE + 1];

	pst_chain_start("log", 3, start);
	pst_chain_next(start, "a", 1, ab);
	pst_chain_next(ab, "b", 1, ab);
	pst_chain_next(start, "b", 1, ba);
	pst_chain_next(ba, "a", 1, ba);
	cr_expect_arr_neq(ab, ba, sizeof(ab));
	pst_chain_next(start, "ab", 2, joined);
	cr_expect_arr_neq(ab, joined, sizeof(ab));
	memcpy(raw, start, sizeof(start));
	raw[PST_CHAIN_SIZE] = 'a';
	pst_chain_start(raw, sizeof(raw), joined);
	pst_chain_next(start, "a", 1, ab);
	cr_expect_arr_neq(ab, joined, sizeof(ab), "a start must not pass for a link");
}
