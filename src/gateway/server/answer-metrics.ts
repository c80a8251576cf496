import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AccessKey } from '../core/access-keys.ts';
import { callerCredential } from '../core/caller-credential.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { labelValue } from '../core/metrics.ts';
import { wholeMetrics } from './join-siblings.ts';
import { isSameText } from './same-text.ts';

/** Whether a request for `/metrics` shows the token that opens all of them, and nothing else. */
export function opensMetrics({ deps: { metricsToken } }: GatewayCore, headers: IncomingHttpHeaders): boolean {
  const credential = callerCredential(headers, '/metrics');
  return metricsToken !== undefined && typeof credential === 'object' && isSameText(credential.token, metricsToken);
}

/** @param viewer whose calls alone are counted in it, where access keys are demanded; `undefined`: everybody's are */
export async function answerMetrics(
  core: GatewayCore,
  response: ServerResponse,
  viewer: AccessKey | undefined,
): Promise<void> {
  const text = await wholeMetrics(core);
  const shown = viewer === undefined ? text : seriesOf(text, viewer, core.deps.accessKeys);
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(shown);
}

const KEY_LABEL = /\bkey="([^"]*)"/u;

/** What others call and spend is nobody's business but the operator's, and a sum of two less one's own is the other's. */
function seriesOf(text: string, viewer: AccessKey, keys: readonly AccessKey[]): string {
  const label = labelValue(viewer.name);
  // Counted under a name that another key has, too, they cannot be told apart.
  const isShared = keys.some((key) => key.id !== viewer.id && labelValue(key.name) === label);
  const name = isShared ? undefined : label;
  const isOwn = (line: string): boolean => name !== undefined && KEY_LABEL.exec(line)?.[1] === name;
  const isSeen = (line: string): boolean =>
    line.startsWith('#') || line.startsWith('pointsman_circuit_state') || isOwn(line);
  const seen = text.split('\n').filter(isSeen);
  const isHead = (line: string): boolean => line.startsWith('#');
  const named = new Set(seen.filter((line) => !isHead(line)).map((line) => line.split(/[{ ]/u)[0]));
  return `${seen.filter((line) => !isHead(line) || named.has(line.split(' ')[2])).join('\n')}\n`;
}
