import { expect, it } from 'vitest';
import { isUnasked, MEDIC } from '../../src/domain/asker.ts';
import { STANDING } from '../../src/domain/envelope.ts';
import { PersonId } from '../../src/domain/names.ts';
import { ALICE } from '../support/builders/plans.ts';

it('tells people from what happens unasked', () => {
  expect(PersonId.parse(MEDIC)).toBe(MEDIC);
  expect([MEDIC, STANDING, 'alert:router', ALICE, 'cli:ann', 'key:ann'].map(isUnasked)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
