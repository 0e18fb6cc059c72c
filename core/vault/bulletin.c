/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/bulletin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/box.h"
#include "vault/name.h"

#define VERSION 1
#define SUITE 1 /* X25519 sealed boxes, XChaCha20-Poly1305, BLAKE2b, Ed25519 */
#define TEXT_FIELD 64u
#define HEAD_SIZE 184u
#define NAME_SIZE 68u
#define CLASS_SIZE 88u
#define KEY_SIZE PST_RATCHET_PUBLIC_SIZE

static const uint8_t MAGIC[8] = {'P', 'S', 'T', 'N', 'B', 'U', 'L', 'L'};
static const char CONTEXT[] = "postern bulletin 1\n";

_Static_assert(PST_BULLETIN_TEXT_SIZE == TEXT_FIELD + 1, "text size");
_Static_assert(PST_BULLETIN_TEXT_SIZE == PST_VAULT_NAME_SIZE, "a name of the vault fits");

/* What is left to read. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

/* @return the next bytes, or NULL: there are not so many */
static const uint8_t *take(struct cursor *cursor, size_t size)
{
	const uint8_t *at = cursor->at;

	if (cursor->left < size) {
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static void put_text(uint8_t *to, const char *text)
{
	memset(to, 0, TEXT_FIELD);
	memcpy(to, text, strlen(text));
}

static int get_text(const uint8_t *from, char ret_text[PST_BULLETIN_TEXT_SIZE])
{
	memcpy(ret_text, from, TEXT_FIELD);
	ret_text[TEXT_FIELD] = 0;
	for (size_t i = strlen(ret_text); i < TEXT_FIELD; i++) {
		if (from[i] != 0) {
			return PST_E_CORRUPT;
		}
	}
	return pst_text_is_id(ret_text) ? 0 : PST_E_CORRUPT;
}

static int get_head(const uint8_t *from, size_t size, struct pst_bulletin *ret_bulletin)
{
	if (memcmp(from, MAGIC, sizeof(MAGIC)) != 0 || pst_bytes_get16(from + 8) != VERSION ||
		pst_bytes_get16(from + 10) != SUITE) {
		return PST_E_FORMAT;
	}
	if (pst_bytes_get32(from + 12) != size || pst_bytes_get16(from + 102) != 0) {
		return PST_E_CORRUPT;
	}
	memcpy(ret_bulletin->vault, from + 16, sizeof(ret_bulletin->vault));
	memcpy(ret_bulletin->vault_key, from + 32, sizeof(ret_bulletin->vault_key));
	memcpy(ret_bulletin->lane_key, from + 64, sizeof(ret_bulletin->lane_key));
	ret_bulletin->lane_number = pst_bytes_get16(from + 96);
	ret_bulletin->name_count = pst_bytes_get16(from + 98);
	ret_bulletin->class_count = pst_bytes_get16(from + 100);
	ret_bulletin->issued_s = (int64_t)pst_bytes_get64(from + 104);
	ret_bulletin->valid_until_s = (int64_t)pst_bytes_get64(from + 112);
	if (ret_bulletin->lane_number == 0 || ret_bulletin->name_count > PST_BULLETIN_NAMES_MAX ||
		ret_bulletin->class_count > PST_BULLETIN_CLASSES_MAX ||
		ret_bulletin->issued_s <= 0 ||
		ret_bulletin->valid_until_s <= ret_bulletin->issued_s) {
		return PST_E_CORRUPT;
	}
	return get_text(from + 120, ret_bulletin->lane);
}

static bool is_kind(uint8_t kind, uint16_t number)
{
	switch (kind) {
	case PST_VAULT_NAME_STORE:
	case PST_VAULT_NAME_PURPOSE:
		return number >= 1 && number <= UINT8_MAX;
	case PST_VAULT_NAME_CATEGORY:
	case PST_VAULT_NAME_GALLERY:
		return number >= 1;
	default:
		return false;
	}
}

static int get_names(struct cursor *cursor, struct pst_bulletin *bulletin)
{
	uint32_t before = 0;

	for (size_t i = 0; i < bulletin->name_count; i++) {
		const uint8_t *from = take(cursor, NAME_SIZE);
		struct pst_bulletin_name *name = &bulletin->names[i];

		if (!from || from[1] != 0) {
			return PST_E_CORRUPT;
		}
		name->kind = from[0];
		name->number = pst_bytes_get16(from + 2);
		uint32_t order = (uint32_t)name->kind << 16 | name->number;
		if (!is_kind(name->kind, name->number) || order <= before ||
			get_text(from + 4, name->text) < 0) {
			return PST_E_CORRUPT;
		}
		before = order;
	}
	return 0;
}

static bool is_class(const struct pst_bulletin_class *class)
{
	return class->number != 0 && class->width_s >= 1 &&
	       class->width_s <= PST_RATCHET_WIDTH_MAX_S && class->retention_s >= 1 &&
	       class->retention_s <= PST_VAULT_RETENTION_MAX_S && class->count >= 1 &&
	       class->count <= PST_BULLETIN_KEYS_MAX && class->first <= UINT32_MAX - class->count;
}

static bool comes_after(
	const struct pst_bulletin_class *class, const struct pst_bulletin_class *before)
{
	return class->number > before->number ||
	       (class->number == before->number && class->retention_s > before->retention_s);
}

static int get_class(struct cursor *cursor, struct pst_bulletin_class *class)
{
	const uint8_t *from = take(cursor, CLASS_SIZE);

	if (!from || from[1] != 0 || from[2] != 0 || from[3] != 0) {
		return PST_E_CORRUPT;
	}
	class->number = from[0];
	class->width_s = pst_bytes_get32(from + 4);
	class->retention_s = (int64_t)pst_bytes_get64(from + 8);
	class->first = pst_bytes_get32(from + 16);
	class->count = pst_bytes_get32(from + 20);
	if (!is_class(class) || get_text(from + 24, class->text) < 0) {
		return PST_E_CORRUPT;
	}
	class->keys = take(cursor, (size_t) class->count * KEY_SIZE);
	if (!class->keys) {
		return PST_E_CORRUPT;
	}
	for (uint32_t i = 0; i < class->count; i++) {
		if (!pst_box_is_usable(class->keys + (size_t)i * KEY_SIZE)) {
			return PST_E_CORRUPT;
		}
	}
	return 0;
}

static int get_classes(struct cursor *cursor, struct pst_bulletin *bulletin)
{
	for (size_t i = 0; i < bulletin->class_count; i++) {
		struct pst_bulletin_class *class = &bulletin->classes[i];
		int status = get_class(cursor, class);

		if (status < 0 || (i > 0 && !comes_after(class, &bulletin->classes[i - 1]))) {
			return PST_E_CORRUPT;
		}
	}
	return cursor->left == 0 ? 0 : PST_E_CORRUPT;
}

/* The keys are to outlive the bytes that they were read from. */
static int keep_keys(struct pst_bulletin *bulletin)
{
	size_t size = 0, at = 0;

	for (size_t i = 0; i < bulletin->class_count; i++) {
		size += (size_t)bulletin->classes[i].count * KEY_SIZE;
	}
	int status = pst_bytes_reserve(&bulletin->keys, size);
	for (size_t i = 0; status == 0 && i < bulletin->class_count; i++) {
		struct pst_bulletin_class *class = &bulletin->classes[i];

		status = pst_bytes_append(
			&bulletin->keys, class->keys, (size_t) class->count * KEY_SIZE);
		class->keys = bulletin->keys.data + at;
		at = bulletin->keys.size;
	}
	return status;
}

static int make_lists(struct pst_bulletin *bulletin)
{
	bulletin->names = calloc(bulletin->name_count + 1, sizeof(*bulletin->names));
	bulletin->classes = calloc(bulletin->class_count + 1, sizeof(*bulletin->classes));
	return bulletin->names && bulletin->classes ? 0 : -ENOMEM;
}

int pst_bulletin_decode(const uint8_t *data, size_t size, struct pst_bulletin *ret_bulletin)
{
	struct pst_bulletin bulletin = {0};

	*ret_bulletin = (struct pst_bulletin){0};
	if (size < HEAD_SIZE + PST_SIGN_SIGNATURE_SIZE || size > PST_BULLETIN_SIZE_MAX) {
		return PST_E_CORRUPT;
	}
	struct cursor cursor = {data + HEAD_SIZE, size - HEAD_SIZE - PST_SIGN_SIGNATURE_SIZE};
	int status = get_head(data, size, &bulletin);
	if (status == 0) {
		status = make_lists(&bulletin);
	}
	if (status == 0) {
		status = get_names(&cursor, &bulletin);
	}
	if (status == 0) {
		status = get_classes(&cursor, &bulletin);
	}
	if (status == 0) {
		status = keep_keys(&bulletin);
	}
	if (status < 0) {
		pst_bulletin_finish(&bulletin);
		return status;
	}
	*ret_bulletin = bulletin;
	return 0;
}

/* @return the signed bytes: the context, then all but the signature */
static int signed_bytes(const uint8_t *data, size_t size, struct pst_bytes *ret_bytes)
{
	int status = pst_bytes_append(ret_bytes, CONTEXT, sizeof(CONTEXT) - 1);

	return status < 0 ? status : pst_bytes_append(ret_bytes, data, size);
}

int pst_bulletin_verify(const uint8_t *data, size_t size)
{
	struct pst_bytes bytes = {0};

	if (size < HEAD_SIZE + PST_SIGN_SIGNATURE_SIZE) {
		return PST_E_CORRUPT;
	}
	size_t bound = size - PST_SIGN_SIGNATURE_SIZE;
	int status = signed_bytes(data, bound, &bytes);
	if (status == 0) {
		status = pst_sign_verify(data + 32, bytes.data, bytes.size, data + bound);
	}
	pst_bytes_finish(&bytes);
	return status;
}

int pst_bulletin_load(const char *path, struct pst_bulletin *ret_bulletin, struct pst_error *error)
{
	uint8_t *data = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(path, PST_BULLETIN_SIZE_MAX, &data, &size, error);

	*ret_bulletin = (struct pst_bulletin){0};
	if (status < 0) {
		return status;
	}
	status = pst_bulletin_decode(data, size, ret_bulletin);
	if (status == 0) {
		status = pst_bulletin_verify(data, size);
	}
	free(data);
	if (status == 0) {
		return 0;
	}
	pst_bulletin_finish(ret_bulletin);
	const char *why =
		status == PST_E_FORMAT	  ? "no bulletin that this program knows; export it again"
		: status == PST_E_CORRUPT ? "damaged, or not signed by its vault; export it again"
					  : pst_status_text(status);
	return pst_error_set(error, status, "%s: %s", path, why);
}

void pst_bulletin_finish(struct pst_bulletin *bulletin)
{
	free(bulletin->names);
	free(bulletin->classes);
	pst_bytes_finish(&bulletin->keys);
	*bulletin = (struct pst_bulletin){0};
}

static void put_head(const struct pst_bulletin *bulletin, size_t size, uint8_t to[HEAD_SIZE])
{
	memset(to, 0, HEAD_SIZE);
	memcpy(to, MAGIC, sizeof(MAGIC));
	pst_bytes_put16(to + 8, VERSION);
	pst_bytes_put16(to + 10, SUITE);
	pst_bytes_put32(to + 12, (uint32_t)size);
	memcpy(to + 16, bulletin->vault, sizeof(bulletin->vault));
	memcpy(to + 32, bulletin->vault_key, sizeof(bulletin->vault_key));
	memcpy(to + 64, bulletin->lane_key, sizeof(bulletin->lane_key));
	pst_bytes_put16(to + 96, bulletin->lane_number);
	pst_bytes_put16(to + 98, (uint16_t)bulletin->name_count);
	pst_bytes_put16(to + 100, (uint16_t)bulletin->class_count);
	pst_bytes_put64(to + 104, (uint64_t)bulletin->issued_s);
	pst_bytes_put64(to + 112, (uint64_t)bulletin->valid_until_s);
	put_text(to + 120, bulletin->lane);
}

static int put_names(const struct pst_bulletin *bulletin, struct pst_bytes *bytes)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < bulletin->name_count; i++) {
		const struct pst_bulletin_name *name = &bulletin->names[i];
		uint8_t entry[NAME_SIZE] = {name->kind};

		pst_bytes_put16(entry + 2, name->number);
		put_text(entry + 4, name->text);
		status = pst_bytes_append(bytes, entry, sizeof(entry));
	}
	return status;
}

