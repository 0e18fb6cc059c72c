/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_SESSION_H
#define PST_CONSOLE_SESSION_H

/** Who is at a page. */
enum pst_role {
	PST_ROLE_NONE = 0,   /* has not logged in */
	PST_ROLE_TRAVELER,   /* the display of one lane */
	PST_ROLE_OFFICER,    /* all lanes */
	PST_ROLE_INTEGRATOR, /* all lanes */
	PST_ROLE_COUNT
};

#define PST_ROLE_BIT(role) (1u << (role))

#endif
