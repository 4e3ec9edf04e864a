// SPDX-License-Identifier: GPL-2.0-only
#include <linux/in.h>
#include <linux/kmod.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "kthread.h"
#include "nat.h"

/**
 * DOC: NAT events
 *
 * Conntrack has one notifier per namespace, and ctnetlink holds it. A netlink socket of the
 * kernel's own that has joined ctnetlink's groups is a listener like conntrack -E: it takes
 * nothing from others. To join is also what makes new entries have events at all where
 * net.netfilter.nf_conntrack_events is 2, the default from Linux 5.19 on (nfnetlink_bind(),
 * nf_ct_ecache_ext_add()). Entries that are older may end without an event.
 *
 * A translation is set up before its entry is confirmed and never changes after that
 * (nf_nat_setup_info()), and an entry has no event before it is confirmed
 * (nf_conntrack_confirm(), nf_conntrack_eventmask_report()): the first event, in the group of
 * the new ones, tells all there is. Updates have nothing to add.
 */

/*
 * Octets that may be queued in the socket. An event takes about 1 KiB of them with its skb,
 * so this is some 16000: more than 100 ms of what a router can do.
 */
#define PNF_NAT_RCVBUF		(16 << 20)
#define PNF_NAT_BUFFER		8192	/* octets of a message */
#define PNF_NAT_STEP		4096	/* messages before other work gets a turn */
#define PNF_NAT_CHUNK		64	/* messages before other tasks may get one */
/* Events that are remembered: in so many buckets, and so many in one, the latest first */
#define PNF_NAT_TOLD_BITS	11
#define PNF_NAT_TOLD_EACH	8

/* One direction of an entry; ICMP and ICMPv6 have identifier and type * 256 + code for ports */
struct pnf_nat_tuple {
	union pnf_address saddr;
	union pnf_address daddr;
	__be16 sport;
	__be16 dport;
	u8 protocol;
};

static const struct nla_policy pnf_nat_entry_policy[CTA_MAX + 1] = {
	[CTA_TUPLE_ORIG] = { .type = NLA_NESTED },
	[CTA_TUPLE_REPLY] = { .type = NLA_NESTED },
	[CTA_STATUS] = { .type = NLA_U32 },
	[CTA_ID] = { .type = NLA_U32 },
};

static const struct nla_policy pnf_nat_tuple_policy[CTA_TUPLE_MAX + 1] = {
	[CTA_TUPLE_IP] = { .type = NLA_NESTED },
	[CTA_TUPLE_PROTO] = { .type = NLA_NESTED },
};

static const struct nla_policy pnf_nat_ip_policy[CTA_IP_MAX + 1] = {
	[CTA_IP_V4_SRC] = { .type = NLA_U32 },
	[CTA_IP_V4_DST] = { .type = NLA_U32 },
	[CTA_IP_V6_SRC] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[CTA_IP_V6_DST] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
};

static const struct nla_policy pnf_nat_proto_policy[CTA_PROTO_MAX + 1] = {
	[CTA_PROTO_NUM] = { .type = NLA_U8 },
	[CTA_PROTO_SRC_PORT] = { .type = NLA_U16 },
	[CTA_PROTO_DST_PORT] = { .type = NLA_U16 },
	[CTA_PROTO_ICMP_ID] = { .type = NLA_U16 },
	[CTA_PROTO_ICMP_TYPE] = { .type = NLA_U8 },
	[CTA_PROTO_ICMP_CODE] = { .type = NLA_U8 },
	[CTA_PROTO_ICMPV6_ID] = { .type = NLA_U16 },
	[CTA_PROTO_ICMPV6_TYPE] = { .type = NLA_U8 },
	[CTA_PROTO_ICMPV6_CODE] = { .type = NLA_U8 },
};

/* Reading ctnetlink's messages */

