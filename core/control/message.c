/* SPDX-License-Identifier: Apache-2.0 */
#include "control/message.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX 128 /* bytes of any text of a request */

#define WORD_OF(name, word, fields) word,
static const char *const words[] = {PST_CONTROL_DO_MAP(WORD_OF) NULL};

#define FIELDS_OF(name, word, fields) fields,
static const char *const fields_of[] = {PST_CONTROL_DO_MAP(FIELDS_OF) NULL};

#define AT(member) offsetof(struct pst_control_request, member)

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{"category", AT(category)},
	{"known-by", AT(known_by)},
	{"age-band", AT(age_band)},
	{"born", AT(born)},
	{"direction", AT(direction)},
	{"environment", AT(environment)},
	{"subject", AT(subject)},
	{"display", AT(display)},
	{"version", AT(version)},
	{"language", AT(language)},
	{"receipt", AT(receipt)},
	{"officer", AT(officer)},
	{"decision", AT(decision)},
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

/* What a refusal's status is in one word, for who acts on it: no other one is sent. */
static const struct {
	const char *code;
	int status;
} codes[] = {
	{"bad", PST_E_USAGE},	   /* the request; sending it again will not help */
	{"no", PST_E_NOT_FOUND},   /* not as things stand */
	{"unsafe", PST_E_UNSAFE},  /* never */
	{"failed", PST_E_DEVICE},  /* the lane could not */
	{"garbage", PST_E_FORMAT}, /* no request at all; the connection is closed */
};

static const char *code_of(int status)
{
	switch (status) {
	case PST_E_USAGE:
	case PST_E_CONFIG:
	case -ENOTSUP:
		return "bad";
	case PST_E_NOT_FOUND:
	case PST_E_ELECTIVE:
	case -EBUSY:
		return "no";
	case PST_E_UNSAFE:
		return "unsafe";
	case PST_E_FORMAT:
		return "garbage";
	default:
		return "failed";
	}
}

int pst_control_status_of(const char *code)
{
	for (size_t i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i].code, code) == 0) {
			return codes[i].status;
		}
	}
	return PST_E_FORMAT;
}

static bool takes(enum pst_control_do what, const char *field)
{
	const char *at = fields_of[what - 1];

	while (*at) {
		size_t size = strcspn(at, " ");

		if (size == strlen(field) && memcmp(at, field, size) == 0) {
			return true;
		}
		at += size + strspn(at + size, " ");
	}
	return false;
}

static int take_text(
	const char *name, const json_t *value, const char **ret_text, struct pst_error *error)
{
	if (!json_is_string(value) || json_string_length(value) == 0 ||
		json_string_length(value) > TEXT_MAX) {
		return pst_error_set(
			error, PST_E_USAGE, "%s: not a text of 1 to %d bytes", name, TEXT_MAX);
	}
	*ret_text = json_string_value(value);
	return 0;
}

static int take_number(
	const char *name, const json_t *value, int64_t low, int64_t *ret, struct pst_error *error)
{
	if (!json_is_integer(value) || json_integer_value(value) < low) {
		return pst_error_set(error, PST_E_USAGE, "%s: not a whole number from %lld", name,
			(long long)low);
	}
	*ret = json_integer_value(value);
	return 0;
}

static int take_evidence(
	struct pst_control_request *request, const json_t *list, struct pst_error *error)
{
	if (!json_is_array(list) || json_array_size(list) > PST_CONTROL_EVIDENCE_MAX) {
		return pst_error_set(error, PST_E_USAGE, "evidence: not a list of at most %d words",
			PST_CONTROL_EVIDENCE_MAX);
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		int status = take_text("evidence", json_array_get(list, i),
			&request->evidence[request->evidence_count], error);

		if (status < 0) {
			return status;
		}
		request->evidence_count++;
	}
	return 0;
}

/* A field that the command takes. */
static int take_known(struct pst_control_request *request, const char *name, const json_t *value,
	struct pst_error *error)
{
	int64_t number = 0;

	if (strcmp(name, "evidence") == 0) {
		return take_evidence(request, value, error);
	}
	if (strcmp(name, "encounter") == 0) {
		int status = take_number(name, value, 1, &number, error);

		request->encounter = (uint64_t)number;
		return status;
	}
	for (size_t i = 0; i < TEXTS; i++) {
		if (strcmp(texts[i].name, name) == 0) {
			const char **to =
				(const char **)(void *)((char *)request + texts[i].offset);

			return take_text(name, value, to, error);
		}
	}
	return pst_error_set(error, PST_E_USAGE, "%s: unknown", name);
}

