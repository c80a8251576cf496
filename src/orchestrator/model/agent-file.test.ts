import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isPointsmanError } from '../../domain/errors.ts';
import { parseAgentFile } from './agent-file.ts';

const shipped = path.resolve(import.meta.dirname, '../../../agents');

function failure(text: string): { readonly code: string; readonly message: string; readonly line: unknown } {
  try {
    parseAgentFile(text, 'x.md');
  } catch (thrown) {
    if (isPointsmanError(thrown)) return { code: thrown.code, message: thrown.message, line: thrown.details['line'] };
    throw thrown;
  }
  throw new Error('It was read without an error');
}

describe('shipped agents', () => {
  test.each(readdirSync(shipped))('%s is a whole agent of the kind that its name says', (name) => {
    const agent = parseAgentFile(readFileSync(path.join(shipped, name), 'utf8'), name);
    const [kind, family] = path.parse(name).name.split('.');
    expect(agent.kind).toBe(kind);
    expect(agent.families).toEqual(family === undefined ? undefined : [family]);
    expect(agent.prompt.length).toBeGreaterThan(200);
    expect(agent.model).toBeUndefined();
  });

  test('there is one for each kind that a job plans', () => {
    expect(readdirSync(shipped).sort()).toEqual([
      'code.gemini.md',
      'code.gpt.md',
      'code.md',
      'plan.md',
      'review.md',
      'summarize.md',
      'test.md',
    ]);
  });

  test('a reviewer cannot write and a summarizer has no tools', () => {
    const read = (name: string): readonly string[] | undefined =>
      parseAgentFile(readFileSync(path.join(shipped, name), 'utf8'), name).tools;
    expect(read('review.md')).not.toContain('Edit');
    expect(read('summarize.md')).toEqual([]);
  });
});

describe('a user’s agent file', () => {
  test('in the form of Claude Code is read with its tools as words, and keys of that program pass', () => {
    const agent = parseAgentFile(
      '---\nname: strict\ndescription: d\ntools: Read, Bash(npm test:*)\nmodel: sonnet\ncolor: red\nkind: review\n---\nLook.\n',
      'strict.md',
    );
    expect(agent).toMatchObject({ kind: 'review', contract: 'ReviewResult', tools: ['Read', 'Bash(npm test:*)'] });
    expect(agent.model).toBeUndefined();
    expect(agent.modes).toEqual(['continue', 'handoff', 'isolate']);
  });

  test('may name an exact model, a price of failure and its modes', () => {
    const agent = parseAgentFile(
      '---\nname: x\nkind: code\nmodel: claude-opus-5-5\ngammaUsd: 2.5\nmodes: [isolate]\n---\nDo.\n',
      'x.md',
    );
    expect(agent).toMatchObject({ model: 'claude-opus-5-5', failureNanoUsd: 2_500_000_000, modes: ['isolate'] });
    expect(agent.tools).toBeUndefined();
  });

  test.each([
    ['no front matter', 'kind: code\n', 1, /must start with/u],
    ['front matter without an end', '---\nname: x\nkind: code\n', 4, /no closing line/u],
    ['an unknown kind', '---\nname: x\nkind: dance\n---\nDo.\n', 3, /"kind"/u],
    ['an unknown contract', '---\nname: x\nkind: code\ncontract: Poem\n---\nDo.\n', 4, /"contract"/u],
    ['an unknown mode', '---\nname: x\nkind: code\nmodes: continue, fork\n---\nDo.\n', 4, /"modes"/u],
    ['broken YAML', '---\nname: [x\nkind: code\n---\nDo.\n', 3, /line/u],
    ['one value under many names', `---\nname: &a x\nkind: code\nx: [${'*a, '.repeat(160)}]\n---\nDo.\n`, 1, /alias/u],
    ['no prompt', '---\nname: x\nkind: code\n---\n\n', 5, /no prompt/u],
    ['no name', '---\nkind: code\n---\nDo.\n', 1, /"name"/u],
    ['a list at the top', '---\n- a\n---\nDo.\n', 1, /./u],
  ])('with %s is refused with its file and line', (_what, text, line, message) => {
    const error = failure(text);
    expect(error.code).toBe('agent-invalid');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('x.md, line');
    expect(error.line).toBe(line);
  });
});
