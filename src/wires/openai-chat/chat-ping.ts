import type { Model } from '../../domain/model.ts';
import type { Fields } from '../shared/fields.ts';
import type { PingEdits, PingOptions } from '../shared/wire-format.ts';

/** A Chat body as a ping: the same prefix, a short answer, in one piece. */
export function chatPing(body: Fields, _model: Model, { dialect, outputTokens }: PingOptions): PingEdits {
  const given = ['max_completion_tokens', 'max_tokens'].find((name) => body[name] !== undefined);
  const field = given ?? (dialect === 'openai' ? 'max_completion_tokens' : 'max_tokens');
  return {
    outputTokens,
    edits: [
      { op: 'remove', path: ['stream'] },
      { op: 'set', path: [field], value: outputTokens },
      { op: 'remove', path: ['stream_options'] },
    ],
  };
}
