// SPDX-License-Identifier: GPL-2.0-only
/*
 * pnf_faults - does once what a module must not, so that the guests' judges are judged
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *fault = "none";
module_param(fault, charp, 0);

static DEFINE_MUTEX(pnf_first);
static DEFINE_MUTEX(pnf_second);

static void pnf_fault_leak(void)
{
	int i;

	/* Of a single one a pointer may be left in some register */
	for (i = 0; i < 16; i++)
		memset(kmalloc(100, GFP_KERNEL), i, 100);
}

static void pnf_fault_freed(void)
{
	char *octets = kmalloc(100, GFP_KERNEL);

	kfree(octets);
	WRITE_ONCE(octets[50], 1);
}

static void pnf_fault_locks(void)
{
	mutex_lock(&pnf_first);
	mutex_lock(&pnf_second);
	mutex_unlock(&pnf_second);
	mutex_unlock(&pnf_first);
	mutex_lock(&pnf_second);
	mutex_lock(&pnf_first);
	mutex_unlock(&pnf_first);
	mutex_unlock(&pnf_second);
}

static int __init pnf_faults_init(void)
{
	WARN_ON(!strcmp(fault, "warning"));
	if (!strcmp(fault, "leak"))
		pnf_fault_leak();
	if (!strcmp(fault, "freed"))
		pnf_fault_freed();
	if (!strcmp(fault, "locks"))
		pnf_fault_locks();
	return 0;
}

static void __exit pnf_faults_exit(void)
{
}

module_init(pnf_faults_init);
module_exit(pnf_faults_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Self-test of the guests: faults that have to be seen");
