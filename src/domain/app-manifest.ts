/** What an installation is called and how Slack reaches it. */
export type ManifestOptions = {
  readonly name: string;
  /** True: sockets that the bot opens. False: HTTP requests to `requestUrl`. */
  readonly socketMode: boolean;
  /** `https://…/slack/events`; needed without Socket Mode. */
  readonly requestUrl?: string;
  /** The slash command; default `/models`. */
  readonly command?: string;
};

/**
 * The app manifest to paste into Slack, with the least rights that the bot works with. Throws when HTTP is wanted without a URL.
 * `should_escape` is off: on, Slack would turn the node set `@gpu` into a mention of a user group of that name.
 */
export function appManifest({ name, socketMode, requestUrl, command = '/models' }: ManifestOptions) {
  if (!socketMode && requestUrl === undefined)
    throw new Error('without Socket Mode the manifest needs the URL that Slack sends to');
  const url = socketMode || requestUrl === undefined ? {} : { url: requestUrl };
  const request = socketMode || requestUrl === undefined ? {} : { request_url: requestUrl };
  return {
    display_information: { name, description: 'Finds, repairs and proves model distribution on GPU nodes' },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: name, always_online: true },
      slash_commands: [
        {
          command,
          description: 'Look at models on the nodes and repair them',
          usage_hint: 'check hex8_2p on @gpu',
          should_escape: false,
          ...url,
        },
      ],
    },
    oauth_config: { scopes: { bot: [...BOT_SCOPES] } },
    settings: {
      event_subscriptions: { bot_events: ['app_mention', 'app_home_opened', 'reaction_added'], ...request },
      interactivity: { is_enabled: true, ...request },
      org_deploy_enabled: false,
      socket_mode_enabled: socketMode,
      token_rotation_enabled: false,
    },
  } as const;
}

/** Each scope and what fails without it: mentions, posting, the slash command, files, finding own messages again (two kinds of channel, direct ones), writing to those who may approve, what people pin, the reaction that says a state, guests, members of user groups. */
export const BOT_SCOPES = [
  'app_mentions:read',
  'chat:write',
  'commands',
  'files:write',
  'channels:history',
  'groups:history',
  'im:history',
  'im:write',
  'reactions:read',
  'reactions:write',
  'users:read',
  'usergroups:read',
] as const;