static int put_classes(const struct pst_bulletin *bulletin, struct pst_bytes *bytes)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < bulletin->class_count; i++) {
		const struct pst_bulletin_class *class = &bulletin->classes[i];
		uint8_t entry[CLASS_SIZE] = {class->number};

		pst_bytes_put32(entry + 4, class->width_s);
		pst_bytes_put64(entry + 8, (uint64_t) class->retention_s);
		pst_bytes_put32(entry + 16, class->first);
		pst_bytes_put32(entry + 20, class->count);
		put_text(entry + 24, class->text);
		status = pst_bytes_append(bytes, entry, sizeof(entry));
		if (status == 0) {
			status = pst_bytes_append(
				bytes, class->keys, (size_t) class->count * KEY_SIZE);
		}
	}
	return status;
}

static size_t size_of(const struct pst_bulletin *bulletin)
{
	size_t size = HEAD_SIZE + bulletin->name_count * NAME_SIZE +
		      bulletin->class_count * CLASS_SIZE + PST_SIGN_SIGNATURE_SIZE;

	for (size_t i = 0; i < bulletin->class_count; i++) {
		size += (size_t)bulletin->classes[i].count * KEY_SIZE;
	}
	return size;
}

static int sign(const struct pst_sign_key *signer, struct pst_bytes *body, struct pst_bytes *bytes)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	struct pst_bytes bound = {0};
	int status = signed_bytes(body->data, body->size, &bound);

	if (status == 0) {
		pst_sign(signer, bound.data, bound.size, signature);
		status = pst_bytes_append(bytes, body->data, body->size);
	}
	if (status == 0) {
		status = pst_bytes_append(bytes, signature, sizeof(signature));
	}
	pst_bytes_finish(&bound);
	return status;
}

