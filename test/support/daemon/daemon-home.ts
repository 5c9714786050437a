import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';

/** A delivery as the daemon's ledger keeps it; `agoS` is how long ago it was last touched. */
export type Delivery = {
  readonly node: string;
  readonly status: 'pending' | 'transferring' | 'transferred' | 'verified' | 'failed';
  readonly agoS: number;
  readonly error?: string;
  readonly file?: string;
  readonly checksum?: string;
};

const SCHEMA = `CREATE TABLE IF NOT EXISTS deliveries (delivery_id TEXT PRIMARY KEY, data_type TEXT, data_path TEXT, target_node TEXT,
status TEXT, retry_count INT, max_retries INT, checksum TEXT, verified_checksum TEXT, file_size_bytes INT, transfer_method TEXT, created_at REAL,
updated_at REAL, started_at REAL, completed_at REAL, error_message TEXT)`;

/** Writes deliveries into a ledger in WAL mode whose writer died: the last rows are in the -wal file alone. */
export function writeLedger(path: string, deliveries: readonly Delivery[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const program = `
import json, os, sqlite3, sys, time
path, rows = sys.argv[1], json.loads(sys.argv[2])
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode=WAL")
db.execute(${JSON.stringify(SCHEMA.replaceAll('\n', ' '))})
db.commit()
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
for i, r in enumerate(rows):
    at = time.time() - r["agoS"]
    db.execute("INSERT INTO deliveries (delivery_id, data_path, target_node, status, updated_at, error_message, checksum, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ("%s-%d" % (time.time(), i), "models/" + r.get("file", "canonical_hex8_2p.pth"), r["node"], r["status"], at, r.get("error"), r.get("checksum"), at))
db.commit()
os._exit(0)
`;
  execFileSync('python3', ['-I', '-c', program, path, JSON.stringify(deliveries)]);
}

/** A line as launch_daemons writes it, in the time of this machine. */
export function logLine(message: string, agoS: number, level = 'WARNING'): string {
  const at = new Date(Date.now() - agoS * 1_000 - new Date().getTimezoneOffset() * 60_000);
  const text = at.toISOString().replace('T', ' ').replace('Z', '').replace('.', ',');
  return `${text} [${level}] app.coordination.unified_distribution_daemon: ${message}`;
}

export function writeLog(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

/** The package as the runbook describes it, as the real code is, or one whose health check raises, or hangs. */
export function writePackage(root: string, kind: 'runbook' | 'real' | 'raises' | 'async' | 'hangs'): void {
  const folder = join(root, 'app', 'coordination');
  mkdirSync(folder, { recursive: true });
  for (const place of [join(root, 'app'), folder]) writeFileSync(join(place, '__init__.py'), '');
  const health = {
    runbook: 'return Health(is_healthy=True, details={"pending_distributions": 2, "failed_last_hour": 0})',
    async: 'return Health(is_healthy=False, details={})',
    real: 'return Health(healthy="hetzner-cpu1", message="")',
    hangs: 'import time; time.sleep(600)',
    raises: 'raise AttributeError("_start_time")',
  }[kind];
  writeFileSync(
    join(folder, 'unified_distribution_daemon.py'),
    `print("importing prints something")
class Health:
    def __init__(self, **fields): self.__dict__.update(fields)
class Daemon:
    ${kind === 'async' ? 'async ' : ''}def health_check(self):
        ${health}
    def start(self): open("STARTED", "w").close()
def get_distribution_daemon(): return Daemon()
`,
  );
}

/** A package whose daemon takes the runbook's call and does with it what these lines of Python say (`file_path`, `target_nodes`, `force_transport`). */
export function writeSender(root: string, lines: readonly string[]): void {
  const folder = join(root, 'app', 'coordination');
  mkdirSync(folder, { recursive: true });
  for (const place of [join(root, 'app'), folder]) writeFileSync(join(place, '__init__.py'), '');
  const body = lines.map((line) => `        ${line}\n`).join('');
  writeFileSync(
    join(folder, 'unified_distribution_daemon.py'),
    `import json, shutil, sys
print("importing prints something", file=sys.stderr)
class DataType: MODEL = "model"
class Daemon:
    async def distribute_file(self, file_path, data_type, force_transport=None, target_nodes=None):
${body}    def start(self): open("STARTED", "w").close()
def get_distribution_daemon(): return Daemon()
`,
  );
}

/** The coordinator's HTTP status and its door for events; what they answer can be changed. */
export async function serveStatus(
  answer: () => { readonly code: number; readonly body: string },
  onEvent: (body: string) => number = () => 404,
): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/event') {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => response.writeHead(onEvent(Buffer.concat(parts).toString('utf8'))).end());
      return;
    }
    const { code, body } = answer();
    response.statusCode = request.url === '/status' ? code : 404;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

/** What the daemon manager says of a daemon in this state. */
export function statusBody(state: string, more: object = {}): string {
  const daemons = { model_distribution: { state, auto_restart: true, restart_count: 0 } };
  return JSON.stringify({ running: true, daemon_count: 60, daemons, healthy: 'hetzner-cpu1', timestamp: 1, ...more });
}
