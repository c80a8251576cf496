import type { Redactor } from '../../recorder/redact.ts';
import type { JobEvent } from '../model/job-event.ts';

/** Where an event holds names that a model chose. */
const FOREIGN: ReadonlySet<string> = new Set(['input']);
/** A value may stand on the line after its name, and a private key over many. */
const OPEN_FIELD = /[:=]\s*$/u;
const OPEN_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?![\s\S]*-----END )/u;

/**
 * Events without secrets, for whoever watches. Words of a model come in pieces that may cut a secret through: they are held
 * back to the end of their line, or of the call.
 */
export function showEvents(
  redactor: Pick<Redactor, 'text' | 'record'>,
  push: (event: JobEvent) => void,
): (event: JobEvent) => void {
  type TextDelta = Extract<JobEvent, { type: 'text-delta' }>;
  const held = new Map<string, TextDelta>();
  const release = (event: TextDelta, text: string): void => {
    if (text !== '') push({ ...event, text: redactor.text(text) });
  };
  const releaseAll = (): void => {
    for (const event of held.values()) release(event, event.text);
    held.clear();
  };
  return (event) => {
    if (event.type !== 'text-delta') {
      releaseAll();
      push(redactor.record(event, FOREIGN));
      return;
    }
    const key = `${event.stepId}/${event.attempt}`;
    const text = (held.get(key)?.text ?? '') + event.text;
    const end = wholeLines(text);
    release(event, text.slice(0, end));
    held.set(key, { ...event, text: text.slice(end) });
  };
}

/** How much of a text may be looked at by itself. */
function wholeLines(text: string): number {
  const end = text.lastIndexOf('\n') + 1;
  const whole = text.slice(0, end);
  return OPEN_FIELD.test(whole) || OPEN_KEY.test(whole) ? 0 : end;
}
