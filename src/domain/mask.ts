const RULES: readonly (readonly [RegExp, string])[] = [
  [/\bxox[a-z]-[\w-]{4,}|\bxapp-[\w-]{4,}|\bgh[pousr]_\w{16,}|\bAKIA[0-9A-Z]{12,}/g, '[token]'],
  [/\b(bearer|token|password|secret|api[_-]?key)(["']?\s*[:=]\s*["']?|\s+)[^\s"',;}]{4,}/gi, '$1$2[secret]'],
  [/(?:~|\/)[\w./-]*\/\.ssh\/[\w.-]+|~\/\.ssh\/[\w.-]+/g, '[key]'],
  [/\b[\w.-]+@(?=[\w[])/g, '[user]@'],
  [/\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b(?::\d{1,5}\b)?/g, '[address]'],
  // Eight groups, or fewer around one "::"; a digit among them, so that no path of names in code is meant.
  [
    /(?<![\w:])(?=[\da-f:]*\d)(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?:[\da-f]{1,4}(?::[\da-f]{1,4}){0,6})?::(?:[\da-f]{1,4}(?::[\da-f]{1,4}){0,6})?)(?:%\w+)?(?![\w:])/gi,
    '[address]',
  ],
];

/** Somebody else's text without addresses, users, key paths and what has the shape of a token; node names stay. */
export function masked(text: string): string {
  return RULES.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}
