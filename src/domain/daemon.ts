import type { Scope } from './entry.ts';
import type { Finding } from './finding.ts';
import type { JobName } from './names.ts';

/** The check that looks at the distribution daemon and at no model. */
export const DAEMON_CHECK: JobName = 'daemon-health';

/** The check that says why deliveries fail. */
export const TRANSPORT_CHECK: JobName = 'transport-diagnosis';

/** The check that says where a promotion stands. */
export const PROGRESS_CHECK: JobName = 'distribution-progress';

/** The check that says why something may be wrong; it finds nothing itself. */
export const CAUSES_CHECK: JobName = 'incident-causes';

/** Whether a check is about the daemon and its work rather than about what a node holds. */
export function isOfCluster(check: JobName): boolean {
  return check === DAEMON_CHECK || check === TRANSPORT_CHECK || check === PROGRESS_CHECK || check === CAUSES_CHECK;
}

/** Whether a look is at the daemon alone, so that it says nothing about models. */
export function isDaemonLook({ checks }: Pick<Scope, 'checks'>): boolean {
  return checks.length > 0 && checks.every((check) => check === DAEMON_CHECK);
}

/** The news about the daemon in one line, its sign first. */
export function daemonNews({ findings }: { readonly findings: readonly Finding[] }): string {
  const [first] = findings.toSorted((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
  if (first === undefined) return '🟢 the distribution daemon works, as far as its sources tell';
  return `${first.severity === 'critical' ? '🔴' : '🟡'} ${first.title}`;
}
