import type { ShellAnswer } from './answer.ts';

/** What a terminal obeys or hides: controls (of 7 and 8 bits), bidi and other formats, half characters, separators that are no line's end. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Somebody else's text on one line: what a terminal would obey or hide is made visible. */
export function visible(line: string): string {
  return line.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** An answer as it stands on standard output: its lines, or one object of JSON. */
export function printed(command: string, { lines, json, exit }: ShellAnswer, asJson: boolean): string {
  return asJson ? printedJson({ command, ok: exit === 0, ...json }) : `${lines.map(visible).join('\n')}\n`;
}

/** A value as one line of JSON in which nothing is invisible; whoever parses it gets the value as it was. */
export function printedJson(value: unknown): string {
  const text = JSON.stringify(value).replace(UNSEEN, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${text}\n`;
}
