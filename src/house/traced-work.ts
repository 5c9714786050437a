import type { CheckJob, Dispatch, ExecuteJob, PlanJob } from '../contract/dispatch.ts';
import type { Sessions } from '../contract/sessions.ts';
import type { SpanFacts, Spans } from '../contract/spans.ts';
import type { Transport } from '../contract/transport.ts';
import type { Task } from './tasks.ts';

/** What is said of a job, where it is asked for and where it is done. */
export function factsOfJob(job: CheckJob | PlanJob | ExecuteJob, cluster: string): SpanFacts {
  const about = { 'medic.cluster': cluster, 'medic.incident.id': job.incident };
  if (!('signed' in job)) return about;
  const { plan, request } = job.signed.approval;
  return { ...about, 'medic.plan.hash': plan, 'medic.request.id': request };
}

/** Jobs that carry the trace of who asks for them. */
export function tracedDispatch<T extends Dispatch>(dispatch: T, spans: Spans, cluster: string): T {
  const traced =
    <J extends CheckJob | PlanJob | ExecuteJob>(post: (job: J) => Promise<void>) =>
    (job: J): Promise<void> =>
      spans.about(factsOfJob(job, cluster), () => {
        spans.keep(job.incident);
        return post(job);
      });
  return {
    ...dispatch,
    check: traced((job: CheckJob) => dispatch.check(job)),
    plan: traced((job: PlanJob) => dispatch.plan(job)),
    execute: traced((job: ExecuteJob) => dispatch.execute(job)),
  };
}

/** Scripts on nodes as spans: which one, where, and how it ended. */
export function tracedSessions<T extends Sessions>(sessions: T, spans: Spans): T {
  return {
    ...sessions,
    run: (node, run) =>
      spans.within(
        {
          name: `script ${run.name}`,
          kind: 'client',
          facts: { 'medic.node': node.name, 'medic.script': run.name },
          outcome: (result) =>
            result.kind === 'ended' ? { 'process.exit.code': result.code } : { 'error.type': result.reason },
        },
        () => sessions.run(node, run),
      ),
  } satisfies Sessions & T;
}

/** Ways of files as spans, the scripts that they run below them. */
export function tracedTransport(transport: Transport, spans: Spans): Transport {
  return {
    name: transport.name,
    unusable: (shipment) => transport.unusable(shipment),
    send: (shipment) =>
      spans.within(
        {
          name: `transfer ${transport.name}`,
          facts: {
            'medic.node': shipment.target.name,
            'medic.source': shipment.source.name,
            'medic.transport': transport.name,
            'medic.file': shipment.file,
            'medic.bytes': shipment.bytes,
          },
          outcome: (result) =>
            result.kind === 'arrived' ? { 'medic.bytes_sent': result.bytesSent } : { 'error.type': result.reason },
        },
        () => transport.send(shipment),
      ),
  };
}

/** Periodic tasks whose turns are told where they ask for work. */
export function tracedTasks(tasks: readonly Task[], spans: Spans, cluster: string): readonly Task[] {
  const facts = { 'medic.cluster': cluster };
  return tasks.map((task) => ({
    ...task,
    run: () => spans.turn({ name: `task ${task.name}` }, () => spans.about(facts, task.run)),
  }));
}
