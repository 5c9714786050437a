import type { Instant } from './names.ts';
import type { Plan, Risk } from './plan.ts';
import { isOnNode, PRUNE, reversible } from './plan.ts';
import type { TargetOutcome } from './receipt.ts';

/** `1 node`, `3 nodes`, `0 nodes`; give the plural where it is not an s. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** `a, b and c`. */
export function joined(words: readonly string[], and = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1)}`;
}

/** Bytes in units of a thousand, as disks and networks count: `108 MB`. */
export function bytes(number: number): string {
  if (number < 1_000) return count(number, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = number / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${units[unit] ?? 'TB'}`;
}

/** Milliseconds as a person says them: `0.4 s`, `12 s`, `4 min`, `2 h 5 min`, `3 days`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds < 0.05 && seconds > 0 ? '0.1' : seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return count(Math.round(hours / 24), 'day');
}

/** Milliseconds from one instant to another. */
export function between(from: Instant, to: Instant): number {
  return Date.parse(to) - Date.parse(from);
}

/** The first digits of a hash, enough to type. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** What a plan risks, in words. */
export function riskWords(plan: Plan): string {
  const words: Record<Risk, string> = {
    reversible: 'reversible',
    disruptive:
      plan.repair === PRUNE
        ? 'disruptive: what is deleted cannot be brought back'
        : 'disruptive: readers may meet a gap',
    'restores-weights': 'restores weights',
    'replaces-weights': 'replaces weights',
  };
  if (!plan.targets.some(isOnNode)) return 'says whom the worker believes · no way back';
  if (!reversible(plan)) return `${words[plan.risk]} · some of it cannot be undone`;
  if (plan.risk === 'reversible') return words[plan.risk];
  return `${words[plan.risk]} · can be taken back`;
}

/** How it ended on a node, in words. */
export const outcomeWords: Readonly<Record<TargetOutcome, string>> = {
  verified: 'verified',
  already_right: 'was right already',
  skipped: 'skipped: it changed after the plan was made',
  rolled_back: 'failed and rolled back',
  stuck: 'stuck: the way back failed too, a person has to look',
  lost: 'lost: nobody saw how it ended, a person has to look',
  unreachable: 'not reached',
  not_started: 'not started',
};
