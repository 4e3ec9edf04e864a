// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/string.h>
#include <linux/stringify.h>

#include "ie.h"
#include "nl_family.h"

const struct nla_policy pnf_nl_named_template_policy[PNF_CONFIG_TEMPLATE_A_MAX + 1] = {
	[PNF_CONFIG_TEMPLATE_NAME] = { .type = NLA_NUL_STRING, .len = PNF_TEMPLATE_NAME_MAX },
	[PNF_CONFIG_TEMPLATE_ELEMENT] = { .type = NLA_U16 },
};

const struct nla_policy pnf_nl_named_template_del_policy[PNF_CONFIG_TEMPLATE_NAME + 1] = {
	[PNF_CONFIG_TEMPLATE_NAME] = { .type = NLA_NUL_STRING, .len = PNF_TEMPLATE_NAME_MAX },
};

/* Comma and '=' separate names and elements where users write them. */
static bool pnf_nl_template_name_allows(unsigned char octet)
{
	return isascii(octet) && isgraph(octet) && octet != ',' && octet != '=';
}

/* @name: attribute with the name, or NULL */
static int pnf_nl_parse_template_name(struct nlattr *attr, struct nlattr *name, char *to,
				      struct netlink_ext_ack *extack)
{
	if (!name) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a template of the settings has a name");
		return -EINVAL;
	}
	nla_strscpy(to, name, PNF_TEMPLATE_NAME_MAX + 1);
	if (!to[0] || !pnf_nl_string_has_only(name, pnf_nl_template_name_allows)) {
		NL_SET_ERR_MSG_ATTR(extack, name,
				    "a template's name is printable, without blank, comma and '='");
		return -EINVAL;
	}
	return 0;
}

static bool pnf_nl_template_has(const struct pnf_named_template *template, u16 element)
{
	unsigned int i;

	for (i = 0; i < template->count; i++)
		if (template->elements[i] == element)
			return true;
	return false;
}

static int pnf_nl_add_element(struct pnf_named_template *template, struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	u16 element = nla_get_u16(attr);

	if (!pnf_ie_find(element)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no Flow Record has such an element");
		return -EINVAL;
	}
	if (pnf_nl_template_has(template, element)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this element is in the template already");
		return -EEXIST;
	}
	if (template->count == PNF_TEMPLATE_ELEMENTS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a template has no more than "
				    __stringify(PNF_TEMPLATE_ELEMENTS_MAX) " elements");
		return -E2BIG;
	}
	template->elements[template->count++] = element;
	return 0;
}

static int pnf_nl_parse_elements(struct nlattr *attr, struct pnf_named_template *template,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *element;
	int err, rem;

	nla_for_each_nested(element, attr, rem) {
		if (nla_type(element) != PNF_CONFIG_TEMPLATE_ELEMENT)
			continue;
		err = pnf_nl_add_element(template, element, extack);
		if (err)
			return err;
	}
	if (!template->count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a template has at least one element");
		return -EINVAL;
	}
	return 0;
}

/* Octets of a Data Record, at least; 0: the protocol does not carry all of the elements */
static u32 pnf_nl_record_octets(const struct pnf_named_template *template,
				enum pnf_ie_protocol protocol)
{
	const struct pnf_ie *ie;
	u32 octets = 0;
	unsigned int i;

	for (i = 0; i < template->count; i++) {
		ie = pnf_ie_find(template->elements[i]);
		if (!ie->in[protocol].octets)
			return 0;
		octets += ie->in[protocol].octets;
	}
	return octets;
}

#define PNF_NL_RECORD_OCTETS_MIN	4

static int pnf_nl_check_record(const struct pnf_named_template *template, struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	bool is_carried = false;
	unsigned int i;
	u32 octets;

	for (i = 0; i < PNF_IE_PROTOCOLS; i++) {
		octets = pnf_nl_record_octets(template, i);
		if (!octets)
			continue;
		is_carried = true;
		if (octets < PNF_NL_RECORD_OCTETS_MIN) {
			/* RFC 7011 3.3.1: Sets are padded by less than a record. */
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "records of less than 4 octets look like padding; add elements");
			return -EINVAL;
		}
	}
	if (!is_carried) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "neither NetFlow v9 nor IPFIX has all of these elements");
		return -EINVAL;
	}
	return 0;
}

