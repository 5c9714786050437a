import type { Distrust } from './distrust.ts';
import { Event } from './entry.ts';
import type { PersonId } from './names.ts';
import { type Read, type Side, setupChange } from './setup.ts';
import { Order } from './standing.ts';
import { timelineOf } from './timeline.ts';
import type { TrailRow } from './trail.ts';

/** What programs note of a work in between: no act of anybody. */
const BETWEEN: ReadonlySet<Event['kind']> = new Set([
  'check_started',
  'checked',
  'plan_started',
  'step_started',
  'step_ended',
  'ahead_started',
  'ahead_ended',
  'target_ended',
  'progress',
  'sealed',
  'waits',
  'look_waits',
  'repeated',
  'retold',
  'examined',
]);

/** Who did what: each act by whom, through which program, where, and what came of it; what counts for nothing is marked with its reason. */
export function auditLines(rows: readonly TrailRow[], distrust: (row: TrailRow) => Distrust | undefined): string[] {
  const setups = new Map<Side, Read>();
  return rows.flatMap((row) => {
    const why = distrust(row);
    const act = row.stream === 'orders' ? orderAct(row, setups) : entryAct(row);
    if (act === undefined && why === undefined) return [];
    const { who = '-', words = 'nothing that can be read', place } = act ?? {};
    const where = [row.key === '' ? 'unsigned' : row.key, ...(place === undefined ? [] : [place])].join(' ');
    const incident = row.stream === 'orders' ? 'order' : row.stream;
    const mark = why === undefined ? '' : `  ✗ ${why}: counts for nothing`;
    return [`${row.at.slice(0, 19).replace('T', ' ')}  ${who}  ${where}  ${incident}  ${words}${mark}`];
  });
}

type Act = { readonly who?: PersonId | undefined; readonly words: string; readonly place?: string | undefined };

function entryAct({ id, stream, at, text }: TrailRow): Act | undefined {
  const event = Event.safeParse(parsed(text)).data;
  if (event === undefined || BETWEEN.has(event.kind)) return undefined;
  const [moment] = timelineOf([{ id, incident: stream, at, event }]);
  const place = event.kind === 'opened' ? event.place?.channel : event.kind === 'approved' ? event.channel : undefined;
  return { who: moment?.who, words: moment?.words ?? event.kind, place };
}

function orderAct({ text }: TrailRow, setups: Map<Side, Read>): Act | undefined {
  const order = Order.safeParse(parsed(text)).data;
  if (order === undefined) return undefined;
  if (order.kind === 'configured') {
    const { side } = order;
    const before = setups.get(side);
    setups.set(side, order);
    const what = before === undefined ? 'was read' : `changed: ${setupChange(before, order).join('; ')}`;
    return { words: `the configuration of ${side === 'desk' ? 'the desk' : 'the worker'} ${what}` };
  }
  const { kind, ...rest } = order;
  const names = ['id', 'nodes', 'models', 'on', 'until', 'reason', 'live', 'receipt', 'node', 'incident'];
  const said = Object.entries(rest).flatMap(([name, value]) => {
    if (!names.includes(name) || (Array.isArray(value) && value.length === 0)) return [];
    return [`${name} ${Array.isArray(value) ? value.join(',') : String(value)}`];
  });
  return { who: 'by' in order ? order.by : undefined, words: [kind, ...said].join(' ') };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
