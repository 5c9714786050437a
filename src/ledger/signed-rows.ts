import { randomBytes } from 'node:crypto';
import type { Signing } from '../contract/signing.ts';
import { digestOf } from '../domain/digest.ts';
import type { Distrust } from '../domain/distrust.ts';
import { textDigest, type Written } from '../domain/written.ts';

/** Judged rows that are remembered, so that reading a long stream again and again costs no signatures. */
const REMEMBERED_MAX = 20_000;

/** A row of a stream as Redis has it, and its fields by name. */
export type Fields = Readonly<Record<string, string>>;

type Said = { readonly stream: Written['stream']; readonly at: string; readonly text: string };

/**
 * The fields of each row that this process writes, signed and numbered, one after the other. A number that was not used after all goes to
 * the next row; where nobody knows whether it was used a new run begins, so that a gap in a run always means that a row is missing.
 */
export function createRun({ cluster, pen }: Signing) {
  let run = newRun();
  let number = 1;
  let turn: Promise<unknown> = Promise.resolve();
  const fieldsOf = ({ stream, at, text }: Said): string[] => {
    const written: Written = { kind: 'entry', cluster, stream, at, text: textDigest(text), key: pen.key, run, number };
    return ['at', at, 'event', text, 'key', pen.key, 'run', run, 'number', String(number), 'sign', pen.sign(written)];
  };
  async function next<T>(
    write: (fieldsOf: (said: Said) => string[]) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    try {
      const done = await write(fieldsOf);
      if (done !== undefined) number += 1;
      return done;
    } catch (error) {
      [run, number] = [newRun(), 1];
      throw error;
    }
  }
  return <T>(write: (fieldsOf: (said: Said) => string[]) => Promise<T | undefined>): Promise<T | undefined> => {
    const mine = turn.then(() => next(write));
    turn = mine.catch(() => undefined);
    return mine;
  };
}

/** Judges rows by their signatures; undefined: it was written by whoever it names, in this stream, and is no copy of one in `seen`. */
export function createJudge({ cluster, hands }: Omit<Signing, 'pen'>) {
  const remembered = new Set<string>();
  return (stream: Written['stream'], fields: Fields, seen: Map<string, number>): Distrust | undefined => {
    const { at = '', event = '', key = '', run = '', number: numeral = '', sign } = fields;
    if (sign === undefined) return 'unsigned';
    if (!/^[1-9]\d{0,14}$/.test(numeral)) return 'bad_signature';
    const number = Number(numeral);
    const written: Written = { kind: 'entry', cluster, stream, at, text: textDigest(event), key, run, number };
    // By content and not by the row's id: whoever deletes a stream can give the same ids again.
    const name = digestOf([written, sign]);
    if (!remembered.delete(name)) {
      const distrust = hands.distrust(written, sign);
      if (distrust !== undefined) return distrust;
    }
    remembered.add(name);
    for (const oldest of remembered) {
      if (remembered.size <= REMEMBERED_MAX) break;
      remembered.delete(oldest);
    }
    return isRepeated(fields, seen) ? 'repeated' : undefined;
  };
}

/** Whether a row that is signed well is a copy of one in `seen`; one that is none is noted there. */
export function isRepeated({ key = '', run = '', number = '' }: Fields, seen: Map<string, number>): boolean {
  const id = `${key} ${run}`;
  if (Number(number) <= (seen.get(id) ?? 0)) return true;
  seen.set(id, Number(number));
  return false;
}

/** The fields of a row by their names. */
export function pairs(fields: readonly string[]): Fields {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) record[fields[index] ?? ''] = fields[index + 1] ?? '';
  return record;
}

function newRun(): string {
  return randomBytes(8).toString('hex');
}
