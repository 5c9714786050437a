import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const Entry = z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional() });
const Lock = z.looseObject({ packages: z.record(z.string(), Entry) });

describe('package-lock.json', () => {
  it('has every optional package that another names, or `npm ci` refuses it on a fresh clone', () => {
    const path = join(import.meta.dirname, '..', '..', 'package-lock.json');
    const { packages } = Lock.parse(JSON.parse(readFileSync(path, 'utf8')));
    // A registry that lacks the builds for other machines makes npm leave them out of the file it writes.
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) => !packages[`${place}/node_modules/${name}`] && !packages[`node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});
