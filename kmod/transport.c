// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errqueue.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/sock.h>

#include "kthread.h"
#include "transport.h"

#define PNF_DISCARD_MAX		4096

static void pnf_transport_wake(struct sock *sk)
{
	struct pnf_transport *transport;

	read_lock_bh(&sk->sk_callback_lock);
	transport = sk->sk_user_data;
	if (transport)
		transport->wake(transport);
	read_unlock_bh(&sk->sk_callback_lock);
}

static int pnf_transport_set_option(struct socket *sock, int level, int option, int value)
{
	return sock->ops->setsockopt(sock, level, option, KERNEL_SOCKPTR(&value),
				     sizeof(value));
}

/* The ECN bits are the stack's. */
static int pnf_transport_set_tos(struct socket *sock, u8 dscp)
{
	if (sock->sk->sk_family == AF_INET6)
		return pnf_transport_set_option(sock, SOL_IPV6, IPV6_TCLASS, dscp << 2);
	return pnf_transport_set_option(sock, SOL_IP, IP_TOS, dscp << 2);
}

/*
 * IP_RECVERR makes a full qdisc an error of sendmsg() (net/ipv4/udp.c,
 * udp_send_skb()) and queues ICMP errors; IP_PMTUDISC_DO sets DF and lets nothing be
 * fragmented here either. IPV6_V6ONLY lets a socket of IPv4 have the same port.
 */
static int pnf_transport_set_options(struct socket *sock, u8 version, u8 dscp)
{
	int err;

	err = pnf_transport_set_tos(sock, dscp);
	if (err)
		return err;
	if (version == PNF_IPV6) {
		err = pnf_transport_set_option(sock, SOL_IPV6, IPV6_V6ONLY, 1);
		if (err)
			return err;
		err = pnf_transport_set_option(sock, SOL_IPV6, IPV6_RECVERR, 1);
		if (err)
			return err;
		return pnf_transport_set_option(sock, SOL_IPV6, IPV6_MTU_DISCOVER,
						IPV6_PMTUDISC_DO);
	}
	err = pnf_transport_set_option(sock, SOL_IP, IP_RECVERR, 1);
	if (err)
		return err;
	return pnf_transport_set_option(sock, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
}

static int pnf_transport_address(struct sockaddr_storage *storage, u8 version,
				 const union pnf_address *address, __be16 port,
				 int ifindex)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)storage;
	struct sockaddr_in *sin = (struct sockaddr_in *)storage;

	memset(storage, 0, sizeof(*storage));
	if (version == PNF_IPV6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = address->v6;
		sin6->sin6_port = port;
		sin6->sin6_scope_id = ifindex; /* used for link-local addresses only */
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = address->v4;
	sin->sin_port = port;
	return sizeof(*sin);
}

static int pnf_transport_bind_device(struct socket *sock, struct net *net,
				     const char *name)
{
	struct net_device *dev;
	int ifindex;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(net, name);
	ifindex = dev ? dev->ifindex : 0;
	rcu_read_unlock();
	if (!ifindex)
		return -ENODEV;
	return sock_bindtoindex(sock->sk, ifindex, true) ?: ifindex;
}

static int pnf_transport_connect(struct socket *sock, struct net *net,
				 const struct pnf_destination *destination, u16 source_port)
{
	const union pnf_address *source = &destination->source; /* zero: any */
	struct sockaddr_storage storage;
	int ifindex = 0;
	int octets;
	int err;

	if (destination->device[0]) {
		ifindex = pnf_transport_bind_device(sock, net, destination->device);
		if (ifindex < 0)
			return ifindex;
	}
	if (source_port)
		sock->sk->sk_reuse = SK_CAN_REUSE; /* all destinations have the same */
	if (destination->has_source || source_port) {
		octets = pnf_transport_address(&storage, destination->version, source,
					       htons(source_port), ifindex);
		err = kernel_bind(sock, (struct sockaddr *)&storage, octets);
		if (err)
			return err;
	}
	octets = pnf_transport_address(&storage, destination->version,
				       &destination->address, destination->port, ifindex);
	return kernel_connect(sock, (struct sockaddr *)&storage, octets, 0);
}

struct pnf_transport_creation {
	struct work_struct work;
	struct net *net;
	int family;
	struct socket *sock;
	int err;
};

