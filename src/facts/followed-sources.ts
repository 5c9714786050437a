import type { Fact } from '../contract/fact.ts';
import type { RawBatch } from '../contract/intake.ts';
import { Fault } from '../domain/fault.ts';
import { followedLedger, LedgerPosition } from './followed-ledger.ts';
import { followedLog, LogPosition } from './followed-log.ts';

/** Most that is read of a log at once, bytes. */
const LOG_BYTES_MAX = 65_536;
const LEDGER_ROWS_MAX = 200;

type Answer = {
  readonly position: string;
  readonly batch: RawBatch | undefined;
  readonly more: boolean;
  readonly lost: boolean;
};

/** A log below the cluster's own folder, read on as raw lines. */
export function logOnwards(root: string, path: string, position: string | undefined): Fact<Answer> {
  const fact = followedLog(root, path, positionOf(position, LogPosition), LOG_BYTES_MAX);
  return {
    ...fact,
    parse(answer) {
      const { text, offsetMinutes, more, lost, ...read } = fact.parse(answer);
      const batch: RawBatch | undefined = text === '' ? undefined : { source: 'log', path, text, offsetMinutes };
      return { position: JSON.stringify(read.position), batch, more, lost };
    },
  };
}

/** The delivery ledger below the cluster's own folder, read on as one row a line. */
export function ledgerOnwards(root: string, path: string, position: string | undefined): Fact<Answer> {
  const fact = followedLedger(root, path, positionOf(position, LedgerPosition), LEDGER_ROWS_MAX);
  return {
    ...fact,
    parse(answer) {
      const { rows, more, ...read } = fact.parse(answer);
      const text = rows.map((row) => JSON.stringify(row)).join('\n');
      const batch: RawBatch | undefined = text === '' ? undefined : { source: 'ledger', path, text, offsetMinutes: 0 };
      return { position: JSON.stringify(read.position), batch, more, lost: false };
    },
  };
}

function positionOf<T>(text: string | undefined, shape: { parse(value: unknown): T }): T | undefined {
  if (text === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new Fault('parse', `a position that nobody can read: ${String(error).slice(0, 200)}`);
  }
}