static int take_field(struct pst_control_request *request, const char *name, const json_t *value,
	struct pst_error *error)
{
	if (strcmp(name, "v") == 0 || strcmp(name, "id") == 0 || strcmp(name, "do") == 0) {
		return 0;
	}
	if (!takes(request->what, name)) {
		const char *word = words[request->what - 1];
		const char *fields = fields_of[request->what - 1];

		return pst_error_set(error, PST_E_USAGE, "%s takes no field '%.40s', only: %s",
			word, name, fields[0] ? fields : "none");
	}
	return take_known(request, name, value, error);
}

static int take_word(struct pst_control_request *request, struct pst_error *error)
{
	const char *word = json_string_value(json_object_get(request->json, "do"));
	int index = word ? pst_text_index(words, word) : -1;

	if (!word) {
		return pst_error_set(error, PST_E_USAGE, "do: missing; say what is to be done");
	}
	if (index < 0) {
		const char *nearest = pst_text_nearest(words, word);

		return pst_error_set(error, PST_E_USAGE, "do: unknown '%.40s'%s%s%s", word,
			nearest ? "; did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	request->what = (enum pst_control_do)(index + 1);
	return 0;
}

static int take_head(struct pst_control_request *request, struct pst_error *error)
{
	const json_t *version = json_object_get(request->json, "v");
	const json_t *id = json_object_get(request->json, "id");

	if (!json_is_integer(version) || json_integer_value(version) != PST_CONTROL_VERSION) {
		return pst_error_set(error, PST_E_FORMAT,
			"v: this lane speaks version %d of the control protocol",
			PST_CONTROL_VERSION);
	}
	int status = id ? take_number("id", id, 0, &request->id, error) : 0;

	return status < 0 ? status : take_word(request, error);
}

int pst_control_parse(struct pst_control_request *ret_request, const char *line, size_t size,
	struct pst_error *error)
{
	json_error_t where;
	const char *name;
	json_t *value;

	*ret_request = (struct pst_control_request){.id = -1};
	ret_request->json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(ret_request->json)) {
		return pst_error_set(error, PST_E_FORMAT, "not a JSON object: %s",
			ret_request->json ? "another value" : where.text);
	}
	int status = take_head(ret_request, error);

	json_object_foreach(ret_request->json, name, value)
	{
		if (status == 0) {
			status = take_field(ret_request, name, value, error);
		}
	}
	return status;
}

void pst_control_request_finish(struct pst_control_request *request)
{
	json_decref(request->json);
	*request = (struct pst_control_request){.id = -1};
}

/* A line of the head and of fields, which are taken. */
static char *line_of(json_t *head, json_t *fields)
{
	char *text = NULL;
	char *line = NULL;

	if (head && (!fields || json_object_update(head, fields) == 0)) {
		text = json_dumps(head, JSON_COMPACT | PST_CONTROL_PRECISION);
	}
	if (text && asprintf(&line, "%s\n", text) < 0) {
		line = NULL;
	}
	free(text);
	json_decref(head);
	json_decref(fields);
	return line;
}

static json_t *head_of(int64_t id, bool ok)
{
	json_t *head = json_pack("{s:i}", "v", PST_CONTROL_VERSION);

	if (head && id >= 0) {
		(void)json_object_set_new(head, "id", json_integer(id));
	}
	if (head) {
		(void)json_object_set_new(head, "ok", json_boolean(ok));
	}
	return head;
}

char *pst_control_answer(int64_t id, json_t *fields)
{
	char *line = line_of(head_of(id, true), fields);
	struct pst_error error = {0};

	if (!line || strlen(line) <= PST_CONTROL_ANSWER_MAX) {
		return line;
	}
	(void)pst_error_set(&error, -EMSGSIZE,
		"the answer has %zu bytes, more than %d; shorten the policy's texts", strlen(line),
		PST_CONTROL_ANSWER_MAX);
	free(line);
	return pst_control_refusal(id, &error);
}

char *pst_control_refusal(int64_t id, const struct pst_error *error)
{
	/* What somebody sent may stand in the text, cut in the middle of a letter. */
	json_t *text = json_string(error->text);

	return line_of(head_of(id, false),
		json_pack("{s:s, s:o}", "code", code_of(error->status), "error",
			text ? text : json_string("not valid, and not UTF-8 when it is told")));
}
