/* SPDX-License-Identifier: Apache-2.0 */
#include "console/assets.h"

#include <stdlib.h>
#include <string.h>

#include "console/console.h"
#include "console/http.h"
#include "console/options.h"

#define FOLDER "/assets/"

static int compare(const void *name, const void *asset)
{
	return strcmp(name, ((const struct pst_asset *)asset)->name);
}

const struct pst_asset *pst_asset_find(const char *name)
{
	return bsearch(name, pst_assets, pst_assets_count, sizeof(pst_assets[0]), compare);
}

static void reply(struct pst_http_request *request, const char *name)
{
	const struct pst_asset *asset = pst_asset_find(name);

	if (asset) {
		pst_http_reply_asset(request, asset);
	} else {
		pst_http_reply_error(request, 404, "unknown", "no such file; begin at /");
	}
}

void pst_asset_file(struct pst_http_request *request)
{
	reply(request, request->path + strlen(FOLDER));
}

void pst_asset_index(struct pst_http_request *request)
{
	reply(request, "index.html");
}

void pst_asset_traveler(struct pst_http_request *request)
{
	const struct pst_console_options *options = request->console->options;

	for (size_t i = 0; i < options->lanes; i++) {
		if (strcmp(options->lane[i].name, request->parameter[0]) == 0) {
			reply(request, "traveler.html");
			return;
		}
	}
	pst_http_reply_error(request, 404, "unknown",
		"this console has no lane of that name; see the addresses that it printed");
}

void pst_asset_officer(struct pst_http_request *request)
{
	reply(request, "officer.html");
}

void pst_asset_integrator(struct pst_http_request *request)
{
	reply(request, "integrator.html");
}
