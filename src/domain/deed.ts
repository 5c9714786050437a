import type { ModelName, NodeName } from './names.ts';
import type { Plan, Risk } from './plan.ts';

/** What somebody is about to do, as far as it is known where that is judged: a command before its words are read has no nodes yet. */
export type Deed = {
  readonly command?: string;
  /** The Slack channel it is done in; absent in a shell. */
  readonly channel?: string;
  readonly risk?: Risk;
  readonly models?: readonly ModelName[];
  readonly nodes?: readonly NodeName[];
};

/** Nodes that a set of medic.yaml means now; `unreadable`: the inventory no longer has what it names. */
export type MeantNodes = ReadonlySet<NodeName> | 'unreadable';

/** Where something holds. A part that is absent holds for everything. */
export type Bounds = {
  readonly commands?: ReadonlySet<string>;
  readonly channels?: ReadonlySet<string>;
  readonly risks?: ReadonlySet<Risk>;
  readonly models?: ReadonlySet<ModelName>;
  readonly nodes?: MeantNodes;
};

/** What a plan does, done in this channel. */
export function deedOf({ risk, targets }: Plan, channel: string | undefined): Deed {
  return {
    risk,
    models: [...new Set(targets.flatMap(({ models }) => models))],
    nodes: targets.map(({ node }) => node),
    ...(channel === undefined ? {} : { channel }),
  };
}

/** Whether all that is known of the deed lies inside; a set of nodes that cannot be read contains nothing, and a shell is no channel. */
export function isInside(bounds: Bounds, deed: Deed): boolean {
  const { commands, channels, risks, models, nodes } = bounds;
  return (
    (commands === undefined || deed.command === undefined || commands.has(deed.command)) &&
    (channels === undefined || (deed.channel !== undefined && channels.has(deed.channel))) &&
    (risks === undefined || deed.risk === undefined || risks.has(deed.risk)) &&
    (models === undefined || deed.models === undefined || deed.models.every((model) => models.has(model))) &&
    (nodes === undefined ||
      deed.nodes === undefined ||
      (nodes !== 'unreadable' && deed.nodes.every((node) => nodes.has(node))))
  );
}

/** Whether any part of the deed lies in all of these bounds; what is not known of it yet touches nothing, and a set of nodes that cannot be read touches every node. */
export function isTouched(bounds: Bounds, deed: Deed): boolean {
  const { commands, channels, risks, models, nodes } = bounds;
  return (
    (commands === undefined || (deed.command !== undefined && commands.has(deed.command))) &&
    (channels === undefined || (deed.channel !== undefined && channels.has(deed.channel))) &&
    (risks === undefined || (deed.risk !== undefined && risks.has(deed.risk))) &&
    (models === undefined || (deed.models ?? []).some((model) => models.has(model))) &&
    (nodes === undefined || (deed.nodes ?? []).some((node) => nodes === 'unreadable' || nodes.has(node)))
  );
}