static int pnf_nat_parse_addresses(struct pnf_nat_tuple *tuple, const struct nlattr *attr,
				   u8 version)
{
	struct nlattr *tb[CTA_IP_MAX + 1];

	if (nla_parse_nested_deprecated(tb, CTA_IP_MAX, attr, pnf_nat_ip_policy, NULL))
		return -EBADMSG;
	if (version == PNF_IPV4) {
		if (!tb[CTA_IP_V4_SRC] || !tb[CTA_IP_V4_DST])
			return -EBADMSG;
		tuple->saddr.v4 = nla_get_in_addr(tb[CTA_IP_V4_SRC]);
		tuple->daddr.v4 = nla_get_in_addr(tb[CTA_IP_V4_DST]);
		return 0;
	}
	if (!tb[CTA_IP_V6_SRC] || !tb[CTA_IP_V6_DST])
		return -EBADMSG;
	tuple->saddr.v6 = nla_get_in6_addr(tb[CTA_IP_V6_SRC]);
	tuple->daddr.v6 = nla_get_in6_addr(tb[CTA_IP_V6_DST]);
	return 0;
}

static int pnf_nat_parse_icmp(struct pnf_nat_tuple *tuple, const struct nlattr *id,
			      const struct nlattr *type, const struct nlattr *code)
{
	if (!id || !type || !code)
		return -EBADMSG;
	tuple->sport = nla_get_be16(id);
	tuple->dport = cpu_to_be16(nla_get_u8(type) << 8 | nla_get_u8(code));
	return 0;
}

/* Protocols that conntrack knows nothing of have no ports. */
static int pnf_nat_parse_ports(struct pnf_nat_tuple *tuple, const struct nlattr *attr)
{
	struct nlattr *tb[CTA_PROTO_MAX + 1];

	if (nla_parse_nested_deprecated(tb, CTA_PROTO_MAX, attr, pnf_nat_proto_policy, NULL) ||
	    !tb[CTA_PROTO_NUM])
		return -EBADMSG;
	tuple->protocol = nla_get_u8(tb[CTA_PROTO_NUM]);
	switch (tuple->protocol) {
	case IPPROTO_ICMP:
		return pnf_nat_parse_icmp(tuple, tb[CTA_PROTO_ICMP_ID], tb[CTA_PROTO_ICMP_TYPE],
					  tb[CTA_PROTO_ICMP_CODE]);
	case IPPROTO_ICMPV6:
		return pnf_nat_parse_icmp(tuple, tb[CTA_PROTO_ICMPV6_ID],
					  tb[CTA_PROTO_ICMPV6_TYPE], tb[CTA_PROTO_ICMPV6_CODE]);
	}
	if (tb[CTA_PROTO_SRC_PORT])
		tuple->sport = nla_get_be16(tb[CTA_PROTO_SRC_PORT]);
	if (tb[CTA_PROTO_DST_PORT])
		tuple->dport = nla_get_be16(tb[CTA_PROTO_DST_PORT]);
	return 0;
}

static int pnf_nat_parse_tuple(struct pnf_nat_tuple *tuple, const struct nlattr *attr, u8 version)
{
	struct nlattr *tb[CTA_TUPLE_MAX + 1];

	memset(tuple, 0, sizeof(*tuple));
	if (nla_parse_nested_deprecated(tb, CTA_TUPLE_MAX, attr, pnf_nat_tuple_policy, NULL) ||
	    !tb[CTA_TUPLE_IP] || !tb[CTA_TUPLE_PROTO])
		return -EBADMSG;
	return pnf_nat_parse_addresses(tuple, tb[CTA_TUPLE_IP], version) ?:
	       pnf_nat_parse_ports(tuple, tb[CTA_TUPLE_PROTO]);
}

/* What replies are sent to and from is what the original direction was translated to. */
static void pnf_nat_event_fill(struct pnf_nat_event *event, u8 version,
			       const struct pnf_nat_tuple *original,
			       const struct pnf_nat_tuple *reply)
{
	memset(event, 0, sizeof(*event));
	event->version = version;
	event->protocol = original->protocol;
	event->saddr = original->saddr;
	event->daddr = original->daddr;
	event->sport = original->sport;
	event->dport = original->dport;
	event->post_saddr = reply->daddr;
	event->post_daddr = reply->saddr;
	if (original->protocol == IPPROTO_ICMP || original->protocol == IPPROTO_ICMPV6) {
		event->post_sport = reply->sport;
		event->post_dport = original->dport;
	} else {
		event->post_sport = reply->dport;
		event->post_dport = reply->sport;
	}
}

