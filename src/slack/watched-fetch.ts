/** What came of one call of the Web API: `ok`, Slack's own word, `ratelimited`, `http_500`, `no_answer`. */
export type SlackCall = { readonly method: string; readonly result: string };

/** Who is told of calls. */
export type CallWatch = {
  /** Sees every answer, as it came. */
  readonly onAnswer?: ((answer: Response) => void) | undefined;
  readonly onCall?: ((call: SlackCall) => void) | undefined;
};

const ERROR_WORD = /^[a-z0-9_]{1,60}$/;

/** The usual fetch, watched. Requests to other places than the Web API, as uploads of files, are not counted. */
export function watchedFetch({ onAnswer, onCall }: CallWatch): typeof fetch {
  return async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const method = /\/api\/([A-Za-z.]+)$/.exec(url)?.[1];
    try {
      const answer = await fetch(input, init);
      onAnswer?.(answer);
      if (method !== undefined) onCall?.({ method, result: await resultOf(answer) });
      return answer;
    } catch (error) {
      if (method !== undefined) onCall?.({ method, result: 'no_answer' });
      throw error;
    }
  };
}

async function resultOf(answer: Response): Promise<string> {
  if (answer.status === 429) return 'ratelimited';
  if (!answer.ok) return `http_${answer.status}`;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof body !== 'object' || body === null) return 'no_json';
  const { ok, error } = Object.fromEntries(Object.entries(body));
  if (ok === true) return 'ok';
  return typeof error === 'string' && ERROR_WORD.test(error) ? error : 'refused';
}
