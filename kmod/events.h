/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h - what lower levels have to tell; nl_family.c tells the listeners
 */
#ifndef PNF_EVENTS_H
#define PNF_EVENTS_H

#include "types.h"

struct net;
struct pnf_session;

void pnf_event_config(struct net *net, u32 generation);
void pnf_event_destination(struct net *net, const struct pnf_session *session);
void pnf_event_cache_full(struct net *net, u32 flows, u32 maxflows);

#endif /* PNF_EVENTS_H */
