import { NANO_PER_USD } from '../../domain/money.ts';
import { dialOf } from '../our-policies.ts';
import { percent, tokens, usd } from '../report/amounts.ts';
import type { PolicyReport, ReplayReport, Timeline } from '../report/replay-report.ts';

/** One chart as plain JSON for Chart.js, with what stands around it. Texts are escaped by the page. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What the chart shows and how to read it, for people and for those who cannot see it. */
  readonly caption: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Eight hues that keep apart in both themes and under the common colour weaknesses (after Okabe and Ito, 2008). */
const HUES = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#8c7ae6', '#8a8a8a'] as const;
const hue = (index: number): string => HUES[index % HUES.length] ?? HUES[0];

/** Policies drawn by name; the others stand in the table. */
const MAX_LINES = 8;

/** Every chart that the report has data for, in reading order. */
export function chartsOf(report: ReplayReport): readonly Chart[] {
  return [
    costOverTime(report),
    costAgainstQuality(report),
    dialCurve(report),
    ...report.timelines.map(timeline),
  ].filter((chart) => chart !== undefined);
}

function axis(title: string, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { title: { display: true, text: title }, ...extra };
}

function costOverTime({ costOverTime: data, policies }: ReplayReport): Chart | undefined {
  if (data.spans.length === 0) return undefined;
  const drawn = interesting(policies).map((policy) => data.policies.indexOf(policy.name));
  const datasets = drawn
    .filter((column) => column >= 0)
    .map((column, index) => {
      let sum = 0;
      const points = data.spans.map((span, x) => {
        sum += span.costNanoUsd[column] ?? 0;
        return { x, y: sum / NANO_PER_USD };
      });
      const color = hue(index);
      return {
        label: data.policies[column],
        data: points,
        borderColor: color,
        backgroundColor: color,
        pointRadius: 0,
        borderWidth: 2,
        stepped: true,
      };
    });
  return {
    id: 'cost-over-time',
    title: 'Cost over time',
    caption: 'Dollars billed up to each moment, per policy. The recorded line is measured; the others are modelled.',
    config: {
      type: 'line',
      data: { datasets },
      options: {
        interaction: { mode: 'nearest', intersect: false },
        scales: {
          x: axis('time (UTC), pauses left out', {
            type: 'linear',
            max: data.spans.length - 1,
            times: data.spans.map((span) => span.at),
          }),
          y: axis('USD', { beginAtZero: true }),
        },
      },
    },
  };
}

/** As recorded, the bounds, ours, then the cheapest of the rest. */
function interesting(policies: readonly PolicyReport[]): readonly PolicyReport[] {
  const plain = policies.filter((policy) => dialOf(policy) === undefined);
  const first = plain.filter((policy) => ['as-recorded', 'never-switch', 'always-frontier'].includes(policy.name));
  const ours = plain.filter((policy) => policy.source === 'pointsman');
  const rest = plain
    .filter((policy) => !first.includes(policy) && !ours.includes(policy))
    .sort((a, b) => a.totalNanoUsd - b.totalNanoUsd);
  return [...first, ...ours, ...rest].slice(0, MAX_LINES);
}

function costAgainstQuality({ policies }: ReplayReport): Chart | undefined {
  const plain = policies.filter((policy) => dialOf(policy) === undefined);
  if (plain.length < 2) return undefined;
  const point = (policy: PolicyReport): Record<string, unknown> => ({
    x: policy.costNanoUsd / NANO_PER_USD,
    y: policy.meanSuccessRatio * 100,
    name: policy.name,
    tip: `${policy.name}: ${usd(policy.costNanoUsd)} (${percent(policy.costVsRecordedRatio)}), ${(policy.meanSuccessRatio * 100).toFixed(1)} % predicted success`,
  });
  const group = (label: string, color: string, keep: (policy: PolicyReport) => boolean): Record<string, unknown> => ({
    label,
    data: plain.filter(keep).map(point),
    backgroundColor: color,
    borderColor: color,
    pointRadius: 6,
    pointHoverRadius: 8,
  });
  const isBound = (policy: PolicyReport): boolean => policy.source === 'baseline';
  const isOurs = (policy: PolicyReport): boolean => policy.source === 'pointsman';
  const front = paretoFront(plain).map(point);
  return {
    id: 'cost-against-quality',
    title: 'Cost against quality',
    caption:
      'Each policy by its bill and its mean predicted success per step (modelled, not measured). The line joins the policies that none beats on both.',
    config: {
      type: 'scatter',
      data: {
        datasets: [
          group('pointsman', hue(0), isOurs),
          group('rivals, by their published rules', hue(1), (policy) => !isOurs(policy) && !isBound(policy)),
          group('baselines', hue(7), isBound),
          {
            type: 'line',
            label: 'frontier of policies',
            data: front,
            borderColor: hue(2),
            borderWidth: 1.5,
            borderDash: [4, 4],
            pointRadius: 0,
            pointHitRadius: 0,
          },
        ],
      },
      options: { labels: true, scales: { x: axis('bill, USD'), y: axis('predicted success, %') } },
    },
  };
}

