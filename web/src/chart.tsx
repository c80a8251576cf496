import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usd } from './format.ts';

export interface Series {
  readonly name: string;
  readonly nano: readonly number[];
}

export interface ChartData {
  readonly days: readonly string[];
  readonly series: readonly Series[];
  readonly isDark: boolean;
  /** Nano-USD in words: the drawing shares no file with the page, which would have to come before either. */
  readonly amount: (nano: number) => string;
}

/** What it returns takes the drawing away. */
export type DrawChart = (canvas: HTMLCanvasElement, data: ChartData) => () => void;

let drawing: Promise<DrawChart> | undefined;

/** The library that draws is most of what the page loads: it comes while the figures are asked for, and only where there is a chart. */
export async function loadDrawing(): Promise<DrawChart> {
  drawing ??= import('./draw-chart.ts').then(
    ({ drawChart }) => drawChart,
    (thrown: unknown) => {
      drawing = undefined;
      throw thrown;
    },
  );
  return drawing;
}

function useDark(): boolean {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const onChange = (): void => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return isDark;
}

/** Spending per day, stacked by whatever the series are. The tables below say the same in words. */
export function SpendChart({
  days,
  series,
}: {
  readonly days: readonly string[];
  readonly series: readonly Series[];
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useDark();
  useEffect(() => {
    let erase: (() => void) | undefined;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const drawChart = await loadDrawing();
      if (!isGone && canvas.current !== null) erase = drawChart(canvas.current, { days, series, isDark, amount: usd });
    };
    // Without it the tables say it all.
    draw().catch(() => undefined);
    return () => {
      isGone = true;
      erase?.();
    };
  }, [days, series, isDark]);
  return (
    <div class="chart">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Spending per day, ${days[0] ?? ''} to ${days.at(-1) ?? ''}; the table below has the figures`}
      />
    </div>
  );
}
