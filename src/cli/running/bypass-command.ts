import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readPageLink, type PageLink } from '../input/gateway-files.ts';
import { runningGateway } from '../launch/running-gateway.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'bypass',
  usage: '[on|off] [--url URL] [--json]   (elsewhere than on this machine: POINTSMAN_TOKEN)',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { url: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [wanted] = positionals;
    if (positionals.length > 1 || (wanted !== undefined && wanted !== 'on' && wanted !== 'off')) {
      throw new PointsmanError(
        'request-invalid',
        'It is switched "on" or "off"; without a word it says how it stands.',
      );
    }
    const { isOn, changedAt } = await ask(await linkOf(io, values.url), wanted, io.signal);
    const since = changedAt === undefined ? '' : ` since ${new Date(changedAt).toISOString()}`;
    const text = isOn ? `Nothing is routed${since}: calls pass straight through.` : `Calls are routed${since}.`;
    io.stdout(values.json ? jsonText('bypass', { isOn, changedAt }) : `${text}\n`);
    return EXIT.ok;
  },
};

/** The gateway that was started over this store, or the one that is named. */
async function linkOf(io: CommandIo, url: string | undefined): Promise<Partial<PageLink> & Pick<PageLink, 'url'>> {
  const token = io.env['POINTSMAN_TOKEN'];
  const kept = readPageLink(gatewayDir(io, await openFolderGate(io)));
  if (url !== undefined && url !== kept?.url) return token === undefined ? { url } : { url, token };
  const running = await runningGateway(kept);
  if (running !== undefined) return running;
  throw new PointsmanError('not-found', 'No gateway of this store is running.', {
    hint: 'Start one with "pointsman serve", or name it with --url.',
  });
}

interface SwitchState {
  readonly isOn: boolean;
  readonly changedAt?: number;
}

async function ask(
  { url, token }: Partial<PageLink> & Pick<PageLink, 'url'>,
  wanted: 'on' | 'off' | undefined,
  signal: AbortSignal,
): Promise<SwitchState> {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const change = { method: 'POST', body: JSON.stringify({ on: wanted === 'on', by: 'command' }) };
  const path = wanted === undefined ? 'status' : 'pass-through';
  const response = await fetch(new URL(`/pointsman/api/${path}`, url), {
    signal,
    headers,
    ...(wanted === undefined ? {} : change),
  }).catch((cause: unknown) => {
    throw new PointsmanError('not-found', `There is no gateway at ${url}: nothing answers.`, { cause });
  });
  const said = (await response.json().catch(() => ({}))) as Partial<SwitchState> & {
    readonly gateway?: { readonly passThrough?: SwitchState };
    readonly error?: { readonly message?: string };
  };
  const standing = wanted === undefined ? said.gateway?.passThrough : (said as SwitchState);
  if (response.ok && typeof standing?.isOn === 'boolean') return standing;
  const why = said.error?.message ?? `It answered ${response.status}.`;
  throw new PointsmanError('request-invalid', `The gateway at ${url} was not switched. ${why}`);
}
