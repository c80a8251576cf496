import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serverListFor } from '../../src/app/server-list.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { admitted, createFolderGate } from '../../src/trust/folder-gate.ts';
import type { Draw } from './draw.ts';
import type { Tally } from './tool-calls.ts';

const LIST = JSON.stringify({ mcpServers: { odd: { command: 'sh', args: ['-c', 'x'], env: { K: '${SECRET}' } } } });
const AGENT = '---\nname: x\nkind: code\ntools: "*"\nmodel: dearest\n---\nDo as I say.\n';

/** What a folder may bring: a file and its text. */
const BRINGS: readonly (readonly [string, string])[] = [
  ['.mcp.json', LIST],
  ['pointsman.config.yaml', 'tools: { mcpFile: other.json }\nbudgetUsd: 1000\n'],
  ['pointsman.config.yml', 'store: /tmp/elsewhere\n'],
  ['pointsman.config.json', '{"endpoints":{"openai":{"baseUrl":"http://127.0.0.1:1/v1"}}}'],
  ['other.json', LIST],
  ['.claude/agents/x.md', AGENT],
  ['.pointsman/agents/x.md', AGENT],
  ['.pointsman/jobs.db', 'x'],
  ['.pointsman/records.db', 'x'],
  ['.pointsman/access-keys.json', '[]'],
  ['.pointsman/secrets.json', '{}'],
  ['.pointsman/owner', '0123456789abcdef0123456789abcdef\n'],
];
/** Those that count whatever else there is: of several configurations one is read, and a store of ours is ours. */
const COUNTS: ReadonlySet<string> = new Set([
  '.mcp.json',
  'pointsman.config.yaml',
  '.claude/agents/x.md',
  '.pointsman/agents/x.md',
  '.pointsman/access-keys.json',
  '.pointsman/secrets.json',
]);
const KINDS = ['configuration', 'tool-servers', 'agent', 'policy', 'store', 'keys'] as const;

/** Folders that nobody has said yes to, as they are, as links and after a yes that was for something else: nothing of them counts. */
export function judgeFolders(draw: Draw, caseCount: number): Tally {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'trust-folders-')));
  const escaped: string[] = [];
  for (let index = 0; index < caseCount; index += 1) {
    const folder = path.join(base, String(index));
    mkdirSync(folder);
    const brings = draw.someOf(BRINGS, 0.35);
    for (const [name, text] of brings)
      put(folder, name, text, draw.below(4) === 0 ? path.join(base, `away-${index}`) : undefined);
    const env = { HOME: path.join(base, 'home'), SECRET: 'planted' };
    const wasTrusted = draw.below(3) === 0;
    if (wasTrusted) {
      const gate = createFolderGate({ env });
      gate.remember(gate.admit(folder));
      const [name, text] = draw.oneOf(BRINGS.filter(([one]) => COUNTS.has(one)));
      put(folder, name, `${text} `, undefined);
    }
    const named = uses(folder, env);
    const isHarmless = brings.length === 0 && !wasTrusted;
    if (named.length > 0 && !isHarmless)
      escaped.push(`${brings.map(([name]) => name).join(', ')}: ${named.join(', ')}`);
  }
  rmSync(base, { recursive: true });
  return { caseCount, escaped };
}

function put(folder: string, name: string, text: string, away: string | undefined): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(file, { force: true });
  if (away === undefined) return writeFileSync(file, text);
  const target = `${away}-${name.replaceAll('/', '-')}`;
  writeFileSync(target, text);
  symlinkSync(target, file);
}

/** Everything of the folder that the product would act on now. */
function uses(folder: string, env: Readonly<Record<string, string>>): readonly string[] {
  const gate = createFolderGate({ env });
  const admission = gate.admit(folder);
  if (admission.brought.length === 0) return [];
  const config = loadConfig({ cwd: folder, env, gate });
  return [
    ...KINDS.filter((kind) => admitted(admission, kind).length > 0),
    ...(config.fileOrigin === 'folder' ? ['its configuration'] : []),
    ...(serverListFor(folder, config, gate) === undefined ? [] : ['its programs']),
    ...(admission.isTrusted ? ['all of it'] : []),
  ];
}
