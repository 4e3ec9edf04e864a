/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - what Options Data tells, and how it is laid out
 */
#ifndef PNF_OPTIONS_H
#define PNF_OPTIONS_H

#include "template.h"
#include "types.h"

/* IANA's registry has no limit, interfaceName and interfaceDescription have these here */
#define PNF_INTERFACE_NAME_OCTETS		16
#define PNF_INTERFACE_DESCRIPTION_OCTETS	32

/**
 * enum pnf_options_kind - kinds of Options Data, in the order in which they are sent
 * @PNF_OPTIONS_SYSTEM: the Observation Domain
 * @PNF_OPTIONS_STATISTICS: what the Collector was sent (RFC 7011 4.1); it has room in the first
 *	message, whatever its size, so that it tells of all messages before that one
 * @PNF_OPTIONS_SAMPLER: the sampler, as v9 has it
 * @PNF_OPTIONS_SELECTOR_COUNT: the Selector (RFC 7014) that counts
 * @PNF_OPTIONS_SELECTOR_PROBABILITY: the Selector that has a probability
 * @PNF_OPTIONS_SAMPLING: sampling, as collectors that renormalise look for it
 * @PNF_OPTIONS_SAMPLING_INTERVAL: its interval alone, as some of them do: nfcapd 1.7.1 passes
 *	over the former, later ones over this
 * @PNF_OPTIONS_FLOW_KEYS: which elements of a Template are Flow Keys (RFC 7011 4.4)
 * @PNF_OPTIONS_INTERFACES: names of interfaces
 * @PNF_OPTIONS_METERING_RELIABILITY: what was not metered (RFC 7011 4.2)
 * @PNF_OPTIONS_EXPORT_RELIABILITY: what was not sent (RFC 7011 4.3)
 * @PNF_OPTIONS_SELECTOR_STATISTICS: what the Selector did (RFC 7014)
 * @PNF_OPTIONS_SELECTED_STATISTICS: the same where nobody knows what it chose from
 * @PNF_OPTIONS_KINDS: how many there are
 */
enum pnf_options_kind {
	PNF_OPTIONS_SYSTEM,
	PNF_OPTIONS_STATISTICS,
	PNF_OPTIONS_SAMPLER,
	PNF_OPTIONS_SELECTOR_COUNT,
	PNF_OPTIONS_SELECTOR_PROBABILITY,
	PNF_OPTIONS_SAMPLING,
	PNF_OPTIONS_SAMPLING_INTERVAL,
	PNF_OPTIONS_FLOW_KEYS,
	PNF_OPTIONS_INTERFACES,
	PNF_OPTIONS_METERING_RELIABILITY,
	PNF_OPTIONS_EXPORT_RELIABILITY,
	PNF_OPTIONS_SELECTOR_STATISTICS,
	PNF_OPTIONS_SELECTED_STATISTICS,
	PNF_OPTIONS_KINDS
};

/**
 * struct pnf_options_value - one record of Options Data: what its kind tells is filled in
 * @init_ns: CLOCK_BOOTTIME of the system's start: 0
 * @first_ns: CLOCK_BOOTTIME of the first event that is counted
 * @last_ns: CLOCK_BOOTTIME of the last one
 * @messages: exportedMessageTotalCount
 * @flow_records: exportedFlowRecordTotalCount
 * @message_octets: exportedOctetTotalCount
 * @flows: observedFlowTotalCount
 * @ignored_packets: ignoredPacketTotalCount
 * @ignored_octets: ignoredOctetTotalCount
 * @not_sent_flows: notSentFlowTotalCount
 * @not_sent_packets: notSentPacketTotalCount
 * @not_sent_octets: notSentOctetTotalCount
 * @flows_observed: selectorIDTotalFlowsObserved
 * @flows_selected: selectorIDTotalFlowsSelected
 * @packets_observed: selectorIdTotalPktsObserved
 * @packets_selected: selectorIdTotalPktsSelected
 * @probability: samplingProbability, the bits of a float64
 * @flow_keys: flowKeyIndicator
 * @domain: observationDomainId; also the number of Metering and Exporting Process
 * @interval: samplingInterval, samplerRandomInterval
 * @selected: samplingFlowInterval
 * @spacing: samplingFlowSpacing
 * @interface: ingressInterface
 * @template_id: templateId
 * @algorithm: flowSelectorAlgorithm
 * @sampler_id: samplerId, selectorId
 * @sampler_mode: samplerMode, samplingAlgorithm
 * @domain_name: observationDomainName, zeros behind it
 * @interface_name: interfaceName, zeros behind it
 * @interface_description: interfaceDescription, zeros behind it
 */
struct pnf_options_value {
	u64 init_ns;
	u64 first_ns;
	u64 last_ns;
	u64 messages;
	u64 flow_records;
	u64 message_octets;
	u64 flows;
	u64 ignored_packets;
	u64 ignored_octets;
	u64 not_sent_flows;
	u64 not_sent_packets;
	u64 not_sent_octets;
	u64 flows_observed;
	u64 flows_selected;
	u64 packets_observed;
	u64 packets_selected;
	u64 probability;
	u64 flow_keys;
	u32 domain;
	u32 interval;
	u32 selected;
	u32 spacing;
	u32 interface;
	u16 template_id;
	u16 algorithm;
	u8 sampler_id;
	u8 sampler_mode;
	char domain_name[PNF_DOMAIN_NAME_MAX];
	char interface_name[PNF_INTERFACE_NAME_OCTETS];
	char interface_description[PNF_INTERFACE_DESCRIPTION_OCTETS];
};

extern const struct pnf_options_definition pnf_options_definitions[PNF_OPTIONS_KINDS];

bool pnf_options_are_carried(enum pnf_options_kind kind, u8 version);
void pnf_options_fill_sampler(struct pnf_options_value *value, const struct pnf_config *config);
u64 pnf_options_key_indicator(const struct pnf_template *template);

#endif /* PNF_OPTIONS_H */
