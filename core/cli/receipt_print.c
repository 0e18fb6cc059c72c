/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/receipt_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/html.h"

#define COLUMNS 80
#define INDENT 2
#define TEXT_COLUMN 16 /* behind a name */

static const char style[] =
	":root{color-scheme:light dark}"
	"body{font:15px/1.45 system-ui,sans-serif;max-width:44em;margin:2em auto;padding:0 1.2em;"
	"color:#1c2330;background:#fff}"
	"h1{font-size:1.5em;margin:0}"
	"h2{font-size:1em;margin:1.3em 0 .3em;padding-top:.5em;border-top:1px solid #c9cfd9}"
	"p{margin:.3em 0}.lead{font-size:1.15em;margin:.6em 0}"
	"dl{display:grid;grid-template-columns:9em 1fr;gap:.15em 1em;margin:.3em 0}"
	"dt{color:#5b6577}dd{margin:0;overflow-wrap:anywhere}"
	"@media(prefers-color-scheme:dark){body{color:#dfe4ec;background:#14181f}"
	"h2{border-color:#3a4350}dt{color:#9aa5b5}}"
	"@media print{@page{size:A4;margin:14mm}body{font-size:10pt;line-height:1.3;margin:0;"
	"max-width:none;padding:0;color:#000;background:#fff}h2{margin:.8em 0 .2em;"
	"padding-top:.3em;border-color:#999}dt{color:#444}}";

/* What an outcome or a reason means to the person. */
struct words {
	const char *name;
	const char *text;
};

static const struct words outcomes[] = {
	{"verified", "You were compared with your reference, and it matched."},
	{"enrolled", "A reference template of your face was made and sealed."},
	{"refer-no-match", "No match was found. Machines err: a person decides now."},
	{"refer-opted-out", "You declined. A person checks your document by hand instead."},
	{"refer-exempt",
		"You are exempt, so no photo was taken. A person checks your document by hand."},
	{"refer-no-consent", "You did not agree, and without that nothing of you is kept. A person "
			     "checks your document by hand."},
	{"refer-unknown-category", "It was not known which rule holds for you, so no photo was "
				   "taken. A person takes over from here."},
	{"refer-no-notice", "The notice was not shown as it must be, so nothing of you is kept. A "
			    "person takes over from here."},
	{"refer-withdrawn", "You withdrew. What had been captured is wiped. A person checks your "
			    "document by hand."},
	{"refer-not-captured", "No picture good enough could be taken, which is no refusal of "
			       "yours. A person takes over from here."},
	{"refer-uncalibrated", "The comparison here has not been measured well enough to be relied "
			       "on, so it was not. A person takes over from here."},
	{"refer-fault", "Something failed on our side. A person takes over from here."},
};

static const struct words reasons[] = {
	{"no-face", "no face was in view"},
	{"too-small", "the face was too small, as from too far away"},
	{"blurred", "the picture was blurred"},
	{"too-dark", "the picture was too dark"},
	{"too-bright", "the picture was too bright"},
	{"turned", "the face was turned away"},
	{"several-faces", "several faces were in view"},
	{"presentation", "the camera could not tell that a person stands before it"},
	{"timeout", "the time ran out"},
};

static const struct words choices[] = {
	{"consent", "you agreed"},
	{"decline", "you declined"},
	{"withdraw", "you withdrew"},
};

static const struct words authorities[] = {
	{"consented", "your consent"},
	{"offered", "an offer that you could decline"},
	{"required-if-asked", "a rule by which it may be required"},
};

static const struct words purposes[] = {
	{"verify", "to compare you with one reference"},
	{"identify", "to search for you among references"},
	{"enrol", "to make a reference of you"},
};

#define FIND(list, name) find(list, sizeof(list) / sizeof((list)[0]), name)

/* @return NULL: a later version's word, or none */
static const char *find(const struct words *list, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++) {
		if (strcmp(list[i].name, name) == 0) {
			return list[i].text;
		}
	}
	return NULL;
}

struct page {
	FILE *to;
	bool html;
	bool in_list;
	size_t column; /* text only */
};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* A word, or what a terminal may take for a command in its place: '?'. */
static void put_word(struct page *page, const char *word, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool is_c1 = i + 1 < size && (unsigned char)word[i] == 0xC2 &&
			     (unsigned char)word[i + 1] < 0xA0;

		if (is_c1) {
			i++;
		}
		(void)fputc(
			is_c1 || (unsigned char)word[i] < ' ' || word[i] == 0x7f ? '?' : word[i],
			page->to);
		page->column += !is_continuation(word[i]) || is_c1;
	}
}

