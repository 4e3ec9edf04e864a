/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_DESTINATIONS_H
#define NFMGR_DESTINATIONS_H

#include "channel.h"
#include "out.h"

void destination_read(struct nlattr *const *tb, struct destination *dest);
void destination_print_state(struct out *out, struct nlattr *const *tb);
int destinations_print(struct out *out, const char *key, const struct replies *replies,
		       struct err *err);
void destination_print_problems(struct out *out, struct nlattr *const *tb);

#endif
