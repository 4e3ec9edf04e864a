// SPDX-License-Identifier: GPL-2.0-only
#include <linux/stringify.h>
#include <net/ipv6.h>

#include "nl_family.h"

const struct nla_policy pnf_nl_destination_policy[PNF_DESTINATION_MAX + 1] = {
	[PNF_DESTINATION_ADDRESS4] = { .type = NLA_U32 },
	[PNF_DESTINATION_ADDRESS6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[PNF_DESTINATION_PORT] = { .type = NLA_U16 },
	[PNF_DESTINATION_SOURCE4] = { .type = NLA_U32 },
	[PNF_DESTINATION_SOURCE6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[PNF_DESTINATION_DEVICE] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[PNF_DESTINATION_SEQUENCE_V5] = { .type = NLA_U32 },
	[PNF_DESTINATION_SEQUENCE_V9] = { .type = NLA_U32 },
	[PNF_DESTINATION_SEQUENCE_IPFIX] = { .type = NLA_U32 },
	[PNF_DESTINATION_TEMPLATE_ID] = NLA_POLICY_MIN(NLA_U16, 256),
};

static const u16 pnf_nl_sequence_types[PNF_PROTOCOLS] = {
	PNF_DESTINATION_SEQUENCE_V5,
	PNF_DESTINATION_SEQUENCE_V9,
	PNF_DESTINATION_SEQUENCE_IPFIX,
};

/* Reading a request */

static void pnf_nl_parse_address(struct nlattr *ipv4, struct nlattr *ipv6,
				 union pnf_address *address, u8 *version)
{
	if (ipv6) {
		address->v6 = nla_get_in6_addr(ipv6);
		*version = PNF_IPV6;
	} else {
		address->v4 = nla_get_in_addr(ipv4);
		*version = PNF_IPV4;
	}
}

static bool pnf_address_is_any(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 ? ipv6_addr_any(&address->v6) : !address->v4;
}

static bool pnf_address_is_group(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 ? ipv6_addr_is_multicast(&address->v6) :
	       ipv4_is_multicast(address->v4) || ipv4_is_lbcast(address->v4);
}

/* An IPv6 socket sends IPv4 to such an address: it is of the other family in disguise. */
static bool pnf_address_is_mapped(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 && ipv6_addr_v4mapped(&address->v6);
}

/* Means nothing without a device; connect() and bind() refuse it. */
static bool pnf_address_needs_device(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 &&
	       __ipv6_addr_needs_scope_id(__ipv6_addr_type(&address->v6));
}

#define PNF_NL_IS_MAPPED	"write an IPv4 address as such, not mapped into IPv6"
#define PNF_NL_NEEDS_DEVICE	"a link-local address needs the device to send through"

static int pnf_nl_parse_source(struct nlattr **tb, struct pnf_destination *destination,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *ipv4 = tb[PNF_DESTINATION_SOURCE4];
	struct nlattr *ipv6 = tb[PNF_DESTINATION_SOURCE6];
	u8 version;

	if (!ipv4 && !ipv6)
		return 0;
	if (ipv4 && ipv6) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, "a destination has one source address");
		return -EINVAL;
	}
	pnf_nl_parse_address(ipv4, ipv6, &destination->source, &version);
	if (version != destination->version) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "the source address is not of the destination's family");
		return -EINVAL;
	}
	if (pnf_address_is_any(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "the source address is unspecified; leave it out");
		return -EINVAL;
	}
	if (pnf_address_is_group(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "a source is an address of one host, not of a group");
		return -EINVAL;
	}
	if (pnf_address_is_mapped(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, PNF_NL_IS_MAPPED);
		return -EINVAL;
	}
	if (pnf_address_needs_device(version, &destination->source) &&
	    !destination->device[0]) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, PNF_NL_NEEDS_DEVICE);
		return -EINVAL;
	}
	destination->has_source = true;
	return 0;
}

/* What a new session goes on with */
static void pnf_nl_parse_numbers(struct nlattr **tb, struct pnf_destination *destination)
{
	unsigned int i;

	for (i = 0; i < PNF_PROTOCOLS; i++)
		if (tb[pnf_nl_sequence_types[i]])
			destination->sequence[i] = nla_get_u32(tb[pnf_nl_sequence_types[i]]);
	if (tb[PNF_DESTINATION_TEMPLATE_ID])
		destination->template_id = nla_get_u16(tb[PNF_DESTINATION_TEMPLATE_ID]);
}

static int pnf_nl_refuse_numbers(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	unsigned int type;

	for (type = PNF_DESTINATION_SEQUENCE_V5; type <= PNF_DESTINATION_TEMPLATE_ID; type++) {
		if (!tb[type])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, tb[type],
				    "numbers are for a destination that is added");
		return -EINVAL;
	}
	return 0;
}

