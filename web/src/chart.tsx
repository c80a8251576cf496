import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, Tooltip } from 'chart.js';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usd } from './format.ts';

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, Tooltip);

export interface Series {
  readonly name: string;
  readonly nano: readonly number[];
}

/** Told apart by people who see few colours (Okabe and Ito 2008), lighter where the ground is dark. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7a5195', '#5f6b7a'];
const DARK = ['#56b4e9', '#ff9a52', '#2fc795', '#e9a3c9', '#e0c040', '#8fd0ff', '#b490d8', '#a0acba'];

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
    if (canvas.current === null) return undefined;
    const colours = isDark ? DARK : LIGHT;
    const text = isDark ? '#d5dae2' : '#303642';
    const grid = isDark ? '#2c333e' : '#e3e6ea';
    const chart = new Chart(canvas.current, {
      type: 'bar',
      data: {
        labels: [...days],
        datasets: series.map(({ name, nano }, index) => ({
          label: name,
          data: nano.map((amount) => amount / 1e9),
          backgroundColor: colours[index % colours.length] ?? '#888888',
          maxBarThickness: 48,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        scales: {
          x: { stacked: true, ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
          y: {
            stacked: true,
            ticks: { color: text, callback: (value) => usd(Number(value) * 1e9) },
            grid: { color: grid },
          },
        },
        plugins: {
          legend: { position: 'bottom', labels: { color: text, boxWidth: 12 } },
          tooltip: {
            callbacks: { label: (item) => ` ${item.dataset.label ?? ''}: ${usd((item.parsed.y ?? 0) * 1e9)}` },
          },
        },
      },
    });
    return () => chart.destroy();
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
