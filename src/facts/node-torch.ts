import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';
import { shellTorch } from './shell-torch.ts';

/** The torch that would play models on a node, read off its package's own papers; nothing of it is loaded. */
export type NodeTorch =
  | { readonly kind: 'none'; readonly python: boolean }
  | {
      readonly kind: 'torch';
      readonly version: string;
      /** Whether it was built for NVIDIA's cards. */
      readonly cuda: boolean;
      /** As `uname -m` says: x86_64, aarch64. */
      readonly machine: string;
    };

const Answer = z.strictObject({
  version: z.string().regex(/^[\w.+-]{1,60}$/),
  cuda: z.boolean(),
  machine: z.string().regex(/^\w{1,20}$/),
});

/** Asks which torch the Python has that the cluster would take: `venv_activate`'s, that of `venv/`, then python3. */
export function nodeTorch(root: string, venv: string | null): Fact<NodeTorch> {
  return {
    name: 'node-torch',
    script: SCRIPT,
    args: [root, venv ?? ''],
    timeoutMs: 30_000,
    outputBytesMax: 10_000,
    parse({ code, stdout, stderr }) {
      const said = Buffer.from(stdout).toString('utf8').trim();
      if (code === 0 && said === 'no torch') return { kind: 'none', python: true };
      if (code === 0 && said === 'no python') return { kind: 'none', python: false };
      try {
        return { kind: 'torch', ...Answer.parse(JSON.parse(said)) };
      } catch {
        throw new Fault('parse', `the version of torch cannot be told: ${stderr.trim().slice(0, 200)}`);
      }
    },
  };
}

/* It stands in a quoted shell word: no apostrophe in it. Finding a package's place does not import it. */
const PROGRAM = `
import importlib.metadata, importlib.util, json, os, platform, re
place = os.path.dirname(importlib.util.find_spec("torch").origin)
try: version = importlib.metadata.version("torch")
except importlib.metadata.PackageNotFoundError:
    with open(os.path.join(place, "version.py")) as file: version = re.search(r"__version__ = .([\\w.+-]+)", file.read()).group(1)
libraries = os.listdir(os.path.join(place, "lib")) if os.path.isdir(os.path.join(place, "lib")) else []
cuda = any(name.startswith(("libtorch_cuda", "libc10_cuda")) for name in libraries)
print(json.dumps({"version": version, "cuda": cuda, "machine": platform.machine()}))
`;

const SCRIPT = `${shellStart}${shellEnter}${shellTorch}
torch_of "$1" "$2"
if [ -n "$python" ]; then exec "$python" -I -c '${PROGRAM}' </dev/null
elif [ -n "$any" ]; then echo 'no torch'
else echo 'no python'
fi
`;
