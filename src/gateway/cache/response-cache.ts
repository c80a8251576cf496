import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FinishReason } from '../../domain/call.ts';
import type { CallId, DecisionId, EndpointId, ModelId, SessionId, StepId } from '../../domain/ids.ts';
import type { Wire } from '../../domain/model.ts';
import type { StepKind } from '../../domain/step.ts';
import type { At } from '../../domain/time.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import type { RequestBrief } from '../../wires/shared/wire-format.ts';
import type { ResponseCacheSettings } from '../settings/gateway-settings.ts';

/** A whole answer that can be given again. */
export interface CachedAnswer {
  readonly contentType: string;
  readonly body: Buffer;
  readonly model: ModelId;
  /** The call that it was written for. */
  readonly from: {
    readonly callId: CallId;
    readonly sessionId: SessionId;
    readonly stepId: StepId;
    readonly decisionId: DecisionId;
    readonly kind: StepKind;
    readonly endpoint: EndpointId;
    readonly finishReason: FinishReason;
  };
}

export interface ResponseCache {
  get(key: string, now: At): CachedAnswer | undefined;
  /** Whole answers only; the caller vouches for that. */
  put(key: string, answer: CachedAnswer, now: At): void;
}

/** Headers that shape an answer. */
const SHAPING_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const;

export interface CacheQuestion {
  readonly tenant: string;
  readonly policyId: string;
  readonly wire: Wire;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Everything that shapes an answer: tenant, policy, wire format, switches in headers, and the whole body. */
export function cacheKey(question: CacheQuestion): string {
  const hash = createHash('sha256');
  const head = [question.tenant, question.policyId, question.wire, question.path];
  for (const name of SHAPING_HEADERS) head.push(String(question.headers[name] ?? ''));
  hash.update(JSON.stringify(head)).update('\u0000').update(question.bytes);
  return hash.digest('base64');
}

/**
 * Whether a request may be answered from memory: marked by the caller, or read-only and without chance, if so set.
 * `semantic` allows another wording of the same request too, where the policy does.
 */
export function cacheMark(
  settings: ResponseCacheSettings,
  headers: IncomingHttpHeaders,
  { body, brief }: { readonly body: Fields; readonly brief: RequestBrief },
): 'none' | 'exact' | 'semantic' {
  const said = headers['x-pointsman-cache'];
  if (settings.mode === 'off' || said === 'off') return 'none';
  if (said === 'exact' || said === 'semantic') return said;
  if (settings.mode !== 'read-only') return 'none';
  const isStateful = body['previous_response_id'] !== undefined || body['conversation'] !== undefined;
  return brief.temperature === 0 && brief.toolCount === 0 && !isStateful ? 'semantic' : 'none';
}

/** Exact answers by key, least recently used out first, within a size in bytes. */
export function createResponseCache(settings: ResponseCacheSettings): ResponseCache {
  const entries = new Map<string, { readonly answer: CachedAnswer; readonly until: At }>();
  let bytes = 0;
  const drop = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    bytes -= entry.answer.body.length;
    entries.delete(key);
  };
  return {
    get(key, now) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.until <= now) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.answer;
    },
    put(key, answer, now) {
      if (answer.body.length > settings.maxBytes / 4) return;
      drop(key);
      entries.set(key, { answer, until: now + settings.ttlMs });
      bytes += answer.body.length;
      for (const oldest of entries.keys()) {
        if (bytes <= settings.maxBytes) break;
        drop(oldest);
      }
    },
  };
}
