import { describe, expect, test } from 'vitest';
import { sessionKeyOf } from './session-key.ts';

describe('sessionKeyOf', () => {
  test('keeps a Claude Code sub-agent apart from its session', () => {
    const headers = { 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': 'a7' };
    expect(sessionKeyOf(headers, {})).toMatchObject({ session: 's1', thread: 'a7' });
    expect(sessionKeyOf({ 'x-claude-code-session-id': 's1' }, {})).toMatchObject({ session: 's1', thread: undefined });
  });

  test('reads the session from the JSON text in metadata.user_id, and from its older form', () => {
    const json = JSON.stringify({ device_id: '0', session_id: 's-2' });
    expect(sessionKeyOf({}, { metadata: { user_id: json } })?.session).toBe('s-2');
    expect(sessionKeyOf({}, { metadata: { user_id: 'user_ab_account__session_s-3' } })?.session).toBe('s-3');
  });

  test('reads Codex threads and a bare prompt_cache_key', () => {
    expect(sessionKeyOf({ 'session-id': 'x', 'thread-id': 'x' }, {})).toMatchObject({
      session: 'x',
      thread: undefined,
    });
    expect(sessionKeyOf({ 'session-id': 'x', 'thread-id': 'y' }, {})).toMatchObject({ thread: 'y' });
    expect(sessionKeyOf({}, { prompt_cache_key: 'k' })).toMatchObject({ session: 'k', source: 'prompt_cache_key' });
  });

  test('keeps a hostile key only by digest', () => {
    const key = sessionKeyOf({}, { prompt_cache_key: `\u001b[2J${'x'.repeat(10_000)}` })?.session ?? '';
    expect(key).toMatch(/^[\w-]{32}$/u);
  });

  test('says nothing where the harness says nothing, whatever the prompt holds', () => {
    expect(
      sessionKeyOf({}, { metadata: { user_id: 5 }, messages: [{ role: 'user', content: 'session_id: 1' }] }),
    ).toBeUndefined();
  });
});
