// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ethtool.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "netns.h"
#include "watch.h"

/* Changes come in crowds; and nobody tells of an alias of a device that is down. */
#define PNF_WATCH_DELAY		(HZ / 2)
#define PNF_WATCH_PERIOD	(300 * HZ)

/* RFC 3629: nothing of a character that does not fit is kept. */
static size_t pnf_whole_characters(const char *text, size_t octets)
{
	size_t end = octets;

	if (!(text[octets - 1] & 0x80))
		return octets;
	while (end && (text[end - 1] & 0xc0) == 0x80)
		end--;
	return end ? end - 1 : 0;
}

/* Zeros are behind it already; what is longer is cut off. */
static void pnf_watch_describe(char description[PNF_INTERFACE_DESCRIPTION_OCTETS],
			       const char *text)
{
	size_t octets = strlen(text);

	if (octets > PNF_INTERFACE_DESCRIPTION_OCTETS)
		octets = pnf_whole_characters(text, PNF_INTERFACE_DESCRIPTION_OCTETS);
	memcpy(description, text, octets);
}

static const char *pnf_watch_driver(const struct net_device *dev)
{
	if (dev->dev.parent && dev->dev.parent->driver)
		return dev->dev.parent->driver->name;
	if (dev->rtnl_link_ops)
		return dev->rtnl_link_ops->kind;
	return "";
}

static const char *pnf_watch_port(u8 port)
{
	switch (port) {
	case PORT_TP:
		return "tp";
	case PORT_AUI:
		return "aui";
	case PORT_MII:
		return "mii";
	case PORT_FIBRE:
		return "fibre";
	case PORT_BNC:
		return "bnc";
	case PORT_DA:
		return "da";
	default:
		return "";
	}
}

/* "driver,speed,port" as far as they are known; the RTNL is held. */
static void pnf_watch_describe_hardware(struct net_device *dev, char *text, size_t size)
{
	const char *driver = pnf_watch_driver(dev);
	struct ethtool_link_ksettings settings;
	const char *port;

	if (!netif_running(dev) || !netif_device_present(dev) ||
	    __ethtool_get_link_ksettings(dev, &settings) ||
	    settings.base.speed == (u32)SPEED_UNKNOWN) {
		strscpy(text, driver, size);
		return;
	}
	port = pnf_watch_port(settings.base.port);
	snprintf(text, size, "%s,%u%s%s", driver, settings.base.speed, *port ? "," : "", port);
}

/* The RTNL is held, which who changes it needs, too. */
static bool pnf_watch_read_alias(const struct net_device *dev, char *text, size_t size)
{
	const struct dev_ifalias *alias = rtnl_dereference(dev->ifalias);

	return alias && strscpy(text, alias->ifalias, size) != 0;
}

static void pnf_watch_read_device(struct net_device *dev, struct pnf_interface *interface)
{
	char text[IFALIASZ + 1];

	memset(interface, 0, sizeof(*interface));
	interface->index = dev->ifindex;
	memcpy(interface->name, dev->name, strnlen(dev->name, sizeof(interface->name)));
	if (!pnf_watch_read_alias(dev, text, sizeof(text)))
		pnf_watch_describe_hardware(dev, text, sizeof(text));
	pnf_watch_describe(interface->description, text);
}

/* NULL: there is no memory. Devices that come meanwhile are looked at next time. */
static struct pnf_interfaces *pnf_watch_list_devices(struct net *net)
{
	struct pnf_interfaces *interfaces;
	struct net_device *dev;
	u32 room = 0;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev)
		room++;
	rcu_read_unlock();
	interfaces = kvzalloc(struct_size(interfaces, entries, room), GFP_KERNEL);
	if (!interfaces)
		return NULL;
	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		if (interfaces->count == room)
			break;
		interfaces->entries[interfaces->count++].index = dev->ifindex;
	}
	rcu_read_unlock();
	return interfaces;
}

