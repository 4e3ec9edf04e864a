// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "config.h"

/**
 * pnf_config_alloc() - an empty snapshot with room for destinations
 * @destination_count: how many
 *
 * Return: zeroed, for kfree(); NULL if there is no memory.
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
 * pnf_config_default() - the settings of a fresh namespace
 *
 * Return: for kfree(); NULL if there is no memory.
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
	return config;
}

static bool pnf_address_equal(u8 version, const union pnf_address *a,
			      const union pnf_address *b)
{
	if (version == PNF_IPV4)
		return a->v4 == b->v4;
	return !memcmp(&a->v6, &b->v6, sizeof(a->v6));
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
