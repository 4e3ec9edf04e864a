// SPDX-License-Identifier: GPL-2.0-only
#include "nl_family.h"

static int pnf_nl_element_put_row(struct sk_buff *msg, const struct pnf_ie *ie)
{
	u8 ipfix = ie->in[PNF_IE_IPFIX].octets;
	u8 v9 = ie->in[PNF_IE_V9].octets;
	u32 fields = pnf_ie_fields(ie);

	return nla_put_u16(msg, PNF_ELEMENT_ID, ie->id) ?:
	       (ie->enterprise ? nla_put_u32(msg, PNF_ELEMENT_ENTERPRISE, ie->enterprise) : 0) ?:
	       nla_put_string(msg, PNF_ELEMENT_NAME, ie->name) ?:
	       nla_put_u8(msg, PNF_ELEMENT_TYPE, ie->type) ?:
	       (ipfix ? nla_put_u16(msg, PNF_ELEMENT_OCTETS, ipfix) : 0) ?:
	       (v9 ? nla_put_u16(msg, PNF_ELEMENT_OCTETS_V9, v9) : 0) ?:
	       (fields ? nla_put_u32(msg, PNF_ELEMENT_FIELDS, fields) : 0);
}

static int pnf_nl_element_fill(struct sk_buff *msg, struct netlink_callback *cb,
			       const struct pnf_ie *ie)
{
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_ELEMENT_GET);
	if (!header)
		return -EMSGSIZE;
	if (pnf_nl_element_put_row(msg, ie)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_element_dump() - PNF_CMD_ELEMENT_GET
 * @msg: reply
 * @cb: args[0]: rows done
 *
 * Return: octets, 0 at the end.
 */
int pnf_nl_element_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	for (; cb->args[0] < pnf_ies_count; cb->args[0]++)
		if (pnf_nl_element_fill(msg, cb, &pnf_ies[cb->args[0]]))
			break;
	return msg->len;
}
