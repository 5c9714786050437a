import { type DoctorLine, untold, wrong } from './doctor-line.ts';
import type { JobName } from './names.ts';
import { count, joined } from './wording.ts';

/** The check by which a worker looks at itself and at its way to the nodes. */
export const DOCTOR_CHECK: JobName = 'worker-self';

/** Whether a look is the worker's at itself, so that it says nothing about models. */
export function isDoctorLook({ checks }: { readonly checks: readonly JobName[] }): boolean {
  return checks.length > 0 && checks.every((check) => check === DOCTOR_CHECK);
}

/** What a stream of `doctor` has so far: the half of whoever took the words, the worker's, and why that could not be made. */
export type DoctorHalves = {
  readonly examined?: readonly DoctorLine[];
  readonly look?: { readonly report: { readonly self?: readonly DoctorLine[] | undefined } };
  readonly failures: readonly { readonly detail: string }[];
};

const NO_WORKER = untold(
  'no worker has answered yet',
  'while this stays so, no worker takes the jobs of this cluster: start one (npm run start:worker) with the same REDIS_URL and medic.yaml',
);

/** All lines, the worker's last; a half that has not come is said to be missing. */
export function doctorOf({ examined = [], look, failures }: DoctorHalves): DoctorLine[] {
  if (look !== undefined) return [...examined, ...(look.report.self ?? [])];
  const failure = failures.at(-1)?.detail;
  if (failure === undefined) return [...examined, NO_WORKER];
  return [
    ...examined,
    wrong(`the worker could not look: ${failure}`.slice(0, 400), 'mend what it says, then ask doctor again'),
  ];
}

/** Whether anything is wrong, or unknown; `right` only when everything that was asked is. */
export function doctorVerdict(lines: readonly DoctorLine[]): 'right' | 'wrong' | 'unknown' {
  if (lines.some(({ verdict }) => verdict === 'wrong')) return 'wrong';
  return lines.every(({ verdict }) => verdict === 'right' || verdict === 'not_asked') ? 'right' : 'unknown';
}

/** The news in one line. */
export function doctorNews(lines: readonly DoctorLine[]): string {
  const having = (one: DoctorLine['verdict']): number => lines.filter(({ verdict }) => verdict === one).length;
  const asked = lines.length - having('not_asked');
  const parts = [
    `${having('right')} of ${count(asked, 'line')} right`,
    ...(having('wrong') === 0 ? [] : [`${having('wrong')} wrong`]),
    ...(having('unknown') === 0 ? [] : [`${having('unknown')} unknown`]),
    ...(having('not_asked') === 0 ? [] : [`${having('not_asked')} not asked`]),
  ];
  return joined(parts);
}

/** A line in words: its sign, what it is about, and what to do where it is not right. */
export function doctorWords(line: DoctorLine): string {
  const sign = { right: '✓', wrong: '✗', unknown: '?', not_asked: '?' }[line.verdict];
  return line.verdict === 'right' ? `${sign} ${line.what}` : `${sign} ${line.what}: ${line.remedy}`;
}
