import { expect, test } from 'vitest';
import { commands } from '../registry.ts';
import { meaningOf, optionLines } from './option-help.ts';

test.each(Object.keys(commands))('every option of "pointsman %s" is told what it means', async (name) => {
  const { command } = (await commands[name]?.load()) ?? { command: { name, usage: '' } };
  const options = [...command.usage.matchAll(/--[a-z][a-z-]*/gu)].map(([option]) => option);
  expect(options.filter((option) => meaningOf(name, option) === undefined)).toEqual([]);
  expect(optionLines(command)).toHaveLength(new Set(options).size);
});

test('a command may mean something of its own by an option', () => {
  expect(meaningOf('keys', '--allow')).not.toBe(meaningOf('resume', '--allow'));
  expect(meaningOf('jobs', '--limit')).toContain('20');
  expect(meaningOf('jobs', '--none')).toBeUndefined();
});
