/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/parcel.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "vault/inside.h"

#define VERSION 1
#define SUITE 1 /* X25519 sealed box, XChaCha20-Poly1305, BLAKE2b, SHA-256, Ed25519 */
#define KEY_AT 8
#define HEADER_AT (KEY_AT + PST_SIGN_PUBLIC_SIZE)
#define WRAP_AT (HEADER_AT + PST_SEAL_HEADER_SIZE)
#define BODY_AT PST_PARCEL_BODY_AT

static const uint8_t MAGIC[4] = {'P', 'S', 'T', 'P'};
static const char CONTEXT[] = "postern parcel 1\n";

_Static_assert(WRAP_AT == 176 && BODY_AT == 289, "layout");

/* What a lane signs. */
struct statement {
	uint8_t bytes[sizeof(CONTEXT) - 1 + BODY_AT + PST_DIGEST_SIZE];
};

static void make_statement(
	const uint8_t *head, const uint8_t *body, size_t body_size, struct statement *ret_statement)
{
	uint8_t *at = ret_statement->bytes;

	memcpy(at, CONTEXT, sizeof(CONTEXT) - 1);
	memcpy(at + sizeof(CONTEXT) - 1, head, BODY_AT);
	pst_digest_bytes(body, body_size, at + sizeof(CONTEXT) - 1 + BODY_AT);
}

static int check_content(const struct pst_vault_header *header, const char *subject)
{
	bool sized = header->plain_size > 0 && header->plain_size <= PST_PARCEL_PLAIN_MAX;

	return sized && (!subject || pst_text_is_id(subject)) ? 0 : -EINVAL;
}

/* @return the subject's field and the template behind it, in locked memory */
static int join(const char *subject, const uint8_t *template, size_t size, void **ret_plain)
{
	int status = pst_secret_alloc_template(PST_PARCEL_SUBJECT_SIZE + size, ret_plain);

	if (status == 0) {
		uint8_t *plain = *ret_plain;

		if (subject) {
			memcpy(plain, subject, strlen(subject));
		}
		memcpy(plain + PST_PARCEL_SUBJECT_SIZE, template, size);
	}
	return status;
}

int pst_parcel_seal(const struct pst_vault_header *header, const uint8_t *public_key,
	const char *subject, const uint8_t *template, const struct pst_sign_key *signer,
	struct pst_bytes *ret_bytes)
{
	size_t plain_size = PST_PARCEL_SUBJECT_SIZE + (size_t)header->plain_size;
	size_t body_size = plain_size + PST_SEAL_OVERHEAD;
	struct statement statement;
	void *plain = NULL;
	int status = check_content(header, subject);

	if (status == 0) {
		status = pst_bytes_reserve(ret_bytes, header->plain_size + PST_PARCEL_OVERHEAD);
	}
	if (status == 0) {
		status = join(subject, template, header->plain_size, &plain);
	}
	if (status < 0) {
		return status;
	}
	uint8_t *at = ret_bytes->data;
	memcpy(at, MAGIC, sizeof(MAGIC));
	at[4] = VERSION;
	at[5] = SUITE;
	at[6] = at[7] = 0;
	pst_sign_public(signer, at + KEY_AT);
	pst_vault_header_encode(header, at + HEADER_AT);
	status = pst_box_seal(
		public_key, at + HEADER_AT, plain, plain_size, at + WRAP_AT, at + BODY_AT);
	pst_secret_free(&plain);
	if (status < 0) {
		return status;
	}
	make_statement(at, at + BODY_AT, body_size, &statement);
	pst_sign(signer, statement.bytes, sizeof(statement.bytes), at + BODY_AT + body_size);
	ret_bytes->size = header->plain_size + (size_t)PST_PARCEL_OVERHEAD;
	return 0;
}

static bool is_nobody(const uint8_t subject[16])
{
	static const uint8_t nobody[16];

	return memcmp(subject, nobody, sizeof(nobody)) == 0;
}

int pst_parcel_decode(const uint8_t *data, size_t size, struct pst_parcel *ret_parcel)
{
	struct pst_parcel parcel = {0};

	*ret_parcel = parcel;
	if (size <= PST_PARCEL_OVERHEAD || size > PST_PARCEL_SIZE_MAX) {
		return PST_E_CORRUPT;
	}
	if (memcmp(data, MAGIC, sizeof(MAGIC)) != 0 || data[4] != VERSION || data[5] != SUITE) {
		return PST_E_FORMAT;
	}
	parcel.lane_key = data + KEY_AT;
	parcel.header_bytes = data + HEADER_AT;
	parcel.wrap = data + WRAP_AT;
	parcel.body = data + BODY_AT;
	parcel.body_size = size - BODY_AT - PST_SIGN_SIGNATURE_SIZE;
	int status = pst_vault_header_decode(parcel.header_bytes, &parcel.header);
	if (status < 0) {
		return status;
	}
	if (data[6] != 0 || data[7] != 0 ||
		size != parcel.header.plain_size + PST_PARCEL_OVERHEAD ||
		pst_vault_header_place(&parcel.header).retention == 0 ||
		parcel.header.bucket == 0 || parcel.header.transform != 0 ||
		!is_nobody(parcel.header.subject) || parcel.header.lane == 0 ||
		parcel.header.lane > UINT16_MAX) {
		return PST_E_CORRUPT;
	}
	*ret_parcel = parcel;
	return 0;
}

int pst_parcel_verify(const uint8_t *data, size_t size)
{
	struct statement statement;
	size_t body_size = size - BODY_AT - PST_SIGN_SIGNATURE_SIZE;

	make_statement(data, data + BODY_AT, body_size, &statement);
	return pst_sign_verify(data + KEY_AT, statement.bytes, sizeof(statement.bytes),
		data + BODY_AT + body_size);
}

/* @return 0, or PST_E_CORRUPT: no id, or not padded with zeroes */
static int get_subject(const uint8_t *from, char *ret_subject)
{
	memcpy(ret_subject, from, PST_PARCEL_SUBJECT_SIZE);
	ret_subject[PST_PARCEL_SUBJECT_SIZE] = 0;
	for (size_t i = strlen(ret_subject); i < PST_PARCEL_SUBJECT_SIZE; i++) {
		if (from[i] != 0) {
			return PST_E_CORRUPT;
		}
	}
	return !ret_subject[0] || pst_text_is_id(ret_subject) ? 0 : PST_E_CORRUPT;
}

int pst_parcel_open(const struct pst_keyring *ring, const struct pst_parcel *parcel,
	uint8_t *ret_plain, char *ret_subject)
{
	ret_subject[0] = 0;
	int status = pst_box_open(ring, pst_vault_header_place(&parcel->header),
		parcel->header_bytes, parcel->wrap, parcel->body, parcel->body_size, ret_plain);
	if (status == 0) {
		status = get_subject(ret_plain, ret_subject);
	}
	if (status < 0) {
		pst_secret_wipe(ret_plain, parcel->body_size - PST_SEAL_OVERHEAD);
		pst_secret_wipe(ret_subject, PST_PARCEL_SUBJECT_SIZE + 1);
	}
	return status;
}
