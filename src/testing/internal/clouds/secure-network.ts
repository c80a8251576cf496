import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

/** A network as companies have one: names that only its proxy knows, and certificates that only it vouches for. */
export interface SecureNetwork {
  readonly proxyUrl: string;
  /** What went through the proxy, as `host:port`. */
  readonly connected: readonly string[];
  /** The certificate that vouches for every server of the network. */
  readonly caFile: string;
  /** Serves what listens at a plain port of this machine under TLS; by its name at the proxy, or at the port that is returned. */
  secure(name: string, plainPort: number): Promise<number>;
  close(): Promise<void>;
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function openSecureNetwork(names: readonly string[]): Promise<SecureNetwork> {
  const folder = mkdtempSync(path.join(tmpdir(), 'network-'));
  const [keyFile, caFile] = [path.join(folder, 'key.pem'), path.join(folder, 'ca.pem')];
  const sans = ['IP:127.0.0.1', ...names.map((name) => `DNS:${name}`)].join(',');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=a network of tests', '-addext', `subjectAltName=${sans}`];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', keyFile, '-out', caFile], {
    stdio: 'ignore',
  });
  const tls = { key: readFileSync(keyFile), cert: readFileSync(caFile) };
  const ports = new Map<string, number>();
  const connected: string[] = [];
  const open: { close(): void }[] = [];
  const proxy: Server = createServer((_request, response) => response.writeHead(501).end());
  proxy.on('connect', (request, client: Socket) => {
    const target = request.url ?? '';
    connected.push(target);
    const port = ports.get(target.split(':')[0] ?? '');
    if (port === undefined) return client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const server = joined(client, connect(port, '127.0.0.1'));
    return server.once('connect', () => client.write('HTTP/1.1 200 Connection Established\r\n\r\n'));
  });
  open.push(proxy);
  return {
    proxyUrl: `http://127.0.0.1:${await portOf(proxy)}`,
    connected,
    caFile,
    secure: async (name, plainPort) => {
      const server = createTlsServer(tls, (socket) => void joined(socket, connect(plainPort, '127.0.0.1')));
      open.push(server);
      const port = await portOf(server);
      ports.set(name, port);
      return port;
    },
    close: async () => {
      for (const one of open) one.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** What one says the other hears, until either leaves. */
function joined(client: Socket, server: Socket): Socket {
  client.pipe(server).pipe(client);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
  client.on('close', () => server.destroy());
  return server;
}
