import type { StreamPart } from '../../domain/call.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import type { Usage } from '../../domain/usage.ts';

type Untimed<Part> = Part extends { readonly type: 'finish' } ? Omit<Part, 'ttftMs' | 'durationMs'> : Part;

/** A stream part before the clock was read: codecs are functions of bytes alone. */
export type CodecPart = Untimed<StreamPart>;

/** A request in a vendor's form, with what it lost on the way. */
export interface Encoded<Body> {
  readonly body: Body;
  readonly losses: readonly TranslationLoss[];
  /** Name on the wire → the tool's own name, where they differ. */
  readonly toolNames: ReadonlyMap<string, string>;
}

/**
 * Folds one response's wire events, in order, into stream parts. Unknown event types are skipped. After a `finish` or
 * `error` part nothing more is returned.
 */
export interface StreamDecoder {
  push(event: unknown): readonly CodecPart[];
  /** The wire has ended: closes what is open, or says that the end was missing. */
  end(): readonly CodecPart[];
  /** What is known so far, for calls that end early. */
  usage(): Usage | undefined;
}

/** What an answer says of the tier that served it, as its last part carries it. */
export function tierPart(servedTier: string | undefined): { readonly servedTier?: string } {
  return servedTier === undefined ? {} : { servedTier };
}

/** A vendor said something that its own protocol does not allow. `raw` is cut to 300 characters. */
export function protocolError(message: string, raw?: unknown): PointsmanError {
  const text = raw === undefined ? undefined : typeof raw === 'string' ? raw : JSON.stringify(raw);
  return new PointsmanError('provider-protocol', message, {
    details: text === undefined ? {} : { raw: text.slice(0, 300) },
    hint: 'Check that the base URL is the API of this wire format; if it is, the endpoint is at fault.',
  });
}

/** The connection ended before the answer did. */
export function cutStreamError(): PointsmanError {
  return new PointsmanError('provider-unavailable', 'The answer was cut off before its end', {
    retryable: true,
    details: { cut: true },
    hint: 'Try again; if it happens every time, a proxy on the way ends long answers.',
  });
}
