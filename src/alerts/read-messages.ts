/** What another bot wrote into a channel, as Slack tells it. */
type Message = { readonly text: string; readonly attachments: readonly Readonly<Record<string, unknown>>[] };

/**
 * The alert in a bot's message, in the shape of `POST /alerts`, in the forms that the cluster's own senders have: an attachment
 * "RingRift Alert: <type>" with fields, one "[WARNING] <title>" with its node in the footer, a line ":warning: *[source] type*" with the
 * message below, or a notice of a promotion. Undefined: the message is none of these.
 */
export function alertInMessage({ text, attachments }: Message): Readonly<Record<string, unknown>> | undefined {
  for (const attachment of attachments) {
    const found = inAttachment(attachment);
    if (found !== undefined) return found;
  }
  const plain = unescaped(text).trim();
  const promoted = /^:rocket:\s*\*Model\s+([^*]+)\*\s*\n([\s\S]*)$/i.exec(plain);
  if (promoted !== null)
    return { event_type: 'MODEL_PROMOTED', payload: { notice: oneLine(plain) }, source: 'slack', title: promoted[1] };
  const [, source, type, rest = ''] = /^:[\w+-]+:\s*\*\[([^\]*]+)\]\s*([^*\n]+)\*\s*\n?([\s\S]*)$/.exec(plain) ?? [];
  if (source === undefined || type === undefined) return undefined;
  return { event_type: type.trim(), title: type.trim(), message: oneLine(rest), source: source.trim() };
}

function inAttachment(attachment: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const title = unescaped(textAt(attachment, 'title')).trim();
  const body = oneLine(unescaped(textAt(attachment, 'text')));
  const [, type] = /^RingRift Alert:\s*(.+)$/i.exec(title) ?? [];
  if (type !== undefined) {
    const fields = fieldsOf(attachment);
    return { event_type: type, title: type, message: body, ...fields, details: detailsOf(fields['details']) };
  }
  const [, severity, words] = /^\[([A-Za-z]+)\]\s*(.+)$/.exec(title) ?? [];
  if (severity === undefined || words === undefined) return undefined;
  const [, node] = /^RingRift AI\s*\|\s*(\S+)/.exec(unescaped(textAt(attachment, 'footer'))) ?? [];
  return { title: words, message: body, severity, ...(node === undefined ? {} : { node }) };
}

/** Field names in small letters, as `severity`, `node`, `time`, `details`. */
function fieldsOf(attachment: Readonly<Record<string, unknown>>): Record<string, string> {
  const { fields } = attachment;
  if (!Array.isArray(fields)) return {};
  const list: readonly unknown[] = fields;
  return Object.fromEntries(
    list.flatMap((field) => {
      if (typeof field !== 'object' || field === null) return [];
      const { title, value } = Object.fromEntries(Object.entries(field));
      return typeof title === 'string' && typeof value === 'string' ? [[title.toLowerCase(), unescaped(value)]] : [];
    }),
  );
}

/** Details are JSON that its sender cut at 500 characters: what cannot be read stays text, whose words still count. */
function detailsOf(text: string | undefined): unknown {
  if (text === undefined) return {};
  const bare = text.replace(/^```(?:json)?\s*|\s*```$/g, '');
  try {
    const parsed: unknown = JSON.parse(bare);
    return parsed;
  } catch {
    return bare;
  }
}

function textAt(value: Readonly<Record<string, unknown>>, key: string): string {
  const text = value[key];
  return typeof text === 'string' ? text : '';
}

/** Slack writes three characters as entities. */
function unescaped(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 2_000);
}
