import { z } from 'zod';

const What = z.string().min(1).max(400);

/** One thing that an installation needs, whether it is so, and otherwise what to do. `not_asked`: nobody here can, and nobody here needs it. */
export const DoctorLine = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('right'), what: What }),
  z.strictObject({ verdict: z.enum(['wrong', 'unknown', 'not_asked']), what: What, remedy: What }),
]);
export type DoctorLine = z.infer<typeof DoctorLine>;

/** More lines than a person reads are none of help. */
export const DOCTOR_LINES_MAX = 60;

/** A line that is right. */
export function right(what: string): DoctorLine {
  return { verdict: 'right', what };
}

/** A line that is wrong, and what makes it right. */
export function wrong(what: string, remedy: string): DoctorLine {
  return { verdict: 'wrong', what, remedy };
}

/** A line that nobody can tell, and what lets medic tell it. */
export function untold(what: string, remedy: string): DoctorLine {
  return { verdict: 'unknown', what, remedy };
}
