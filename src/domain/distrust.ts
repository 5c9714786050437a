import { z } from 'zod';

/** Why an entry counts for nothing. */
export const Distrust = z.enum(['unsigned', 'unknown_key', 'bad_signature', 'not_its_writer', 'repeated']);
export type Distrust = z.infer<typeof Distrust>;

/** The same in words, with what would be right. */
export const distrustWords: Readonly<Record<Distrust, string>> = {
  unsigned: 'nobody signed it: it is from before entries were signed, or was written past medic',
  unknown_key:
    'its key is not known here: public halves belong into the state folder (public/, workers/) or medic.yaml',
  bad_signature: 'its signature is not for these bytes in this place: it was altered, moved or made up',
  not_its_writer: 'who signed it does not write such a thing, or not for this person',
  repeated: 'it is a copy of an entry that stands before it',
};
