/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kthread.h - what is not to be done in the name of the caller
 */
#ifndef PNF_KTHREAD_H
#define PNF_KTHREAD_H

#include <linux/sched.h>
#include <linux/workqueue.h>

/**
 * pnf_run_in_kthread() - have a kernel thread do something, and wait until it is done
 * @work: INIT_WORK_ONSTACK(); destroy_work_on_stack() is the caller's, too
 *
 * A socket belongs to the control groups of the task that makes it (sk_alloc()), whose rules and
 * limits hold for it, and may do what that task may. Exports are no affair of whoever calls nfmgr.
 *
 * Context: process, sleeps.
 */
static inline void pnf_run_in_kthread(struct work_struct *work)
{
	if (current->flags & PF_KTHREAD) {
		work->func(work);
		return;
	}
	queue_work(system_unbound_wq, work);
	flush_work(work);
}

#endif /* PNF_KTHREAD_H */
