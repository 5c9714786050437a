type Body = Readonly<Record<string, unknown>>;

/** Which cluster one body, or each alert of an Alertmanager's, is for; undefined: it names none of these. Nothing of the body is lost. */
export function divide(
  body: Body,
  clusters: readonly string[],
): readonly { readonly cluster: string | undefined; readonly body: Body }[] {
  const { alerts } = body;
  const common = nameIn(body['commonLabels']) ?? nameIn(body) ?? nameIn(body['payload']) ?? nameIn(body['labels']);
  if (!Array.isArray(alerts)) return [part(common, body, clusters)];
  const parts = new Map<string | undefined, unknown[]>();
  for (const alert of alerts as readonly unknown[]) {
    const name = nameIn(isObject(alert) ? alert['labels'] : undefined) ?? common;
    parts.set(name, [...(parts.get(name) ?? []), alert]);
  }
  return [...parts].map(([name, own]) => part(name, { ...body, alerts: own }, clusters));
}

function part(name: string | undefined, body: Body, clusters: readonly string[]) {
  if (name !== undefined && clusters.includes(name)) return { cluster: name, body };
  // Not in the form of an alert any more, so that it is told as one that nobody recognises, with all that came.
  return { cluster: undefined, body: { 'names no cluster of this installation': name ?? '', came: body } };
}

function nameIn(value: unknown): string | undefined {
  const name = isObject(value) ? value['cluster'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
