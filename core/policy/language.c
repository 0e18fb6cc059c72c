/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/language.h"

#include <stddef.h>
#include <string.h>

/* ISO 639-1, without what it has withdrawn. */
static const char two_letters[] =
	"aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr "
	"cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn "
	"gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki "
	"kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml "
	"mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt "
	"qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te "
	"tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
	"zu ";

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_language(const char *part, size_t length)
{
	if (strspn(part, LOWER) < length) {
		return false;
	}
	for (const char *at = two_letters; length == 2 && *at; at += 3) {
		if (strncmp(at, part, 2) == 0) {
			return true;
		}
	}
	return length == 3;
}

static bool is_script(const char *part, size_t length)
{
	return length == 4 && strspn(part, UPPER) == 1 && strspn(part + 1, LOWER) == 3;
}

static bool is_region(const char *part, size_t length)
{
	return (length == 2 && strspn(part, UPPER) == 2) ||
	       (length == 3 && strspn(part, DIGITS) == 3);
}

bool pst_language_is_known(const char *tag)
{
	size_t length = strcspn(tag, "-");

	if (!is_language(tag, length)) {
		return false;
	}
	tag += length;
	if (*tag && is_script(tag + 1, strcspn(tag + 1, "-"))) {
		tag += 5;
	}
	if (*tag && is_region(tag + 1, strlen(tag + 1))) {
		return true;
	}
	return *tag == '\0';
}