static void put_line(struct page *page, size_t indent)
{
	(void)fprintf(page->to, "\n%*s", (int)indent, "");
	page->column = indent;
}

/* Writes a text from the present column on, broken between words. */
static void put_wrapped(struct page *page, const char *text, size_t indent)
{
	bool first = true;

	while (*text) {
		size_t space = strspn(text, " \n\t");
		size_t size = strcspn(text + space, " \n\t");
		size_t columns = 0;

		for (size_t i = 0; i < size; i++) {
			columns += !is_continuation(text[space + i]);
		}
		if (!first && page->column + 1 + columns > COLUMNS) {
			put_line(page, indent);
		} else if (!first && size > 0) {
			(void)fputc(' ', page->to);
			page->column++;
		}
		put_word(page, text + space, size);
		text += space + size;
		first = false;
	}
}

static void end_list(struct page *page)
{
	if (page->in_list && page->html) {
		(void)fputs("</dl>\n", page->to);
	}
	page->in_list = false;
}

static void put_heading(struct page *page, const char *text)
{
	end_list(page);
	(void)fprintf(page->to, page->html ? "<h2>%s</h2>\n" : "\n%s\n", text);
}

static void put_paragraph(struct page *page, const char *class, const char *text)
{
	end_list(page);
	if (page->html) {
		(void)fprintf(page->to, "<p class=\"%s\">", class);
		pst_html_escape(text, page->to);
		(void)fputs("</p>\n", page->to);
		return;
	}
	(void)fprintf(page->to, "%*s", INDENT, "");
	page->column = INDENT;
	put_wrapped(page, text, INDENT);
	(void)fputc('\n', page->to);
}

/* A name and what it is; left out where there is nothing. */
static void put_row(struct page *page, const char *name, const char *text)
{
	if (!text) {
		return;
	}
	if (!page->html) {
		(void)fprintf(page->to, "%*s", INDENT, "");
		page->column = INDENT;
		put_wrapped(page, name, INDENT);
		if (page->column > TEXT_COLUMN - 2) {
			put_line(page, TEXT_COLUMN);
		}
		(void)fprintf(page->to, "%*s", (int)(TEXT_COLUMN - page->column), "");
		page->column = TEXT_COLUMN;
		put_wrapped(page, text, TEXT_COLUMN);
		(void)fputc('\n', page->to);
		return;
	}
	(void)fputs(page->in_list ? "<dt>" : "<dl>\n<dt>", page->to);
	page->in_list = true;
	pst_html_escape(name, page->to);
	(void)fputs("</dt><dd>", page->to);
	pst_html_escape(text, page->to);
	(void)fputs("</dd>\n", page->to);
}

/* "text (name)", or the bare name where there are no words for it. */
static void put_words(struct page *page, const char *title, const char *words, const char *name)
{
	char text[512];

	if (words) {
		(void)snprintf(text, sizeof(text), "%s (%s)", words, name);
	}
	put_row(page, title, words ? text : name);
}

static void put_decision(struct page *page, const struct pst_receipt_info *info)
{
	const char *outcome = FIND(outcomes, info->outcome);
	char text[1024];

	put_paragraph(page, "lead", outcome ? outcome : info->outcome);
	put_row(page, "outcome", info->outcome);
	put_words(page, "because", FIND(reasons, info->reason), info->reason);
	(void)snprintf(text, sizeof(text), "%s%s%s", info->rule, info->rule_text ? ": " : "",
		info->rule_text ? info->rule_text : "");
	put_row(page, "rule", text);
	put_row(page, "rests on", info->basis);
	put_row(page, "verdict", info->verdict);
	put_words(page, "authority", FIND(authorities, info->authority), info->authority);
}

static void put_person(struct page *page, const struct pst_receipt_info *info)
{
	char text[512];

	put_heading(page, "What was known of you");
	(void)snprintf(text, sizeof(text), "%s%s%s", info->category,
		info->known_by ? ", as known by: " : "", info->known_by ? info->known_by : "");
	put_row(page, "category", text);
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s",
		info->notice ? info->notice : "none was shown", info->notice_state ? ", " : "",
		info->notice_state ? info->notice_state : "",
		info->notice_language ? ", language " : "",
		info->notice_language ? info->notice_language : "");
	put_row(page, "notice", text);
	if (info->choice) {
		put_words(page, "your choice", FIND(choices, info->choice), info->choice);
	} else if (info->known_by) {
		put_row(page, "your choice", "none was made");
	}
	put_words(page, "purpose", FIND(purposes, info->purpose), info->purpose);
	put_row(page, "by", info->modality);
}