/* 1: @event is one of a translation, 0: there is none, or -EBADMSG */
static int pnf_nat_parse_entry(const struct nlmsghdr *nlh, struct pnf_nat_event *event, u32 *id)
{
	const struct nfgenmsg *nfmsg = nlmsg_data(nlh);
	struct pnf_nat_tuple original, reply;
	struct nlattr *tb[CTA_MAX + 1];
	u8 version;

	if (nlmsg_parse_deprecated(nlh, sizeof(*nfmsg), tb, CTA_MAX, pnf_nat_entry_policy, NULL) ||
	    !tb[CTA_STATUS])
		return -EBADMSG;
	if (!(be32_to_cpu(nla_get_be32(tb[CTA_STATUS])) & IPS_NAT_MASK))
		return 0;

	switch (nfmsg->nfgen_family) {
	case AF_INET:
		version = PNF_IPV4;
		break;
	case AF_INET6:
		version = PNF_IPV6;
		break;
	default:
		return -EBADMSG;
	}
	if (!tb[CTA_TUPLE_ORIG] || !tb[CTA_TUPLE_REPLY] || !tb[CTA_ID] ||
	    pnf_nat_parse_tuple(&original, tb[CTA_TUPLE_ORIG], version) ||
	    pnf_nat_parse_tuple(&reply, tb[CTA_TUPLE_REPLY], version) ||
	    original.protocol != reply.protocol)
		return -EBADMSG;
	pnf_nat_event_fill(event, version, &original, &reply);
	*id = nla_get_u32(tb[CTA_ID]);
	return 1;
}

/*
 * Conntrack sends an event again to all its listeners if one that has asked for it
 * (NETLINK_BROADCAST_ERROR) had no room (nf_conntrack_ecache.c): creations once more, ends
 * every 10 ms until it has. CTA_ID and tuples make an entry what it is; who has just told the
 * same of it is not told again. After a loss nothing is known of what was told before.
 */
static bool pnf_nat_was_told(struct pnf_nat *nat, const struct pnf_nat_event *event, u32 id)
{
	u32 losses = atomic64_read(&nat->lost);
	u64 *bucket, fingerprint;
	unsigned int i;

	fingerprint = siphash(&event->saddr, offsetof(struct pnf_nat_event, created) -
					     offsetof(struct pnf_nat_event, saddr), &nat->key);
	fingerprint = siphash_2u64(fingerprint, (u64)losses << 32 | id, &nat->key);
	bucket = &nat->told[(fingerprint >> (64 - PNF_NAT_TOLD_BITS)) * PNF_NAT_TOLD_EACH];
	fingerprint = (fingerprint & ~1ull) | event->created;
	/* The same entry differs in the last bit at most; else the oldest makes room. */
	for (i = 0; i < PNF_NAT_TOLD_EACH - 1; i++)
		if ((bucket[i] ^ fingerprint) <= 1)
			break;
	if (bucket[i] == fingerprint)
		return true;
	memmove(&bucket[1], &bucket[0], i * sizeof(*bucket));
	bucket[0] = fingerprint;
	return false;
}

static int pnf_nat_take(struct pnf_nat *nat, const struct nlmsghdr *nlh)
{
	struct pnf_nat_event event;
	int translated;
	bool created;
	u32 id;

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_CTNETLINK)
		return -EBADMSG;
	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case IPCTNL_MSG_CT_NEW:
		created = true;
		break;
	case IPCTNL_MSG_CT_DELETE:
		created = false;
		break;
	default:
		return -EBADMSG;
	}
	translated = pnf_nat_parse_entry(nlh, &event, &id);
	if (translated <= 0)
		return translated;

	event.created = created;
	event.time_ns = ktime_get_boottime_ns();
	if (!pnf_nat_was_told(nat, &event, id))
		nat->event(nat, &event);
	return 0;
}

/* The socket's queue */