function paretoFront(policies: readonly PolicyReport[]): readonly PolicyReport[] {
  let best = Number.NEGATIVE_INFINITY;
  return [...policies]
    .sort((a, b) => a.costNanoUsd - b.costNanoUsd || b.meanSuccessRatio - a.meanSuccessRatio)
    .filter((policy) => {
      if (policy.meanSuccessRatio <= best) return false;
      best = policy.meanSuccessRatio;
      return true;
    });
}

function dialCurve({ policies }: ReplayReport): Chart | undefined {
  const dials = policies
    .map((policy) => ({ policy, dial: dialOf(policy) }))
    .filter((row): row is { policy: PolicyReport; dial: number } => row.dial !== undefined)
    .sort((a, b) => a.dial - b.dial);
  if (dials.length < 2) return undefined;
  const line = (
    label: string,
    color: string,
    yAxisID: string,
    y: (policy: PolicyReport) => number,
  ): Record<string, unknown> => ({
    label,
    yAxisID,
    borderColor: color,
    backgroundColor: color,
    data: dials.map(({ dial, policy }) => ({ x: dial, y: y(policy) })),
  });
  return {
    id: 'dial',
    title: 'What the dial does',
    caption:
      'The default policy with the dial from 0 (most capable) to 10 (cheapest): bill on the left, predicted success on the right. Both modelled.',
    config: {
      type: 'line',
      data: {
        datasets: [
          line('bill', hue(0), 'y', (policy) => policy.costNanoUsd / NANO_PER_USD),
          line('predicted success', hue(1), 'success', (policy) => policy.meanSuccessRatio * 100),
        ],
      },
      options: {
        scales: {
          x: axis('dial', { type: 'linear', min: 0, max: 10, ticks: { stepSize: 1 } }),
          y: axis('USD', { beginAtZero: true }),
          success: axis('predicted success, %', { position: 'right', grid: { drawOnChartArea: false } }),
        },
      },
    },
  };
}

function timeline(line: Timeline, index: number): Chart {
  const datasets = line.models.flatMap((model, at) => [
    bars(line, at, `${model}: read from cache`, `${hue(at)}55`, (call) => call.cacheReadTokens ?? 0),
    bars(line, at, `${model}: not cached`, hue(at), (call) => call.promptTokens - (call.cacheReadTokens ?? 0)),
  ]);
  const omitted = line.omittedCallCount === 0 ? '' : ` ${line.omittedCallCount} later calls are left out.`;
  return {
    id: `timeline-${index}`,
    title: `${line.client} session ${line.sessionId}: ${usd(line.costNanoUsd)}`,
    caption: `Prompt tokens of each call, a colour per model: pale was read from the cache, full was paid as new. A full bar late in a session is a cache that broke.${omitted}`,
    config: {
      type: 'bar',
      data: { labels: line.calls.map((_, call) => call + 1), datasets: datasets.filter((set) => set.used) },
      options: {
        scales: { x: axis('call', { stacked: true }), y: axis('prompt tokens', { stacked: true }) },
        datasets: { bar: { categoryPercentage: 1, barPercentage: line.calls.length > 100 ? 1 : 0.9 } },
      },
    },
  };
}

interface Bars extends Record<string, unknown> {
  readonly used: boolean;
}

function bars(
  line: Timeline,
  model: number,
  label: string,
  color: string,
  height: (call: Timeline['calls'][number]) => number,
): Bars {
  const mine = line.calls.map((call) => (call.model === model ? height(call) : 0));
  const tips = line.calls.map((call, at) =>
    call.model === model
      ? `${tokens(mine[at] ?? 0)} tokens, ${usd(call.costNanoUsd)}${call.miss === undefined ? '' : `, cold: ${call.miss}`}${call.byUser ? ', after a person’s message' : ''}`
      : undefined,
  );
  return { label, data: mine, tips, backgroundColor: color, stack: 'call', used: mine.some((value) => value > 0) };
}
