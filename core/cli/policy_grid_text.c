/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/policy_words.h"
#include "policy/choices.h"

#define NAME_MAX 28   /* columns for a category; a longer one is cut */
#define COLUMN_MIN 14 /* "consented! 123" */
#define COLUMN_MAX 24
#define GAP 2
#define RULE_INDENT 6

struct layout {
	const struct pst_policy_grid *grid;
	int name_width;
	int width; /* of a column */
};

/* "entry, exit: air, sea"; the caller frees it. NULL: out of memory */
static char *head_of(const struct pst_policy_grid *grid, const struct pst_policy_box *column)
{
	const char *const *const *values = grid->view.policy->values;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to) {
		return NULL;
	}
	policy_put_names(values[PST_AXIS_DIRECTION], column->set[PST_AXIS_DIRECTION], ", ", to);
	(void)fputs(": ", to);
	policy_put_names(values[PST_AXIS_ENVIRONMENT], column->set[PST_AXIS_ENVIRONMENT], ", ", to);
	return fclose(to) == 0 ? text : NULL;
}

static int longest_word(const char *text)
{
	int longest = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");

		longest = length > longest ? length : longest;
		text += length + strspn(text + length, " ");
	}
	return longest;
}

static int at_most(int value, int most)
{
	return value < most ? value : most;
}

static struct layout measure(const struct pst_policy_grid *grid, char *const *heads)
{
	struct layout layout = {.grid = grid, .width = COLUMN_MIN};
	const char *const *categories = grid->view.policy->values[PST_AXIS_CATEGORY];

	for (size_t i = 0; categories[i]; i++) {
		int length = (int)strlen(categories[i]);

		layout.name_width = length > layout.name_width ? length : layout.name_width;
	}
	for (size_t i = 0; i < grid->columns.count; i++) {
		int word = longest_word(heads[i]);

		layout.width = word > layout.width ? word : layout.width;
	}
	layout.name_width = at_most(layout.name_width, NAME_MAX);
	layout.width = at_most(layout.width, COLUMN_MAX);
	return layout;
}

/* Takes a line's worth of words off the front, up to a colon. @return its length; a word may be cut
 */
static int take_line(const char **text, int width)
{
	const char *from = *text;
	int length = (int)strcspn(from, " ");

	while (from[length] == ' ' && from[length - 1] != ':') {
		int more = 1 + (int)strcspn(from + length + 1, " ");

		if (length + more > width) {
			break;
		}
		length += more;
	}
	*text = from + length + strspn(from + length, " ");
	return at_most(length, width);
}

/* The heads of columns first..end-1, each wrapped to its width. */
static void print_heads(const struct layout *layout, char *const *heads, size_t first, size_t end)
{
	const char *rest[PST_POLICY_VALUES_MAX];
	bool more = true;

	for (size_t i = first; i < end; i++) {
		rest[i - first] = heads[i];
	}
	while (more) {
		int pending = layout->name_width;

		more = false;
		for (size_t i = first; i < end; i++) {
			const char *from = rest[i - first];
			int length = take_line(&rest[i - first], layout->width);

			pending += GAP;
			if (length > 0) {
				(void)printf("%*s%.*s", pending, "", length, from);
				pending = -length;
			}
			pending += layout->width;
			more |= *rest[i - first] != 0;
		}
		(void)putchar('\n');
	}
}

static void print_row(const struct layout *layout, unsigned category, size_t first, size_t end)
{
	const struct pst_policy *policy = layout->grid->view.policy;
	int column =
		printf("%.*s", layout->name_width, policy->values[PST_AXIS_CATEGORY][category - 1]);

	for (size_t i = first; i < end; i++) {
		struct pst_cell cell = pst_policy_grid_column_cell(
			layout->grid, category, &layout->grid->columns.box[i]);
		int at = layout->name_width + (int)(i - first) * (GAP + layout->width) + GAP;

		column += printf("%*s", at - column, "");
		column += printf("%s%s %u", policy_cell_word(cell),
			policy_mark_sign(policy->rules[cell.rule].mark), (unsigned)cell.rule);
	}
	(void)putchar('\n');
}

/* As many columns side by side as fit, then the rest below. */
static void print_blocks(const struct layout *layout, char *const *heads)
{
	const struct pst_policy_grid *grid = layout->grid;
	size_t fit = (size_t)((POLICY_TEXT_WIDTH - layout->name_width) / (GAP + layout->width));

	for (size_t first = 0; first < grid->columns.count; first += fit) {
		size_t end = first + fit < grid->columns.count ? first + fit : grid->columns.count;

		print_heads(layout, heads, first, end);
		for (unsigned category = 1;
			category <= grid->view.policy->table.size[PST_AXIS_CATEGORY]; category++) {
			if (pst_policy_view_shows(&grid->view, PST_AXIS_CATEGORY, category)) {
				print_row(layout, category, first, end);
			}
		}
		(void)putchar('\n');
	}
}

