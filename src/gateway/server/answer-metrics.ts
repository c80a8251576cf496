import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AccessKey } from '../core/access-keys.ts';
import { callerCredential } from '../core/caller-credential.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { labelValue } from '../core/metrics.ts';
import { mergeMetrics } from '../workers/merge-metrics.ts';
import { wholeMetrics } from './join-siblings.ts';
import { isSameText } from './same-text.ts';

/** Whether a request for `/metrics` shows the token that opens all of them, and nothing else. */
export function opensMetrics({ deps: { metricsToken } }: GatewayCore, headers: IncomingHttpHeaders): boolean {
  const credential = callerCredential(headers, '/metrics');
  return metricsToken !== undefined && typeof credential === 'object' && isSameText(credential.token, metricsToken);
}

/** @param viewer whose name alone stands in it, where access keys are demanded; `undefined`: everybody's does */
export async function answerMetrics(
  core: GatewayCore,
  response: ServerResponse,
  viewer: AccessKey | undefined,
): Promise<void> {
  const text = await wholeMetrics(core);
  const shown =
    viewer === undefined ? text : mergeMetrics([text.replaceAll(KEY_LABEL, hideOthers(labelValue(viewer.name)))]);
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(shown);
}

const KEY_LABEL = /\bkey="([^"]*)"/gu;

/** What others spend is nobody's business but the operator's: it stays in the sums. */
function hideOthers(name: string): (label: string, key: string) => string {
  return (label, key) => (key === name ? label : 'key="other"');
}
