import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../../testing/internal/gateway-test.ts';

let acceptor: Server | undefined;
afterEach(() => void acceptor?.close());

/** Whoever accepts connections for a gateway, and reads none of them. */
async function acceptFor({ gateway }: GatewayKit): Promise<number> {
  acceptor = createServer((socket) => gateway.adopt(socket, Buffer.alloc(0))).listen(0, '127.0.0.1');
  await once(acceptor, 'listening');
  return (acceptor.address() as AddressInfo).port;
}

test('no more connections are held than a server may have, and whoever leaves makes room', async () => {
  const { url } = await openVendor((response) => response.end());
  const port = await acceptFor(await openGatewayKit({ upstreamUrl: url, settings: { maxConnections: 2 } }));
  const open = (): ReturnType<typeof connect> => connect(port, '127.0.0.1').on('error', () => undefined);
  const [one, two] = [open(), open()];
  await Promise.all([once(one, 'connect'), once(two, 'connect')]);
  await once(open(), 'close');
  one.destroy();
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200));
  two.destroy();
});
