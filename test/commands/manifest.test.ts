import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('manifest', () => {
  it('is JSON to paste, for Socket Mode', async () => {
    const reply = await createCommandWorld().say('manifest');
    expect(JSON.parse(textOf(reply))).toMatchObject({ settings: { socket_mode_enabled: true } });
  });

  it('is for HTTP when an address is given', async () => {
    const url = 'https://medic.example.com/slack/events';
    const text = textOf(await createCommandWorld().say(`manifest ${url}`));
    expect(JSON.parse(text)).toMatchObject({ settings: { socket_mode_enabled: false } });
    expect(text).toContain(url);
  });

  it.each(['manifest http://medic.example.com', 'manifest x', 'manifest https://a https://b'])(
    'refuses %s',
    async (words) => {
      expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
    },
  );
});
