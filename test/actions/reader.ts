import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of its own that opens the name in a loop; what it reads has to be one of the good contents, whole. */
export function startReader(path: string, good: readonly Buffer[], folder: string) {
  const files = good.map((bytes, index) => {
    const file = join(folder, `good-${index}`);
    writeFileSync(file, bytes);
    return file;
  });
  const code = `
    const { readFileSync } = require('node:fs');
    const [path, ...files] = process.argv.slice(1);
    const good = files.map((file) => readFileSync(file));
    let reads = 0, bad = '', stop = false;
    process.stdin.on('data', () => { stop = true; });
    process.stdout.write('ready\\n');
    const turn = () => {
      try {
        const bytes = readFileSync(path);
        if (!good.some((one) => one.equals(bytes))) bad = 'read ' + bytes.length + ' bytes that are none of the good ones';
        reads += 1;
      } catch (error) { bad = error.message; }
      if (stop || bad !== '') { process.stdout.write(JSON.stringify({ reads, bad }) + '\\n'); process.exit(0); }
      setImmediate(turn);
    };
    turn();`;
  const child = spawn(process.execPath, ['-e', code, path, ...files], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const until = async (words: RegExp): Promise<void> => {
    for (const deadline = Date.now() + 10_000; !words.test(text); await sleep(5)) {
      if (Date.now() > deadline) throw new Error(`the reader said ${text}`);
    }
  };
  return {
    ready: until(/ready/),
    async stop(): Promise<{ reads: number; bad: string }> {
      child.stdin.on('error', () => undefined);
      child.stdin.write('stop\n');
      await ended;
      // The reader's own words, written above.
      return JSON.parse(text.split('\n')[1] ?? '') as { reads: number; bad: string };
    },
  };
}
