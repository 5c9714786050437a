// Preloaded into a process (`--import`): writes the address of every module that it loads into the file MEDIC_TEST_LOADED.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';

const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.MEDIC_TEST_LOADED, url + '\\n');
    return next(url, context);
  }
`;

appendFileSync(process.env.MEDIC_TEST_LOADED, '');
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