int pst_bulletin_encode(const struct pst_bulletin *bulletin, const struct pst_sign_key *signer,
	struct pst_bytes *bytes)
{
	struct pst_bytes body = {0};
	struct pst_bulletin again;
	uint8_t head[HEAD_SIZE];
	size_t from = bytes->size;
	size_t size = size_of(bulletin);

	if (size > PST_BULLETIN_SIZE_MAX) {
		return -EINVAL;
	}
	put_head(bulletin, size, head);
	int status = pst_bytes_append(&body, head, sizeof(head));
	if (status == 0) {
		status = put_names(bulletin, &body);
	}
	if (status == 0) {
		status = put_classes(bulletin, &body);
	}
	if (status == 0) {
		status = sign(signer, &body, bytes);
	}
	pst_bytes_finish(&body);
	if (status == 0) {
		status = pst_bulletin_decode(bytes->data + from, bytes->size - from, &again);
		pst_bulletin_finish(&again);
		status = status == PST_E_CORRUPT ? -EINVAL : status;
	}
	return status;
}

uint16_t pst_bulletin_number(const struct pst_bulletin *bulletin, uint8_t kind, const char *text)
{
	for (size_t i = 0; text && i < bulletin->name_count; i++) {
		const struct pst_bulletin_name *name = &bulletin->names[i];

		if (name->kind == kind && strcmp(name->text, text) == 0) {
			return name->number;
		}
	}
	return 0;
}

bool pst_bulletin_has_gallery(const struct pst_bulletin *bulletin, const char *gallery)
{
	return pst_bulletin_number(bulletin, PST_VAULT_NAME_GALLERY, gallery) != 0;
}

const struct pst_bulletin_class *pst_bulletin_class_of(
	const struct pst_bulletin *bulletin, const char *text, int64_t retention_s)
{
	for (size_t i = 0; text && i < bulletin->class_count; i++) {
		const struct pst_bulletin_class *class = &bulletin->classes[i];

		if (class->retention_s == retention_s && strcmp(class->text, text) == 0) {
			return class;
		}
	}
	return NULL;
}

const uint8_t *pst_bulletin_key(
	const struct pst_bulletin_class *class, int64_t expires_s, uint32_t *ret_bucket)
{
	int64_t bucket = expires_s / class->width_s;

	*ret_bucket = 0;
	if (expires_s < 0 || bucket < class->first ||
		bucket >= (int64_t) class->first + class->count) {
		return NULL;
	}
	*ret_bucket = (uint32_t)bucket;
	return class->keys + (size_t)(bucket - class->first) * KEY_SIZE;
}
