import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { expect, test } from 'vitest';
import { openQuestionDesk, type ServerAnswer } from './server-question.ts';

const YES: ServerAnswer = { action: 'accept', content: { sure: true } };
const yes = async (): Promise<ServerAnswer> => Promise.resolve(YES);

test('a question is answered by the call that runs, and by none where several do', async () => {
  const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { form: {} } } });
  const server = new Server({ name: 's', version: '1' }, { capabilities: {} });
  const desk = openQuestionDesk(client, 's');
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([client.connect(near), server.connect(far)]);
  const ask = async (): Promise<string> => {
    const requestedSchema = { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } };
    return (await server.elicitInput({ message: 'Sure?', requestedSchema })).action;
  };
  const said = [await ask()];
  const leaveFirst = desk.open(yes);
  said.push(await ask());
  const leaveSecond = desk.open(yes);
  said.push(await ask());
  leaveFirst();
  said.push(await ask());
  leaveSecond();
  said.push(await ask());
  expect(said).toEqual(['decline', 'accept', 'cancel', 'accept', 'decline']);
  await client.close();
});
