import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { SeenEffect } from './sightings.ts';

export const EFFECT_TOOL = 'make_note';

/** An MCP server over HTTP with one tool that has an effect, and counts it. */
export interface EffectServer {
  readonly url: string;
  readonly effects: readonly SeenEffect[];
  close(): Promise<void>;
}

const messageSchema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z
    .object({
      protocolVersion: z.string().optional(),
      arguments: z.object({ job: z.string(), step: z.string() }).optional(),
    })
    .optional(),
});

/** @param effectMs between an effect and its answer, so that a worker can die in between */
export async function openEffectServer(effectMs: number): Promise<EffectServer> {
  const effects: SeenEffect[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, async (effect) => {
      effects.push(effect);
      await wait(effectMs);
    }).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    effects,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  act: (effect: SeenEffect) => Promise<void>,
): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id, method, params } = messageSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
  if (id === undefined) return void response.writeHead(202).end();
  const result = await resultOf(method, params, act);
  const body = result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
}

async function resultOf(
  method: string,
  params: z.infer<typeof messageSchema>['params'],
  act: (effect: SeenEffect) => Promise<void>,
): Promise<object | undefined> {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion ?? '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'notes', version: '1' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: [NOTE] };
    case 'tools/call': {
      const effect = params?.arguments;
      if (effect === undefined) return { isError: true, content: [{ type: 'text', text: 'job and step are missing' }] };
      await act(effect);
      return { content: [{ type: 'text', text: 'noted' }] };
    }
    default:
      return undefined;
  }
}

const NOTE = {
  name: EFFECT_TOOL,
  description: 'Makes one note more about a step. Twice is wrong.',
  inputSchema: {
    type: 'object',
    properties: { job: { type: 'string' }, step: { type: 'string' } },
    required: ['job', 'step'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
};
