/**
 * Runs in the reader's browser: draws each chart from its JSON, in the colours of the theme, with the tips that the report
 * wrote. Functions cannot travel in JSON, so `times`, `labels: true` and `tips` name the few that are needed.
 */
export const PAGE_SCRIPT = `
(() => {
  const styles = getComputedStyle(document.documentElement);
  const ink = styles.getPropertyValue('--ink').trim();
  const soft = styles.getPropertyValue('--soft').trim();
  Chart.defaults.color = soft;
  Chart.defaults.borderColor = styles.getPropertyValue('--line').trim();
  Chart.defaults.font.family = 'system-ui, sans-serif';
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.animation = false;
  const time = (value) => new Date(value).toISOString().slice(5, 16).replace('T', ' ');
  const names = { id: 'names', afterDatasetsDraw(chart) {
    if (!chart.options.labels) return;
    const pen = chart.ctx;
    pen.save();
    pen.font = '12px system-ui, sans-serif';
    pen.fillStyle = ink;
    const taken = [];
    const told = new Set();
    chart.data.datasets.forEach((set, at) => {
      if (set.type === 'line') return;
      chart.getDatasetMeta(at).data.forEach((point, index) => {
        const text = set.data[index].name;
        const width = pen.measureText(text).width;
        const places = [[10, 0], [-10 - width, 0], [-width / 2, 16], [-width / 2, -16], [10, 14], [10, -14]];
        const boxes = places.map(([x, y]) => ({ left: point.x + x, right: point.x + x + width, top: point.y + y - 8, bottom: point.y + y + 8 }));
        const area = chart.chartArea;
        const isFree = (box) => box.left >= area.left && box.right <= area.right && box.bottom <= area.bottom && !taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
        const box = boxes.find(isFree);
        if (box === undefined || told.has(Math.round(point.x) + ',' + Math.round(point.y))) return;
        told.add(Math.round(point.x) + ',' + Math.round(point.y));
        taken.push(box);
        pen.fillText(text, box.left, box.top + 12);
      });
    });
    pen.restore();
  } };
  const configs = JSON.parse(document.getElementById('charts').textContent);
  for (const [id, config] of Object.entries(configs)) {
    for (const scale of Object.values(config.options.scales)) {
      if (scale.times) scale.ticks = { callback: (value) => scale.times[value] === undefined ? '' : time(scale.times[value]), maxTicksLimit: 8, maxRotation: 0 };
    }
    const times = config.options.scales.x.times;
    config.options.plugins = {
      legend: { position: 'bottom', labels: { boxWidth: 12, boxHeight: 12 } },
      tooltip: { filter: (item) => item.dataset.tips === undefined || item.dataset.tips[item.dataIndex] !== undefined && item.raw > 0, callbacks: {
        title: (items) => items.length === 0 ? '' : times ? time(times[items[0].parsed.x]) + ' UTC' : items[0].dataset.tips ? 'call ' + items[0].label : '',
        label: (item) => item.raw.tip ?? (item.dataset.tips ? item.dataset.label + ', ' + item.dataset.tips[item.dataIndex] : item.dataset.label + ': ' + item.formattedValue),
      } },
    };
    new Chart(document.getElementById(id), { ...config, plugins: [names] });
  }
  document.documentElement.dataset.charts = String(Object.keys(configs).length);
})();
`;
