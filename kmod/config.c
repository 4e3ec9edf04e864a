// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/string.h>

#include "config.h"

/**
 * pnf_config_alloc() - an empty snapshot with room for destinations
 * @destination_count: how many
 *
 * Return: zeroed, for pnf_config_free(); NULL if there is no memory.
 */
struct pnf_config *pnf_config_alloc(u32 destination_count)
{
	struct pnf_config *config;

	config = kzalloc(struct_size(config, destinations, destination_count),
			 GFP_KERNEL);
	if (config)
		config->destination_count = destination_count;
	return config;
}

/**
 * pnf_config_free() - free a snapshot with its lists
 * @config: the snapshot, or NULL
 */
void pnf_config_free(struct pnf_config *config)
{
	if (!config)
		return;
	kvfree(config->aggregations);
	kvfree(config->snmp_rules);
	kvfree(config->templates);
	kfree(config);
}

static void *pnf_config_copy_list(const void *list, u32 count, size_t octets, bool *failed)
{
	void *copy;

	if (!count)
		return NULL;
	copy = kvmalloc_array(count, octets, GFP_KERNEL);
	if (copy)
		memcpy(copy, list, count * octets);
	else
		*failed = true;
	return copy;
}

/**
 * pnf_config_copy() - a snapshot to be changed
 * @config: the snapshot that it begins with
 * @destination_count: room for so many destinations, at least those of @config
 *
 * Return: for pnf_config_free(); NULL if there is no memory.
 */
struct pnf_config *pnf_config_copy(const struct pnf_config *config, u32 destination_count)
{
	struct pnf_config *copy = pnf_config_alloc(destination_count);
	bool failed = false;

	if (!copy)
		return NULL;
	memcpy(copy, config, struct_size(config, destinations, config->destination_count));
	copy->aggregations = pnf_config_copy_list(config->aggregations,
						  config->aggregation_count,
						  sizeof(*config->aggregations), &failed);
	copy->snmp_rules = pnf_config_copy_list(config->snmp_rules, config->snmp_rule_count,
						sizeof(*config->snmp_rules), &failed);
	copy->templates = pnf_config_copy_list(config->templates, config->template_count,
					       sizeof(*config->templates), &failed);
	if (failed) {
		pnf_config_free(copy);
		return NULL;
	}
	return copy;
}

/**
 * pnf_config_default() - the settings of a fresh namespace
 *
 * Return: for pnf_config_free(); NULL if there is no memory.
 */
struct pnf_config *pnf_config_default(void)
{
	struct pnf_config *config = pnf_config_alloc(0);

	if (!config)
		return NULL;
	config->active_timeout = 1800;
	config->inactive_timeout = 15;
	config->refresh_rate = 20;
	config->maxflows = 2000000;
	config->scan_min = 1;
	config->exportcpu = -1;
	config->inet_priority = INT_MAX;
	config->inet_hooks = PNF_HOOKS_DEFAULT;
	config->protocol = 5;
	config->metering = PNF_METERING_AUTO;
	config->compat_sampling = 1;
	config->export_delay = 1000;
	return config;
}

static bool pnf_templates_equal(const struct pnf_config *a, const struct pnf_config *b)
{
	return a->template_count == b->template_count &&
	       !memcmp(a->templates, b->templates, a->template_count * sizeof(*a->templates));
}

/**
 * pnf_config_changes_records() - whether new settings change how Flows are told
 * @prev: the settings in force
 * @next: settings that are to come
 *
 * What was metered before is told as before, and Templates begin anew: with other IDs.
 */
bool pnf_config_changes_records(const struct pnf_config *prev, const struct pnf_config *next)
{
	return prev->protocol != next->protocol || prev->domain != next->domain ||
	       prev->collected != next->collected || prev->labels != next->labels ||
	       prev->sampler_id != next->sampler_id ||
	       prev->random_template_ids != next->random_template_ids ||
	       !pnf_templates_equal(prev, next);
}

/**
 * pnf_destination_equal() - whether two destinations are the same
 * @a: one
 * @b: the other
 *
 * The same means: same address, port, source and device.
 */
bool pnf_destination_equal(const struct pnf_destination *a,
			   const struct pnf_destination *b)
{
	return a->version == b->version && a->port == b->port &&
	       a->has_source == b->has_source &&
	       pnf_address_equal(a->version, &a->address, &b->address) &&
	       (!a->has_source ||
		pnf_address_equal(a->version, &a->source, &b->source)) &&
	       !strcmp(a->device, b->device);
}

/**
 * pnf_config_has_destination() - whether a destination is among the settings
 * @config: the settings
 * @destination: the Collector
 */
bool pnf_config_has_destination(const struct pnf_config *config,
				const struct pnf_destination *destination)
{
	u32 i;

	for (i = 0; i < config->destination_count; i++)
		if (pnf_destination_equal(&config->destinations[i], destination))
			return true;
	return false;
}
