import { describe, expect, test } from 'vitest';
import type { RegisteredTool, ToolRisk } from '../../tools/tool-registry.ts';
import { mayWrite, toolsFor } from './step-tools.ts';

function tool(server: string, serverTool: string, risk: ToolRisk = 'read-only'): RegisteredTool {
  const name = `${server}__${serverTool}`;
  const own = server === 'commands' ? { own: 'commands' as const } : {};
  return { spec: { name, description: '', inputSchema: {} }, server, serverTool, risk, ...own };
}

const tools = [
  tool('filesystem', 'read_text_file'),
  tool('filesystem', 'search_files'),
  tool('filesystem', 'edit_file', 'write'),
  tool('commands', 'look'),
  tool('commands', 'run', 'destructive'),
  tool('db', 'run', 'destructive'),
  tool('db', 'query'),
];
const names = (list: readonly string[] | undefined): readonly string[] =>
  toolsFor(tools, list).map((one) => one.spec.name);

describe('what an agent file may name', () => {
  test.each<readonly [readonly string[] | undefined, readonly string[]]>([
    [undefined, tools.map((one) => one.spec.name)],
    [[], []],
    [['Read'], ['filesystem__read_text_file']],
    [['Grep'], ['filesystem__search_files', 'commands__look']],
    [['Bash'], ['commands__look', 'commands__run']],
    [['Bash(npm test:*)'], ['commands__look', 'commands__run']],
    [['Edit'], ['filesystem__edit_file']],
    [['mcp__db'], ['db__run', 'db__query']],
    [['mcp__db__*'], ['db__run', 'db__query']],
    [['mcp__db__query'], ['db__query']],
    [['db__query'], ['db__query']],
    [['query'], ['db__query']],
    [['WebSearch'], []],
  ])('%j', (list, expected) => {
    expect(names(list)).toEqual(expected);
  });
});

test('only tools that are read-only by their own word change nothing', () => {
  expect(mayWrite(toolsFor(tools, ['Read', 'Grep']))).toBe(false);
  expect(mayWrite(toolsFor(tools, ['Edit']))).toBe(true);
});
