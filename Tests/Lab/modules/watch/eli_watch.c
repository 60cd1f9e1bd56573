// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watches whether a CPU of the host gets its interrupts, by the module's parameters:
 *
 *   cpu              the CPU
 *   running          writing 1: a timer of this CPU's expires each millisecond, and IPIs go there,
 *                    each once the last one was answered; writing 0: no more
 *   report           reading: "timers=N late_us=L ipis=N answer_us=L lost=N in_service=N" since the
 *                    start: how often the timer's handler ran and how late at most, how many IPIs
 *                    were answered and how late at most, how many of either never were, and how
 *                    many IPIs found a vector in service that is none of the host's
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/smp.h>

#include <asm/apicdef.h>
#include <asm/msr.h>

#define WATCH_PERIOD	(1 * NSEC_PER_MSEC)
#define WATCH_LIMIT	(20 * (s64)NSEC_PER_SEC)	/* what takes longer is lost */

static unsigned int cpu;
module_param(cpu, uint, 0600);

static DEFINE_MUTEX(watch_lock);
static struct task_struct *watch_thread;
static unsigned int watched;	/* the CPU while running */

static struct hrtimer timer;
static u64 timers;
static s64 late, answer;	/* ns */
static ktime_t last_timer, ipi_sent;
static u64 ipis, lost, in_service;
static bool ipi_pending;	/* release and acquire */

static enum hrtimer_restart watch_expired(struct hrtimer *t)
{
	ktime_t now = ktime_get();
	s64 by = ktime_to_ns(ktime_sub(now, hrtimer_get_expires(t)));

	late = max(late, by);
	timers++;
	WRITE_ONCE(last_timer, now);
	hrtimer_forward(t, now, WATCH_PERIOD);
	return HRTIMER_RESTART;
}

static void watch_start_timer(void *unused)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = watch_expired;
	hrtimer_start(&timer, WATCH_PERIOD, HRTIMER_MODE_REL_PINNED_HARD);
}

/*
 * The host's x2APIC.  Handlers of the host's run with IRQs off, and that of an IPI completes it first:
 * nothing that is in service now belongs to the host.
 */
static bool watch_any_in_service(void)
{
	u64 isr;

	for (unsigned int word = 1; word < 8; word++) {
		rdmsrl(APIC_BASE_MSR + (APIC_ISR >> 4) + word, isr);
		if (isr)
			return true;
	}
	return false;
}

static void watch_answer(void *unused)
{
	s64 by = ktime_to_ns(ktime_sub(ktime_get(), ipi_sent));

	in_service += watch_any_in_service();
	answer = max(answer, by);
	ipis++;
	/* Pairs with watch_is_answered(). */
	smp_store_release(&ipi_pending, false);
}

static call_single_data_t watch_csd = CSD_INIT(watch_answer, NULL);

/* Waits for the answer to the last IPI. */
static bool watch_is_answered(void)
{
	/* Pairs with watch_answer(). */
	while (smp_load_acquire(&ipi_pending)) {
		if (ktime_to_ns(ktime_sub(ktime_get(), ipi_sent)) > WATCH_LIMIT)
			return false;
		usleep_range(50, 100);
	}
	return true;
}

static int watch_run(void *unused)
{
	while (!kthread_should_stop()) {
		ipi_sent = ktime_get();
		WRITE_ONCE(ipi_pending, true);
		smp_call_function_single_async(watched, &watch_csd);
		if (!watch_is_answered()) {
			lost++;
			break;
		}
		usleep_range(500, 1000);
	}
	while (!kthread_should_stop())
		usleep_range(500, 1000);
	return 0;
}

static int watch_start(void)
{
	int r;

	if (ipi_pending)
		return -EIO;
	watched = cpu;
	timers = ipis = lost = in_service = 0;
	late = answer = 0;
	last_timer = ktime_get();
	watch_thread = kthread_create(watch_run, NULL, "eli_watch");
	if (IS_ERR(watch_thread)) {
		r = PTR_ERR(watch_thread);
		watch_thread = NULL;
		return r;
	}
	/* Never where it would be in the way of what it watches. */
	kthread_bind(watch_thread, 0);
	r = smp_call_function_single(watched, watch_start_timer, NULL, 1);
	if (r) {
		kthread_stop(watch_thread);
		watch_thread = NULL;
		return r;
	}
	wake_up_process(watch_thread);
	return 0;
}

static void watch_stop(void)
{
	ktime_t now = ktime_get();

	kthread_stop(watch_thread);
	watch_thread = NULL;
	while (ktime_before(READ_ONCE(last_timer), now)) {
		if (ktime_to_ns(ktime_sub(ktime_get(), now)) > WATCH_LIMIT) {
			lost++;
			break;
		}
		usleep_range(500, 1000);
	}
	hrtimer_cancel(&timer);
}

static int watch_set_running(const char *value, const struct kernel_param *param)
{
	bool run;
	int r = kstrtobool(value, &run);

	if (r)
		return r;
	mutex_lock(&watch_lock);
	if (run && !watch_thread)
		r = watch_start();
	else if (!run && watch_thread)
		watch_stop();
	mutex_unlock(&watch_lock);
	return r;
}

static const struct kernel_param_ops running_ops = { .set = watch_set_running };
module_param_cb(running, &running_ops, NULL, 0200);

static int watch_report(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer,
			  "timers=%llu late_us=%lld ipis=%llu answer_us=%lld lost=%llu in_service=%llu\n",
			  timers, late / NSEC_PER_USEC, ipis, answer / NSEC_PER_USEC, lost, in_service);
}

static const struct kernel_param_ops report_ops = { .get = watch_report };
module_param_cb(report, &report_ops, NULL, 0400);

static int __init watch_init(void)
{
	return 0;
}
module_init(watch_init);

static void __exit watch_exit(void)
{
	mutex_lock(&watch_lock);
	if (watch_thread)
		watch_stop();
	mutex_unlock(&watch_lock);
}
module_exit(watch_exit);

MODULE_DESCRIPTION("ELI lab: whether a CPU of the host gets its interrupts");
MODULE_LICENSE("GPL");