static void print_head(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;
	struct pst_place held = pst_policy_view_first(&grid->view);
	char day[PST_CLOCK_TEXT_SIZE];
	char text[2048];
	size_t used = 0;

	pst_clock_format_day(grid->view.day, day);
	policy_print_wrapped(
		printf("%s, version %lld, on %s: ", policy->id, (long long)policy->version, day), 6,
		policy->title);
	for (int axis = 0; axis < PST_AXIS_COUNT && used < sizeof(text); axis++) {
		if (policy_grid_tells(grid, axis)) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s%s",
				used ? ", " : "", pst_axis_names[axis],
				pst_policy_value_name(
					policy, (enum pst_axis)axis, held.value[axis]),
				grid->steering >> axis & 1 ? "*" : "");
		}
	}
	policy_print_wrapped(printf("held: "), 6, text);
	(void)putchar('\n');
}

/* What stands in the cells, in the order of intrusion. */
static void print_legend(const struct pst_policy_grid *grid)
{
	struct policy_grid_walk walk = {.grid = grid};
	struct pst_cell seen[POLICY_CELL_WORDS];
	unsigned words = 0;
	unsigned marks = 0;

	while (policy_grid_next(&walk)) {
		int word = pst_verdict_intrusion(walk.decision.verdict, walk.decision.authority);

		words |= 1u << word;
		marks |= 1u << walk.decision.mark;
		seen[word] = walk.decision.cell;
	}
	for (int word = 0; word < POLICY_CELL_WORDS; word++) {
		if (words >> word & 1) {
			(void)printf("%-9s  %s\n", policy_cell_word(seen[word]),
				policy_cell_meaning(seen[word]));
		}
	}
	if (marks >> PST_SOURCE_STATUS_RECALLED & 1) {
		(void)puts("?          from memory: no source has been seen yet");
	}
	if (marks >> PST_SOURCE_STATUS_DISPUTED & 1) {
		(void)puts("!          sources contradict each other");
	}
	if (grid->steering & ~(1u << PST_AXIS_PERIOD)) {
		(void)puts("*          another value of this input decides some cell otherwise");
	}
	(void)puts("number     of the rule, in the order of the file\n");
}

static void put_rule(const struct pst_policy *policy, const struct pst_rule *rule, FILE *to)
{
	const struct pst_cell *taken = policy_rule_taken(rule);

	(void)fprintf(to, "%s (line %d, %s, %s): %s", rule->id, rule->line, rule->basis,
		pst_source_status_name(rule->mark), rule->text);
	if (taken->verdict == PST_VERDICT_ALLOW) {
		(void)fprintf(to, " Keeps: %s.", policy->retention[taken->retention].class_name);
	} else {
		(void)fprintf(
			to, " Outcome: %s.", pst_outcome_name((enum pst_outcome)taken->outcome));
	}
	(void)fputs(" Sources: ", to);
	for (size_t i = 0; rule->sources[i]; i++) {
		(void)fprintf(to, "%s%s", i ? ", " : "", rule->sources[i]->id);
	}
	(void)fputc('.', to);
	for (size_t i = 0; rule->disputes[i]; i++) {
		(void)fprintf(to, "%s%s", i ? ", " : " Disputed: ", rule->disputes[i]->id);
	}
	(void)fputs(rule->disputes[0] ? "." : "", to);
	if (rule->has_otherwise) {
		(void)fprintf(
			to, " Not taken: %s.", policy_cell_word(*policy_rule_not_taken(rule)));
	}
	if (rule->choice) {
		(void)fprintf(to, " Chosen by %s: %s", rule->choice->by, rule->choice->reason);
	}
}

static void print_rules(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	for (unsigned i = 1; i < policy->rule_count; i++) {
		char *text = NULL;
		size_t size;
		FILE *to = grid->uses[i] ? open_memstream(&text, &size) : NULL;

		if (to) {
			put_rule(policy, &policy->rules[i], to);
			if (fclose(to) == 0) {
				policy_print_wrapped(printf("%4u  ", i), RULE_INDENT, text);
			}
			free(text);
		}
	}
	(void)putchar('\n');
	policy_print_wrapped(0, 0, policy->texts.own.disclaimer);
}

void policy_grid_print_text(const struct pst_policy_grid *grid)
{
	char **heads = calloc(grid->columns.count, sizeof(*heads));
	bool complete = heads != NULL;

	for (size_t i = 0; complete && i < grid->columns.count; i++) {
		heads[i] = head_of(grid, &grid->columns.box[i]);
		complete = heads[i] != NULL;
	}
	if (complete) {
		struct layout layout = measure(grid, heads);

		print_head(grid);
		print_blocks(&layout, heads);
		print_legend(grid);
		print_rules(grid);
	}
	for (size_t i = 0; heads && i < grid->columns.count; i++) {
		free(heads[i]);
	}
	free(heads);
}
