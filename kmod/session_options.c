// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_options.c - when a Collector is told Options Data, and with which values
 *
 * Everything is told when a Transport Session begins, before any Flow Record; then each kind at
 * its own interval, those about the Templates and the sampler with every refresh of the
 * Templates, interfaces and the domain's name when they change, too. What does not get away is
 * due at once again.
 */
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "exporter.h"
#include "options.h"
#include "session.h"

#define PNF_MINUTE_NS	(60 * (u64)NSEC_PER_SEC)

/* How often a kind is told; 0: with the Templates */
static const u64 pnf_options_intervals_ns[PNF_OPTIONS_KINDS] = {
	[PNF_OPTIONS_SYSTEM] = 5 * PNF_MINUTE_NS,
	[PNF_OPTIONS_INTERFACES] = 5 * PNF_MINUTE_NS,
	[PNF_OPTIONS_STATISTICS] = PNF_MINUTE_NS,
	[PNF_OPTIONS_METERING_RELIABILITY] = PNF_MINUTE_NS,
	[PNF_OPTIONS_EXPORT_RELIABILITY] = PNF_MINUTE_NS,
	[PNF_OPTIONS_SELECTOR_STATISTICS] = PNF_MINUTE_NS,
	[PNF_OPTIONS_SELECTED_STATISTICS] = PNF_MINUTE_NS,
};

/* A message with Options Data in the making */
struct pnf_options_writer {
	struct pnf_session *session;
	const struct pnf_clock *clock;
	const struct pnf_options_definition *definition;	/* of the kind that is being put */
	struct pnf_template *template;	/* of @definition, NULL: not needed so far */
	bool rehearses;			/* nothing is put, but for its Template's bit in @wanted */
	DECLARE_BITMAP(wanted, PNF_TEMPLATES_MAX);
	DECLARE_BITMAP(due, PNF_OPTIONS_KINDS);		/* kinds that are to be told */
	DECLARE_BITMAP(news, PNF_OPTIONS_KINDS);	/* of which changes are */
	char domain_name[PNF_DOMAIN_NAME_MAX];
	struct pnf_options_value value;
};

/* Values */

/* As it is told: zeros behind it */
static void pnf_options_read_domain_name(const struct pnf_session *session,
					 char to[PNF_DOMAIN_NAME_MAX])
{
	const char *name = session->exporter->config->domain_name;

	if (!*name)
		name = init_uts_ns.name.nodename;
	memset(to, 0, PNF_DOMAIN_NAME_MAX);
	memcpy(to, name, strnlen(name, PNF_DOMAIN_NAME_MAX));
}

static void pnf_options_fill_system(struct pnf_options_writer *writer)
{
	struct pnf_options_value *value = &writer->value;

	value->first_ns = writer->session->exporter->begin_ns;
	value->last_ns = writer->clock->boot_ns;
	memcpy(value->domain_name, writer->domain_name, sizeof(value->domain_name));
}

/* IANA, 40 to 42: without the message that tells it */
static void pnf_options_fill_statistics(struct pnf_options_writer *writer)
{
	const struct pnf_session *session = writer->session;
	struct pnf_options_value *value = &writer->value;
	struct pnf_totals totals;

	pnf_stats_sum(session->exporter->metering, &totals);
	value->messages = session->stats.messages;
	value->flow_records = session->stats.flow_records;
	value->message_octets = session->stats.message_octets;
	value->flows = totals.created;
}

static bool pnf_options_fill_metering_reliability(struct pnf_options_writer *writer)
{
	const struct pnf_exporter *exporter = writer->session->exporter;
	struct pnf_options_value *value = &writer->value;
	struct pnf_totals totals;

	pnf_stats_sum(exporter->metering, &totals);
	value->ignored_packets = pnf_totals_lost_packets(&totals);
	value->ignored_octets = pnf_totals_lost_octets(&totals);
	pnf_stats_lost_times(exporter->metering, &value->first_ns, &value->last_ns);
	return value->ignored_packets;
}

static bool pnf_options_fill_export_reliability(struct pnf_options_writer *writer)
{
	const struct pnf_session *session = writer->session;
	struct pnf_options_value *value = &writer->value;

	value->not_sent_flows = session->stats.not_sent_flows;
	value->not_sent_packets = session->stats.not_sent_packets;
	value->not_sent_octets = session->stats.not_sent_octets;
	value->first_ns = pnf_clock_boot_ns(writer->clock, session->total_loss_first_ns);
	value->last_ns = pnf_clock_boot_ns(writer->clock, session->total_loss_last_ns);
	return value->not_sent_flows;
}

