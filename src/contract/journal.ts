import type { RequestId } from '../domain/names.ts';

/** The worker's own memory of requests it has begun; a file, because Redis may forget or be written to by others. */
export type Journal = {
  /** On disk (fsynced) when it resolves; false: this request was begun before. */
  begin(request: RequestId): Promise<boolean>;
  begun(request: RequestId): Promise<boolean>;
};
