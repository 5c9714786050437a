/** What happens to an injected call: refused by rate, refused as an error, answered never, or answered late. */
export type CallFault =
  | { readonly kind: 'rate_limit'; readonly retryAfterSeconds: number }
  | { readonly kind: 'server_error' }
  | { readonly kind: 'drop_answer' }
  | { readonly kind: 'delay'; readonly ms: number };

/** Faults that a test plants into the Web API; each counts for the next `times` calls of a method. */
export type CallFaults = {
  /** The next calls are refused with 429 and Retry-After. */
  rateLimit(method: string, times: number, retryAfterSeconds: number): void;
  /** The next calls are answered with 500 and do nothing. */
  serverError(method: string, times: number): void;
  /** The next calls are carried out, but the connection is cut instead of an answer. */
  dropAnswer(method: string, times: number): void;
  /** The next calls wait before they are carried out. */
  delay(method: string, times: number, ms: number): void;
  /** Takes the fault of the next call of a method, if one is planted. */
  take(method: string): CallFault | undefined;
  /** Forgets everything that is planted. */
  clear(): void;
};

/** An empty set of faults. */
export function createCallFaults(): CallFaults {
  const planted = new Map<string, CallFault[]>();
  function plant(method: string, times: number, fault: CallFault): void {
    const queue = planted.get(method) ?? [];
    planted.set(method, [...queue, ...Array.from({ length: times }, () => fault)]);
  }
  return {
    rateLimit: (method, times, retryAfterSeconds) => plant(method, times, { kind: 'rate_limit', retryAfterSeconds }),
    serverError: (method, times) => plant(method, times, { kind: 'server_error' }),
    dropAnswer: (method, times) => plant(method, times, { kind: 'drop_answer' }),
    delay: (method, times, ms) => plant(method, times, { kind: 'delay', ms }),
    take: (method) => planted.get(method)?.shift(),
    clear: () => planted.clear(),
  };
}