static int pnf_nl_parse_named_template(struct nlattr *attr, struct pnf_named_template *template,
				       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_CONFIG_TEMPLATE_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, PNF_CONFIG_TEMPLATE_A_MAX, attr,
			       pnf_nl_named_template_policy, extack);
	if (err)
		return err;
	memset(template, 0, sizeof(*template));
	return pnf_nl_parse_template_name(attr, tb[PNF_CONFIG_TEMPLATE_NAME], template->name,
					  extack) ?:
	       pnf_nl_parse_elements(attr, template, extack) ?:
	       pnf_nl_check_record(template, attr, extack);
}

static u32 pnf_nl_find_named_template(const struct pnf_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->template_count; i++)
		if (!strcmp(config->templates[i].name, name))
			break;
	return i;
}

/**
 * pnf_nl_named_template_add() - an entry of PNF_CONFIG_TEMPLATE
 * @next: settings to add to, with room for it up to PNF_TEMPLATES_NAMED_MAX
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -EEXIST for a name or an element that is there already, -E2BIG, or -EINVAL for
 * an entry that is none.
 */
int pnf_nl_named_template_add(struct pnf_config *next, struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	struct pnf_named_template template;
	int err;

	err = pnf_nl_parse_named_template(attr, &template, extack);
	if (err)
		return err;
	if (pnf_nl_find_named_template(next, template.name) < next->template_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is a template of this name already");
		return -EEXIST;
	}
	if (next->template_count == PNF_TEMPLATES_NAMED_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "there can be no more than "
				    __stringify(PNF_TEMPLATES_NAMED_MAX) " templates by name");
		return -E2BIG;
	}
	next->templates[next->template_count++] = template;
	return 0;
}

/**
 * pnf_nl_named_template_del() - an entry of PNF_CONFIG_TEMPLATE_DEL
 * @next: settings to take it from
 * @attr: the entry: a name alone
 * @extack: what is wrong with it
 *
 * Return: 0, -ENOENT, or -EINVAL for one that is none.
 */
int pnf_nl_named_template_del(struct pnf_config *next, struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_CONFIG_TEMPLATE_NAME + 1];
	char name[PNF_TEMPLATE_NAME_MAX + 1];
	u32 i;
	int err;

	err = nla_parse_nested(tb, PNF_CONFIG_TEMPLATE_NAME, attr,
			       pnf_nl_named_template_del_policy, extack);
	if (!err)
		err = pnf_nl_parse_template_name(attr, tb[PNF_CONFIG_TEMPLATE_NAME], name, extack);
	if (err)
		return err;
	i = pnf_nl_find_named_template(next, name);
	if (i == next->template_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no template of this name");
		return -ENOENT;
	}
	pnf_nl_list_remove(next->templates, &next->template_count, i, sizeof(*next->templates));
	return 0;
}

static int pnf_nl_put_named_template(struct sk_buff *msg,
				     const struct pnf_named_template *template)
{
	unsigned int i;
	int err;

	err = nla_put_string(msg, PNF_CONFIG_TEMPLATE_NAME, template->name);
	for (i = 0; !err && i < template->count; i++)
		err = nla_put_u16(msg, PNF_CONFIG_TEMPLATE_ELEMENT, template->elements[i]);
	return err;
}

/**
 * pnf_nl_named_template_put_entry() - an entry of PNF_CONFIG_TEMPLATE
 * @msg: message to add to
 * @config: the settings
 * @i: which entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_named_template_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_CONFIG_TEMPLATE);

	if (!nest)
		return -EMSGSIZE;
	if (pnf_nl_put_named_template(msg, &config->templates[i])) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}
