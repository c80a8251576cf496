import type { JsonObject } from '../domain/json.ts';
import type { HandsEvent } from './hands.ts';
import { listField, rowIn, textField, type HarnessDialect } from './harness-dialect.ts';

const WRITING = ['Write', 'Edit', 'MultiEdit', 'NotebookEdit'];
const FILE_FIELDS = ['file_path', 'notebook_path'];

/** `claude -p --output-format stream-json`, 2.1.330: lines of `system`, `assistant`, `user` and one `result` (2026-11). */
export const claudeCode: HarnessDialect = {
  name: 'claude-code',
  args: ({ mayWrite, mayRun }, sessionId) => [
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    '--model',
    'sonnet',
    // Without a terminal nobody is asked whether the folder is trusted: its hooks and servers would just start.
    '--setting-sources',
    'user',
    ...(mayWrite ? ['--permission-mode', 'acceptEdits'] : ['--disallowedTools', ...WRITING, 'Bash']),
    ...(mayWrite && mayRun ? ['--allowedTools', 'Bash'] : []),
    ...(sessionId === undefined ? [] : ['--resume', sessionId]),
  ],
  variables: ['CLAUDE_CONFIG_DIR', 'XDG_CONFIG_HOME'],
  env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' },
  read: (line) => {
    switch (textField(line, 'type') ?? '') {
      case 'system':
        return sessionOf(line);
      case 'assistant':
        return listField(line['message'], 'content').flatMap(partEvents);
      case 'result':
        return [...sessionOf(line), endOf(line)];
      default:
        return [];
    }
  },
};

function sessionOf(line: JsonObject): readonly HandsEvent[] {
  const sessionId = textField(line, 'session_id');
  return sessionId === undefined ? [] : [{ type: 'session', sessionId }];
}

function partEvents(part: unknown): readonly HandsEvent[] {
  const text = textField(part, 'text');
  if (text !== undefined) return [{ type: 'text', text }];
  const name = textField(part, 'name');
  if (name === undefined || rowIn(part)?.['type'] !== 'tool_use') return [];
  const input = rowIn(part)?.['input'];
  const file = FILE_FIELDS.map((field) => textField(input, field)).find((one) => one !== undefined);
  const summary = file ?? textField(input, 'command') ?? textField(input, 'description') ?? '';
  const tool: HandsEvent = { type: 'tool', name, summary };
  return WRITING.includes(name) && file !== undefined ? [tool, { type: 'edit', file }] : [tool];
}

function endOf(line: JsonObject): HandsEvent {
  const isAnswer = line['subtype'] === 'success' && line['is_error'] !== true;
  const text = textField(line, 'result') ?? textField(line, 'subtype') ?? '';
  return { type: 'end', kind: isAnswer ? 'answered' : 'failed', text };
}
