/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_CONSOLE_H
#define PST_CONSOLE_CONSOLE_H

#include <uv.h>

/** What all handlers share. main()'s; everything in it lives as long as the loop runs. */
struct pst_console {
	uv_loop_t *loop;
	const struct pst_console_options *options; /* console/options.h */
	struct pst_server *server;		   /* console/server.h */
	const struct pst_admit_door *door;	   /* console/admit.h: tokens, sessions */
	struct pst_console_lanes *lanes;	   /* console/lane.h */
	struct pst_streams *streams;		   /* console/stream.h */
};

#endif