static void pnf_nat_count_drops(struct pnf_nat *nat)
{
	u32 drops = atomic_read(&nat->sock->sk->sk_drops);

	if (drops != nat->drops)
		atomic64_add((u32)(drops - nat->drops), &nat->lost);
	nat->drops = drops;
}

/* One message, which is one event: false if there is none. */
static bool pnf_nat_receive(struct pnf_nat *nat)
{
	struct kvec iov = { .iov_base = nat->buffer, .iov_len = PNF_NAT_BUFFER };
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)nat->buffer;
	struct sockaddr_nl from = { };
	struct msghdr msg = { .msg_name = &from };
	int octets;

	octets = kernel_recvmsg(nat->sock, &msg, &iov, 1, PNF_NAT_BUFFER, MSG_DONTWAIT);
	pnf_nat_count_drops(nat);
	if (octets < 0)
		return octets != -EAGAIN;
	/* Root can send to any netlink socket, but in its own name */
	if (from.nl_pid)
		return true;
	if ((msg.msg_flags & MSG_TRUNC) || !nlmsg_ok(nlh, octets) || pnf_nat_take(nat, nlh))
		atomic64_inc(&nat->lost);
	return true;
}

/* False: all is read, else @limit was reached. */
static bool pnf_nat_read(struct pnf_nat *nat, unsigned int limit)
{
	unsigned int i;

	for (i = 0; i < limit; i++) {
		if (!pnf_nat_receive(nat))
			return false;
		if (i % PNF_NAT_CHUNK == 0)
			cond_resched();
	}
	return true;
}

static void pnf_nat_work(struct work_struct *work)
{
	struct pnf_nat *nat = container_of(work, struct pnf_nat, work);

	if (pnf_nat_read(nat, PNF_NAT_STEP))
		queue_work(nat->wq, &nat->work);
}

static void pnf_nat_data_ready(struct sock *sk)
{
	struct pnf_nat *nat;

	read_lock_bh(&sk->sk_callback_lock);
	nat = sk->sk_user_data;
	if (nat)
		queue_work(nat->wq, &nat->work);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* Opening and closing */

/* Only ctnetlink registers the notifier of a namespace, in every one as it is loaded. */
static bool pnf_nat_has_ctnetlink(const struct net *net)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && defined(CONFIG_NF_CONNTRACK_EVENTS)
	return rcu_access_pointer(net->ct.nf_conntrack_event_cb);
#else
	return false;
#endif
}

/*
 * Without NETLINK_NO_ENOBUFS a full socket gets nothing more until it was read empty
 * (NETLINK_S_CONGESTED in af_netlink.c), and of events for which there was no memory
 * it is told that there were some. With it they are sent again (nfnetlink_set_err()).
 *
 * No process, whose numbers end at PID_MAX_LIMIT, ever has or wants an address with the
 * highest bit; netlink_bind() would make up that of this thread.
 */
static int pnf_nat_join(struct pnf_nat *nat)
{
	struct socket *sock = nat->sock;
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_pid = get_random_u32() | BIT(31),
		.nl_groups = BIT(NFNLGRP_CONNTRACK_NEW - 1) | BIT(NFNLGRP_CONNTRACK_DESTROY - 1),
	};
	int on = 1;
	int err;

	err = sock->ops->setsockopt(sock, SOL_NETLINK, NETLINK_NO_ENOBUFS, KERNEL_SOCKPTR(&on),
				    sizeof(on));
	if (err)
		return err;

	lock_sock(sock->sk);
	sock->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sock->sk->sk_rcvbuf, PNF_NAT_RCVBUF);
	release_sock(sock->sk);

	write_lock_bh(&sock->sk->sk_callback_lock);
	nat->data_ready = sock->sk->sk_data_ready;
	sock->sk->sk_user_data = nat;
	sock->sk->sk_data_ready = pnf_nat_data_ready;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	return kernel_bind(sock, (struct sockaddr *)&address, sizeof(address));
}

static void pnf_nat_leave(struct pnf_nat *nat)
{
	struct sock *sk = nat->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data) {
		sk->sk_user_data = NULL;
		sk->sk_data_ready = nat->data_ready;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	cancel_work_sync(&nat->work);
}