/* One device at a time, so that nobody waits long for the RTNL */
static void pnf_watch_read_devices(struct net *net, struct pnf_interfaces *interfaces)
{
	struct net_device *dev;
	u32 i, count = 0;

	for (i = 0; i < interfaces->count; i++) {
		rtnl_lock();
		dev = __dev_get_by_index(net, interfaces->entries[i].index);
		if (dev)
			pnf_watch_read_device(dev, &interfaces->entries[count++]);
		rtnl_unlock();
		cond_resched();
	}
	interfaces->count = count;
}

/**
 * pnf_watch_read() - the interfaces of a namespace as they are now
 * @net: the namespace
 *
 * Context: process, sleeps for the RTNL.
 *
 * Return: for pnf_exporter_set_interfaces(); NULL if there is no memory.
 */
struct pnf_interfaces *pnf_watch_read(struct net *net)
{
	struct pnf_interfaces *interfaces = pnf_watch_list_devices(net);

	if (interfaces)
		pnf_watch_read_devices(net, interfaces);
	return interfaces;
}

/**
 * pnf_watch_map_indexes() - give interfaces the numbers that Flow Records have
 * @interfaces: from pnf_watch_read()
 * @format: has the index rules, or NULL
 *
 * Context: any in which @format stays.
 */
void pnf_watch_map_indexes(struct pnf_interfaces *interfaces, const struct pnf_format *format)
{
	char name[IFNAMSIZ + 1] = {};
	u32 i;

	if (!format || !format->indexer)
		return;
	for (i = 0; i < interfaces->count; i++) {
		memcpy(name, interfaces->entries[i].name, IFNAMSIZ);
		pnf_index_rule(format->indexer, name, &interfaces->entries[i].index);
	}
}

static void pnf_watch_work(struct work_struct *work)
{
	struct pnf_net *nn = container_of(to_delayed_work(work), struct pnf_net, watch_work);
	struct pnf_interfaces *interfaces;

	clear_bit(PNF_WATCH_CALLED, &nn->watch_flags);
	smp_mb__after_atomic(); /* a change from here on calls again */
	queue_delayed_work(system_unbound_wq, &nn->watch_work, PNF_WATCH_PERIOD);
	interfaces = pnf_watch_read(nn->net);
	if (!interfaces)
		return;
	mutex_lock(&nn->exporter.lock);
	pnf_watch_map_indexes(interfaces, nn->format);
	pnf_exporter_set_interfaces(&nn->exporter, interfaces);
	mutex_unlock(&nn->exporter.lock);
}

/**
 * pnf_watch_look() - look at the interfaces soon
 * @nn: the exporter, whose watch is open
 *
 * Context: any.
 */
void pnf_watch_look(struct pnf_net *nn)
{
	if (!test_and_set_bit(PNF_WATCH_CALLED, &nn->watch_flags))
		mod_delayed_work(system_unbound_wq, &nn->watch_work, PNF_WATCH_DELAY);
}

static int pnf_watch_event(struct notifier_block *notifier, unsigned long event, void *info)
{
	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGE:	/* the link came up, perhaps with another speed */
	case NETDEV_UP:
		pnf_watch_look(container_of(notifier, struct pnf_net, watch_notifier));
	}
	return NOTIFY_DONE;
}

/**
 * pnf_watch_open() - watch the interfaces from now on
 * @nn: the exporter
 *
 * Context: process, config_lock held; may sleep for the RTNL.
 *
 * Return: 0, also if it is open already, or an error of register_netdevice_notifier_net().
 */
int pnf_watch_open(struct pnf_net *nn)
{
	int err;

	if (nn->watch_notifier.notifier_call)
		return 0;
	INIT_DELAYED_WORK(&nn->watch_work, pnf_watch_work);
	nn->watch_notifier.notifier_call = pnf_watch_event;
	err = register_netdevice_notifier_net(nn->net, &nn->watch_notifier);
	if (err)
		nn->watch_notifier.notifier_call = NULL;
	return err;
}

/**
 * pnf_watch_close() - watch no more
 * @nn: the exporter; nobody opens the watch again
 *
 * Context: process; neither config_lock nor export_lock is held.
 */
void pnf_watch_close(struct pnf_net *nn)
{
	if (!nn->watch_notifier.notifier_call)
		return;
	unregister_netdevice_notifier_net(nn->net, &nn->watch_notifier);
	cancel_delayed_work_sync(&nn->watch_work);
}
