import { cpSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createPointsman } from '../../app/create-pointsman.ts';
import { warningsTo } from '../../app/open-log.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { asId, type ModelId } from '../../domain/ids.ts';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { demoWords } from '../demo/demo-words.ts';
import type { CliCommand } from '../input/command.ts';
import { toDial } from '../input/job-arguments.ts';
import { logOf } from '../input/log-of.ts';
import { followJob } from '../jobs/follow-job.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';

const WORKSPACE = path.resolve(import.meta.dirname, '../../../fixtures/demo-workspace');
const TASK = 'The tests of this workspace fail. Find out why and mend the code; the README says what is right.';

/** Two families, three price classes: enough for every kind of decision. */
const POOL = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-sol', 'gpt-6-luna'] as const;

export const command: CliCommand = {
  name: 'demo',
  usage: '[--policy ID|FILE] [--dial 0-10] [--json]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { policy: { type: 'string' }, dial: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const dial = toDial(values.dial);
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-demo-')));
    const workspace = path.join(folder, 'workspace');
    const store = path.join(folder, 'store');
    cpSync(WORKSPACE, workspace, { recursive: true, filter: (file) => !file.endsWith('SOURCE.md') });
    if (!values.json) io.stdout(introduction(workspace));

    const catalog = loadCatalog();
    const models = POOL.flatMap((id) => catalog.get(id) ?? []);
    const server = await createScriptedServer({ script: demoWords, models, strict: true });
    const pointsman = await createPointsman({
      config: demoConfig(server.url, workspace),
      env: io.env,
      cwd: workspace,
      store: { dir: store },
      scripted: true,
      onWarning: warningsTo(logOf(io)),
    });
    try {
      const request = {
        task: TASK,
        workspace,
        approve: 'all',
        ...(values.policy === undefined ? {} : { policy: values.policy }),
        dial,
      } as const;
      const report = await followJob(io, values.json, (options) => pointsman.runJob(request, options));
      io.stdout(values.json ? jsonText('demo', report) : jobText(report, io));
      if (!values.json) io.stdout(report.status === 'done' ? afterwards(store, report.jobId) : ENDED);
      return exitOf(report, io);
    } finally {
      await pointsman.close().finally(() => server.close());
    }
  },
};

/** A demo that was stopped has nobody left to answer it. */
const ENDED = 'The scripted models ended with this demo: start it again instead of resuming it.\n';

function introduction(workspace: string): string {
  return [
    'This is a demo: the words of the models are scripted, and nothing leaves this',
    'machine. Everything else is real: the SDK clients, the HTTP calls and their',
    'cache accounting, the routing, the tools, the tests, the record.',
    'With real models: set ANTHROPIC_API_KEY or OPENAI_API_KEY, then',
    'pointsman run "TASK" in a folder of yours.',
    '',
    `Task       ${TASK}`,
    `Workspace  ${workspace}`,
    '',
    '',
  ].join('\n');
}

function afterwards(store: string, jobId: string): string {
  // A command that is to be copied goes on in the next line as a shell has it.
  return `Every decision with its inputs:\n  POINTSMAN_STORE=${store} \\\n    npx pointsman explain ${jobId}\n`;
}

/** Two endpoints, both the loopback server; no key and no file of the user's is looked at. */
function demoConfig(url: string, cwd: string): Config {
  const env = {
    POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
    POINTSMAN_ANTHROPIC_BASE_URL: url,
    POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
    POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
    POINTSMAN_STORE: cwd,
  };
  return { ...loadConfig({ cwd, env }), pool: POOL.map((id) => asId<ModelId>(id)), policyId: 'balanced' };
}
