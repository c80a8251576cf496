import { fieldsIn, parseFields, textIn } from '../fields.ts';

/**
 * How vendors say that thinking in the transcript is not theirs, each beside a sample of the wording (clients.md §2 and
 * §5, 2026-11-21). Matched only on a 400.
 */
const THINKING_REFUSALS: readonly { readonly pattern: RegExp; readonly sample: string }[] = [
  {
    pattern: /invalid `?signature`? in `?(?:redacted_)?thinking`? block/iu,
    sample: 'messages.1.content.0: Invalid `signature` in `thinking` block',
  },
  {
    pattern: /encrypted content .*could not be (?:verified|decrypted)/iu,
    sample: 'The encrypted content gAAA... could not be verified.',
  },
];

/** Whether a refused request may pass once its thinking is taken out. */
export function refusesThinking(status: number, body: Buffer): boolean {
  if (status !== 400) return false;
  const error = fieldsIn(parseFields(body.toString('utf8'))?.['error']);
  if (error['code'] === 'invalid_encrypted_content') return true;
  const message = textIn(error['message']) ?? '';
  return THINKING_REFUSALS.some(({ pattern }) => pattern.test(message));
}
