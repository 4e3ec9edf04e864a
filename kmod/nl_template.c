// SPDX-License-Identifier: GPL-2.0-only
#include "nl_family.h"

static int pnf_nl_element_put(struct sk_buff *msg, const struct pnf_ie *ie,
			      enum pnf_ie_protocol protocol)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_TEMPLATE_ELEMENT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(msg, PNF_ELEMENT_ID, ie->id) ||
	    (ie->enterprise && nla_put_u32(msg, PNF_ELEMENT_ENTERPRISE, ie->enterprise)) ||
	    nla_put_u16(msg, PNF_ELEMENT_OCTETS, ie->in[protocol].octets) ||
	    nla_put_u8(msg, PNF_ELEMENT_TYPE, ie->type) ||
	    nla_put_string(msg, PNF_ELEMENT_NAME, ie->name)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int pnf_nl_template_put(struct sk_buff *msg, const struct pnf_template *template)
{
	unsigned int i;
	int err;

	err = nla_put_u16(msg, PNF_TEMPLATE_ID, template->id) ?:
	      nla_put_u8(msg, PNF_TEMPLATE_PROTOCOL, template->version) ?:
	      nla_put_u64_64bit(msg, PNF_TEMPLATE_SENT, template->sent, PNF_TEMPLATE_PAD) ?:
	      nla_put_u64_64bit(msg, PNF_TEMPLATE_RECORDS, template->records,
				PNF_TEMPLATE_PAD) ?:
	      nla_put_u32(msg, PNF_TEMPLATE_RECORD_OCTETS, template->record_octets);
	if (!err && template->named)
		err = nla_put_string(msg, PNF_TEMPLATE_NAME, template->named->name);
	if (!err && template->options)
		err = nla_put_u8(msg, PNF_TEMPLATE_SCOPES, template->options->scopes);
	for (i = 0; !err && i < template->ie_count; i++)
		err = pnf_nl_element_put(msg, template->ies[i], pnf_ie_protocol(template->version));
	return err;
}

static int pnf_nl_template_fill(struct sk_buff *msg, struct netlink_callback *cb,
				const struct pnf_template *template)
{
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_TEMPLATE_GET);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (pnf_nl_template_put(msg, template)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_template_dump() - PNF_CMD_TEMPLATE_GET
 * @msg: reply
 * @cb: args[0]: Templates done; who changes the table changes the settings' generation
 *
 * Live are the Templates of the protocol in force.
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_template_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_net *nn = pnf_nl_dump_net(cb);
	const struct pnf_template_table *table;
	const struct pnf_template *template;

	mutex_lock(&nn->exporter.lock);
	cb->seq = nn->exporter.config->generation + 1;
	table = nn->exporter.templates;
	for (; table && cb->args[0] < table->count; cb->args[0]++) {
		template = table->templates[cb->args[0]];
		if (template->version != nn->exporter.encoder->version)
			continue;
		if (pnf_nl_template_fill(msg, cb, template))
			break;
	}
	mutex_unlock(&nn->exporter.lock);
	return msg->len;
}
