import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGuardedFile } from '../../src/inventory/guarded-file.ts';

const uid = process.getuid?.() ?? 0;
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-guarded-'));
  path = join(folder, 'file');
  writeFileSync(path, 'text', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (one = path, who: number | null = uid) => readGuardedFile({ path: one, uid: who, bytesMax: 10 });

describe('readGuardedFile', () => {
  it('reads what its user owns, also through an own link', () => {
    expect(read()).toMatchObject({ ok: true, text: 'text' });
    symlinkSync(path, join(folder, 'link'));
    expect(read(join(folder, 'link'))).toMatchObject({ ok: true, text: 'text' });
  });

  it.each([0o620, 0o602, 0o666])('refuses mode %o', (mode) => {
    chmodSync(path, mode);
    expect(read()).toMatchObject({ ok: false, text: expect.stringContaining('chmod go-w') });
  });

  // Root's files are everybody's to trust, so only another owner's can show this.
  it.skipIf(uid === 0)("refuses somebody else's", () => expect(read(path, uid + 1)).toMatchObject({ ok: false }));
  it.runIf(uid === 0)("refuses somebody else's, as root too", () => {
    execFileSync('chown', ['12345', path]);
    expect(read()).toMatchObject({ ok: false, text: expect.stringContaining('must belong to') });
    expect(read(path, 12345)).toMatchObject({ ok: true });
  });

  it('refuses folders, pipes, what is too large, what is no text and what is not there', () => {
    expect(read(folder)).toMatchObject({ ok: false, text: 'is not a regular file' });
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    expect(read(join(folder, 'pipe'))).toMatchObject({ ok: false, text: 'is not a regular file' });
    writeFileSync(path, 'x'.repeat(11));
    expect(read()).toMatchObject({ ok: false, text: 'is larger than 10 bytes' });
    writeFileSync(path, Buffer.from([0xff, 0xfe]));
    expect(read()).toMatchObject({ ok: false, text: 'is not UTF-8 text' });
    expect(read(join(folder, 'none'))).toMatchObject({ ok: false, text: 'does not exist' });
  });
});