static void put_kept(struct page *page, const struct pst_receipt_info *info)
{
	char text[512];

	put_heading(page, "What is kept");
	for (size_t i = 0; i < info->kept_count; i++) {
		(void)snprintf(text, sizeof(text), "a sealed template of you, until %s",
			info->kept[i].until);
		put_row(page, info->kept[i].store, text);
	}
	if (info->recording) {
		(void)snprintf(
			text, sizeof(text), "pictures of you were recorded (%s)", info->recording);
		put_row(page, "recording", text);
	}
	if (info->picture) {
		put_row(page, "picture",
			"somebody looked at pictures of you, with all others masked; none was "
			"kept by the lane");
	}
	if (info->known_by && info->kept_count == 0 && !info->recording) {
		put_paragraph(page, "", "Nothing of you was kept.");
	}
	put_paragraph(page, "", "What the rule allows each store:");
	for (size_t i = 0; i < info->store_count; i++) {
		const struct pst_receipt_store *store = &info->stores[i];

		(void)snprintf(text, sizeof(text),
			store->retention_s > 0 ? "up to %" PRId64 " seconds" : "nothing",
			store->retention_s);
		put_row(page, store->store, store->meaning ? store->meaning : text);
	}
}

static void put_sources(struct page *page, const struct pst_receipt_info *info)
{
	char text[1024];

	put_heading(page, "Sources of the rule");
	for (size_t i = 0; i < info->source_count; i++) {
		const struct pst_receipt_source *source = &info->sources[i];

		(void)snprintf(text, sizeof(text), "%s%s%s%s%s%s",
			source->title ? source->title : "", source->title ? ". " : "",
			source->citation ? source->citation : "", source->status ? " [" : "",
			source->status ? source->status : "", source->status ? "]" : "");
		put_row(page, source->id, text);
	}
	if (info->source_count == 0) {
		put_paragraph(page, "", "None: the rule is built in.");
	}
	if (info->dispute_count == 0) {
		return;
	}
	put_heading(page, "Where sources disagree");
	for (size_t i = 0; i < info->dispute_count; i++) {
		(void)snprintf(text, sizeof(text), "%s Followed here: %s.",
			info->disputes[i].question, info->disputes[i].taken);
		put_row(page, info->disputes[i].id, text);
	}
}

static void put_proof(struct page *page, const struct pst_receipt *receipt, bool verified)
{
	const struct pst_receipt_info *info = &receipt->info;
	char text[512];
	char hash[2 * PST_CHAIN_SIZE + 1];

	put_heading(page, "Proof");
	put_row(page, "receipt", info->id);
	put_row(page, "issued", info->issued);
	put_row(page, "lane", info->lane);
	if (info->policy) {
		(void)snprintf(text, sizeof(text), "%s, version %" PRId64 ", SHA-256 %s",
			info->policy, info->policy_version, info->policy_sha256);
		put_row(page, "policy", text);
	}
	if (info->audit_sequence > 0) {
		pst_bytes_to_hex(receipt->audit_hash, PST_CHAIN_SIZE, hash);
		(void)snprintf(text, sizeof(text), "entry %" PRIu64 ", hash %s",
			info->audit_sequence, hash);
		put_row(page, "audit log", text);
	} else {
		put_row(page, "audit log", "none: it could not be written at that moment");
	}
	(void)snprintf(text, sizeof(text), "%s %s",
		verified ? "genuine, by key" : "not checked when this was printed; of key",
		receipt->key);
	put_row(page, "signature", text);
	put_row(page, "to check it",
		"postern receipt verify FILE --public-key audit.pub, with the "
		"receipt's file and the operator's key");
}

void pst_receipt_print(const struct pst_receipt *receipt, bool html, bool verified, FILE *to)
{
	const struct pst_receipt_info *info = &receipt->info;
	struct page page = {.to = to, .html = html};

	if (html) {
		pst_html_begin("Receipt", style, to);
		(void)fputs("<h1>Receipt</h1>\n", to);
	} else {
		(void)fputs("Receipt\n", to);
	}
	put_decision(&page, info);
	put_person(&page, info);
	put_kept(&page, info);
	put_heading(&page, "What you can do");
	put_row(&page, "to withdraw", info->withdraw);
	put_row(&page, "to complain", info->complain);
	put_sources(&page, info);
	put_proof(&page, receipt, verified);
	end_list(&page);
	if (html) {
		pst_html_end(to);
	}
}
