import type { HomeFacts } from '../contract/home.ts';
import type { Logger } from '../contract/logger.ts';
import type { PersonId } from '../domain/names.ts';
import type { Arrival, Passage } from './gate.ts';
import { closedHome, homeView } from './home.ts';
import type { Actor } from './people.ts';
import type { Replies } from './replies.ts';
import { mention } from './wording.ts';

/** What is done when somebody opens the Home tab. */
export type HomeTab = {
  opened(by: { readonly user: string; readonly actor: Actor; readonly key: string }): Promise<void>;
};

/** Publishes the tab anew each time it is opened. `home` gathers what a person sees of each cluster. */
export function createHomeTab(options: {
  readonly home: (who: PersonId) => Promise<readonly HomeFacts[]>;
  readonly gate: (arrival: Arrival) => Promise<Passage>;
  readonly replies: Pick<Replies, 'publish'>;
  readonly logger: Logger;
}): HomeTab {
  const { home, gate, replies, logger } = options;
  return {
    async opened({ user, ...arrival }) {
      const passage = await gate({ ...arrival, changes: false });
      if (!passage.ok) {
        if (passage.why !== undefined) await replies.publish(user, closedHome(passage.why));
        return;
      }
      try {
        await replies.publish(user, homeView(await home(passage.who), mention));
      } catch (error) {
        logger.error({ error: String(error) }, 'the Home tab could not be made');
        await replies.publish(user, closedHome('This could not be read just now. Open the tab again in a minute.'));
      }
    },
  };
}
