import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Each way in which a command of the runbook goes wrong, and the tests that plant it and show that nothing is harmed. */
const traps: readonly (readonly [trap: string, file: string, test: string])[] = [
  [
    'unreachable, refused, a bad path and absent are one word',
    'test/jobs/checks.test.ts',
    'pass a node that does not answer on as its reason',
  ],
  [
    'unreachable, refused, a bad path and absent are one word',
    'test/facts/survey.test.ts',
    'tells a missing folder from one that may not be seen',
  ],
  ['ls succeeds on a dangling link', 'test/jobs/repair-cases.ts', 'alias dangles'],
  ['a link that leads to another model passes for one', 'test/jobs/repair-cases.ts', 'alias leads to another model'],
  ['a looping link passes for one', 'test/jobs/repair-cases.ts', 'alias is a loop'],
  ['ln -sf destroys a regular file', 'test/jobs/repair-cases.ts', 'alias is a regular file'],
  ['a glob without a match makes a junk link', 'test/domain/hook-script.test.ts', 'makes no junk of an empty folder'],
  ['backups and variants are linked', 'test/jobs/folders.test.ts', 'keeps the legacy family, variants'],
  ['ln -sf puts the link inside a folder', 'test/jobs/repair-cases.ts', 'alias leads to a folder'],
  ['find -delete takes other people’s links', 'test/jobs/folders.test.ts', 'other people’s links as they are'],
  ['a disk that is not mounted makes every link broken', 'test/jobs/repair-cases.ts', 'every link dead at once'],
  [
    'a models folder that is a broken link is deleted',
    'test/facts/survey.test.ts',
    'tells a missing folder from one that may not be seen',
  ],
  ['grep takes words of a log for nodes and gives them to a shell', 'test/flow/daemon.test.ts', 'A log is data'],
  ['await in python -c is a syntax error', 'test/facts/daemon-facts.test.ts', 'is answered by the package as in'],
  [
    'the coordinator is pushed although its file is the wrong one',
    'test/flow/pin.test.ts',
    'brings a corrupt file of the coordinator back',
  ],
  ['nobody decides which side is right', 'test/flow/pin.test.ts', 'lists every candidate'],
  [
    'a cut copy stands under the final name',
    'test/actions/faults.test.ts',
    'is never seen missing or half by a reader',
  ],
  ['a cut copy stands under the final name', 'test/conformance/transports.ts', 'leaves the final name alone'],
  ['a copy onto a link replaces or follows it', 'test/conformance/transports.ts', 'writes through no link'],
  [
    'same size and time are taken for the same bytes',
    'test/engine/expected.test.ts',
    'calls other bytes of the same size and time damage',
  ],
  ['a missing file has an empty checksum', 'test/facts/file-digest.test.ts', 'are not told of what is no file'],
  ['loading a file runs what is in it', 'test/facts/model-load.test.ts', 'is refused, and nothing of it runs'],
  ['a re-export is written over the canonical file', 'test/flow/re-export.test.ts', 'value by value the same'],
  ['a second daemon is started', 'test/facts/daemon-facts.test.ts', "existsSync(join(root, 'STARTED'))"],
  [
    'every node is taken to have the same user, key, port and path',
    'test/inventory/read-inventory.test.ts',
    'the real inventory of 42 nodes',
  ],
  ['a quoted ~/ is not expanded', 'test/facts/survey.test.ts', 'follows a leading ~/'],
  [
    'quarantined files are evaluated as models',
    'test/jobs/folders.test.ts',
    'holds nothing of ours that the cluster would take for a model',
  ],
  [
    'the daemon sends more than it was asked for, and calls it done',
    'test/flow/by-daemon.test.ts',
    'believes each node for itself',
  ],
  [
    'the daemon is asked for one file and re-pushes all of them',
    'test/flow/by-daemon.test.ts',
    'it sends every canonical file to all its targets, not only these',
  ],
  [
    'the daemon reports a delivery as verified that it never sent',
    'test/flow/by-daemon.test.ts',
    'nothing has come for',
  ],
  ['no space is looked for before a copy', 'test/actions/faults.test.ts', "refusal: { code: 'disk_low' }"],
  ['a full disk leaves a torn copy', 'test/transports/transports.test.ts', 'is a clear failure by'],
  [
    'the source changes under the copy',
    'test/flow/faults.test.ts',
    'puts nothing in place when the source changes under a transfer',
  ],
  ['a daemon that pushes young files undoes the repair', 'test/flow/pin.test.ts', 'while a daemon pushes young files'],
  ['a stale sidecar or cache is believed', 'test/flow/daemon.test.ts', 'with an old cache of checksums'],
];

describe('every trap of the runbook', () => {
  it.each(traps)('%s: planted in %s', (_, file, test) => {
    expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toContain(test);
  });
});
