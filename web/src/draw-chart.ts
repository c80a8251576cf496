import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, Tooltip } from 'chart.js';
import type { DrawChart } from './chart.tsx';

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, Tooltip);

/** Told apart by people who see few colours (Okabe and Ito 2008), lighter where the ground is dark. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7a5195', '#5f6b7a'];
const DARK = ['#56b4e9', '#ff9a52', '#2fc795', '#e9a3c9', '#e0c040', '#8fd0ff', '#b490d8', '#a0acba'];

/** Draws spending per day, stacked. What it returns takes the drawing away. */
export const drawChart: DrawChart = (canvas, { days, series, isDark, amount }) => {
  const colours = isDark ? DARK : LIGHT;
  const text = isDark ? '#d5dae2' : '#303642';
  const grid = isDark ? '#2c333e' : '#e3e6ea';
  const chart = new Chart(canvas, {
    type: 'bar',
    data: {
      labels: [...days],
      datasets: series.map(({ name, nano }, index) => ({
        label: name,
        data: nano.map((one) => one / 1e9),
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
          ticks: { color: text, callback: (value) => amount(Number(value) * 1e9) },
          grid: { color: grid },
        },
      },
      plugins: {
        legend: { position: 'bottom', labels: { color: text, boxWidth: 12 } },
        tooltip: {
          callbacks: { label: (item) => ` ${item.dataset.label ?? ''}: ${amount((item.parsed.y ?? 0) * 1e9)}` },
        },
      },
    },
  });
  return () => chart.destroy();
};
