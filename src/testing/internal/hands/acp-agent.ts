/** What every agent here is made of: it speaks the Agent Client Protocol by hand, as no library lets anybody misspeak. */
const AGENT = `
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map();
let count = 0;
const ask = (method, params) => new Promise((resolve) => { const id = 'a' + ++count; waiting.set(id, resolve); send({ id, method, params }); });
const update = (one) => send({ method: 'session/update', params: { sessionId: 's-1', update: one } });
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const model = async (text) => {
  const answer = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + process.env.ANTHROPIC_AUTH_TOKEN, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude-auto', max_tokens: 2000, messages: [{ role: 'user', content: text }] }),
  });
  const { content } = await answer.json();
  return content.map((part) => part.text ?? '').join('');
};
const log = (what) => appendFileSync(process.env.HOME + '/log', JSON.stringify(what) + '\\n');
const permission = (toolCall, options = OPTIONS) => ask('session/request_permission', { sessionId: 's-1', toolCall: { toolCallId: 't', ...toolCall }, options });
const OPTIONS = [{ optionId: 'always', name: 'Always', kind: 'allow_always' }, { optionId: 'once', name: 'Once', kind: 'allow_once' }, { optionId: 'no', name: 'No', kind: 'reject_once' }];
const capabilities = { loadSession: true };
const answers = {
  initialize: () => ({ protocolVersion: 1, agentCapabilities: capabilities }),
  'session/new': () => ({ sessionId: 's-1' }),
  'session/load': () => ({}),
  'session/set_mode': () => ({}),
  'session/prompt': async (params) => { const stop = await onPrompt(params); return { stopReason: stop ?? 'end_turn' }; },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, result, error } = JSON.parse(line);
  if (method === undefined) { waiting.get(id)?.(result ?? { error }); continue; }
  log({ method, params });
  if (id === undefined) continue;
  Promise.resolve(answers[method]?.(params)).then((value) => send({ id, result: value ?? {} }), (thrown) => send({ id, error: { code: -32000, message: thrown.message } }));
}
`;

/**
 * A program that speaks the Agent Client Protocol and does what a test wants when it is told something. It may use `say(text)`,
 * `update(update)`, `ask(method, params)`, `permission(toolCall, options?)`, `model(text)` (a call through the gateway it was
 * given), `send(message)`; what it returns is why it stopped. What it is told is kept in the file `log` of its home.
 */
export function scriptedAcpAgent(onPrompt: string, before = ''): string {
  return `${before}\nconst onPrompt = async (params) => { ${onPrompt} };\n${AGENT}`;
}
