/** A worker that can be killed: runs one script on one node and says when it is connected. Argument: JSON of what it needs. */
import { z } from 'zod';
import { Node } from '../../src/domain/node.ts';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { entriesOf } from './keys-for-tests.ts';

const options = z
  .object({
    node: Node,
    knownHostsPath: z.string(),
    script: z.string(),
    args: z.array(z.string()),
    stream: z.boolean(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));
const sessions = createSshSessions({
  knownHosts: await entriesOf(options.knownHostsPath),
  nodeByName: () => undefined,
});
await sessions.run(options.node, {
  name: 'test',
  script: options.script,
  args: options.args,
  timeoutMs: 60_000,
  outputBytesMax: 1_000,
  ...(options.stream ? { onStdout: () => undefined } : {}),
});
