/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/policy.h"

#define NAME "policy explain"

static const char help[] =
	"usage: postern policy explain FILE --category NAME [INPUTS] [--json]\n"
	"                              [--choices FILE [--operator FILE]]\n"
	"\n"
	"Verdict, rule, sources, retention, obligations, dispute, and which single change of\n"
	"one input would decide otherwise.\n"
	"\n"
	"Inputs. One that is not given takes the policy's default, else the value named here if\n"
	"the policy has it, else the only one there is:\n"
	"  --category NAME     who the person is; must be given\n"
	"  --known-by NAME     document\n"
	"  --age-band NAME     age on the day of the crossing; or --born DAY, like 2012-02-29\n"
	"  --direction NAME    entry\n"
	"  --environment NAME  air\n"
	"  --port NAME\n"
	"  --date DAY          today; the calendar date at the port, like 2025-12-27\n"
	"  --notice NAME       current; or stale, absent\n"
	"  --choice NAME       none; or consent, decline, withdraw\n"
	"  --mode NAME         normal; or partial, suspended\n"
	"  --purpose NAME      verify; or identify, enrol\n"
	"  --modality NAME     face\n"
	"\n" POLICY_CHOICES_HELP "\n"
	"Exit status: 0 ok; 2 usage, or a file or an input that is not valid (which is refused,\n"
	"never decided); 4 the policy is not total, a retention is unset, or the choices are\n"
	"not signed for it.\n";

enum { OPTION_DATE = POLICY_OPTION, OPTION_BORN, OPTION_AXIS };

struct asked {
	struct pst_policy_request request;
	bool has_day;
};

static int take(void *context, int option)
{
	struct asked *asked = context;

	if (option == OPTION_DATE) {
		asked->has_day = true;
		return policy_read_day(NAME, "--date", optarg, &asked->request.day);
	}
	if (option == OPTION_BORN) {
		asked->request.has_born = true;
		return policy_read_day(NAME, "--born", optarg, &asked->request.born_day);
	}
	asked->request.value[option - OPTION_AXIS] = optarg;
	return PST_EXIT_OK;
}

/* Says on stderr which input was not understood; the refusal stands on stdout already. */
static int report_gap(const struct pst_policy *policy, const struct pst_policy_request *request,
	const struct pst_policy_explanation *explanation)
{
	enum pst_axis axis = explanation->gap_axis;
	const char *nearest;

	switch (explanation->gap) {
	case PST_POLICY_GAP_NONE:
	case PST_POLICY_GAP_COUNT:
		return PST_EXIT_OK;
	case PST_POLICY_GAP_MISSING:
		return pst_cli_usage(NAME, "refused: --%s is missing", pst_axis_names[axis]);
	case PST_POLICY_GAP_DATE:
		return pst_cli_usage(NAME, "refused: the date lies before the policy begins, %s",
			policy->values[PST_AXIS_PERIOD][0]);
	case PST_POLICY_GAP_UNKNOWN:
		break;
	}
	if (axis == PST_AXIS_AGE_BAND && request->has_born) {
		return pst_cli_usage(NAME, "refused: %s",
			request->value[axis] ? "--born and --age-band are both given"
			: policy->ages	     ? "--born lies after the date"
				       : "--born: the policy states no ages; give --age-band");
	}
	nearest = pst_text_nearest(policy->values[axis], request->value[axis]);
	return pst_cli_usage(NAME, "refused: unknown value '%s' for --%s%s%s%s",
		request->value[axis], pst_axis_names[axis], nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
}

/* What is meant by an input that is not given: the plainest encounter. */
static void fill_request(const struct pst_policy *policy, struct asked *asked)
{
	static const char *const usual[PST_AXIS_COUNT] = {
		[PST_AXIS_KNOWN_BY] = "document",
		[PST_AXIS_DIRECTION] = "entry",
		[PST_AXIS_ENVIRONMENT] = "air",
		[PST_AXIS_MODE] = "normal",
		[PST_AXIS_PURPOSE] = "verify",
		[PST_AXIS_MODALITY] = "face",
		[PST_AXIS_NOTICE] = "current",
		[PST_AXIS_CHOICE] = "none",
	};

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const char *const *values = policy->values[axis];

		if (asked->request.value[axis] || policy->default_value[axis] || !usual[axis]) {
			continue;
		}
		if (pst_text_index(values, usual[axis]) >= 0) {
			asked->request.value[axis] = usual[axis];
		} else if (policy->table.size[axis] == 1) {
			asked->request.value[axis] = values[0];
		}
	}
	if (!asked->has_day) {
		asked->request.day = policy_today();
	}
}

static int read_line(int argc, char **argv, struct asked *asked, struct policy_line *line)
{
	struct option options[PST_AXIS_COUNT + 2] = {
		{"date", required_argument, NULL, OPTION_DATE},
		{"born", required_argument, NULL, OPTION_BORN},
	};
	size_t count = 2;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			options[count++] = (struct option){
				pst_axis_names[axis], required_argument, NULL, OPTION_AXIS + axis};
		}
	}
	return policy_read_line(&(struct policy_options){.name = NAME,
					.help = help,
					.files_max = 1,
					.takes_choices = true,
					.options = options,
					.take = take,
					.context = asked},
		argc, argv, line);
}

int cmd_policy_explain(int argc, char **argv)
{
	struct asked asked = {0};
	struct policy_line line = {0};
	struct pst_policy_explanation explanation;
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int status = read_line(argc, argv, &asked, &line);

	if (status >= 0) {
		return status;
	}
	status = policy_load(&line, line.files[0], PST_CLI_POLICY_DECIDES, &policy, &error);
	if (status < 0) {
		return pst_cli_fail(NAME, &error);
	}
	fill_request(policy, &asked);
	pst_policy_explain(policy, &asked.request, &explanation);
	if (line.json) {
		pst_cli_print_json(policy_json_explanation(policy, &asked.request, &explanation));
	} else {
		policy_print_explanation(policy, &asked.request, &explanation);
	}
	(void)fflush(stdout);
	status = report_gap(policy, &asked.request, &explanation);
	pst_policy_destroy(&policy);
	return status;
}
