import type { CallOrigin } from '../../domain/call.ts';
import type { CallTrigger } from '../../domain/step.ts';
import type { SessionPlace } from './session-store.ts';
import type { TranscriptFingerprints } from './transcript-fingerprint.ts';

/**
 * Whether a call goes on with the step that its transcript is in: a tool's result or a
 * harness's notice with nobody's words, the same turn of the person by what the harness
 * says, the step's first call once more, or the same words, or none, after the transcript was cut or edited.
 */
export function continuesStep(
  { thread, relation }: SessionPlace,
  call: {
    readonly requestedModel: string;
    readonly trigger: CallTrigger;
    readonly turn: string | undefined;
    readonly origin: CallOrigin;
    readonly fingerprints: TranscriptFingerprints;
    readonly wordsPrint: () => number | undefined;
  },
): boolean {
  const { step } = thread;
  if (step === undefined || relation === 'new' || relation === 'aside') return false;
  if (step.requestedModel !== call.requestedModel) return false;
  if (call.trigger === 'tool-result' || call.origin.by === 'agent') return true;
  if (call.turn !== undefined && call.turn === step.turn) return true;
  if (call.fingerprints.length === step.startMessageCount && call.fingerprints.at(-1) === step.startFingerprint)
    return true;
  if (relation !== 'cut') return false;
  const words = call.wordsPrint();
  return words === undefined || words === step.wordsPrint;
}
