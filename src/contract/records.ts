import type { ModelRecord } from '../domain/expected.ts';
import type { ModelName } from '../domain/names.ts';

/** medic's own memory of what digest each model should have. */
export type Records = {
  get(model: ModelName): Promise<ModelRecord>;
  /** Replaces the record if it is still `before`; false when somebody else was quicker. */
  replace(before: ModelRecord, after: ModelRecord): Promise<boolean>;
};
