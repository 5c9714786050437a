import { generateKeyPairSync, sign } from 'node:crypto';
import type { Job, Queue } from 'bullmq';
import type { Config } from '../../../src/config.ts';
import type { ExecuteJob } from '../../../src/contract/dispatch.ts';
import type { Approval, SignedApproval } from '../../../src/domain/approval.ts';
import { canonicalJson } from '../../../src/domain/digest.ts';
import { hashPlan, type Plan } from '../../../src/domain/plan.ts';
import { openSigner } from '../../../src/keys/approval-keys.ts';
import { newJobId, signedJob } from '../../../src/queue/signed-jobs.ts';
import { newSecretId } from '../../../src/wire.ts';
import type { Office } from './office.ts';
import { me } from './site.ts';

/** The entry of the prompt that such a job would come from. */
export function requestedFor({ signed }: ExecuteJob) {
  const { request, plan, requester, notAfter } = signed.approval;
  return { kind: 'requested' as const, request, plan, requester, needed: 0, notAfter };
}

/** Signed by a key that calls itself the shell. */
export function signedByStranger(approval: Approval): SignedApproval {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    approval,
    key: 'shell',
    signature: sign(null, Buffer.from(canonicalJson(approval)), privateKey).toString('base64'),
  };
}

/** The plan with another model in its steps. */
export function withOtherAlias(plan: Plan): Plan {
  return {
    ...plan,
    targets: plan.targets.map((target) => ({
      ...target,
      steps: target.steps.map((step) =>
        step.kind === 'run' ? { ...step, argv: step.argv.map((word) => word.replace('hex8_2p', 'hex8_4p')) } : step,
      ),
    })),
  };
}

/** The job that the desk would make of a right approval. */
export function honestJob({ cluster, stateDir }: Config, incident: string, plan: Plan): ExecuteJob {
  const notAfter = new Date(Date.now() + 600_000).toISOString();
  const approval: Approval = {
    cluster,
    plan: hashPlan(plan),
    request: newSecretId(),
    requester: me,
    approvers: [me],
    notAfter,
  };
  return { incident, plan, signed: openSigner(stateDir, 'shell').sign(approval) };
}

/** Signed with the right key, so that nothing but the content can be the reason to refuse. */
export function signedAgain({ stateDir }: Config, job: ExecuteJob, other: Partial<Approval>): ExecuteJob {
  return { ...job, signed: openSigner(stateDir, 'shell').sign({ ...job.signed.approval, ...other }) };
}

/** Puts a job where the worker takes its work from, as whoever holds the desk's own key could, under an id of its own. */
export function putSigned({ memory }: Office, queue: Queue, job: ExecuteJob): Promise<Job> {
  const id = newJobId(queue.name);
  return queue.add('execute', signedJob(memory.signing, { queue: queue.name, id }, job), { attempts: 1, jobId: id });
}
