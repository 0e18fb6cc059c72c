/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ctl_print.h"

#include <stdio.h>

#include "cli/health_print.h"
#include "cli/policy_words.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "none";
}

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void print_person(const json_t *person)
{
	const char *outcome = json_string_value(json_object_get(person, "outcome"));
	const char *reason = json_string_value(json_object_get(person, "reason"));

	if (!json_is_object(person)) {
		(void)puts("nobody is there");
		return;
	}
	(void)printf("encounter %lld: %s, %s; %s by rule %s; choice %s; %s%s%s%s%s\n",
		number_of(person, "number"), text_of(person, "category"), text_of(person, "state"),
		text_of(person, "verdict"), text_of(person, "rule"), text_of(person, "choice"),
		json_is_true(json_object_get(person, "permit")) ? "permit" : "no permit",
		outcome ? "; " : "", outcome ? outcome : "", reason ? ", " : "",
		reason ? reason : "");
}

static void print_status(const json_t *answer)
{
	const json_t *notice = json_object_get(answer, "notice");
	const char *display = json_string_value(json_object_get(notice, "display"));
	const json_t *frames = json_object_get(answer, "frames");

	(void)printf("lane %s: policy %s, people by %s, source %s, open for %.1f s\n",
		text_of(answer, "lane"), text_of(answer, "policy"), text_of(answer, "people"),
		text_of(answer, "source"),
		(double)json_integer_value(json_object_get(answer, "t_ms")) / 1000);
	(void)printf("notice %s: %s%s%s\n", text_of(notice, "wanted"), text_of(notice, "state"),
		display ? ", on display " : "", display ? display : "");
	(void)printf("frames: %lld seen, %lld leased, %lld withheld\n", number_of(frames, "seen"),
		number_of(frames, "leased"), number_of(frames, "withheld"));
	print_person(json_object_get(answer, "encounter"));
}

/* How an encounter ended, and what was recorded of it. */
static void print_closed(const json_t *answer)
{
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	const char *outcome = json_string_value(json_object_get(answer, "outcome"));
	const char *receipt = json_string_value(json_object_get(answer, "receipt"));
	const json_t *review = json_object_get(answer, "review");

	(void)printf("encounter %lld: ", number_of(answer, "encounter"));
	if (review) {
		(void)printf("review recorded at position %lld, ",
			(long long)json_integer_value(review));
	} else {
		(void)printf("%s%s%s, ", outcome ? outcome : "unset", reason ? " " : "",
			reason ? reason : "");
	}
	(void)printf("receipt %s, audit position %lld\n", receipt ? receipt : "none",
		number_of(answer, "audit"));
}

static void put_all(const json_t *words)
{
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
	{
		(void)printf("%s%s", i ? ", " : "", json_string_value(word));
	}
}

/* Each store and how long it keeps something. */
static void print_stores(const json_t *stores)
{
	const json_t *store;
	size_t i;

	json_array_foreach(stores, i, store)
	{
		(void)printf("%s%s: %s", i ? "; " : "", text_of(store, "store"),
			text_of(store, "words"));
	}
	(void)putchar('\n');
}

static void print_axes(const json_t *answer)
{
	json_t *axes = json_object_get(answer, "axes");
	const json_t *defaults = json_object_get(answer, "defaults");
	const char *axis;
	json_t *words;

	json_object_foreach(axes, axis, words)
	{
		const char *preset = json_string_value(json_object_get(defaults, axis));

		if (json_array_size(words) == 0) {
			continue;
		}
		(void)printf("  %-12s ", axis);
		put_all(words);
		if (preset) {
			(void)printf(" (%s if not stated)", preset);
		}
		(void)putchar('\n');
	}
}

static void print_policy(const json_t *answer)
{
	const json_t *policy = json_object_get(answer, "policy");
	const json_t *notice = json_object_get(answer, "notice");
	const char *language;
	json_t *texts = json_object_get(notice, "texts");
	json_t *text;
	const json_t *kept;
	size_t i;

	(void)printf("policy %s, version %lld: %s\nas of %s, SHA-256 %s\n", text_of(policy, "id"),
		number_of(policy, "version"), text_of(policy, "title"), text_of(policy, "date"),
		text_of(policy, "sha256"));
	print_axes(answer);
	(void)printf("what is kept, for purpose %s:\n", text_of(answer, "purpose"));
	json_array_foreach(json_object_get(answer, "keeps"), i, kept)
	{
		(void)printf("  %s: ", text_of(kept, "category"));
		if (json_is_true(json_object_get(kept, "captured"))) {
			print_stores(json_object_get(kept, "stores"));
		} else {
			(void)puts("nothing is captured");
		}
	}
	json_object_foreach(texts, language, text)
	{
		int column = printf("notice %s (%s): ", text_of(notice, "version"), language);

		policy_print_wrapped(column, 2, text_of(text, "notice"));
	}
}

