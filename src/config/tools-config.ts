import path from 'node:path';
import type { ParsedConfigFile, ServerFile } from './config-file.ts';
import type { References } from './references.ts';
import type { Secret } from './secret.ts';
import type { ToolServerConfig, ToolsConfig } from './config.ts';

/**
 * Tool servers and what they may do. Values of `env` and `headers` are secrets, because that is what they usually hold.
 * @throws PointsmanError `config-invalid` for a variable that is not set
 */
export function resolveTools(file: ParsedConfigFile, references: References, base: string): ToolsConfig {
  const tools = file.values.tools ?? {};
  const servers = Object.entries(tools.servers ?? {});
  return {
    servers: Object.fromEntries(servers.map(([name, server]) => [name, resolveServer(name, server, references, base)])),
    allowCommands: tools.allowCommands ?? [],
    passEnv: tools.passEnv ?? [],
  };
}

function resolveServer(name: string, server: ServerFile, references: References, base: string): ToolServerConfig {
  const at = ['tools', 'servers', name];
  const secrets = (field: 'env' | 'headers'): Readonly<Record<string, Secret>> =>
    Object.fromEntries(
      Object.entries(server[field] ?? {}).map(([key, value]) => [
        key,
        references.expandSecret(value, [...at, field, key]),
      ]),
    );
  if (server.url !== undefined) {
    return { kind: 'http', url: references.expand(server.url, [...at, 'url']), headers: secrets('headers') };
  }
  return {
    kind: 'stdio',
    command: references.expand(server.command ?? '', [...at, 'command']),
    args: (server.args ?? []).map((word, index) => references.expand(word, [...at, 'args', index])),
    env: secrets('env'),
    cwd: server.cwd === undefined ? undefined : path.resolve(base, references.expand(server.cwd, [...at, 'cwd'])),
  };
}
