import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import type { Logger } from '../contract/logger.ts';
import { ACTIONS, type Clicks } from './clicks.ts';
import type { HomeTab } from './home-tab.ts';
import { PIN, type Pins } from './pins.ts';
import type { Listener } from './replies.ts';
import type { Wishes } from './wishes.ts';

/** Hangs our handlers into Bolt. Every payload is acknowledged before anything else is done with it; `idle` resolves when what came has been dealt with. */
export function listen(
  app: App,
  {
    wishes,
    clicks,
    homeTab,
    pins,
    logger,
  }: {
    readonly wishes: Wishes;
    readonly clicks: Clicks;
    readonly homeTab: HomeTab;
    readonly pins: Pins;
    readonly logger: Logger;
  },
): { idle(): Promise<void> } {
  const working = new Set<Promise<void>>();
  const guarded = (what: string, work: () => Promise<void>): Promise<void> => {
    const done = caught(what, work).finally(() => working.delete(done));
    working.add(done);
    return done;
  };
  const caught = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.error({ error: String(error), what }, 'a payload of slack could not be handled');
    }
  };

  app.command(/^\//, async ({ ack, command, respond }) => {
    await ack();
    await guarded('command', () =>
      wishes.command({
        actor: { team: command.team_id, user: command.user_id },
        text: command.text,
        channel: command.channel_id,
        key: `command ${command.trigger_id}`,
        respond: async ({ text, blocks }) => {
          await respond({ response_type: 'ephemeral', text, blocks });
        },
      }),
    );
  });

  app.event('app_mention', async ({ event, body }) => {
    const { user, bot_id: bot, channel, ts, thread_ts: threadTs, text } = event;
    // Bots do not command a bot, and an answer to one could go on for ever.
    if (bot !== undefined || user === undefined) return;
    const team = event.user_team ?? event.source_team ?? event.team ?? body.team_id;
    await guarded('mention', () =>
      wishes.mention({
        actor: { team, user },
        text: text.replace(/^\s*(?:<@[A-Z0-9]+(?:\|[^>]*)?>[\s,:]*)+/, ''),
        channel,
        ts,
        threadTs,
        key: `event ${body.event_id}`,
      }),
    );
  });

  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab !== 'home') return;
    await guarded('home', () =>
      homeTab.opened({
        user: event.user,
        actor: { team: body.team_id, user: event.user },
        key: `event ${body.event_id}`,
      }),
    );
  });

  app.event('reaction_added', async ({ event, body }) => {
    const { reaction, item, user } = event;
    if (reaction !== PIN || item.type !== 'message') return;
    const { channel, ts } = item;
    await guarded('pin', () =>
      pins.pinned({ actor: { team: body.team_id, user }, user, channel, ts, key: `event ${body.event_id}` }),
    );
  });

  for (const action of ACTIONS) {
    app.action<BlockAction<ButtonAction>>(
      { type: 'block_actions', action_id: action },
      async ({ ack, body, action: pressed }) => {
        await ack();
        const from = listenerOf(body);
        if (from === undefined) return;
        await guarded(action, () =>
          clicks.press({
            actor: { team: body.user.team_id ?? body.team?.id, user: body.user.id },
            action,
            value: pressed.value ?? '',
            trigger: body.trigger_id,
            key: `click ${from.channel} ${body.container['message_ts']} ${pressed.action_ts} ${from.user}`,
            from,
          }),
        );
      },
    );
  }

  app.view({ type: 'view_submission', callback_id: 'reject' }, async ({ ack, body, view }) => {
    await ack();
    const reason = view.state.values['reason']?.['reason']?.value ?? '';
    await guarded('reject', () =>
      clicks.rejected({
        actor: { team: body.user.team_id ?? body.team?.id, user: body.user.id },
        metadata: view.private_metadata,
        reason,
        key: `view ${view.id} ${body.user.id}`,
        user: body.user.id,
      }),
    );
  });

  app.view({ type: 'view_submission', callback_id: 'silence' }, async ({ ack, body, view }) => {
    await ack();
    const { duration, reason } = view.state.values;
    await guarded('silence', () =>
      clicks.silenced({
        actor: { team: body.user.team_id ?? body.team?.id, user: body.user.id },
        metadata: view.private_metadata,
        duration: duration?.['duration']?.selected_option?.value ?? '',
        reason: reason?.['reason']?.value ?? '',
        key: `view ${view.id} ${body.user.id}`,
        user: body.user.id,
      }),
    );
  });

  app.error(async (error) => {
    logger.error({ error: String(error) }, 'bolt could not handle a payload');
  });
  return { idle: async () => void (await Promise.all(working)) };
}

/** Who pressed where; answers go into the thread the button stood in. */
function listenerOf(body: BlockAction): Listener | undefined {
  const channel: unknown = body.channel?.id ?? body.container['channel_id'];
  const thread: unknown = body.container['thread_ts'];
  if (typeof channel !== 'string') return undefined;
  return { channel, user: body.user.id, ...(typeof thread === 'string' ? { threadTs: thread } : {}) };
}
