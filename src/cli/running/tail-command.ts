import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd, type NanoUsd } from '../../domain/money.ts';
import type { FeedEvent } from '../../gateway/core/live-feed.ts';
import { shown } from '../../trust/shown.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';

export const command: CliCommand = {
  name: 'tail',
  usage: '[--url URL] [--json]   (with access keys: POINTSMAN_TOKEN shows the calls of its key)',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { url: { type: 'string', default: 'http://127.0.0.1:4141' }, json: { type: 'boolean', default: false } },
    });
    const parser = createSseParser(({ data }) => {
      io.stdout(values.json ? `${data}\n` : `${callLine(JSON.parse(data) as FeedEvent, values.url)}\n`);
    });
    try {
      const token = io.env['POINTSMAN_TOKEN'];
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(new URL('/pointsman/tail', values.url), { signal: io.signal, headers });
      if (!response.ok || response.body === null) throw notThere(values.url, `it answered ${response.status}`);
      for await (const chunk of response.body) parser.push(Buffer.from(chunk));
    } catch (thrown) {
      if (io.signal.aborted) return EXIT.ok;
      throw thrown instanceof PointsmanError ? thrown : notThere(values.url, 'nothing answers');
    }
    return EXIT.ok;
  },
};

function notThere(url: string, why: string): PointsmanError {
  return new PointsmanError('not-found', `There is no gateway to watch at ${url}: ${why}.`, {
    hint: 'Start one with "pointsman serve", or name it with --url.',
  });
}

/** One call as one line: when, where, what it read and wrote, what it billed against what was predicted, and where the page shows it. */
export function callLine(event: FeedEvent, gatewayUrl?: string): string {
  const time = new Date(event.at).toISOString().slice(11, 19);
  const switched = event.switchedFrom === undefined ? '' : ` ⇐ ${event.switchedFrom}`;
  const fallback = event.fallbackFrom.length === 0 ? '' : ` (instead of ${event.fallbackFrom.join(', ')})`;
  const read = event.cacheReadTokens === undefined ? '?' : compact(event.cacheReadTokens);
  const tokens =
    event.promptTokens === undefined
      ? 'tokens unknown'
      : `${compact(event.promptTokens)} in (${read} read) ${compact(event.outputTokens ?? 0)} out`;
  const more = event.mayHaveBilledNanoUsd;
  const unknown = more === undefined ? '' : ` + up to ${formatUsd(more as NanoUsd)} unknown`;
  const bill = `${event.billNanoUsd === undefined ? '?' : formatUsd(event.billNanoUsd as NanoUsd)}${unknown}`;
  const predicted = event.predictedBillNanoUsd === undefined ? '?' : formatUsd(event.predictedBillNanoUsd as NanoUsd);
  const outcome = event.outcome === 'answered' ? '' : ` ${event.outcome.toUpperCase()} ${event.status}`;
  const isDecided = gatewayUrl !== undefined && event.decisionId !== '';
  const link = isDecided ? ` · ${gatewayUrl.replace(/\/$/u, '')}/#/decision/${event.decisionId}` : '';
  const session = event.sessionId.slice(0, 12).padEnd(12);
  return shown(
    `${time} ${session} ${event.kind.padEnd(9)} ${event.model}${switched}${fallback} · ${event.reason} · ${tokens} · ${bill} (predicted ${predicted}) · ${Math.round(event.durationMs)} ms${outcome}${link}`,
  );
}

function compact(tokens: number): string {
  return tokens < 10_000 ? String(tokens) : `${Math.round(tokens / 1000)}k`;
}
