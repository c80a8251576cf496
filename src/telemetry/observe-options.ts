import type { At } from '../domain/time.ts';
import type { CallRecord } from '../recorder/record.ts';
import type { CallPlace } from './call-span.ts';

export interface ObserveOptions {
  /** Where a call went, as it is configured now. */
  readonly placeOf: (call: CallRecord) => CallPlace;
  readonly clock: () => At;
  /** Takes secrets out of what callers and vendors wrote. */
  readonly clean: (text: string) => string;
}

const MAX_NAME_CHARS = 200;

/** A call without secrets in what others named. */
export function cleanCall<Call extends CallRecord>(call: Call, clean: ObserveOptions['clean']): Call {
  const { servedModel, gateway } = call;
  const cleaned = (text: string): string => clean(text).slice(0, MAX_NAME_CHARS);
  return {
    ...call,
    servedModel: servedModel === undefined ? undefined : cleaned(servedModel),
    ...(gateway === undefined ? {} : { gateway: { ...gateway, askedFor: cleaned(gateway.askedFor) } }),
  };
}
