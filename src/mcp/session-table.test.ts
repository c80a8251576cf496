import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { expect, test } from 'vitest';
import { createSessionTable } from './session-table.ts';

function aTransport(sessionId: string, closed: string[]): NodeStreamableHTTPServerTransport {
  const close = async (): Promise<void> => void closed.push(sessionId);
  return { sessionId, close } as unknown as NodeStreamableHTTPServerTransport;
}

test('where there is no room the session that was silent longest goes, and none that is in use', () => {
  const closed: string[] = [];
  const table = createSessionTable({ maxSessions: 2 });
  const [first, second] = ['first', 'second'].map((id) => aTransport(id, closed));
  if (first === undefined || second === undefined) throw new Error('two were made');
  table.add('first', first);
  table.add('second', second);
  const listening = new EventEmitter() as ServerResponse;
  table.busy(first, listening);
  expect(table.makeRoom()).toBe(true);
  expect(closed).toEqual(['second']);
  table.add('third', aTransport('third', closed));
  table.busy(aTransport('third', closed), new EventEmitter() as ServerResponse);
  expect(table.makeRoom()).toBe(false);
  listening.emit('close');
  expect(table.makeRoom()).toBe(true);
  expect(closed).toEqual(['second', 'first']);
  expect(table.find('first')).toBeUndefined();
});

test('a session that says nothing for long is closed', async () => {
  const closed: string[] = [];
  const table = createSessionTable({ maxIdleMs: 20 });
  table.add('idle', aTransport('idle', closed));
  await expect.poll(() => closed).toEqual(['idle']);
  await table.close();
});
