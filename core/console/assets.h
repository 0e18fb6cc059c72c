/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_ASSETS_H
#define PST_CONSOLE_ASSETS_H

#include <stddef.h>

struct pst_http_request;

/** A page, script or style, compiled in by embed.py. No secret is in any. */
struct pst_asset {
	const char *name; /* "languages/en.json" */
	const char *type;
	const char *etag; /* with its quotes; a digest of the content */
	const unsigned char *data;
	size_t size;
};

/** All of them, in the order of their names. */
extern const struct pst_asset pst_assets[];
extern const size_t pst_assets_count;

/** @return the asset of that name, or NULL */
const struct pst_asset *pst_asset_find(const char *name);

/** Handlers of the route table. */
void pst_asset_file(struct pst_http_request *request);	     /* /assets/... */
void pst_asset_index(struct pst_http_request *request);	     /* / */
void pst_asset_traveler(struct pst_http_request *request);   /* /traveler/LANE */
void pst_asset_officer(struct pst_http_request *request);    /* /officer */
void pst_asset_integrator(struct pst_http_request *request); /* /integrator */

#endif
