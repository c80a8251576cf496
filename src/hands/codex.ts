import type { HandsEvent } from './hands.ts';
import { listField, textField, type HarnessDialect } from './harness-dialect.ts';

/** `codex exec --json`, 0.169: lines of `thread.*`, `turn.*` and `item.*` (2026-11). The last message is the answer. */
export const codex: HarnessDialect = {
  name: 'codex',
  args: ({ workspace, mayWrite }, sessionId) => [
    'exec',
    '--json',
    '--skip-git-repo-check',
    '-C',
    workspace,
    '-s',
    mayWrite ? 'workspace-write' : 'read-only',
    ...(sessionId === undefined ? [] : ['resume', sessionId]),
    '-',
  ],
  variables: ['CODEX_HOME', 'XDG_CONFIG_HOME'],
  env: {},
  read: (line) => {
    switch (textField(line, 'type') ?? '') {
      case 'thread.started': {
        const sessionId = textField(line, 'thread_id');
        return sessionId === undefined ? [] : [{ type: 'session', sessionId }];
      }
      case 'item.started':
        return itemEvents(line['item'], 'started');
      case 'item.completed':
        return itemEvents(line['item'], 'completed');
      case 'turn.completed':
        return [{ type: 'end', kind: 'answered', text: '' }];
      case 'turn.failed':
        return [{ type: 'end', kind: 'failed', text: textField(line['error'], 'message') ?? 'the turn failed' }];
      default:
        return [];
    }
  },
};

function itemEvents(item: unknown, state: 'started' | 'completed'): readonly HandsEvent[] {
  const kind = textField(item, 'type') ?? textField(item, 'item_type') ?? '';
  switch (kind) {
    case 'agent_message':
    case 'assistant_message': {
      const text = textField(item, 'text') ?? '';
      return state === 'started' || text === '' ? [] : [{ type: 'text', text }];
    }
    case 'command_execution':
      return state === 'completed'
        ? []
        : [{ type: 'tool', name: 'command', summary: textField(item, 'command') ?? '' }];
    case 'file_change':
      return listField(item, 'changes').flatMap((change) => editOf(change, state));
    default:
      return [];
  }
}

function editOf(change: unknown, state: 'started' | 'completed'): readonly HandsEvent[] {
  const file = textField(change, 'path');
  if (file === undefined) return [];
  return state === 'started'
    ? [{ type: 'edit', file }]
    : [
        { type: 'edit', file },
        { type: 'tool', name: 'edit', summary: file },
      ];
}
