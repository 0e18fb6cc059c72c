/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "policy/choices.h"
#include "policy/compile.h"
#include "policy/cover.h"

#define WORD_TEXT(name, text) text,
const char *const pst_source_status_names[] = {PST_SOURCE_STATUS_MAP(WORD_TEXT) NULL};
const char *const pst_store_names[] = {PST_STORE_MAP(WORD_TEXT) NULL};

struct arena_block {
	struct arena_block *next;
	max_align_t data[];
};

const char *pst_source_status_name(enum pst_source_status status)
{
	return pst_source_status_names[(unsigned)status < PST_SOURCE_STATUS_COUNT ? status : 0];
}

const char *pst_store_name(enum pst_store store)
{
	return (unsigned)store < PST_STORE_COUNT ? pst_store_names[store] : "unset";
}

void *policy_alloc(struct pst_policy *policy, size_t count, size_t size)
{
	struct arena_block *block;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
		__builtin_add_overflow(bytes, sizeof(*block), &bytes)) {
		return NULL;
	}
	block = calloc(1, bytes);
	if (!block) {
		return NULL;
	}
	block->next = policy->arena->blocks;
	policy->arena->blocks = block;
	return block->data;
}

void pst_policy_destroy(struct pst_policy **policy)
{
	struct pst_policy_arena *arena;

	if (!policy || !*policy) {
		return;
	}
	arena = (*policy)->arena;
	if (arena) {
		struct arena_block *block = arena->blocks;

		while (block) {
			struct arena_block *next = block->next;

			free(block);
			block = next;
		}
		pst_policy_choices_destroy(&arena->choices);
		pst_yaml_close(&arena->yaml);
		free(arena);
	}
	free(*policy);
	*policy = NULL;
}

static int create(struct pst_policy **ret_policy, struct pst_error *error)
{
	struct pst_policy *policy = calloc(1, sizeof(*policy));

	if (policy) {
		policy->arena = calloc(1, sizeof(*policy->arena));
	}
	if (!policy || !policy->arena) {
		free(policy);
		return pst_error_set(error, -ENOMEM, "policy: out of memory");
	}
	*ret_policy = policy;
	return 0;
}

static int check_cover(struct compiler *compiler, const struct cover *cover, const char *name)
{
	const struct pst_policy *policy = compiler->policy;
	char words[300];

	if (cover->undecided) {
		policy_word_gap(policy, &cover->first_undecided, words, sizeof(words));
		return pst_error_set(compiler->error, PST_E_UNSAFE,
			"%s: not total: no rule decides %s (%llu of %u combinations are "
			"undecided); add a rule",
			name, words,
			(unsigned long long)cover->undecided *
				(policy->table.combinations / policy->table.cell_count),
			policy->table.combinations);
	}
	if (cover->contested) {
		const struct pst_rule *a = &policy->rules[cover->contested_by[0]];
		const struct pst_rule *b = &policy->rules[cover->contested_by[1]];

		policy_word_contest(
			policy, &cover->first_contested, cover->contested_by, words, sizeof(words));
		return pst_error_set(compiler->error, PST_E_UNSAFE,
			"%s:%d: rules '%s' and '%s' (line %d) both decide %s with equal priority; "
			"narrow one or give it a priority",
			name, a->line, a->id, b->id, b->line, words);
	}
	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (cover->wins[i] == 0) {
			return policy_fail(compiler, policy_where(compiler, "rules[%u]", i - 1),
				"rule '%s' can never decide: its dates, its values or rules of "
				"higher priority leave it nothing; remove or widen it",
				policy->rules[i].id);
		}
	}
	return 0;
}

/* Axes on which every rule takes every value, and says the same at each. */
static uint32_t idle_axes(const struct pst_policy *policy)
{
	uint32_t idle = 0;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		uint64_t all = policy_axis_all(policy, (enum pst_axis)axis);
		unsigned same = 1;

		while (same < policy->rule_count && policy->rules[same].when[axis] == all) {
			same++;
		}
		idle |= (uint32_t)(same == policy->rule_count) << axis;
	}
	if (policy->choices) {
		idle &= ~(1u << PST_AXIS_NOTICE | 1u << PST_AXIS_CHOICE);
	}
	return idle;
}

