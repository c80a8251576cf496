import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { CommandIo } from '../../src/cli/input/command.ts';
import { withPointsman } from '../../src/cli/input/open-pointsman.ts';
import { command as submit } from '../../src/cli/jobs/submit-command.ts';
import { createScriptedServer, type ScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { openEffectServer } from './effect-server.ts';
import type { Place } from './fleet.ts';
import { isLastStep, jobWords, placeOf } from './job-words.ts';
import type { SeenEffect, SeenJobCall } from './sightings.ts';

const POOL: readonly string[] = ['claude-opus-5-5', 'claude-haiku-4-5', 'gpt-6-luna'];
const AT_ONCE = 4;
const LOOK_MS = 1000;

/** Jobs of notes, a vendor and a tool server that see what is really done, and where workers find them. */
export interface JobSide extends Place {
  readonly calls: readonly SeenJobCall[];
  readonly effects: readonly SeenEffect[];
  /** What the vendor was not to be asked. */
  readonly surprises: readonly string[];
  /** Puts so many jobs into the queue. Returns their names. */
  give(count: number): Promise<readonly string[]>;
  /** Waits until all are shown to be over, or none has come to its end for so long. Returns what their user is shown of each that is not done, by name. */
  untilOver(idleMs: number): Promise<ReadonlyMap<string, string>>;
  /** Those whose last step the vendor has answered whole. */
  endedAtVendor(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** @param callMs that the vendor takes for a call, in the mean */
export async function openJobSide(dir: string, address: string, callMs: number): Promise<JobSide> {
  const calls: SeenJobCall[] = [];
  const vendor = await createScriptedServer({
    models: POOL.flatMap((id) => loadCatalog().get(id) ?? []),
    strict: true,
    script: (request) => {
      const place = placeOf(request);
      if (place !== undefined) calls.push(place);
      return jobWords(request, callMs * (0.8 + (calls.length % 5) / 10));
    },
  });
  const tools = await openEffectServer(callMs / 4);
  const place = workerPlace(dir, { address, vendorUrl: vendor.url, toolsUrl: tools.url });
  return {
    ...place,
    calls,
    effects: tools.effects,
    get surprises() {
      const strange = vendor.unexpected.map(({ system }) => `a call that no job makes: ${system.slice(0, 80)}`);
      return [...strange, ...vendor.objections];
    },
    give: async (count) => giveJobs(place, count),
    untilOver: async (idleMs) => {
      let [before, changedAt] = [-1, Date.now()];
      for (;;) {
        const open = await openJobs(place);
        if (open.size !== before) [before, changedAt] = [open.size, Date.now()];
        const isWaiting = [...open.values()].some((words) => /^(?:running|paused)/u.test(words));
        if (!isWaiting || Date.now() - changedAt > idleMs) return open;
        await wait(LOOK_MS);
      }
    },
    endedAtVendor: async () => endedAt(vendor),
    close: async () => {
      await vendor.close();
      await tools.close();
    },
  };
}

function workerPlace(
  dir: string,
  at: { readonly address: string; readonly vendorUrl: string; readonly toolsUrl: string },
): Place {
  const config = path.join(dir, 'jobs.yaml');
  const servers = path.join(dir, 'servers.json');
  writeFileSync(servers, JSON.stringify({ mcpServers: { notes: { type: 'http', url: at.toolsUrl } } }));
  writeFileSync(
    config,
    `policy: balanced\npool: [${POOL.join(', ')}]\ntools: { mcpFile: ${servers}, defaults: never }\n`,
  );
  return {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      NODE_COMPILE_CACHE: path.join(dir, 'compiled'),
      POINTSMAN_CONFIG: config,
      POINTSMAN_STORE: at.address,
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: at.vendorUrl,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${at.vendorUrl}/v1`,
    },
  };
}

/** By the command of the product. */
async function giveJobs(place: Place, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `job-${index}`);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      const workspace = path.join(place.cwd, name);
      mkdirSync(workspace);
      let said = '';
      const io = ioIn(place, (text) => void (said += text));
      const code = await submit.run(['Make the notes.', '--workspace', workspace, '--yes', '--in-place'], io);
      if (code !== 0) throw new Error(`a job was not taken: ${said}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return names;
}

/** What their user is shown of jobs that are not done, by the folder that they work in. */
async function openJobs(place: Place): Promise<ReadonlyMap<string, string>> {
  const io = ioIn(place, () => undefined);
  return withPointsman(io, { configFile: undefined, looksOnly: true }, async (pointsman) => {
    const shown = await pointsman.jobs({ limit: 1000 });
    const open = shown.filter(({ status }) => status !== 'done');
    return new Map(
      open.map(({ workspace, status, pause, failure }) => [
        path.basename(workspace),
        `${status} ${pause?.question ?? failure?.message ?? ''}`,
      ]),
    );
  });
}

async function endedAt(vendor: ScriptedServer): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for (const call of vendor.calls)
    if (isLastStep(call.request) && (await call.ended) === 'sent') ended.add(placeOf(call.request)?.job ?? '');
  return ended;
}

function ioIn({ env, cwd }: Place, said: (text: string) => void): CommandIo {
  return { stdout: said, stderr: said, env, cwd, isTerminal: false, signal: new AbortController().signal };
}
