import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { openCloudBench, type CloudBench } from '../testing/internal/clouds/cloud-bench.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of opened.splice(0).toReversed()) await one.close();
});

const PRICED = 'usdPerMTok: { input: 1, output: 2 }, contextTokens: 100000';
const AZURE = `
endpoints: { azure: { host: azure, baseUrl: "URL", wires: [openai-chat] } }
models: [{ id: azure/chat, endpoint: azure, wire: openai-chat, wireModel: our-chat, ${PRICED} }]
`;
const BEDROCK = `
endpoints: { aws-bedrock: { host: bedrock, region: eu-central-1, baseUrl: "URL" } }
models: [{ id: bedrock/claude, endpoint: aws-bedrock, wireModel: anthropic.claude-x, family: claude, ${PRICED} }]
`;

async function serve(
  answer: (headers: Readonly<Record<string, unknown>>) => readonly [number, string],
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const [status, body] = answer(request.headers);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  opened.push({ close: async () => server.close().closeAllConnections() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo = (headers: Readonly<Record<string, unknown>>): readonly [number, string] => [
  400,
  JSON.stringify({ error: { message: `refused: ${JSON.stringify(headers)}` }, message: JSON.stringify(headers) }),
];

test('no door shows a token that was fetched for a cloud, though the cloud repeats it', async () => {
  const endsAt = String(Math.floor(Date.now() / 1000) + 3600);
  const identity = await serve(() => [
    200,
    JSON.stringify({ access_token: 'entra-token-9f8e7d', expires_on: endsAt, resource: 'r', token_type: 'Bearer' }),
  ]);
  vi.stubEnv('IDENTITY_ENDPOINT', `${identity}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'secret-of-the-machine');
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  const cloud = await serve(echo);
  const bench = await openCloudBench({ yaml: AZURE.replace('URL', cloud) });
  opened.push(bench);
  const byJob = JSON.stringify(await failureOf(bench.call('azure/chat')));
  const byGateway = (await bench.post('/v1/chat/completions', askFor('azure/chat'))).text;
  for (const said of [byJob, byGateway]) {
    expect(said).toContain('refused');
    expect(said).toContain('[secret]');
    expect(said).not.toContain('entra-token');
  }
});

test.each([
  ['gateway', async ({ post }: CloudBench, model: string) => (await post('/v1/messages', askFor(model))).text],
  ['job', async ({ call }: CloudBench, model: string) => JSON.stringify(await failureOf(call(model)))],
] as const)('nor what signs a call to AWS: %s', async (_what, ask) => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE12345');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session-token-of-sts-42');
  const cloud = await serve(echo);
  const bench = await openCloudBench({ yaml: BEDROCK.replace('URL', cloud) });
  opened.push(bench);
  const said = await ask(bench, 'bedrock/claude');
  expect(said).toContain('[secret]');
  expect(said).not.toMatch(/AKIDEXAMPLE|session-token-of-sts/u);
});

const askFor = (model: string): object => ({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'answered',
    (thrown: unknown) => ({ ...(thrown as object), message: (thrown as Error).message }),
  );
}
