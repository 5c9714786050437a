import { z } from 'zod';

/** Why an entry, or a job in a queue, counts for nothing. */
export const Distrust = z.enum(['unsigned', 'unknown_key', 'bad_signature', 'not_its_writer', 'repeated', 'too_old']);
export type Distrust = z.infer<typeof Distrust>;

/** The same in words, with what would be right. */
export const distrustWords: Readonly<Record<Distrust, string>> = {
  unsigned: 'nobody signed it: it is from before such things were signed, or was written past medic',
  unknown_key:
    'its key is not known here: public halves belong into the state folder (public/, workers/) or medic.yaml',
  bad_signature: 'its signature is not for these bytes in this place: it was altered, moved or made up',
  not_its_writer: 'who signed it does not write such a thing, or not for this person',
  repeated: 'it is a copy of one that came before it',
  too_old: 'it has waited for more than a day: ask again',
};
