import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from '../domain/node.ts';
import type { Step } from '../domain/plan.ts';
import { whyStopped } from './cancels.ts';
import { cureOf } from './judge.ts';
import type { Execution, Kit } from './kit.ts';

const LOOK_EVERY_MS = 5_000;

/** Looks at a node until somebody else's transfer has brought the right bytes, or until nothing came to any node of the plan for the step's time. */
export async function awaitArrival(
  { kit, execution, node }: { readonly kit: Kit; readonly execution: Execution; readonly node: Node },
  step: Extract<Step, { kind: 'await' }>,
): Promise<{ readonly kind: 'done' | 'failed' | 'lost'; readonly detail: string }> {
  const { signal, arrivals } = execution;
  const target = {
    node: node.name,
    models: [step.model],
    before: {},
    after: { [step.file]: { kind: 'absent' as const } },
    steps: [step],
    cures: [],
  };
  const beganMs = kit.now().getTime();
  for (;;) {
    const cure = await cureOf(kit, execution, node, target);
    const nowMs = kit.now().getTime();
    if (cure.kind === 'cured') {
      arrivals.lastMs = nowMs;
      return { kind: 'done', detail: '' };
    }
    if (signal.aborted) return { kind: 'failed', detail: whyStopped(signal) };
    const quietMs = nowMs - Math.max(beganMs, arrivals.lastMs);
    if (quietMs >= step.timeoutMs) {
      const detail = `nothing has come for ${Math.round(quietMs / 1_000)} s: ${cure.detail}`;
      return { kind: cure.kind === 'unknown' ? 'lost' : 'failed', detail };
    }
    await sleep(Math.min(LOOK_EVERY_MS, step.timeoutMs - quietMs), undefined, { signal }).catch(() => undefined);
  }
}
