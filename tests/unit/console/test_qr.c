/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/qr.h"

Test(qr, has_its_quiet_zone_and_its_corners)
{
	struct pst_error error = {0};
	char *svg = NULL;

	cr_assert_eq(pst_qr_draw("postern", &svg, &error), 0);
	/* Version 1: 21 modules, and 4 around. Each corner's finder pattern begins with a run of 7.
	 */
	cr_expect_not_null(strstr(svg, "viewBox=\"0 0 29 29\""));
	cr_expect_not_null(strstr(svg, "M4 4h7v1h-7z"));
	cr_expect_not_null(strstr(svg, "M18 4h7v1h-7z"));
	cr_expect_not_null(strstr(svg, "M4 24h7v1h-7z"));
	for (const char *run = strstr(svg, "<path d="); (run = strchr(run, 'M')) != NULL; run++) {
		int x, y;

		cr_assert_eq(sscanf(run, "M%d %d", &x, &y), 2);
		cr_expect(x >= 4 && x < 25 && y >= 4 && y < 25, "dark in the quiet zone");
	}
	free(svg);
}

Test(qr, refuses_what_no_code_holds)
{
	struct pst_error error = {0};
	char *svg = NULL;
	char *text = calloc(4001, 1);

	memset(text, 'a', 4000);
	cr_expect_eq(pst_qr_draw(text, &svg, &error), -EMSGSIZE);
	cr_expect_gt(strlen(error.text), 0);
	cr_expect_eq(pst_qr_draw("", &svg, &error), -EINVAL);
	cr_expect_null(svg);
	free(text);
}
