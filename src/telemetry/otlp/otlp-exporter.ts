import type { ExportResult } from '@opentelemetry/core';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { Ms } from '../../domain/time.ts';
import type { OtlpSender } from './otlp-sender.ts';

/** What both of the SDK's exporter interfaces ask for. */
export interface OtlpExporter<Request> {
  export(request: Request, onEnd: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

interface Response {
  readonly partialSuccess?: { readonly errorMessage?: string } | undefined;
}

const OK: ExportResult['code'] = 0;
const FAILED: ExportResult['code'] = 1;
/** A collector that stays away is complained of now and then, not each time. */
const COMPLAIN_EVERY_MS: Ms = 10 * 60_000;

/** Writes what the SDK hands over in OTLP's form, and sends it. */
export function createOtlpExporter<Request>(
  sender: OtlpSender,
  serializer: ISerializer<Request, Response>,
  { what, complain: say }: { readonly what: string; readonly complain: (text: string) => void },
): OtlpExporter<Request> {
  const under = new Set<Promise<void>>();
  let complainedMs = -Infinity;
  const complain = (why: string): void => {
    const nowMs = performance.now();
    if (nowMs - complainedMs < COMPLAIN_EVERY_MS) return;
    complainedMs = nowMs;
    say(`The OpenTelemetry collector did not take ${what}, and calls go on without: ${why}.`);
  };
  const settle = async (request: Request, onEnd: (result: ExportResult) => void): Promise<void> => {
    const message = serializer.serializeRequest(request);
    const sent =
      message === undefined
        ? ({ kind: 'lost', why: 'they could not be written' } as const)
        : await sender.send(message);
    if (sent.kind === 'lost') {
      complain(sent.why);
      onEnd({ code: FAILED, error: new Error(sent.why) });
      return;
    }
    if (isPartly(serializer, sent.body)) complain('it left some out');
    onEnd({ code: OK });
  };
  const flush = async (): Promise<void> => void (await Promise.allSettled(under));
  return {
    export(request, onEnd) {
      const work = settle(request, onEnd).catch((thrown: unknown) =>
        onEnd({ code: FAILED, error: thrown instanceof Error ? thrown : new Error(String(thrown)) }),
      );
      under.add(work);
      void work.finally(() => under.delete(work));
    },
    forceFlush: flush,
    shutdown: flush,
  };
}

/** An answer that cannot be read says nothing. */
function isPartly(serializer: ISerializer<never, Response>, body: Uint8Array): boolean {
  try {
    return body.length > 0 && serializer.deserializeResponse(body).partialSuccess !== undefined;
  } catch {
    return false;
  }
}
