import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

// Opens every file named on the command line again and again; says `ready` after the first round, and at the end of its input what it ever saw.
const seen = new Map(process.argv.slice(2).map((path) => [path, new Map()]));
let rounds = 0;
let going = true;
process.stdin.on('end', () => {
  going = false;
});
process.stdin.resume();

while (going) {
  for (const [path, contents] of seen) {
    const content = look(path);
    contents.set(content, (contents.get(content) ?? 0) + 1);
  }
  rounds += 1;
  if (rounds === 1) process.stdout.write('ready\n');
  await new Promise((resolve) => setTimeout(resolve, 1));
}
const files = [...seen].map(([path, contents]) => [path, Object.fromEntries(contents)]);
process.stdout.write(`${JSON.stringify({ rounds, files: Object.fromEntries(files) })}\n`);

function look(path) {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    return error.code;
  }
}
