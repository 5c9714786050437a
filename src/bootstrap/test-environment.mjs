import { say } from './run.mjs';

const LEFT_OUT = {
  sshd: 'the cases on real OpenSSH nodes',
  rsync: 'the rsync transport',
  busybox: 'the survey under busybox',
  chromium: 'the browser cases',
  redis: 'everything on Redis',
};

/** The environment that tells the tests where their programs are and which they must do without. */
export function testEnvironment(tools) {
  const without = missingTools(tools);
  return {
    ...(tools.sshd && { MEDIC_SSHD: tools.sshd }),
    ...(tools.rsync && { MEDIC_RSYNC: tools.rsync }),
    ...(tools.busybox && { MEDIC_BUSYBOX: tools.busybox }),
    ...(tools.chromium && { MEDIC_CHROMIUM: tools.chromium }),
    ...(tools.redis && { MEDIC_REDIS_SERVER: tools.redis }),
    MEDIC_TEST_WITHOUT: without.join(','),
  };
}

/** Says which cases are left out on this machine, one line each. */
export function sayLeftOut(tools) {
  for (const name of missingTools(tools)) say(`left out, because ${name} is not here: ${LEFT_OUT[name]}`);
}

function missingTools(tools) {
  return Object.keys(LEFT_OUT).filter((name) => tools[name] === undefined);
}
