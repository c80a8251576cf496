import { expect, test } from 'vitest';
import { userMessage, type Message } from '../../domain/transcript.ts';
import { trailOf } from './attempt-trail.ts';
import type { Opening } from './opening.ts';

test('secrets are masked before what an attempt saw is cut: half a key is none that anybody knows again', () => {
  const secret = 'sk-known-by-value-0001';
  const mask = (text: string): string => text.replaceAll(secret, '[redacted:key]');
  // The cut falls into the middle of it.
  const text = (at: number): string => `${'x'.repeat(at)}${secret}${'y'.repeat(30_000)}`;
  const opening: Pick<Opening, 'messages' | 'sharedCount'> = { messages: [userMessage(text(11_960))], sharedCount: 0 };
  const content = [{ type: 'text', text: text(560) } as const];
  const read: Message = {
    role: 'user',
    content: [{ type: 'tool-result', toolCallId: 'one', toolName: 'read', isError: false, content }],
  };
  const trail = trailOf(opening, { messages: [read], lost: [text(1960)] }, mask);
  for (const kept of [trail.handed, trail.tools[0]?.text, trail.lost[0]]) {
    expect(kept).toContain('left out');
    expect(kept).toContain('[redact');
    expect(kept).not.toContain('sk-');
  }
});