static void pnf_transport_create_work(struct work_struct *work)
{
	struct pnf_transport_creation *creation =
		container_of(work, struct pnf_transport_creation, work);

	creation->err = sock_create_kern(creation->net, creation->family, SOCK_DGRAM, IPPROTO_UDP,
					 &creation->sock);
}

static int pnf_transport_create(struct net *net, int family, struct socket **sock)
{
	struct pnf_transport_creation creation = { .net = net, .family = family };

	INIT_WORK_ONSTACK(&creation.work, pnf_transport_create_work);
	pnf_run_in_kthread(&creation.work);
	destroy_work_on_stack(&creation.work);
	*sock = creation.sock;
	return creation.err;
}

/**
 * pnf_transport_open() - make a socket and connect it
 * @transport: closed; @wake is set
 * @net: the namespace; the socket does not keep it alive
 * @destination: the Collector
 * @config: the settings that tell of size of the send buffer, DSCP and source port
 *
 * Context: process; does not wait for the network.
 *
 * Return: 0 or what the socket calls say, e.g. -ENETUNREACH, -ENODEV, -EADDRNOTAVAIL, and
 * -EADDRINUSE where somebody else has the source port.
 */
int pnf_transport_open(struct pnf_transport *transport, struct net *net,
		       const struct pnf_destination *destination,
		       const struct pnf_config *config)
{
	bool ipv6 = destination->version == PNF_IPV6;
	struct socket *sock;
	int err;

	err = pnf_transport_create(net, ipv6 ? AF_INET6 : AF_INET, &sock);
	if (err)
		return err;
	sock->sk->sk_allocation = GFP_KERNEL;
	err = pnf_transport_set_options(sock, destination->version, config->dscp);
	if (!err)
		err = pnf_transport_connect(sock, net, destination, config->source_port);
	if (err) {
		sock_release(sock);
		return err;
	}

	transport->sock = sock;
	transport->sndbuf_default = sock->sk->sk_sndbuf;
	transport->overhead = pnf_transport_overhead(destination->version);
	if (config->sndbuf)
		pnf_transport_set_sndbuf(transport, config->sndbuf);

	write_lock_bh(&sock->sk->sk_callback_lock);
	transport->error_report = sock->sk->sk_error_report;
	transport->write_space = sock->sk->sk_write_space;
	sock->sk->sk_user_data = transport;
	sock->sk->sk_error_report = pnf_transport_wake;
	sock->sk->sk_write_space = pnf_transport_wake;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	return 0;
}

/**
 * pnf_transport_close() - close the socket
 * @transport: open or closed
 *
 * What the stack has not sent yet keeps the struct sock, perhaps longer than this module is
 * loaded: it gets its own callbacks back. Who has just read the former ones (sock_wfree() in
 * net/core/sock.c) is waited for by the end of the namespace's operations, which has a grace
 * period between pre_exit, where sockets are closed, and exit.
 *
 * Context: process. @wake is not called any more after this.
 */
void pnf_transport_close(struct pnf_transport *transport)
{
	struct socket *sock = transport->sock;

	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_user_data = NULL;
	sock->sk->sk_error_report = transport->error_report;
	sock->sk->sk_write_space = transport->write_space;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	transport->sock = NULL;
	sock_release(sock);
}

/**
 * pnf_transport_send() - hand one message to the stack
 * @transport: open
 * @data: the message
 * @octets: its length
 *
 * Context: process; does not wait for room.
 *
 * Return: 0 when the stack took it, else why not: -EAGAIN (send buffer full),
 * -ENOBUFS (queue of the device full), -EMSGSIZE, or an error that a router or the
 * Collector reported on an earlier message.
 */
int pnf_transport_send(struct pnf_transport *transport, void *data, size_t octets)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec iov = { .iov_base = data, .iov_len = octets };
	int sent;

	sent = kernel_sendmsg(transport->sock, &msg, &iov, 1, octets);
	return sent < 0 ? sent : 0;
}

/**
 * pnf_transport_collect_reports() - read the socket's queue of errors
 * @transport: open
 * @reports: filled in
 *
 * Context: process. Errors of the stack itself are left out: pnf_transport_send()
 * returned them.
 */
