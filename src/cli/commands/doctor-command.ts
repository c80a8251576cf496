import { parseArgs } from 'node:util';
import { MIN_NODE, nodeFault } from '../../app/node-version.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { isPointsmanError } from '../../domain/errors.ts';
import type { FolderAdmission, FolderGate } from '../../trust/folder-gate.ts';
import { alarmChecks } from '../doctor/alarm-checks.ts';
import { fail, ok, warn, type Check } from '../doctor/check.ts';
import { endpointChecks } from '../doctor/endpoint-checks.ts';
import { hostChecks } from '../doctor/host-checks.ts';
import { lockChecks } from '../doctor/lock-checks.ts';
import { policyChecks } from '../doctor/policy-checks.ts';
import { storeChecks } from '../doctor/store-checks.ts';
import { toolChecks } from '../doctor/tool-checks.ts';
import { trainedChecks } from '../doctor/trained-checks.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'doctor',
  usage: '[--offline] [--json] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        offline: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const checks = await runChecks(io, { file: values.config, offline: values.offline });
    io.stdout(values.json ? jsonText('doctor', { checks }) : report(checks, io.isTerminal));
    return checks.some((check) => check.status === 'fail') ? EXIT.failed : EXIT.ok;
  },
};

async function runChecks(
  io: CommandIo,
  options: { readonly file: string | undefined; readonly offline: boolean },
): Promise<readonly Check[]> {
  const node = nodeCheck();
  const gate = await openFolderGate(io);
  const read = readSettings(io, options.file, gate);
  if ('failed' in read) return [node, read.failed];
  const { config, catalog } = read;
  const [endpoints, tools] = await Promise.all([
    endpointChecks(config, catalog, { offline: options.offline, env: io.env }),
    toolChecks(io, config, gate),
  ]);
  const policies = policyChecks(config, catalog);
  const source = config.file ?? 'none found, defaults and environment are used';
  return [
    node,
    ok('configuration', source),
    folderCheck(gate.admit(io.cwd)),
    ...endpoints,
    ...hostChecks(config, catalog),
    ...policies.checks,
    ...(await lockChecks(config, policies.loaded, options.offline)),
    ...(await trainedChecks(io.env)),
    ...tools,
    ...(await storeChecks(config.store, options.offline)),
    ...(await alarmChecks(config.store, options.offline)),
  ];
}

function nodeCheck(): Check {
  const version = process.versions.node;
  return nodeFault(version) === undefined
    ? ok('node', version)
    : fail('node', `${version} is too old`, `Install Node ${MIN_NODE} or newer: https://nodejs.org/en/download.`);
}

function folderCheck({ brought, isTrusted }: FolderAdmission): Check {
  const names = brought.map(({ name }) => name).join(', ');
  if (names === '') return ok('folder', 'brings nothing of its own');
  return isTrusted
    ? ok('folder', `you have said yes to ${names}`)
    : warn('folder', `left out, because nobody has said yes to it: ${names}`, 'See what it would do: pointsman trust');
}

type Read = { readonly config: Config; readonly catalog: Catalog } | { readonly failed: Check };

/** A configuration that cannot be read is a finding like any other, but nothing can be checked without one. */
function readSettings(io: CommandIo, file: string | undefined, gate: FolderGate): Read {
  try {
    const config = loadConfig({ cwd: io.cwd, env: io.env, file, gate });
    return { config, catalog: loadCatalog(config.models) };
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
    return { failed: fail('configuration', thrown.message, thrown.hint ?? 'Correct it and run doctor again.') };
  }
}

const SIGNS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skipped: 'skip' } as const;
const COLOURS = { ok: 32, warn: 33, fail: 31, skipped: 90 } as const;

function report(checks: readonly Check[], isTerminal: boolean): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.flatMap((check) => {
    const sign = isTerminal ? `\u001b[${COLOURS[check.status]}m${SIGNS[check.status]}\u001b[0m` : SIGNS[check.status];
    const line = `${sign}  ${check.name.padEnd(width)}  ${check.detail}`;
    return check.hint === undefined ? [line] : [line, `      ${''.padEnd(width)}  → ${check.hint}`];
  });
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return `${lines.join('\n')}\n\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to mend, ${count('skipped')} skipped.\n`;
}