static void pnf_options_fill_selector_statistics(struct pnf_options_writer *writer)
{
	const struct pnf_exporter *exporter = writer->session->exporter;
	const struct pnf_sampler_account *account = &exporter->sampled;
	struct pnf_options_value *value = &writer->value;
	struct pnf_totals totals;
	u64 left_out;

	value->flows_observed = account->flows_observed;
	value->flows_selected = account->flows_selected;
	value->packets_selected = account->packets_selected;
	value->packets_observed = account->packets_observed;
	value->first_ns = account->begin_ns;
	value->last_ns = writer->clock->boot_ns;
	if (exporter->config->sampler != PNF_SAMPLER_HASH)
		return;
	/* What the Cache never saw */
	pnf_stats_sum(exporter->metering, &totals);
	left_out = totals.unselected_packets - account->unselected_before;
	value->packets_observed = account->packets_selected + left_out;
}

/* Whether there is such a record to be told now; of kinds that have one */
static bool pnf_options_fill(struct pnf_options_writer *writer, enum pnf_options_kind kind)
{
	const struct pnf_config *config = writer->session->exporter->config;

	switch (kind) {
	case PNF_OPTIONS_SYSTEM:
		pnf_options_fill_system(writer);
		return true;
	case PNF_OPTIONS_SAMPLER:
		return config->sampler;
	case PNF_OPTIONS_SELECTOR_COUNT:
		return config->sampler == PNF_SAMPLER_DETERMINISTIC;
	case PNF_OPTIONS_SELECTOR_PROBABILITY:
		return config->sampler == PNF_SAMPLER_RANDOM || config->sampler == PNF_SAMPLER_HASH;
	case PNF_OPTIONS_SAMPLING:
	case PNF_OPTIONS_SAMPLING_INTERVAL:
		/* Who knows of a sampler has to hear that it is gone: one Flow in one. */
		return config->sampler_id && config->compat_sampling;
	case PNF_OPTIONS_STATISTICS:
		pnf_options_fill_statistics(writer);
		return true;
	case PNF_OPTIONS_METERING_RELIABILITY:
		return pnf_options_fill_metering_reliability(writer);
	case PNF_OPTIONS_EXPORT_RELIABILITY:
		return pnf_options_fill_export_reliability(writer);
	case PNF_OPTIONS_SELECTOR_STATISTICS:
		pnf_options_fill_selector_statistics(writer);
		return config->sampler && config->sampler != PNF_SAMPLER_HASH;
	case PNF_OPTIONS_SELECTED_STATISTICS:
		pnf_options_fill_selector_statistics(writer);
		return config->sampler == PNF_SAMPLER_HASH;
	default:
		return false;
	}
}

/* Messages */

static int pnf_options_begin(struct pnf_session *session)
{
	struct pnf_exporter *exporter = session->exporter;

	pnf_message_init(&exporter->message, exporter->buffer, session->capacity);
	return exporter->encoder->begin(&exporter->message) ? 0 : -E2BIG;
}

/* Send what has been put; its Options Templates are told. */
static int pnf_options_send(struct pnf_options_writer *writer)
{
	struct pnf_session *session = writer->session;
	struct pnf_exporter *exporter = session->exporter;
	struct pnf_message *msg = &exporter->message;
	unsigned int i;
	int err;

	if (!msg->records)
		return 0;
	err = pnf_session_send(session, msg, writer->clock);
	if (err)
		return err;
	for_each_set_bit(i, msg->templates, PNF_TEMPLATES_MAX)
		exporter->templates->templates[i]->records += msg->template_records[i];
	return pnf_options_begin(session);
}

/* One record with the value that the writer has; only what is told has an Options Template. */
static int pnf_options_put(struct pnf_options_writer *writer)
{
	struct pnf_exporter *exporter = writer->session->exporter;
	int err;

	if (!writer->template)
		writer->template = pnf_template_get_options(exporter->templates,
							    exporter->encoder->version,
							    writer->definition);
	if (!writer->template)
		return -ENOMEM;
	if (writer->rehearses) {
		__set_bit(writer->template->index, writer->wanted);
		return 0;
	}
	if (exporter->encoder->put_options(&exporter->message, writer->template, &writer->value,
					   writer->clock))
		return 0;
	err = pnf_options_send(writer);
	if (err)
		return err;
	return exporter->encoder->put_options(&exporter->message, writer->template,
					      &writer->value, writer->clock) ? 0 : -E2BIG;
}

/*
 * RFC 7011 4.4; of Templates of Flow Records only. A Template may be there for records that still
 * wait: it goes in front of what is told of it.
 */
