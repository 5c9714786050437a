/** What an event or an order says, without which one it is. */
export function withoutKind<T extends { kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _, ...rest } = event;
  return rest;
}
