// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - what Options Data tells, and how it is laid out
 *
 * A kind of Options Data is a list of Information Elements, those of its scope first, which are
 * read from struct pnf_options_value. v9 has scope types of its own in place of elements.
 */
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "options.h"
#include "wire.h"

#define FIELD(_kind, _field)						\
	.kind = (_kind),						\
	.offset = offsetof(struct pnf_options_value, _field),		\
	.size = sizeof_field(struct pnf_options_value, _field)
#define UNSIGNED(_field)	.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_UNSIGNED, _field)
#define FLOAT64(_field)		.type = PNF_ELEMENT_FLOAT64, FIELD(PNF_IE_UNSIGNED, _field)
#define WIRE(_field)		.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_OCTETS, _field)
#define STRING(_field)		.type = PNF_ELEMENT_STRING, FIELD(PNF_IE_OCTETS, _field)
#define TIME(_field)		.type = PNF_ELEMENT_MILLISECONDS, FIELD(PNF_IE_WALL_MS, _field)

#define V9(_octets)		.in[PNF_IE_V9] = { .octets = (_octets), .layouts = 1 }
#define IPFIX(_octets)		.in[PNF_IE_IPFIX] = { .octets = (_octets), .layouts = 1 }
#define BOTH(_octets)		\
	.in[PNF_IE_V9 ... PNF_IE_IPFIX] = { .octets = (_octets), .layouts = 1 }

static const struct pnf_ie pnf_options_system[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), BOTH(4) },
	{ "systemInitTimeMilliseconds", .id = 160, TIME(init_ns), BOTH(8) },
	{ "observationDomainName", .id = 300, STRING(domain_name), BOTH(PNF_DOMAIN_NAME_MAX) },
	{ "flowStartMilliseconds", .id = 152, TIME(first_ns), BOTH(8) },
	{ "flowEndMilliseconds", .id = 153, TIME(last_ns), BOTH(8) },
};

static const struct pnf_ie pnf_options_sampler[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), V9(4) },
	{ "samplerId", .id = 48, WIRE(sampler_id), V9(1) },
	{ "samplerMode", .id = 49, WIRE(sampler_mode), V9(1) },
	{ "samplerRandomInterval", .id = 50, UNSIGNED(interval), V9(4) },
};

static const struct pnf_ie pnf_options_selector_count[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), IPFIX(4) },
	{ "selectorId", .id = 302, WIRE(sampler_id), IPFIX(1) },
	{ "flowSelectorAlgorithm", .id = 390, UNSIGNED(algorithm), IPFIX(2) },
	{ "samplingFlowInterval", .id = 396, UNSIGNED(selected), IPFIX(4) },
	{ "samplingFlowSpacing", .id = 397, UNSIGNED(spacing), IPFIX(4) },
};

static const struct pnf_ie pnf_options_selector_probability[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), IPFIX(4) },
	{ "selectorId", .id = 302, WIRE(sampler_id), IPFIX(1) },
	{ "flowSelectorAlgorithm", .id = 390, UNSIGNED(algorithm), IPFIX(2) },
	{ "samplingProbability", .id = 311, FLOAT64(probability), IPFIX(8) },
};

static const struct pnf_ie pnf_options_sampling[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), BOTH(4) },
	{ "samplingInterval", .id = 34, UNSIGNED(interval), BOTH(4) },
	{ "samplingAlgorithm", .id = 35, WIRE(sampler_mode), BOTH(1) },
};

static const struct pnf_ie pnf_options_sampling_interval[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), BOTH(4) },
	{ "samplingInterval", .id = 34, UNSIGNED(interval), BOTH(4) },
};

static const struct pnf_ie pnf_options_flow_keys[] = {
	{ "templateId", .id = 145, UNSIGNED(template_id), IPFIX(2) },
	{ "flowKeyIndicator", .id = 173, UNSIGNED(flow_keys), IPFIX(8) },
};

static const struct pnf_ie pnf_options_interfaces[] = {
	{ "ingressInterface", .id = 10, UNSIGNED(interface), BOTH(4) },
	{ "interfaceName", .id = 82, STRING(interface_name), BOTH(PNF_INTERFACE_NAME_OCTETS) },
	{ "interfaceDescription", .id = 83, STRING(interface_description),
	  BOTH(PNF_INTERFACE_DESCRIPTION_OCTETS) },
};

