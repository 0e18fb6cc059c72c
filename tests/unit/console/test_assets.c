/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "console/assets.h"

Test(assets, every_one_is_found_by_its_name_alone)
{
	cr_assert_gt(pst_assets_count, 3);
	for (size_t i = 0; i < pst_assets_count; i++) {
		const struct pst_asset *asset = &pst_assets[i];

		cr_assert_eq(pst_asset_find(asset->name), asset, "%s", asset->name);
		cr_assert(i == 0 || strcmp(pst_assets[i - 1].name, asset->name) < 0,
			"%s: out of order", asset->name);
	}
	cr_assert_null(pst_asset_find(""));
	cr_assert_null(pst_asset_find("index.htm"));
	cr_assert_null(pst_asset_find("/index.html"));
	cr_assert_null(pst_asset_find("../assets/index.html"));
}

Test(assets, content_and_what_is_said_of_it_belong_together)
{
	const struct pst_asset *page = pst_asset_find("index.html");

	cr_assert_not_null(page);
	cr_assert_str_eq(page->type, "text/html; charset=utf-8");
	cr_assert_not_null(memmem(page->data, page->size, "</html>", 7));
	for (size_t i = 0; i < pst_assets_count; i++) {
		const char *etag = pst_assets[i].etag;

		cr_assert_gt(pst_assets[i].size, 0, "%s", pst_assets[i].name);
		cr_assert_eq(strlen(etag), 34);
		cr_assert(etag[0] == '"' && etag[33] == '"');
		for (size_t k = 0; k < i; k++) {
			cr_assert_str_neq(etag, pst_assets[k].etag);
		}
	}
}
