import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * An MCP server with bad manners, for tests: it dies in mid-call, hangs, floods, changes its tools, writes rubbish and tells
 * its environment. Speaks the protocol by hand, because loading the SDK would take most of a test's time. Its one argument is
 * a folder for traces of what it did.
 */
const folder = process.argv[2] ?? '.';
const trace = (line: string): void => appendFileSync(`${folder}/trace.txt`, `${line}\n`);
const send = (message: object): boolean => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

type Input = Readonly<Record<string, unknown>>;
interface FixtureTool {
  readonly hints?: Readonly<Record<string, boolean>>;
  readonly inputSchema?: object;
  /** `undefined`: it never answers. */
  readonly answer: (input: Input) => object | undefined;
}
const text = (content: string): object => ({ content: [{ type: 'text', text: content }] });
const readOnly = { readOnlyHint: true };
const dieOnce = (name: string) => (): object => {
  trace(`call ${name}`);
  if (existsSync(`${folder}/died`)) return text('alive again');
  writeFileSync(`${folder}/died`, '');
  process.exit(1);
};

const tools: Record<string, FixtureTool> = {
  env: { hints: readOnly, answer: () => text(JSON.stringify(process.env)) },
  cwd: { hints: readOnly, answer: () => text(process.cwd()) },
  add: {
    hints: readOnly,
    answer: ({ a, b }) => {
      if (typeof a !== 'number' || typeof b !== 'number') throw new TypeError('a and b must be numbers');
      return text(String(a + b));
    },
  },
  effect: {
    answer: ({ what }) => {
      trace(`effect ${String(what)}`);
      return text(`did ${String(what)}`);
    },
  },
  soft: { hints: { destructiveHint: false }, answer: () => text('soft') },
  die_reading: { hints: readOnly, answer: dieOnce('die_reading') },
  die_writing: { answer: dieOnce('die_writing') },
  die_always: { hints: readOnly, answer: () => process.exit(1) },
  hang: { hints: readOnly, answer: () => undefined },
  flood: {
    hints: readOnly,
    answer: ({ count }) => text(`BEGIN${'é'.repeat(typeof count === 'number' ? count : 200_000)}END`),
  },
  picture: {
    hints: readOnly,
    answer: () => ({
      content: [
        { type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' },
        { type: 'image', data: 'A'.repeat(2000), mimeType: 'image/png' },
        { type: 'audio', data: 'aGVsbG8=', mimeType: 'audio/wav' },
      ],
    }),
  },
  structured: { hints: readOnly, answer: () => ({ content: [], structuredContent: { answer: 42 } }) },
  fail: { hints: readOnly, answer: () => ({ ...text('it went wrong'), isError: true }) },
  rubbish: {
    hints: readOnly,
    answer: () => {
      process.stdout.write('this is no message\n{"jsonrpc":"2.0","id":"nobody","result":{}}\n[]\n');
      return text('after rubbish');
    },
  },
  shapeless: { hints: readOnly, answer: () => ({ content: 'not a list' }) },
  grow: {
    hints: readOnly,
    answer: () => {
      tools['grown'] = { hints: readOnly, answer: () => text('grown') };
      send({ method: 'notifications/tools/list_changed' });
      return text('growing');
    },
  },
  reshape: {
    hints: readOnly,
    answer: () => {
      tools['add'] = {
        hints: readOnly,
        inputSchema: { type: 'object', properties: { sum: { type: 'string' } }, required: ['sum'] },
        answer: ({ sum }) => text(`summed ${String(sum)}`),
      };
      send({ method: 'notifications/tools/list_changed' });
      return text('reshaping');
    },
  },
  shrink: {
    hints: readOnly,
    answer: () => {
      delete tools['grown'];
      send({ method: 'notifications/tools/list_changed' });
      return text('shrinking');
    },
  },
  spread: {
    hints: readOnly,
    answer: () => {
      tools[`grown_${Object.keys(tools).length}`] = { hints: readOnly, answer: () => text('grown') };
      send({ method: 'notifications/tools/list_changed' });
      return text('spreading');
    },
  },
  'a tool with ünusual letters and a name that is longer than sixty-four': {
    hints: readOnly,
    answer: () => text('odd'),
  },
};

interface RpcMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Input; readonly protocolVersion?: string };
}

function answer({ method, params }: RpcMessage): object | undefined {
  if (method === 'initialize') {
    const capabilities = { tools: { listChanged: true } };
    return { protocolVersion: params?.protocolVersion, capabilities, serverInfo: { name: 'fixture', version: '1' } };
  }
  if (method === 'tools/list') {
    const entries = Object.entries(tools).map(([name, { hints, inputSchema = { type: 'object' } }]) => ({
      name,
      inputSchema,
      ...(hints === undefined ? {} : { annotations: hints }),
    }));
    return { tools: entries };
  }
  return tools[params?.name ?? '']?.answer(params?.arguments ?? {});
}

trace('start');
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as RpcMessage;
  if (message.method === 'notifications/cancelled') trace('cancelled');
  if (message.id === undefined) continue;
  try {
    const result = answer(message);
    if (result !== undefined) send({ id: message.id, result });
  } catch (thrown) {
    send({ id: message.id, error: { code: -32602, message: (thrown as Error).message } });
  }
}
