import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { PlacedFault } from '../contract/inventory.ts';

/** A YAML text as plain data, with the place of everything in it. */
export type YamlText = {
  /** undefined when the text is no YAML; with a key that appears twice the later value. */
  readonly value: unknown;
  readonly faults: readonly PlacedFault[];
  /** `medic.yaml:12 roles.operators[0]`: the line of the deepest part of the path that exists. */
  place(path: readonly PropertyKey[]): string;
};

const ALIASES_MAX = 100;

/** Reads YAML without throwing. Version 1.1 is what Python writes and reads (`yes` is true), 1.2 what people expect of new files. */
export function readYamlText(options: {
  readonly text: string;
  readonly file: string;
  readonly version: '1.1' | '1.2';
}): YamlText {
  const { text, file, version } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { version, lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (path: readonly PropertyKey[]): string => {
    const offset = offsetOf(document.contents, path);
    const line = offset === null ? '' : `:${lines.linePos(offset).line}`;
    return `${file}${line}${path.length === 0 ? '' : ` ${pathText(path)}`}`;
  };
  const faults = document.errors.map((error) => ({
    place: `${file}:${lines.linePos(error.pos[0]).line}`,
    text:
      error.code === 'DUPLICATE_KEY' ? 'this key is here twice: keep one' : `not readable as YAML: ${error.message}`,
  }));
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { value: undefined, faults, place };
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }), faults, place };
  } catch {
    return {
      value: undefined,
      faults: [...faults, { place: file, text: 'uses too many or circular YAML aliases' }],
      place,
    };
  }
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function offsetOf(contents: unknown, path: readonly PropertyKey[]): number | null {
  let node = contents;
  let offset: number | null = null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) return offset;
      if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      if (isNode(node) && node.range) offset = node.range[0];
    } else return offset;
  }
  return offset;
}
