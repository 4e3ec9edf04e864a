/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - keeps the list of interfaces up to date
 */
#ifndef PNF_WATCH_H
#define PNF_WATCH_H

struct net;
struct pnf_format;
struct pnf_interfaces;
struct pnf_net;

int pnf_watch_open(struct pnf_net *nn);
struct pnf_interfaces *pnf_watch_read(struct net *net);
void pnf_watch_map_indexes(struct pnf_interfaces *interfaces, const struct pnf_format *format);
void pnf_watch_look(struct pnf_net *nn);
void pnf_watch_close(struct pnf_net *nn);

#endif /* PNF_WATCH_H */