static void pnf_nat_free(struct pnf_nat *nat)
{
	if (nat->sock)
		sock_release(nat->sock);
	nat->sock = NULL;
	kvfree(nat->told);
	nat->told = NULL;
	kfree(nat->buffer);
	nat->buffer = NULL;
}

struct pnf_nat_opening {
	struct work_struct work;
	struct pnf_nat *nat;
	struct net *net;
	int err;
};

static void pnf_nat_open_work(struct work_struct *work)
{
	struct pnf_nat_opening *opening = container_of(work, struct pnf_nat_opening, work);
	struct pnf_nat *nat = opening->nat;

	opening->err = sock_create_kern(opening->net, PF_NETLINK, SOCK_RAW, NETLINK_NETFILTER,
					&nat->sock);
	if (opening->err)
		return;
	opening->err = pnf_nat_join(nat);
	if (opening->err)
		pnf_nat_leave(nat);
}

static int pnf_nat_open_socket(struct pnf_nat *nat, struct net *net)
{
	struct pnf_nat_opening opening = { .nat = nat, .net = net };

	INIT_WORK_ONSTACK(&opening.work, pnf_nat_open_work);
	pnf_run_in_kthread(&opening.work);
	destroy_work_on_stack(&opening.work);
	return opening.err;
}

/**
 * pnf_nat_open() - listen to translations of a namespace
 * @nat: closed
 * @net: the namespace; the socket does not keep it alive
 * @wq: where events are read
 * @event: called with each event, see struct pnf_nat; perhaps before this returns
 *
 * ctnetlink is loaded if need be: not for the init of pernet operations, which waits for
 * nothing that is loaded. Conntrack itself is the affair of the namespace's rules.
 *
 * Context: process. The caller sees to it that nothing opens or closes @nat meanwhile.
 *
 * Return: 0; -EPROTONOSUPPORT: this kernel has no ctnetlink, or none with events; -ENOMEM; or
 * what the socket calls say.
 */
int pnf_nat_open(struct pnf_nat *nat, struct net *net, struct workqueue_struct *wq,
		 void (*event)(struct pnf_nat *nat, const struct pnf_nat_event *event))
{
	int err;

	if (!pnf_nat_has_ctnetlink(net))
		request_module("nfnetlink-subsys-%d", NFNL_SUBSYS_CTNETLINK);
	if (!pnf_nat_has_ctnetlink(net))
		return -EPROTONOSUPPORT;

	INIT_WORK(&nat->work, pnf_nat_work);
	nat->wq = wq;
	nat->event = event;
	nat->drops = 0;
	get_random_bytes(&nat->key, sizeof(nat->key));
	nat->buffer = kmalloc(PNF_NAT_BUFFER, GFP_KERNEL);
	nat->told = kvcalloc(PNF_NAT_TOLD_EACH << PNF_NAT_TOLD_BITS, sizeof(*nat->told),
			     GFP_KERNEL);
	err = nat->buffer && nat->told ? pnf_nat_open_socket(nat, net) : -ENOMEM;
	if (err)
		pnf_nat_free(nat);
	return err;
}

/**
 * pnf_nat_close() - listen no more
 * @nat: open or closed
 *
 * What is queued is told before. Conntrack's callers are past the socket when its release
 * returns (netlink_table_grab()); for others see pnf_transport_close().
 *
 * Context: process. The event callback is not called any more after this.
 */
void pnf_nat_close(struct pnf_nat *nat)
{
	if (!nat->sock)
		return;
	pnf_nat_leave(nat);
	pnf_nat_read(nat, skb_queue_len(&nat->sock->sk->sk_receive_queue));
	pnf_nat_count_drops(nat);
	pnf_nat_free(nat);
}

/**
 * pnf_nat_lost() - events that were lost
 * @nat: open or closed
 *
 * Events of conntrack, of which nobody can say how many were translations, that found the
 * queue full, and those that could not be understood. They are seen with the next event that
 * is read: at once, as the queue was full.
 *
 * Context: any.
 *
 * Return: how many, over all sockets that @nat had; it only grows.
 */
u64 pnf_nat_lost(const struct pnf_nat *nat)
{
	return atomic64_read(&nat->lost);
}
