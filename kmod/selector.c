// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>

#include "config.h"
#include "selector.h"

/* The sampling field of v5: 2 bits of mode, 14 bits of interval */
#define PNF_V5_INTERVAL_BITS		14
#define PNF_V5_MODE_DETERMINISTIC	1
#define PNF_V5_MODE_RANDOM		2

static_assert(PNF_SAMPLER_MAX < 1 << PNF_V5_INTERVAL_BITS);

/**
 * pnf_selector_init() - a sampler that begins anew
 * @selector: the sampler
 * @method: enum pnf_sampler
 * @interval: one Flow in so many, at least 1; any with PNF_SAMPLER_NONE
 */
void pnf_selector_init(struct pnf_selector *selector, u8 method, u32 interval)
{
	*selector = (struct pnf_selector) { .method = method, .interval = interval };
}

/**
 * pnf_selector_select() - whether a Flow that is about to be exported is selected
 * @selector: the sampler, under export_lock
 * @random: 32 bits of chance, new each time; only PNF_SAMPLER_RANDOM looks at them
 *
 * PNF_SAMPLER_DETERMINISTIC selects the first of each N exactly, RFC 7014's systematic
 * count-based sampling: from one to the next are N Flows, N - 1 of which are left out, which
 * flowSamplingInterval 1 and flowSamplingSpacing N - 1 tell. What PNF_SAMPLER_HASH let into the
 * Cache is not sampled a second time.
 */
bool pnf_selector_select(struct pnf_selector *selector, u32 random)
{
	bool is_first;

	switch (selector->method) {
	case PNF_SAMPLER_DETERMINISTIC:
		is_first = !selector->position;
		if (++selector->position >= selector->interval)
			selector->position = 0;
		return is_first;
	case PNF_SAMPLER_RANDOM:
		return pnf_selector_is_first_part(random, selector->interval);
	default:
		return true;
	}
}

/**
 * pnf_selector_v5_field() - how the header of NetFlow v5 tells of a sampler
 * @method: enum pnf_sampler
 * @interval: one Flow in so many, up to PNF_SAMPLER_MAX
 *
 * Return: the field in host byte order, 0 without a sampler.
 */
u16 pnf_selector_v5_field(u8 method, u32 interval)
{
	switch (method) {
	case PNF_SAMPLER_DETERMINISTIC:
		return PNF_V5_MODE_DETERMINISTIC << PNF_V5_INTERVAL_BITS | interval;
	case PNF_SAMPLER_RANDOM:
	case PNF_SAMPLER_HASH:
		return PNF_V5_MODE_RANDOM << PNF_V5_INTERVAL_BITS | interval;
	default:
		return 0;
	}
}
