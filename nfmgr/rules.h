/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_RULES_H
#define NFMGR_RULES_H

#include "channel.h"
#include "out.h"

bool aggregation_read(struct nlattr *nest, struct aggregation *rule);
bool snmp_rule_read(struct nlattr *nest, struct snmp_rule *rule);
void sampler_read(struct nlattr *nest, struct sampler *sampler);
void rules_print(struct out *out, const struct replies *replies);

#endif
