import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Signing } from '../contract/signing.ts';
import { digestOf, type Sha256 } from '../domain/digest.ts';
import type { Distrust } from '../domain/distrust.ts';
import { Instant } from '../domain/names.ts';
import { mayPost, type Posted } from '../domain/written.ts';

/** What waits longer was asked for by somebody who has gone home (ms). */
const AGE_MAX_MS = 24 * 3_600_000;
/** Jobs taken here that are remembered, so that none of them is taken a second time. */
const REMEMBERED_MAX = 10_000;

/** A job as it lies in a queue: with the signature of the program that put it there. */
export type SignedJob<T> = {
  readonly job: T;
  readonly at: Instant;
  readonly key: string;
  readonly sign: string;
};

const Wire = z.strictObject({
  // Judged as it lies there and not a copy of it: what a schema leaves out would not be signed.
  job: z.custom<Readonly<Record<string, unknown>>>((job) => typeof job === 'object' && job !== null),
  at: Instant,
  key: z.string(),
  sign: z.string(),
});

/** Where a job lies, and what lies there. */
export type Lying = { readonly queue: string; readonly id: string; readonly data: unknown };

/** A job that counts for nothing: it is not begun. */
export type JobAside = Omit<Lying, 'data'> & {
  readonly why: Distrust;
  /** Whose it says it is; empty: it does not say. */
  readonly key: string;
  /** What it says it is, whoever says so. */
  readonly job: unknown;
};

/** An id that no other job has. */
export function newJobId(queue: string): string {
  return `${queue}-${randomBytes(16).toString('hex')}`;
}

/** A job as it is put into this queue under this id, signed by whoever puts it there. */
export function signedJob<T>(
  { cluster, pen }: Pick<Signing, 'cluster' | 'pen'>,
  { queue, id }: Pick<Lying, 'queue' | 'id'>,
  job: T,
  at: Instant = new Date().toISOString(),
): SignedJob<T> {
  const posted: Posted = { kind: 'job', cluster, queue, id, at, job: digestOf(job), key: pen.key };
  return { job, at, key: pen.key, sign: pen.sign(posted) };
}

/** Judges jobs by their signatures; undefined: a program that hands out work put exactly this there. */
export function createJobJudge({ cluster, hands }: Pick<Signing, 'cluster' | 'hands'>): {
  readonly distrust: (lying: Lying) => Distrust | undefined;
  /** The same, and remembers it: what is taken once is not taken again, although Redis may have forgotten it. */
  readonly take: (lying: Lying) => Distrust | undefined;
} {
  const taken = new Set<string>();
  const distrust = ({ queue, id, data }: Lying): Distrust | undefined => {
    const read = Wire.safeParse(data);
    if (!read.success) return 'unsigned';
    const { job, at, key, sign } = read.data;
    const digest = digestIfPlain(job);
    if (digest === undefined) return 'bad_signature';
    const why = hands.distrust({ kind: 'job', cluster, queue, id, at, job: digest, key }, sign);
    if (why !== undefined) return why;
    const { by } = job;
    if (!mayPost(key, typeof by === 'string' ? by : undefined)) return 'not_its_writer';
    return Date.now() - Date.parse(at) > AGE_MAX_MS ? 'too_old' : undefined;
  };
  return {
    distrust,
    take(lying) {
      const why = distrust(lying);
      if (why !== undefined) return why;
      if (taken.has(lying.id)) return 'repeated';
      taken.add(lying.id);
      for (const oldest of taken) {
        if (taken.size <= REMEMBERED_MAX) break;
        taken.delete(oldest);
      }
      return undefined;
    },
  };
}

/** What is to be told of a job that counts for nothing. */
export function asideOf({ queue, id, data }: Lying, why: Distrust): JobAside {
  const read = z.looseObject({ job: z.unknown(), key: z.string().optional() }).safeParse(data).data;
  // From before jobs were signed it lies there bare.
  return { queue, id, why, key: read?.key ?? '', job: read?.job ?? data };
}

/** Undefined: it is nested so deeply that nobody here has made it. */
function digestIfPlain(job: unknown): Sha256 | undefined {
  try {
    return digestOf(job);
  } catch {
    return undefined;
  }
}
