import { z } from 'zod';
import type { Root } from './children.ts';

/** Posts one alert through the bot's real door and gives the incident that it became; throws when it was not taken. */
export async function postAlert(bot: Root, token: string, body: object): Promise<string> {
  const { port } = z.object({ port: z.number() }).parse(bot.greeting);
  const response = await fetch(`http://127.0.0.1:${port}/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (response.status !== 202) throw new Error(`the door answered ${response.status}`);
  const answer = z.object({ accepted: z.literal(1), incidents: z.array(z.string()) }).parse(await response.json());
  return answer.incidents[0] ?? '';
}
