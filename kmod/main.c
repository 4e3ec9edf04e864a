// SPDX-License-Identifier: GPL-2.0-only
/*
 * pkt_netflow - a flow exporter: NetFlow v5, NetFlow v9, IPFIX
 *
 * Where to begin reading: point_inet.c, meter.c, cache.c | expire.c, record.c,
 * exporter.c, encode_*.c, transport.c.
 */
#include <linux/module.h>

#include "flow.h"
#include "netns.h"
#include "nl_family.h"

static int __init pnf_init(void)
{
	int err;

	err = pnf_flow_module_init();
	if (err)
		return err;
	err = pnf_netns_module_init();
	if (err)
		goto err_flow;
	err = pnf_nl_module_init(); /* last: opens the door */
	if (err)
		goto err_netns;
	return 0;

err_netns:
	pnf_netns_module_exit();
err_flow:
	pnf_flow_module_exit();
	return err;
}

static void __exit pnf_exit(void)
{
	pnf_nl_module_exit();
	pnf_netns_module_exit();
	pnf_flow_module_exit();
}

module_init(pnf_init);
module_exit(pnf_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Flow exporter: NetFlow v5, NetFlow v9, IPFIX");
MODULE_VERSION(PNF_VERSION);