static int pnf_nl_parse_destination(struct nlattr *attr, bool is_new,
				    struct pnf_destination *destination,
				    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];
	int err;

	err = nla_parse_nested(tb, PNF_DESTINATION_MAX, attr, pnf_nl_destination_policy,
			       extack);
	if (!err && !is_new)
		err = pnf_nl_refuse_numbers(tb, extack);
	if (err)
		return err;

	memset(destination, 0, sizeof(*destination));
	if (!tb[PNF_DESTINATION_ADDRESS4] == !tb[PNF_DESTINATION_ADDRESS6]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a destination has one address, IPv4 or IPv6");
		return -EINVAL;
	}
	pnf_nl_parse_address(tb[PNF_DESTINATION_ADDRESS4], tb[PNF_DESTINATION_ADDRESS6],
			     &destination->address, &destination->version);
	if (pnf_address_is_any(destination->version, &destination->address)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the address of a destination is unspecified");
		return -EINVAL;
	}
	if (pnf_address_is_mapped(destination->version, &destination->address)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, PNF_NL_IS_MAPPED);
		return -EINVAL;
	}
	if (!tb[PNF_DESTINATION_PORT] || !nla_get_be16(tb[PNF_DESTINATION_PORT])) {
		NL_SET_ERR_MSG_ATTR(extack, tb[PNF_DESTINATION_PORT] ?: attr,
				    "a destination has a port from 1 to 65535");
		return -EINVAL;
	}
	destination->port = nla_get_be16(tb[PNF_DESTINATION_PORT]);
	if (tb[PNF_DESTINATION_DEVICE]) {
		nla_strscpy(destination->device, tb[PNF_DESTINATION_DEVICE], IFNAMSIZ);
		if (!dev_valid_name(destination->device)) {
			NL_SET_ERR_MSG_ATTR(extack, tb[PNF_DESTINATION_DEVICE],
					    "a device cannot have this name");
			return -EINVAL;
		}
	}
	if (pnf_address_needs_device(destination->version, &destination->address) &&
	    !destination->device[0]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, PNF_NL_NEEDS_DEVICE);
		return -EINVAL;
	}
	pnf_nl_parse_numbers(tb, destination);
	return pnf_nl_parse_source(tb, destination, extack);
}

static u32 pnf_nl_find_destination(const struct pnf_config *config,
				   const struct pnf_destination *destination)
{
	u32 i;

	for (i = 0; i < config->destination_count; i++)
		if (pnf_destination_equal(&config->destinations[i], destination))
			break;
	return i;
}

/**
 * pnf_nl_destination_add() - an entry of PNF_CONFIG_DESTINATION
 * @next: settings to add to, with room for PNF_DESTINATIONS_MAX
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -EEXIST, -E2BIG, or -EINVAL for one that is none.
 */
int pnf_nl_destination_add(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	struct pnf_destination destination;
	int err;

	err = pnf_nl_parse_destination(attr, true, &destination, extack);
	if (err)
		return err;
	if (pnf_nl_find_destination(next, &destination) < next->destination_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this destination is there already");
		return -EEXIST;
	}
	if (next->destination_count == PNF_DESTINATIONS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "there can be no more than " __stringify(PNF_DESTINATIONS_MAX)
				    " destinations");
		return -E2BIG;
	}
	next->destinations[next->destination_count++] = destination;
	return 0;
}

/**
 * pnf_nl_destination_del() - an entry of PNF_CONFIG_DESTINATION_DEL
 * @next: settings to take it from
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -ENOENT, or -EINVAL for one that is none.
 */
int pnf_nl_destination_del(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	struct pnf_destination destination;
	u32 i;
	int err;

	err = pnf_nl_parse_destination(attr, false, &destination, extack);
	if (err)
		return err;
	i = pnf_nl_find_destination(next, &destination);
	if (i == next->destination_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such destination");
		return -ENOENT;
	}
	pnf_nl_list_remove(next->destinations, &next->destination_count, i,
			   sizeof(*next->destinations));
	return 0;
}

/* Telling destinations */