static const struct pnf_ie pnf_options_statistics[] = {
	{ "observationDomainId", .id = 149, UNSIGNED(domain), BOTH(4) },
	{ "exportedMessageTotalCount", .id = 41, UNSIGNED(messages), BOTH(8) },
	{ "exportedFlowRecordTotalCount", .id = 42, UNSIGNED(flow_records), BOTH(8) },
	{ "exportedOctetTotalCount", .id = 40, UNSIGNED(message_octets), BOTH(8) },
	{ "observedFlowTotalCount", .id = 163, UNSIGNED(flows), BOTH(8) },
};

static const struct pnf_ie pnf_options_metering_reliability[] = {
	{ "meteringProcessId", .id = 143, UNSIGNED(domain), BOTH(4) },
	{ "ignoredPacketTotalCount", .id = 164, UNSIGNED(ignored_packets), BOTH(8) },
	{ "ignoredOctetTotalCount", .id = 165, UNSIGNED(ignored_octets), BOTH(8) },
	{ "flowStartMilliseconds", .id = 152, TIME(first_ns), BOTH(8) },
	{ "flowEndMilliseconds", .id = 153, TIME(last_ns), BOTH(8) },
};

static const struct pnf_ie pnf_options_export_reliability[] = {
	{ "exportingProcessId", .id = 144, UNSIGNED(domain), BOTH(4) },
	{ "notSentFlowTotalCount", .id = 166, UNSIGNED(not_sent_flows), BOTH(8) },
	{ "notSentPacketTotalCount", .id = 167, UNSIGNED(not_sent_packets), BOTH(8) },
	{ "notSentOctetTotalCount", .id = 168, UNSIGNED(not_sent_octets), BOTH(8) },
	{ "flowStartMilliseconds", .id = 152, TIME(first_ns), BOTH(8) },
	{ "flowEndMilliseconds", .id = 153, TIME(last_ns), BOTH(8) },
};

static const struct pnf_ie pnf_options_selector_statistics[] = {
	{ "selectorId", .id = 302, WIRE(sampler_id), IPFIX(1) },
	{ "selectorIDTotalFlowsObserved", .id = 394, UNSIGNED(flows_observed), IPFIX(8) },
	{ "selectorIDTotalFlowsSelected", .id = 395, UNSIGNED(flows_selected), IPFIX(8) },
	{ "selectorIdTotalPktsObserved", .id = 318, UNSIGNED(packets_observed), IPFIX(8) },
	{ "selectorIdTotalPktsSelected", .id = 319, UNSIGNED(packets_selected), IPFIX(8) },
	{ "flowStartMilliseconds", .id = 152, TIME(first_ns), IPFIX(8) },
	{ "flowEndMilliseconds", .id = 153, TIME(last_ns), IPFIX(8) },
};

static const struct pnf_ie pnf_options_selected_statistics[] = {
	{ "selectorId", .id = 302, WIRE(sampler_id), IPFIX(1) },
	{ "selectorIDTotalFlowsSelected", .id = 395, UNSIGNED(flows_selected), IPFIX(8) },
	{ "selectorIdTotalPktsObserved", .id = 318, UNSIGNED(packets_observed), IPFIX(8) },
	{ "selectorIdTotalPktsSelected", .id = 319, UNSIGNED(packets_selected), IPFIX(8) },
	{ "flowStartMilliseconds", .id = 152, TIME(first_ns), IPFIX(8) },
	{ "flowEndMilliseconds", .id = 153, TIME(last_ns), IPFIX(8) },
};

#define DEFINITION(_ies, _v9_scope) {		\
	.ies = (_ies),				\
	.ie_count = ARRAY_SIZE(_ies),		\
	.scopes = 1,				\
	.v9_scope = (_v9_scope),		\
}

