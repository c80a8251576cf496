import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { openSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { parseCommandRules } from './command-rule.ts';
import { createCommandServer } from './command-server.ts';
import { defaultCommandRules } from './default-rules.ts';

/** The command runner as a process: `node main.ts --workspace DIR [--rules JSON] [--max-timeout-ms N] [--no-sandbox] [--network] [--closed DIR]… [--readable DIR]… [--kept PLACE]…`,
 * MCP over stdio. */
const { values } = parseArgs({
  options: {
    workspace: { type: 'string' },
    rules: { type: 'string' },
    'max-timeout-ms': { type: 'string' },
    'max-output-bytes': { type: 'string' },
    'no-sandbox': { type: 'boolean', default: false },
    network: { type: 'boolean', default: false },
    closed: { type: 'string', multiple: true, default: [] },
    readable: { type: 'string', multiple: true, default: [] },
    kept: { type: 'string', multiple: true, default: [] },
  },
});
if (values.workspace === undefined) {
  process.stderr.write('usage: --workspace DIR [--rules JSON] [--max-timeout-ms N] [--max-output-bytes N]\n');
  process.exit(2);
}

const stopping = new AbortController();
const root = realpathSync.native(values.workspace);
let sandbox: Sandbox | undefined;
const open = (): Sandbox => {
  const options = {
    workspace: root,
    env: process.env,
    closed: values.closed,
    network: values.network,
    readable: values.readable,
    kept: values.kept,
  };
  sandbox ??= openSandbox(values['no-sandbox'] ? { ...options, kinds: [] } : options);
  return sandbox;
};
const server = createCommandServer({
  root,
  sandbox: open,
  // Whether it can be kept is part of what is offered; elsewhere nobody waits for that.
  kept: values.kept.length === 0 ? undefined : { isHeld: open().kind !== 'none' },
  rules: values.rules === undefined ? defaultCommandRules : parseCommandRules(JSON.parse(values.rules)),
  maxTimeoutMs: Number(values['max-timeout-ms'] ?? 600_000),
  maxOutputBytes: Number(values['max-output-bytes'] ?? 32_768),
  env: process.env,
  readable: values.readable,
  signal: stopping.signal,
});
await server.connect(new StdioServerTransport());

/** When the client goes away, even by kill -9, its pipe closes: nothing that was started here may outlive it. */
const stop = (): void => {
  stopping.abort();
  process.once('exit', () => sandbox?.close());
  setTimeout(() => process.exit(0), 2500).unref();
  void server.close();
};
process.stdin.on('end', stop);
process.stdin.on('close', stop);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
