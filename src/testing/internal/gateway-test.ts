import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createAccessKey, type NewAccessKey } from '../../gateway/core/access-keys.ts';
import { startGatewayKit, type GatewayKit, type GatewayKitOptions } from './gateway-kit.ts';

/** Closes what a test has opened when that test is over, the last opened first. */
export function closeAtEnd<Opened extends { close(): Promise<void> }>(opened: Opened): Opened {
  onTestFinished(async () => opened.close());
  return opened;
}

/** A gateway for as long as its test. */
export async function openGatewayKit(options: GatewayKitOptions): Promise<GatewayKit> {
  const kit = await startGatewayKit(options);
  closeAtEnd(kit.gateway);
  return kit;
}

/** A key of a gateway and its token, without limits but for those that are given. */
export function anAccessKey(options: Partial<NewAccessKey> = {}): ReturnType<typeof createAccessKey> {
  return createAccessKey({
    name: 'k',
    createdAt: 1,
    budgetNanoUsd: undefined,
    policyId: undefined,
    allowModels: undefined,
    requestsPerMinute: undefined,
    ...options,
  });
}

/** A request as a vendor got it. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly socket: Socket;
}

/** What a vendor says to a request that has arrived whole, the `count`th. */
export type VendorAnswer = (response: ServerResponse, request: SeenRequest, count: number) => void;

export interface TestVendor {
  readonly url: string;
  /** Whole requests, the oldest first. */
  readonly seen: readonly SeenRequest[];
  /** How many callers have left before their answer had ended. */
  readonly leftCount: number;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
}

/** A vendor on a free port of this machine that says what a test wants, for as long as the test. */
export async function openVendor(answer: VendorAnswer): Promise<TestVendor> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let leftCount = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => {
      if (!response.writableFinished) leftCount += 1;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers, socket } = request;
      const one = { url, headers, socket, bytes: Buffer.concat(chunks) };
      seen.push(one);
      answer(response, one, seen.length);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closeAtEnd({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sockets,
    get leftCount() {
      return leftCount;
    },
  };
}
