/** A value that must not be seen: printing, logging and JSON show `[secret]`; only `reveal` gives it away. */
export type Secret = { reveal(): string; toJSON(): '[secret]'; toString(): '[secret]' };

/** Wraps a value so that it cannot slip into a log, a message or a job. */
export function createSecret(value: string): Secret {
  return { reveal: () => value, toJSON: () => '[secret]', toString: () => '[secret]' };
}