static int pnf_options_put_flow_keys(struct pnf_options_writer *writer)
{
	const struct pnf_template_table *templates = writer->session->exporter->templates;
	unsigned int i;
	int err;

	for (i = 0; i < templates->count; i++) {
		if (templates->templates[i]->options)
			continue;
		writer->value.template_id = templates->templates[i]->id;
		writer->value.flow_keys = pnf_options_key_indicator(templates->templates[i]);
		if (!writer->value.flow_keys)
			continue;
		err = pnf_options_put(writer);
		if (err)
			return err;
		/* The Template itself is told before its keys. */
		if (writer->rehearses)
			__set_bit(i, writer->wanted);
	}
	return 0;
}

static int pnf_options_put_interface(struct pnf_options_writer *writer,
				     const struct pnf_interface *interface)
{
	struct pnf_options_value *value = &writer->value;

	value->interface = interface->index;
	memcpy(value->interface_name, interface->name, sizeof(value->interface_name));
	memcpy(value->interface_description, interface->description,
	       sizeof(value->interface_description));
	return pnf_options_put(writer);
}

/*
 * All interfaces, or those that changed since they were told. There may be more than the send
 * buffer has room for: what has left is not told again.
 */
static int pnf_options_put_interfaces(struct pnf_options_writer *writer, bool all)
{
	struct pnf_session_options *options = &writer->session->options;
	const struct pnf_exporter *exporter = writer->session->exporter;
	const struct pnf_interfaces *interfaces = exporter->interfaces;
	u64 messages;
	int err;
	u32 i;

	if (options->interfaces_next_of != interfaces->generation)
		options->interfaces_next = 0;
	options->interfaces_next_of = interfaces->generation;
	for (i = options->interfaces_next; i < interfaces->count; i++) {
		if (!all && interfaces->entries[i].generation <= options->interfaces)
			continue;
		messages = writer->session->stats.messages;
		err = pnf_options_put_interface(writer, &interfaces->entries[i]);
		if (err || writer->rehearses)
			return err;
		/* This one is the first of another message. */
		if (writer->session->stats.messages != messages)
			options->interfaces_next = i;
	}
	return 0;
}

static int pnf_options_put_kind(struct pnf_options_writer *writer, enum pnf_options_kind kind)
{
	const struct pnf_config *config = writer->session->exporter->config;

	memset(&writer->value, 0, sizeof(writer->value));
	writer->value.domain = config->domain;
	pnf_options_fill_sampler(&writer->value, config);
	writer->definition = &pnf_options_definitions[kind];
	writer->template = NULL;
	if (kind == PNF_OPTIONS_FLOW_KEYS)
		return pnf_options_put_flow_keys(writer);
	if (kind == PNF_OPTIONS_INTERFACES)
		return pnf_options_put_interfaces(writer, test_bit(kind, writer->due));
	return pnf_options_fill(writer, kind) ? pnf_options_put(writer) : 0;
}

static int pnf_options_put_all(struct pnf_options_writer *writer)
{
	enum pnf_options_kind kind;
	int err = 0;

	for (kind = 0; !err && kind < PNF_OPTIONS_KINDS; kind++)
		if (test_bit(kind, writer->due) || test_bit(kind, writer->news))
			err = pnf_options_put_kind(writer, kind);
	return err;
}

/* Before anything is counted: the messages with the Options Templates are counted, too. */
static int pnf_options_announce(struct pnf_options_writer *writer)
{
	int err;

	bitmap_zero(writer->wanted, PNF_TEMPLATES_MAX);
	writer->rehearses = true;
	err = pnf_options_put_all(writer);
	writer->rehearses = false;
	return err ?: pnf_session_announce(writer->session, writer->wanted, writer->clock);
}

static bool pnf_options_have_news(const struct pnf_session *session, enum pnf_options_kind kind)
{
	const struct pnf_interfaces *interfaces = session->exporter->interfaces;
	char domain_name[PNF_DOMAIN_NAME_MAX];

	switch (kind) {
	case PNF_OPTIONS_SYSTEM:
		pnf_options_read_domain_name(session, domain_name);
		return memcmp(domain_name, session->options.domain_name, sizeof(domain_name));
	case PNF_OPTIONS_INTERFACES:
		return interfaces && interfaces->generation > session->options.interfaces;
	case PNF_OPTIONS_FLOW_KEYS:
		return session->exporter->templates->count != session->options.templates;
	default:
		return false;
	}
}

