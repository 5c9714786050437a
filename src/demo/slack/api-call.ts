import { type JsonObject, parseJson } from './json.ts';
import type { SlackState } from './slack-state.ts';

/** The arguments of one Web API call, whichever way they were encoded. */
export type ApiArguments = {
  /** The string (or number, as text) under a key; empty counts as absent. */
  text(key: string): string | undefined;
  /** An object or array, given as such or as JSON text; undefined when absent, `invalid` when it is not JSON. */
  json(key: string): unknown;
  has(key: string): boolean;
  flag(key: string): boolean;
  number(key: string): number | undefined;
};

/** What a method gets. */
export type ApiCall = { readonly args: ApiArguments; readonly state: SlackState; readonly ticketPath: () => string };

/** What a method answers: fields of a success, or Slack's error name. */
export type ApiAnswer = { readonly ok: true; readonly fields: JsonObject } | Refused;

/** A refusal with what Slack tells beside the error's name. */
export type Refused = {
  readonly ok: false;
  readonly error: string;
  readonly messages: readonly string[];
  readonly needed?: string;
};

/** One Web API method. */
export type ApiMethod = (call: ApiCall) => ApiAnswer;

/** The text in JSON arguments that turned out to be no JSON. */
export const notJson = Symbol('not JSON');

/** A success with its fields. */
export function accept(fields: JsonObject = {}): ApiAnswer {
  return { ok: true, fields };
}

/** A refusal by Slack's error name; `messages` become response_metadata.messages. */
export function refuse(error: string, messages: readonly string[] = []): Refused {
  return { ok: false, error, messages };
}

/** Reads arguments from the fields of a parsed body. */
export function readArguments(fields: JsonObject): ApiArguments {
  function text(key: string): string | undefined {
    const value = fields[key];
    if (typeof value === 'string') return value === '' ? undefined : value;
    return typeof value === 'number' ? String(value) : undefined;
  }
  return {
    text,
    json(key) {
      const value = fields[key];
      if (typeof value !== 'string') return value ?? undefined;
      if (value === '') return undefined;
      return parseJson(value) ?? notJson;
    },
    has: (key) => fields[key] !== undefined && fields[key] !== '',
    flag: (key) => fields[key] === true || fields[key] === 'true' || fields[key] === '1',
    number(key) {
      const value = Number(text(key));
      return text(key) === undefined || Number.isNaN(value) ? undefined : value;
    },
  };
}
