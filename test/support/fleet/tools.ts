import { locateTestTools, type TestTools } from '../../../src/bootstrap/test-tools.mjs';

/** The programs a test may use on this machine: what is here, but what MEDIC_TEST_WITHOUT (`sshd,rsync,chromium`) takes away. */
export function testTools(): TestTools {
  const without = new Set((process.env['MEDIC_TEST_WITHOUT'] ?? '').split(','));
  return Object.fromEntries(Object.entries(locateTestTools()).filter(([name]) => !without.has(name)));
}

/** May this test use the program? For `describe.skipIf(!hasTool('sshd'))`. */
export function hasTool(name: keyof TestTools): boolean {
  return testTools()[name] !== undefined;
}