void pnf_transport_collect_reports(struct pnf_transport *transport,
				   struct pnf_transport_reports *reports)
{
	const struct sock_extended_err *report;
	struct sk_buff *skb;

	memset(reports, 0, sizeof(*reports));
	while ((skb = sock_dequeue_err_skb(transport->sock->sk))) {
		report = &SKB_EXT_ERR(skb)->ee;
		if (report->ee_origin == SO_EE_ORIGIN_ICMP ||
		    report->ee_origin == SO_EE_ORIGIN_ICMP6) {
			reports->last_error = report->ee_errno;
			if (report->ee_errno == ECONNREFUSED)
				reports->refused++;
			else if (report->ee_errno == EMSGSIZE)
				reports->too_big++;
			else
				reports->other++;
		}
		consume_skb(skb);
	}
}

/**
 * pnf_transport_discard_received() - make room for reports
 * @transport: open
 *
 * Nobody has anything to tell an Exporting Process, but may send it: what is not read takes the
 * place of ICMP errors in the receive buffer.
 *
 * Context: process. Some datagrams at a time: call it again.
 */
void pnf_transport_discard_received(struct pnf_transport *transport)
{
	struct sock *sk = transport->sock->sk;
	unsigned int left = PNF_DISCARD_MAX;
	struct msghdr msg;
	struct kvec iov;
	u8 octet;

	while (left-- && !skb_queue_empty_lockless(&sk->sk_receive_queue)) {
		memset(&msg, 0, sizeof(msg));
		iov = (struct kvec) { .iov_base = &octet, .iov_len = sizeof(octet) };
		if (kernel_recvmsg(transport->sock, &msg, &iov, 1, sizeof(octet),
				   MSG_DONTWAIT | MSG_TRUNC) < 0)
			break;
	}
}

/**
 * pnf_transport_has_reports() - whether an error waits to be read
 * @transport: open
 *
 * Context: any.
 */
bool pnf_transport_has_reports(const struct pnf_transport *transport)
{
	const struct sock *sk = transport->sock->sk;

	return READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue);
}

/**
 * pnf_transport_has_room() - whether another message is likely to be taken
 * @transport: open
 *
 * Context: any.
 */
bool pnf_transport_has_room(const struct pnf_transport *transport)
{
	return sock_writeable(transport->sock->sk);
}

/**
 * pnf_transport_mtu() - the path's MTU as far as it is known
 * @transport: open
 *
 * Return: octets of the IP packet, 0: unknown.
 */
unsigned int pnf_transport_mtu(const struct pnf_transport *transport)
{
	struct dst_entry *dst = sk_dst_get(transport->sock->sk);
	unsigned int mtu = 0;

	if (dst) {
		mtu = dst_mtu(dst);
		dst_release(dst);
	}
	return mtu;
}

/**
 * pnf_transport_set_sndbuf() - set the size of the send buffer
 * @transport: open
 * @sndbuf: octets, raised to what the stack needs at least; 0: the system's default
 *
 * Context: process.
 */
void pnf_transport_set_sndbuf(struct pnf_transport *transport, u32 sndbuf)
{
	struct sock *sk = transport->sock->sk;

	lock_sock(sk);
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, sndbuf ? max_t(u32, sndbuf, SOCK_MIN_SNDBUF) :
					   transport->sndbuf_default);
	release_sock(sk);
}

/**
 * pnf_transport_set_dscp() - set the DSCP of messages from now on
 * @transport: open
 * @dscp: 0..63
 *
 * Context: process.
 */
void pnf_transport_set_dscp(struct pnf_transport *transport, u8 dscp)
{
	/* It cannot fail: the value is in range, and of the option's size. */
	pnf_transport_set_tos(transport->sock, dscp);
}

/**
 * pnf_transport_sndbuf() - size of the send buffer in octets
 * @transport: open
 */
u32 pnf_transport_sndbuf(const struct pnf_transport *transport)
{
	return READ_ONCE(transport->sock->sk->sk_sndbuf);
}

/**
 * pnf_transport_sndbuf_used() - octets in the send buffer
 * @transport: open
 */
u32 pnf_transport_sndbuf_used(const struct pnf_transport *transport)
{
	return sk_wmem_alloc_get(transport->sock->sk);
}
