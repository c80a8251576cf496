import type { ServerResponse } from 'node:http';
import type { Log } from '../../domain/log.ts';
import type { Refusal } from '../../wires/shared/errors/refusal.ts';
import type { WireFormat } from '../../wires/shared/wire-format.ts';
import { reportRefusal } from './report-refusal.ts';

/** A refusal as clients of the format read it; where an answer has begun, its end. */
export function sendRefusal(
  response: ServerResponse,
  format: WireFormat,
  refusal: Refusal,
  { requestId, log }: { readonly requestId: string; readonly log: Log },
): void {
  const reported = reportRefusal(log, refusal, requestId);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = format.errorBody(reported, requestId);
  const length = String(Buffer.byteLength(body));
  response
    .writeHead(refusal.status, {
      'content-type': 'application/json',
      'content-length': length,
      'request-id': requestId,
      ...refusal.headers,
    })
    .end(body);
}

export function answerJson(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) })
    .end(body);
}
