import { say } from './run.mjs';

const LEFT_OUT = {
  sshd: 'the cases on real OpenSSH nodes',
  rsync: 'the rsync transport',
  busybox: 'the survey under busybox',
  chromium: 'the browser cases',
  redis: 'everything on Redis',
  torch: 'the cases that load models',
};

/** The environment that tells the tests what they must do without on this machine. */
export function testEnvironment(tools) {
  const redis = tools.redis && { MEDIC_REDIS_SERVER: tools.redis };
  return { ...redis, MEDIC_TEST_WITHOUT: missingTools(tools).join(',') };
}

/** Says which cases are left out on this machine, one line each. */
export function sayLeftOut(tools) {
  for (const name of missingTools(tools)) say(`left out, because ${name} is not here: ${LEFT_OUT[name]}`);
}

function missingTools(tools) {
  return Object.keys(LEFT_OUT).filter((name) => tools[name] === undefined);
}
