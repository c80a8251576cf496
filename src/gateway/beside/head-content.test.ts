import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startGatewayKit, EVERY_WIRE, type GatewayKit } from '../../testing/internal/gateway-kit.ts';

let server: Server;
let kit: GatewayKit;
afterEach(async () => {
  await kit.gateway.close();
  server.closeAllConnections();
  server.close();
});

test('HEAD of a content ends what the vendor would go on to send', async () => {
  const left = new Promise<void>((resolve) => {
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      const write = (): void => {
        while (response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', write).on('close', resolve);
      write();
    }).listen(0, '127.0.0.1');
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  kit = await startGatewayKit({ upstreamUrl: `http://127.0.0.1:${port}`, models: EVERY_WIRE, apiKey: 'our-key' });
  const response = await fetch(`${kit.url}/v1/files/file-1/content`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  await left;
});