/**
 * pnf_nl_destination_put_id() - what identifies a destination
 * @msg: message to add to
 * @destination: the Collector
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_destination_put_id(struct sk_buff *msg, const struct pnf_destination *destination)
{
	int err;

	if (destination->version == PNF_IPV6)
		err = nla_put_in6_addr(msg, PNF_DESTINATION_ADDRESS6, &destination->address.v6);
	else
		err = nla_put_in_addr(msg, PNF_DESTINATION_ADDRESS4, destination->address.v4);
	if (!err && destination->has_source && destination->version == PNF_IPV6)
		err = nla_put_in6_addr(msg, PNF_DESTINATION_SOURCE6, &destination->source.v6);
	else if (!err && destination->has_source)
		err = nla_put_in_addr(msg, PNF_DESTINATION_SOURCE4, destination->source.v4);
	if (!err)
		err = nla_put_be16(msg, PNF_DESTINATION_PORT, destination->port);
	if (!err && destination->device[0])
		err = nla_put_string(msg, PNF_DESTINATION_DEVICE, destination->device);
	return err;
}

/**
 * pnf_nl_destination_put_entry() - an entry of PNF_CONFIG_DESTINATION
 * @msg: message to add to
 * @config: the settings
 * @i: which entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_destination_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_CONFIG_DESTINATION);

	if (!nest)
		return -EMSGSIZE;
	if (pnf_nl_destination_put_id(msg, &config->destinations[i])) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int pnf_nl_destination_put_counters(struct sk_buff *msg,
					   const struct pnf_session *session,
					   const struct pnf_session_stats *stats)
{
	const struct pnf_nl_counter counters[] = {
		{ PNF_DESTINATION_ATTEMPTS, stats->attempts },
		{ PNF_DESTINATION_MESSAGES, stats->messages },
		{ PNF_DESTINATION_MESSAGE_OCTETS, stats->message_octets },
		{ PNF_DESTINATION_DATA_RECORDS, stats->data_records },
		{ PNF_DESTINATION_FLOW_RECORDS, stats->flow_records },
		{ PNF_DESTINATION_NOT_SENT_FLOWS, stats->not_sent_flows },
		{ PNF_DESTINATION_NOT_SENT_PACKETS, stats->not_sent_packets },
		{ PNF_DESTINATION_NOT_SENT_OCTETS, stats->not_sent_octets },
		{ PNF_DESTINATION_ERR_SEND_BUFFER_FULL, stats->lost_buffer_full },
		{ PNF_DESTINATION_ERR_CONNECT, stats->err_connect },
		{ PNF_DESTINATION_ERR_REFUSED, stats->err_refused },
		{ PNF_DESTINATION_ERR_TOO_BIG, stats->err_too_big },
		{ PNF_DESTINATION_ERR_OTHER, stats->err_other },
		{ PNF_DESTINATION_LOST_NOT_CONNECTED, stats->lost_not_connected },
		{ PNF_DESTINATION_LOST_OTHER, stats->lost_other },
		{ PNF_DESTINATION_LOSS_FIRST_TIME, session->loss_first_ns },
		{ PNF_DESTINATION_LOSS_LAST_TIME, session->loss_last_ns },
		{ PNF_DESTINATION_LOST_MESSAGES, stats->lost_buffer_full +
						 stats->lost_not_connected + stats->lost_other },
		{ PNF_DESTINATION_QUEUED_RECORDS, pnf_session_queued_records(session) },
	};

	return pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_DESTINATION_PAD);
}

static int pnf_nl_destination_put_socket(struct sk_buff *msg,
					 const struct pnf_session *session)
{
	u32 size = 0, used = 0;

	if (session->connected) {
		size = pnf_transport_sndbuf(&session->transport);
		used = pnf_transport_sndbuf_used(&session->transport);
	}
	return nla_put_u8(msg, PNF_DESTINATION_CONNECTED, session->connected) ?:
	       nla_put_u32(msg, PNF_DESTINATION_LAST_ERROR, session->last_error) ?:
	       nla_put_u32(msg, PNF_DESTINATION_SEND_BUFFER, size) ?:
	       nla_put_u32(msg, PNF_DESTINATION_SEND_BUFFER_USED, used) ?:
	       nla_put_u32(msg, PNF_DESTINATION_SEND_BUFFER_PEAK, session->sndbuf_peak);
}

static int pnf_nl_destination_put_numbers(struct sk_buff *msg, const struct pnf_session *session)
{
	const struct pnf_template_table *templates = session->exporter->templates;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < PNF_PROTOCOLS; i++)
		err = nla_put_u32(msg, pnf_nl_sequence_types[i], session->sequence[i]);
	if (!err && templates)
		err = nla_put_u16(msg, PNF_DESTINATION_TEMPLATE_ID, templates->next_id);
	return err;
}

/**
 * pnf_nl_destination_put() - a destination with its state
 * @msg: message to add to
 * @session: its Transport Session
 *
 * Context: process, the exporter's lock held.
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_destination_put(struct sk_buff *msg, const struct pnf_session *session)
{
	struct pnf_session_stats stats;

	pnf_session_read_stats(session, &stats);
	return pnf_nl_destination_put_id(msg, &session->destination) ?:
	       pnf_nl_destination_put_socket(msg, session) ?:
	       pnf_nl_destination_put_counters(msg, session, &stats) ?:
	       pnf_nl_destination_put_numbers(msg, session);
}

static int pnf_nl_destination_fill(struct sk_buff *msg, struct netlink_callback *cb,
				   const struct pnf_session *session)
{
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_DESTINATION_GET);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (pnf_nl_destination_put(msg, session)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_destination_dump() - PNF_CMD_DESTINATION_GET
 * @msg: reply
 * @cb: args[0]: destinations done
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_destination_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_net *nn = pnf_nl_dump_net(cb);
	const struct pnf_session *session;
	long skip = cb->args[0];

	mutex_lock(&nn->exporter.lock);
	cb->seq = nn->exporter.config->generation + 1;
	list_for_each_entry(session, &nn->exporter.sessions, list) {
		if (skip) {
			skip--;
			continue;
		}
		if (pnf_nl_destination_fill(msg, cb, session))
			break;
		cb->args[0]++;
	}
	mutex_unlock(&nn->exporter.lock);
	return msg->len;
}