/* Whether there can be anything of a kind */
static bool pnf_options_are_known(const struct pnf_session *session, enum pnf_options_kind kind)
{
	return pnf_options_are_carried(kind, session->exporter->encoder->version) &&
	       (kind != PNF_OPTIONS_INTERFACES || session->exporter->interfaces);
}

/* What is due, and what has changed: all but interfaces, or interfaces */
static void pnf_options_choose(struct pnf_options_writer *writer, bool interfaces)
{
	const struct pnf_session *session = writer->session;
	enum pnf_options_kind kind;
	bool is_chosen;

	bitmap_zero(writer->due, PNF_OPTIONS_KINDS);
	bitmap_zero(writer->news, PNF_OPTIONS_KINDS);
	for (kind = 0; kind < PNF_OPTIONS_KINDS; kind++) {
		is_chosen = kind == PNF_OPTIONS_INTERFACES ? interfaces : !interfaces;
		if (!is_chosen || !pnf_options_are_known(session, kind))
			continue;
		if (writer->clock->boot_ns >= session->options.due_ns[kind])
			__set_bit(kind, writer->due);
		else if (pnf_options_have_news(session, kind))
			__set_bit(kind, writer->news);
	}
}

/* Tell what was chosen. */
static int pnf_options_tell(struct pnf_options_writer *writer)
{
	u64 *due_ns = writer->session->options.due_ns;
	enum pnf_options_kind kind;
	u64 interval_ns;
	int err;

	err = pnf_options_announce(writer) ?:
	      pnf_options_begin(writer->session) ?:
	      pnf_options_put_all(writer) ?:
	      pnf_options_send(writer);
	if (err)
		return err;
	for_each_set_bit(kind, writer->due, PNF_OPTIONS_KINDS) {
		interval_ns = pnf_options_intervals_ns[kind];
		due_ns[kind] = interval_ns ? writer->clock->boot_ns + interval_ns : U64_MAX;
	}
	return 0;
}

/* All kinds but interfaces, of which there is little: they share messages. */
static int pnf_options_tell_few(struct pnf_options_writer *writer)
{
	struct pnf_session *session = writer->session;
	int err;

	pnf_options_choose(writer, false);
	pnf_options_read_domain_name(session, writer->domain_name);
	err = pnf_options_tell(writer);
	if (err)
		return err;
	session->options.templates = session->exporter->templates->count;
	memcpy(session->options.domain_name, writer->domain_name, sizeof(writer->domain_name));
	return 0;
}

static int pnf_options_tell_interfaces(struct pnf_options_writer *writer)
{
	struct pnf_session *session = writer->session;
	int err;

	if (!session->exporter->interfaces)
		return 0;
	pnf_options_choose(writer, true);
	err = pnf_options_tell(writer);
	if (!err) {
		session->options.interfaces_next = 0;
		session->options.interfaces = session->exporter->interfaces->generation;
	}
	return err;
}

/**
 * pnf_session_send_options() - tell the Collector what is due
 * @session: connected; its protocol has Templates
 * @clock: now
 *
 * Context: process, the exporter's lock held.
 *
 * Return: 0, or what pnf_session_send() says: then what did not get away is still due.
 */
int pnf_session_send_options(struct pnf_session *session, const struct pnf_clock *clock)
{
	struct pnf_options_writer writer = { .session = session, .clock = clock };

	return pnf_options_tell_few(&writer) ?: pnf_options_tell_interfaces(&writer);
}

/**
 * pnf_session_repeat_options() - the Templates are told again: what goes with them is due
 * @session: the session
 */
void pnf_session_repeat_options(struct pnf_session *session)
{
	enum pnf_options_kind kind;

	for (kind = 0; kind < PNF_OPTIONS_KINDS; kind++)
		if (!pnf_options_intervals_ns[kind])
			session->options.due_ns[kind] = 0;
}

/**
 * pnf_session_forget_options() - all of it is due: a Transport Session begins
 * @session: the session
 */
void pnf_session_forget_options(struct pnf_session *session)
{
	memset(&session->options, 0, sizeof(session->options));
}

/**
 * pnf_session_options_are_due() - whether there is something to tell
 * @session: its protocol has Templates
 * @now_ns: CLOCK_BOOTTIME
 *
 * Context: process, the exporter's lock held.
 */
bool pnf_session_options_are_due(const struct pnf_session *session, u64 now_ns)
{
	enum pnf_options_kind kind;

	for (kind = 0; kind < PNF_OPTIONS_KINDS; kind++)
		if (pnf_options_are_known(session, kind) &&
		    (now_ns >= session->options.due_ns[kind] ||
		     pnf_options_have_news(session, kind)))
			return true;
	return false;
}
