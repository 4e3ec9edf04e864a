/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transport.h - a Transport Session's UDP socket
 */
#ifndef PNF_TRANSPORT_H
#define PNF_TRANSPORT_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "config.h"

struct net;
struct sock;
struct socket;

/**
 * struct pnf_transport - a connected UDP socket that sends to one Collector
 * @sock: the socket, NULL while closed
 * @sndbuf_default: octets of send buffer as the system has it
 * @overhead: octets of IP and UDP header of a message
 * @wake: called when there is room again or an error came in; softirq or process
 *	context, must not sleep
 * @error_report: the socket's own callback
 * @write_space: the socket's own callback
 */
struct pnf_transport {
	struct socket *sock;
	u32 sndbuf_default;
	unsigned int overhead;
	void (*wake)(struct pnf_transport *transport);
	void (*error_report)(struct sock *sk);
	void (*write_space)(struct sock *sk);
};

/**
 * struct pnf_transport_reports - errors that arrived since the last look
 * @refused: ICMP says that nobody listens at the Collector's port
 * @too_big: ICMP or the stack say that a message was too big for the path
 * @other: anything else
 * @last_error: errno of the latest, 0: none
 */
struct pnf_transport_reports {
	unsigned int refused;
	unsigned int too_big;
	unsigned int other;
	int last_error;
};

/* Octets of IP and UDP header of a message */
static inline unsigned int pnf_transport_overhead(u8 version)
{
	return sizeof(struct udphdr) +
	       (version == PNF_IPV6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

int pnf_transport_open(struct pnf_transport *transport, struct net *net,
		       const struct pnf_destination *destination,
		       const struct pnf_config *config);
void pnf_transport_close(struct pnf_transport *transport);
int pnf_transport_send(struct pnf_transport *transport, void *data, size_t octets);
void pnf_transport_discard_received(struct pnf_transport *transport);
void pnf_transport_collect_reports(struct pnf_transport *transport,
				   struct pnf_transport_reports *reports);
bool pnf_transport_has_reports(const struct pnf_transport *transport);
bool pnf_transport_has_room(const struct pnf_transport *transport);
unsigned int pnf_transport_mtu(const struct pnf_transport *transport);
void pnf_transport_set_sndbuf(struct pnf_transport *transport, u32 sndbuf);
void pnf_transport_set_dscp(struct pnf_transport *transport, u8 dscp);
u32 pnf_transport_sndbuf(const struct pnf_transport *transport);
u32 pnf_transport_sndbuf_used(const struct pnf_transport *transport);

#endif /* PNF_TRANSPORT_H */
