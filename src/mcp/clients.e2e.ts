import { cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoWords } from '../cli/demo/demo-words.ts';
import { promptScript } from '../providers/scripted/prompt-script.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { installClient, runClient, temporaryFolder, type ClientRun } from '../testing/internal/clients.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'src/cli/main.ts');
const folder = temporaryFolder('pointsman-clients');
const home = path.join(realpathSync(folder.dir), 'home');
const workspace = path.join(realpathSync(folder.dir), 'workspace');
const spare = path.join(realpathSync(folder.dir), 'spare');
let models: ScriptedServer;

beforeAll(async () => {
  mkdirSync(home, { recursive: true });
  for (const copy of [workspace, spare]) {
    cpSync(path.join(ROOT, 'fixtures/demo-workspace'), copy, { recursive: true });
  }
  models = await createScriptedServer({ script: demoWords });
});
afterAll(async () => {
  await models.close();
  folder.remove();
});

/** What the pointsman server needs: its own variables only, so that the client's key never reaches it. */
function pointsmanEnv(): Record<string, string> {
  const config = path.join(folder.dir, 'config.yaml');
  // Nobody can be asked in these runs, and the model may not answer for itself.
  writeFileSync(config, 'tools: { approve: all }\n');
  return {
    POINTSMAN_CONFIG: config,
    POINTSMAN_ANTHROPIC_API_KEY: 'key-of-the-test',
    POINTSMAN_ANTHROPIC_BASE_URL: models.url,
    POINTSMAN_OPENAI_API_KEY: 'key-of-the-test',
    POINTSMAN_OPENAI_BASE_URL: `${models.url}/v1`,
    POINTSMAN_STORE: path.join(folder.dir, 'store'),
  };
}

async function ready(name: 'claude-code' | 'codex'): Promise<string> {
  const installed = await installClient(name);
  if (installed.kind === 'missing') throw new Error(installed.why);
  return installed.file;
}

const TASK = 'The tests of this workspace fail. Find out why and mend the code.';

test('Claude Code lists our tools, asks for a route, runs a job and gets its structured result', async () => {
  const claude = await ready('claude-code');
  const config = path.join(folder.dir, 'mcp.json');
  const server = { command: process.execPath, args: [MAIN, 'mcp'], env: pointsmanEnv(), alwaysLoad: true };
  writeFileSync(config, JSON.stringify({ mcpServers: { pointsman: server } }));
  const words: readonly ScriptedAnswer[] = [
    {
      text: 'I ask first.',
      toolCalls: [{ name: 'mcp__pointsman__route_step', input: { text: 'review the diff', kind: 'review' } }],
    },
    {
      toolCalls: [{ name: 'mcp__pointsman__run_job', input: { task: TASK, workspace, waitSeconds: 150 } }],
    },
    { text: 'All of it is done.' },
  ];
  const run = await runClient(
    claude,
    [
      '-p',
      promptScript(words),
      '--output-format',
      'stream-json',
      '--verbose',
      '--mcp-config',
      config,
      '--strict-mcp-config',
      '--allowedTools',
      'mcp__pointsman__*',
    ],
    {
      env: {
        ANTHROPIC_BASE_URL: models.url,
        ANTHROPIC_API_KEY: 'scripted',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      },
      cwd: workspace,
      home,
      timeoutMs: 170_000,
    },
  );
  const rows = jsonRows(run);
  const init = rows.find((row) => row['subtype'] === 'init');
  expect(init?.['tools']).toEqual(
    expect.arrayContaining(['mcp__pointsman__run_job', 'mcp__pointsman__job_status', 'mcp__pointsman__route_step']),
  );
  const results = toolResults(rows);
  expect(results[0]).toMatchObject({ decision: 'switch', mode: expect.any(String), why: expect.any(String) });
  expect(results[1]).toMatchObject({ status: 'done', failure: null });
  expect(rows.at(-1)).toMatchObject({ type: 'result', is_error: false, result: 'All of it is done.' });
});

/** The rows of a stream of JSON lines; what is not JSON (a warning) is left out. */
function jsonRows(run: ClientRun): readonly Record<string, unknown>[] {
  const rows = run.stdout.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [];
    } catch {
      return [];
    }
  });
  if (rows.length === 0) throw new Error(`The client printed nothing to read: ${run.stderr.slice(0, 2000)}`);
  return rows;
}

/** What the model would see of each tool result, as JSON. */
function toolResults(rows: readonly Record<string, unknown>[]): readonly unknown[] {
  return rows.flatMap((row) => {
    const message = row['message'] as { content?: unknown } | undefined;
    if (row['type'] !== 'user' || !Array.isArray(message?.content)) return [];
    return (message.content as { type: string; content: unknown }[])
      .filter((block) => block.type === 'tool_result')
      .map((block) => JSON.parse(textOf(block.content)) as unknown);
  });
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return (content as { text?: string }[]).map((part) => part.text ?? '').join('');
}

/** Codex asks its first question before its MCP servers are up (0.169): the script lets a moment pass. */
test('Codex does the same over Responses', async () => {
  const codex = await ready('codex');
  const codexHome = path.join(home, '.codex');
  mkdirSync(codexHome, { recursive: true });
  const env = Object.entries(pointsmanEnv())
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('\n');
  writeFileSync(
    path.join(codexHome, 'config.toml'),
    `model = "gpt-5.5"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "${models.url}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
[mcp_servers.pointsman]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(MAIN)}, "mcp"]
startup_timeout_sec = 30
tool_timeout_sec = 170
[mcp_servers.pointsman.env]
${env}
`,
  );
  const words: readonly ScriptedAnswer[] = [
    { toolCalls: [{ name: 'exec_command', input: { cmd: 'sleep 4' } }] },
    { toolCalls: [{ namespace: 'mcp__pointsman', name: 'route_step', input: { text: 'review it', kind: 'review' } }] },
    {
      toolCalls: [
        {
          namespace: 'mcp__pointsman',
          name: 'run_job',
          input: { task: TASK, workspace: spare, waitSeconds: 100 },
        },
      ],
    },
    { text: 'Asked and answered.' },
  ];
  const run = await runClient(
    codex,
    ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', promptScript(words)],
    { env: { SCRIPTED_KEY: 'scripted' }, cwd: spare, home, timeoutMs: 170_000 },
  );
  const items = jsonRows(run).map((row) => row['item'] as Record<string, unknown> | undefined);
  const results = items.filter((item) => item?.['type'] === 'mcp_tool_call' && item['status'] === 'completed');
  expect(results.map((item) => item?.['tool'])).toEqual(['route_step', 'run_job']);
  const [route, job] = results.map(
    (item) => (item?.['result'] as { structured_content?: unknown } | undefined)?.structured_content,
  );
  expect(route).toMatchObject({ decision: 'switch', why: expect.any(String) });
  expect(job).toMatchObject({ status: 'done', failure: null });
  expect(items.find((item) => item?.['type'] === 'agent_message')).toMatchObject({ text: 'Asked and answered.' });
});