const struct pnf_options_definition pnf_options_definitions[PNF_OPTIONS_KINDS] = {
	[PNF_OPTIONS_SYSTEM] = DEFINITION(pnf_options_system, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_STATISTICS] = DEFINITION(pnf_options_statistics, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_SAMPLER] = DEFINITION(pnf_options_sampler, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_SELECTOR_COUNT] = DEFINITION(pnf_options_selector_count, 0),
	[PNF_OPTIONS_SELECTOR_PROBABILITY] = DEFINITION(pnf_options_selector_probability, 0),
	[PNF_OPTIONS_SAMPLING] = DEFINITION(pnf_options_sampling, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_SAMPLING_INTERVAL] = DEFINITION(pnf_options_sampling_interval,
						     PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_FLOW_KEYS] = DEFINITION(pnf_options_flow_keys, 0),
	[PNF_OPTIONS_INTERFACES] = DEFINITION(pnf_options_interfaces, PNF_V9_SCOPE_INTERFACE),
	[PNF_OPTIONS_METERING_RELIABILITY] =
		DEFINITION(pnf_options_metering_reliability, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_EXPORT_RELIABILITY] =
		DEFINITION(pnf_options_export_reliability, PNF_V9_SCOPE_SYSTEM),
	[PNF_OPTIONS_SELECTOR_STATISTICS] = DEFINITION(pnf_options_selector_statistics, 0),
	[PNF_OPTIONS_SELECTED_STATISTICS] = DEFINITION(pnf_options_selected_statistics, 0),
};

/**
 * pnf_options_are_carried() - whether a protocol has this kind of Options Data
 * @kind: the kind
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 */
bool pnf_options_are_carried(enum pnf_options_kind kind, u8 version)
{
	const struct pnf_ie *scope = pnf_options_definitions[kind].ies;

	return scope->in[pnf_ie_protocol(version)].octets;
}

/* The float64 (IEEE 754 binary64) nearest to 1 / @interval, of 1 to 2^31 */
static u64 pnf_options_probability(u32 interval)
{
	unsigned int bit, exponent = 0;
	u64 quotient = 1;
	u64 rest;

	/* 2^exponent / interval is in [1, 2): its first bit is implied. */
	while (1ULL << exponent < interval)
		exponent++;
	rest = (1ULL << exponent) - interval;
	for (bit = 0; bit < 52; bit++) {
		rest <<= 1;
		quotient <<= 1;
		if (rest >= interval) {
			rest -= interval;
			quotient |= 1;
		}
	}
	/* Half way between two there is none. */
	if (rest << 1 > interval)
		quotient++;
	return ((1023ULL - exponent) << 52) + quotient - (1ULL << 52);
}

/* Of NetFlow: samplerMode, samplingAlgorithm */
#define PNF_MODE_DETERMINISTIC	1
#define PNF_MODE_RANDOM		2

/* IANA, flowSelectorAlgorithm */
#define PNF_ALGORITHM_COUNT		1	/* systematic, by count */
#define PNF_ALGORITHM_PROBABILITY	4	/* probabilistic, uniform */

/**
 * pnf_options_fill_sampler() - what is told of a sampler
 * @value: its fields about the sampler are filled in
 * @config: the settings; without a sampler each Flow is selected
 *
 * RFC 7014 6.1: a deterministic one takes an interval of one Flow and leaves a spacing of N - 1;
 * the other two take each Flow with probability 1/N. v9 and samplingInterval (34) have N as it is.
 */
void pnf_options_fill_sampler(struct pnf_options_value *value, const struct pnf_config *config)
{
	bool counts = config->sampler != PNF_SAMPLER_RANDOM && config->sampler != PNF_SAMPLER_HASH;
	u32 interval = config->sampler ? config->sampler_interval : 1;

	value->sampler_id = config->sampler_id;
	value->sampler_mode = counts ? PNF_MODE_DETERMINISTIC : PNF_MODE_RANDOM;
	value->algorithm = counts ? PNF_ALGORITHM_COUNT : PNF_ALGORITHM_PROBABILITY;
	value->interval = interval;
	value->selected = 1;
	value->spacing = interval - 1;
	value->probability = pnf_options_probability(interval);
}

/**
 * pnf_options_key_indicator() - which elements of a Template are Flow Keys
 * @template: of Flow Records
 *
 * Return: flowKeyIndicator (173): bit n is set if element n is one. What lies beyond the first 64
 * elements is no key.
 */
u64 pnf_options_key_indicator(const struct pnf_template *template)
{
	u64 keys = 0;
	unsigned int i;

	for (i = 0; i < template->ie_count && i < 64; i++)
		if (template->ies[i]->is_key)
			keys |= BIT_ULL(i);
	return keys;
}
