import { describe, expect, test } from 'vitest';
import { readAnthropic } from './read-anthropic.ts';
import { vendorObjection } from './vendor-checks.ts';

const BETA = 'mid-conversation-output-config-2026-07-01';
const said = { role: 'system', content: [], output_config: { effort: 'high' } };
const user = { role: 'user', content: 'Do it.' };
const turn = { role: 'assistant', content: 'Done.' };
const results = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }] };

function body(messages: readonly object[], more: object = {}): Record<string, unknown> {
  return { model: 'claude-opus-5-5', max_tokens: 9, messages, ...more };
}

describe('an effort in mid-conversation', () => {
  test.each<readonly [string, readonly object[], object, readonly string[], RegExp]>([
    ['without its flag', [user, said], {}, [], /output_config: Extra inputs are not permitted/u],
    ['of a model that has none', [user, said], { model: 'claude-opus-4-8' }, [BETA], /not supported for this model/u],
    ['of Sonnet 5', [user, said], { model: 'claude-sonnet-5' }, [BETA], /not supported for this model/u],
    ['in a user’s message', [{ ...user, output_config: { effort: 'low' } }], {}, [BETA], /role "system"/u],
    ['of no level', [user, { ...said, output_config: { effort: 'none' } }], {}, [BETA], /Input should be/u],
    ['with a format', [user, { ...said, output_config: { format: {} } }], {}, [BETA], /Extra inputs/u],
    ['that says nothing', [user, { ...said, output_config: {} }], {}, [BETA], /content must not be empty/u],
  ])('is refused %s', (_what, messages, more, betas, why) => {
    expect(vendorObjection(readAnthropic(body(messages, more), betas))).toMatch(why);
  });

  test.each<readonly [string, readonly object[]]>([
    ['behind a turn', [user, said]],
    ['first of all', [said, user]],
    ['between turns', [user, turn, said, user]],
  ])('is taken %s', (_what, messages) => {
    expect(vendorObjection(readAnthropic(body(messages), [BETA]))).toBeUndefined();
  });

  test.each<readonly [string, readonly object[], string | undefined]>([
    ['at once behind words', [user, said], 'high'],
    ['from the next words on, elsewhere', [user, turn, said, user], 'high'],
    ['not yet behind results of tools', [user, turn, results, said], undefined],
    ['from the words after them on', [user, turn, results, said, turn, user], 'high'],
    ['until another is said', [user, said, turn, user, { ...said, output_config: { effort: 'low' } }], 'low'],
  ])('holds %s', (_what, messages, effort) => {
    expect(readAnthropic(body(messages), [BETA]).effort).toBe(effort);
  });

  test('leaves the cache that of the request’s own effort', () => {
    expect(readAnthropic(body([user, said], { output_config: { effort: 'low' } }), [BETA]).cacheEffort).toBe('low');
  });
});
