import type { CallRecord } from './record.ts';

/** A recorded call, with the folder that its job worked in. */
export interface ListedCall {
  readonly call: CallRecord;
  readonly workspace: string | undefined;
}
