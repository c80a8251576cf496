import { createServer, type AddressInfo, type Server } from 'node:net';
import { PointsmanError } from '../../domain/errors.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** Two processes of one user may listen at one port: the new one takes calls while the old one drains. */
const CAN_SHARE = process.platform === 'linux';

/**
 * Listens so that a next process can take over. Only one that was told to takes over: otherwise a port in use is an error,
 * as ever.
 * @throws PointsmanError `config-invalid`
 */
export async function listen(
  server: Server,
  { host, port, takeOver }: Pick<GatewaySettings, 'host' | 'port' | 'takeOver'>,
): Promise<Address> {
  const reusePort = CAN_SHARE && port !== 0;
  if (takeOver && !CAN_SHARE) {
    throw new PointsmanError('config-invalid', 'A port can be taken over on Linux alone.', {
      hint: 'Stop the other gateway first; it drains, and callers come again.',
    });
  }
  if (reusePort && !takeOver) await checkFree(host, port);
  await listening(server, { host, port, reusePort });
  const address = server.address() as AddressInfo;
  return { host, port: address.port, url: `http://${hostInUrl(host)}:${address.port}` };
}

async function checkFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  await listening(probe, { host, port, reusePort: false });
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
}

interface Listening {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
}

async function listening(server: ReturnType<typeof createServer>, where: Listening): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error & { readonly code?: string }) => {
      reject(
        new PointsmanError(
          'config-invalid',
          `Cannot listen on ${where.host}:${where.port} (${cause.code ?? cause.message})`,
          {
            cause,
            hint: 'Pick another with --port, stop what listens there, or take over from a gateway with --take-over.',
          },
        ),
      );
    });
    server.listen(where, resolve);
  });
}

export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
