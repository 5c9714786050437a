import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLineAlive } from '../../src/bootstrap/lock.mjs';
import { locateRedisServer } from '../../src/bootstrap/redis.mjs';
import { askRedis } from '../../src/redis/ask-redis.ts';
import { startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';

describe.skipIf(locateRedisServer() === undefined)('embedded redis', () => {
  let stateDir = '';
  let users: ChildProcess[] = [];
  const serverLine = (): string => readFileSync(join(stateDir, 'redis', 'server.pid'), 'utf8');

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'medic-redis-'));
    users = [];
  });

  afterEach(async () => {
    for (const user of users) user.kill('SIGKILL');
    // Joining and leaving once more stops whatever a failed test has left.
    await (await startEmbeddedRedis({ stateDir })).close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const startUser = async (): Promise<{ child: ChildProcess; socketPath: string }> => {
    const script = join(import.meta.dirname, 'redis-user.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, stateDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    users.push(child);
    const [line] = await once(child.stdout, 'data');
    return { child, socketPath: String(line).trim() };
  };

  const end = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.stdin?.end();
    expect(await gone).toEqual([0, null]);
  };

  it('is one server for two processes that start at once, and the last one out stops it', async () => {
    const [first, second] = await Promise.all([startUser(), startUser()]);
    expect(first.socketPath).toBe(second.socketPath);
    const line = serverLine();
    await end(first.child);
    expect(await askRedis(second.socketPath, 'PING')).toBe('PONG');
    expect(serverLine()).toBe(line);
    await end(second.child);
    expect(isLineAlive(line)).toBe(false);
    expect(await askRedis(second.socketPath, 'PING')).toBeUndefined();
  });

  it('survives kill -9 of the process that started it; the next last one out stops it', async () => {
    const starter = await startUser();
    const other = await startUser();
    const line = serverLine();
    const gone = once(starter.child, 'exit');
    starter.child.kill('SIGKILL');
    await gone;
    expect(await askRedis(other.socketPath, 'SET kept yes')).toBe('OK');
    await end(other.child);
    expect(isLineAlive(line)).toBe(false);
  });

  it('keeps its data over a stop and a start', async () => {
    const before = await startEmbeddedRedis({ stateDir });
    expect(await askRedis(before.socketPath, 'INCRBY counter 41')).toBe('41');
    await before.close();
    const after = await startEmbeddedRedis({ stateDir });
    expect(await askRedis(after.socketPath, 'INCR counter')).toBe('42');
    await after.close();
  });

  it('starts again, with the data, after kill -9 of the server itself', async () => {
    const redis = await startEmbeddedRedis({ stateDir });
    await askRedis(redis.socketPath, 'INCRBY counter 41');
    const line = serverLine();
    process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    await expect.poll(() => isLineAlive(line)).toBe(false);
    const again = await startEmbeddedRedis({ stateDir });
    expect(serverLine()).not.toBe(line);
    expect(await askRedis(again.socketPath, 'INCR counter')).toBe('42');
    await Promise.all([redis.close(), again.close()]);
  });

  it('is private and never evicts: socket folder 0700, no port, AOF each second', async () => {
    const redis = await startEmbeddedRedis({ stateDir });
    expect(statSync(join(stateDir, 'redis')).mode & 0o777).toBe(0o700);
    expect(statSync(redis.socketPath).mode & 0o777).toBe(0o700);
    const info = await fullAnswer(redis.socketPath, 'CONFIG GET *');
    const setting = (name: string): string | undefined => info[info.indexOf(name) + 2];
    expect([setting('port'), setting('appendonly'), setting('appendfsync'), setting('maxmemory-policy')]).toEqual([
      '0',
      'yes',
      'everysec',
      'noeviction',
    ]);
    await redis.close();
    await redis.close();
  });

  it('takes a short socket path where the state folder is too deep for one', async () => {
    const deep = join(stateDir, 'd'.repeat(120));
    const redis = await startEmbeddedRedis({ stateDir: deep });
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThanOrEqual(107);
    expect(statSync(join(redis.socketPath, '..')).mode & 0o777).toBe(0o700);
    await redis.close();
    rmSync(join(redis.socketPath, '..'), { recursive: true });
  });

  it('says what the server said when it ends at once, and leaves no registration', async () => {
    await expect(startEmbeddedRedis({ stateDir, serverPath: '/bin/false' })).rejects.toThrow('ended at once');
  });
});

function fullAnswer(socketPath: string, command: string): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath });
    let text = '';
    // QUIT makes the server hang up after the whole answer.
    socket.on('connect', () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text.split('\r\n')));
  });
}
