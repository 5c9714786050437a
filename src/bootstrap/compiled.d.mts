/**
 * The folder with bot.js, worker.js and cli.js as the sources are now: made once a change and kept under `.cache`. Where there are no sources or no
 * compiler it is what `npm run build` made; throws when there is neither.
 */
export function compiledFolder(folder?: string): Promise<string>;
