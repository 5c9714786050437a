import { z } from 'zod';
import { Channel, UserGroup } from './roles.ts';

/** The section `slack` of medic.yaml. */
export const SlackSection = z.strictObject({
  incidentChannel: Channel.nullable().default(null),
  watchChannels: z.array(Channel, { error: "must be a list of channels' ids" }).default([]),
  /** The user group that is called when nobody has an incident; null: none. */
  onCallGroup: UserGroup.nullable().default(null),
});
