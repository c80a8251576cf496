import { describe, expect, test } from 'vitest';
import { fingerprintTranscript } from './transcript-fingerprint.ts';

describe('fingerprintTranscript', () => {
  const user = { role: 'user', content: 'fix the bug' };
  const answer = { role: 'assistant', content: [{ type: 'text', text: 'looking' }] };

  test('a transcript that grows keeps the fingerprints of what it had', () => {
    const before = fingerprintTranscript([user]);
    expect(fingerprintTranscript([user, answer]).slice(0, 1)).toEqual(before);
  });

  test('cache markers and the spelling of plain text make no difference', () => {
    const marked = {
      role: 'user',
      content: [{ type: 'text', text: 'fix the bug', cache_control: { type: 'ephemeral' } }],
    };
    expect(fingerprintTranscript([marked])).toEqual(fingerprintTranscript([user]));
  });

  test('an edit, a swap and a lost block change everything after it', () => {
    const base = fingerprintTranscript([user, answer, user]);
    const edited = fingerprintTranscript([{ ...user, content: 'fix the bugs' }, answer, user]);
    expect(edited[0]).not.toBe(base[0]);
    expect(edited[2]).not.toBe(base[2]);
    expect(fingerprintTranscript([answer, user])[1]).not.toBe(fingerprintTranscript([user, answer])[1]);
    const twoBlocks = { role: 'assistant', content: [...answer.content, { type: 'text', text: 'x' }] };
    expect(fingerprintTranscript([twoBlocks])[0]).not.toBe(fingerprintTranscript([answer])[0]);
  });
});
