import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallId } from '../../domain/ids.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { Effort } from '../../domain/step.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { HostPass } from '../../providers/hosts/health.ts';
import type { BodyLayout } from '../../wires/shared/body/scan-body.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import type { WireFormat } from '../../wires/shared/wire-format.ts';
import type { RouteCandidate, Routed } from '../route/route-call.ts';
import type { PromptSize } from '../sessions/prompt-size.ts';
import type { SessionPlace, Thread } from '../sessions/session-store.ts';
import type { TranscriptFingerprints } from '../sessions/transcript-fingerprint.ts';
import type { AccessKey } from './access-keys.ts';
import type { CallForecast } from './call-forecast.ts';
import type { CallerCredential } from './caller-credential.ts';

/** Who calls. */
export interface Principal {
  /** Keeps sessions, caches and budgets apart: the access key's id, or `local`. */
  readonly tenant: string;
  readonly key: AccessKey | undefined;
  /** A vendor key that the caller brought along; never set where access keys are demanded. */
  readonly credential: CallerCredential | undefined;
}

/**
 * Under whom everything is remembered that one call leaves for another: sessions, answers, signatures, response ids. Callers
 * that bring other vendor keys along are other people.
 */
export function memoryOwner({ tenant, credential }: Principal): string {
  if (credential === undefined) return tenant;
  return `${tenant}:${createHash('sha256').update(credential.token).digest('base64url').slice(0, 16)}`;
}

/** Whether `memoryOwner` names the same caller after a restart, when one that brings a vendor's key may have another. */
export function lastingOf({ credential }: Principal): { readonly isLasting: boolean } {
  return { isLasting: credential === undefined };
}

/** The transcript that a call belongs to: an aside belongs to the conversation that it shares its start with. */
export function transcriptOf({ thread, beside }: SessionPlace): Thread {
  return beside ?? thread;
}

/** A call whose body has been read. */
export interface ReceivedCall {
  readonly callId: CallId;
  readonly requestId: string;
  readonly wire: Wire;
  readonly format: WireFormat;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pathname: string;
  readonly search: string;
  readonly principal: Principal;
  readonly bytes: Buffer;
  /** Its transcript's items may be shared with other calls: nobody changes them. */
  readonly body: Fields;
  readonly layout: BodyLayout;
  readonly requestedModel: string;
  readonly isStream: boolean;
  readonly startedAt: At;
  /** `performance.now()` at the start, for durations. */
  readonly startedMs: number;
  readonly abort: AbortController;
}

/** A received call whose model is known. */
export interface RoutedCall extends ReceivedCall {
  readonly place: SessionPlace;
  /** The call in no vendor's form; read once, when first needed. */
  readonly inbound: () => InboundCall;
  readonly fingerprints: TranscriptFingerprints;
  readonly routed: Extract<Routed, { kind: 'routed' }>;
  /** The one that it was routed by. */
  readonly policy: RouterPolicy;
  readonly account: string;
  readonly effort: Effort | undefined;
  /** How long it may take. `undefined`: somebody waits. */
  readonly deadlineMs: Ms | undefined;
  readonly size: PromptSize;
  /** Where the name that the caller gave wants it to run, and nobody promises that it does. */
  readonly lostRegion: string | undefined;
}

/** A model that was tried, or would have been, before the one that answered. */
export interface FailedModel {
  readonly model: Model;
  readonly why: string;
  /** What the call was expected to bill there; `undefined`: nobody knows. */
  readonly expectedNanoUsd: NanoUsd | undefined;
}

/** The attempt that answered, or is about to. */
export interface UpstreamAttempt {
  readonly candidate: RouteCandidate;
  readonly model: Model;
  /** `undefined`: it went out though its circuit was open, since all were. */
  readonly pass: HostPass | undefined;
  /** `performance.now()` when it was sent. */
  readonly sentMs: Ms;
  readonly forecast: CallForecast;
  readonly isTranslated: boolean;
  readonly losses: readonly string[];
  readonly strippedThinkingCount: number;
  readonly retryCount: number;
  /** Models that were tried before and failed, with why. */
  readonly fallbackFrom: readonly FailedModel[];
}
