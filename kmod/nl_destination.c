// SPDX-License-Identifier: GPL-2.0-only
#include "nl_family.h"

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

static int pnf_nl_destination_put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, PNF_DESTINATION_PAD);
}

static int pnf_nl_destination_put_counters(struct sk_buff *msg,
					   const struct pnf_session *session)
{
	struct pnf_session_stats stats;
	const struct {
		int type;
		const u64 *value;
	} counters[] = {
		{ PNF_DESTINATION_ATTEMPTS, &stats.attempts },
		{ PNF_DESTINATION_MESSAGES, &stats.messages },
		{ PNF_DESTINATION_MESSAGE_OCTETS, &stats.message_octets },
		{ PNF_DESTINATION_DATA_RECORDS, &stats.data_records },
		{ PNF_DESTINATION_FLOW_RECORDS, &stats.flow_records },
		{ PNF_DESTINATION_NOT_SENT_FLOWS, &stats.not_sent_flows },
		{ PNF_DESTINATION_NOT_SENT_PACKETS, &stats.not_sent_packets },
		{ PNF_DESTINATION_NOT_SENT_OCTETS, &stats.not_sent_octets },
		{ PNF_DESTINATION_ERR_SEND_BUFFER_FULL, &stats.lost_buffer_full },
		{ PNF_DESTINATION_ERR_CONNECT, &stats.err_connect },
		{ PNF_DESTINATION_ERR_REFUSED, &stats.err_refused },
		{ PNF_DESTINATION_ERR_TOO_BIG, &stats.err_too_big },
		{ PNF_DESTINATION_ERR_OTHER, &stats.err_other },
		{ PNF_DESTINATION_LOST_NOT_CONNECTED, &stats.lost_not_connected },
		{ PNF_DESTINATION_LOST_OTHER, &stats.lost_other },
	};
	unsigned int i;
	int err;

	pnf_session_read_stats(session, &stats);
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		err = pnf_nl_destination_put_u64(msg, counters[i].type, *counters[i].value);
		if (err)
			return err;
	}
	return pnf_nl_destination_put_u64(msg, PNF_DESTINATION_LOST_MESSAGES,
					  stats.lost_buffer_full + stats.lost_not_connected +
					  stats.lost_other) ?:
	       pnf_nl_destination_put_u64(msg, PNF_DESTINATION_QUEUED_RECORDS,
					  pnf_session_queued_records(session));
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
	return pnf_nl_destination_put_id(msg, &session->destination) ?:
	       pnf_nl_destination_put_socket(msg, session) ?:
	       pnf_nl_destination_put_counters(msg, session);
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