static void print_grounds(const json_t *answer)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(answer, "sources"), i, entry)
	{
		(void)printf("  source %s (%s): %s, %s\n", text_of(entry, "id"),
			text_of(entry, "status"), text_of(entry, "title"),
			text_of(entry, "citation"));
	}
	json_array_foreach(json_object_get(answer, "disputes"), i, entry)
	{
		(void)printf("  dispute %s: %s Here: %s.\n", text_of(entry, "id"),
			text_of(entry, "question"), text_of(entry, "taken"));
	}
}

static void print_changes(const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		(void)printf("  otherwise, with %s %s: %s by rule %s\n", text_of(change, "input"),
			text_of(change, "value"), text_of(change, "verdict"),
			text_of(change, "rule"));
	}
}

static void print_explanation(const json_t *answer)
{
	const json_t *notice = json_object_get(answer, "notice");
	const json_t *review = json_object_get(answer, "review");
	const json_t *fmr = json_object_get(answer, "fmr");
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	const char *authority = json_string_value(json_object_get(answer, "authority"));

	(void)printf("encounter %lld: %s, known by %s; %s\n", number_of(answer, "encounter"),
		text_of(answer, "category"), text_of(answer, "known_by"), text_of(answer, "state"));
	(void)printf("%s%s%s by rule %s: ", text_of(answer, "verdict"), authority ? ", " : "",
		authority ? authority : "", text_of(answer, "rule"));
	(void)printf("%s\n", text_of(answer, "rule_text"));
	print_grounds(answer);
	print_changes(json_object_get(answer, "changes"));
	(void)printf("notice %s, %s, language %s; choice %s\n", text_of(notice, "version"),
		text_of(notice, "state"), text_of(notice, "language"), text_of(answer, "choice"));
	(void)printf("outcome %s%s%s", text_of(answer, "outcome"), reason ? ", " : "",
		reason ? reason : "");
	if (json_is_boolean(json_object_get(answer, "matched"))) {
		(void)printf("; compared at a false match rate of %g", json_real_value(fmr));
	}
	(void)printf("\nkept: ");
	print_stores(json_object_get(answer, "keeps"));
	(void)printf("obligations: ");
	put_all(json_object_get(answer, "obligations"));
	(void)putchar('\n');
	if (json_is_true(json_object_get(answer, "closed"))) {
		(void)printf("receipt %s, audit position %lld\n", text_of(answer, "receipt"),
			number_of(answer, "audit"));
	}
	if (json_is_object(review)) {
		(void)printf("review by %s: %s, on ", text_of(review, "officer"),
			text_of(review, "decision"));
		put_all(json_object_get(review, "evidence"));
		(void)printf(", audit position %lld\n", number_of(review, "sequence"));
	}
}

void pst_ctl_print(const json_t *answer)
{
	const json_t *encounter = json_object_get(answer, "encounter");
	const json_t *document = json_object_get(answer, "document");

	if (document) {
		(void)json_dumpf(document, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		(void)putchar('\n');
	} else if (json_object_get(answer, "camera")) {
		pst_cli_health_print(answer);
	} else if (json_object_get(answer, "jpeg")) {
		(void)printf("a picture of %lldx%lld; --json has it\n", number_of(answer, "width"),
			number_of(answer, "height"));
	} else if (json_object_get(answer, "frames")) {
		print_status(answer);
	} else if (json_object_get(answer, "axes")) {
		print_policy(answer);
	} else if (json_object_get(answer, "rule_text")) {
		print_explanation(answer);
	} else if (json_object_get(answer, "notice")) {
		(void)printf("notice %s; the lane wants %s\n", text_of(answer, "notice"),
			text_of(answer, "wanted"));
	} else if (json_object_get(answer, "audit")) {
		print_closed(answer);
	} else if (json_is_object(encounter)) {
		print_person(encounter);
	} else {
		(void)printf("encounter %lld\n", (long long)json_integer_value(encounter));
	}
}