static int check_retention(struct compiler *compiler, const char *name)
{
	const struct pst_policy *policy = compiler->policy;

	for (size_t i = 0; i < policy->retention_count; i++) {
		const struct pst_retention *class = &policy->retention[i];

		for (int store = 0; store < PST_STORE_COUNT; store++) {
			if (class->is_unset[store]) {
				return pst_error_set(compiler->error, PST_E_UNSAFE,
					"%s:%d: retention %s.%s is unset; set it in the file, or "
					"in a choices file with a reason",
					name, class->line, class->class_name,
					pst_store_names[store]);
			}
		}
	}
	return 0;
}

static int fill(struct compiler *compiler, const char *name, enum policy_need need)
{
	struct pst_policy *policy = compiler->policy;
	struct cover cover = {0};
	struct pst_cell *cells;

	if (pst_table_shape(&policy->table, idle_axes(policy), PST_POLICY_CELLS_MAX) == 0) {
		return policy_fail(compiler, "axes",
			"the axes span more than %u combinations; take values away",
			PST_POLICY_CELLS_MAX);
	}
	cells = policy_alloc(policy, policy->table.cell_count, sizeof(*cells));
	cover.wins = policy_alloc(policy, policy->rule_count, sizeof(*cover.wins));
	if (!cells || !cover.wins || policy_cover(policy, cells, &cover) < 0) {
		return policy_no_memory(compiler);
	}
	policy->table.cells = cells;
	return need < POLICY_NEED_VALID ? check_cover(compiler, &cover, name) : 0;
}

int policy_build(const char *name, const void *data, size_t size, enum policy_need need,
	struct pst_policy_choices **choices, struct pst_policy **ret_policy,
	struct pst_error *error)
{
	static int (*const parts[])(struct compiler * compiler) = {policy_compile_records,
		policy_compile_axes, policy_compile_ages, policy_compile_rules};
	struct compiler compiler = {.error = error};
	int status = create(&compiler.policy, error);

	if (status < 0) {
		return status;
	}
	status = pst_yaml_parse(
		&compiler.policy->arena->yaml, name, data, size, &policy_file_schema, error);
	if (status >= 0) {
		compiler.yaml = compiler.policy->arena->yaml;
		compiler.top = pst_yaml_data(compiler.yaml);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status >= 0; i++) {
		status = parts[i](&compiler);
	}
	if (status >= 0) {
		compiler.policy->choices = *choices;
		status = policy_choose(&compiler, *choices);
	}
	if (status >= 0) {
		status = fill(&compiler, name, need);
	}
	if (status >= 0 && need < POLICY_NEED_VALID) {
		status = policy_compile_cases(&compiler);
	}
	if (status >= 0 && need == POLICY_NEED_ALL) {
		status = check_retention(&compiler, name);
	}
	if (status < 0) {
		pst_policy_destroy(&compiler.policy);
		return status;
	}
	compiler.policy->arena->choices = *choices;
	*choices = NULL;
	*ret_policy = compiler.policy;
	return 0;
}

int policy_build_file(const char *path, enum policy_need need, struct pst_policy **ret_policy,
	struct pst_error *error)
{
	struct pst_policy_choices *none = NULL;
	uint8_t *data = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(path, PST_POLICY_FILE_MAX, &data, &size, error);

	if (status < 0) {
		return status;
	}
	status = policy_build(path, data, size, need, &none, ret_policy, error);
	free(data);
	return status;
}

int pst_policy_parse(const char *name, const void *data, size_t size,
	struct pst_policy **ret_policy, struct pst_error *error)
{
	struct pst_policy_choices *none = NULL;

	return policy_build(name, data, size, POLICY_NEED_ALL, &none, ret_policy, error);
}

int pst_policy_parse_chosen(const char *name, const void *data, size_t size,
	struct pst_policy_choices **choices, bool needs_retention, struct pst_policy **ret_policy,
	struct pst_error *error)
{
	return policy_build(name, data, size, needs_retention ? POLICY_NEED_ALL : POLICY_NEED_TOTAL,
		choices, ret_policy, error);
}

int pst_policy_load(const char *path, struct pst_policy **ret_policy, struct pst_error *error)
{
	return policy_build_file(path, POLICY_NEED_ALL, ret_policy, error);
}

int pst_policy_read(const char *path, struct pst_policy **ret_policy, struct pst_error *error)
{
	return policy_build_file(path, POLICY_NEED_TOTAL, ret_policy, error);
}
