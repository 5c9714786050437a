import { z } from 'zod';

const MUST_BE_URL = 'must be https://… or http://…, without user and password';

/** The section `heartbeat` of medic.yaml: who is told every minute that a bot leads; null: nobody is. */
export const HeartbeatSection = z.strictObject({
  url: z
    .string({ error: MUST_BE_URL })
    .refine(
      (text) => {
        const url = URL.parse(text);
        if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
        return url.username === '' && url.password === '' && /^[\x21-\x7e]+$/.test(text);
      },
      { error: MUST_BE_URL },
    )
    .nullable()
    .default(null),
});
