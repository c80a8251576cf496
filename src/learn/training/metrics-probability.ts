/** Mean squared error of probabilities against outcomes 0…1. */
export function brierScore(predicted: readonly number[], actual: readonly number[]): number {
  let sum = 0;
  for (const [index, p] of predicted.entries()) sum += (p - (actual[index] ?? 0)) ** 2;
  return sum / predicted.length;
}

/** Expected calibration error: mean over equally filled bins of |mean outcome − mean prediction|, weighted by size. */
export function calibrationError(predicted: readonly number[], actual: readonly number[], binCount = 15): number {
  const order = predicted.map((_, index) => index).sort((a, b) => (predicted[a] ?? 0) - (predicted[b] ?? 0) || a - b);
  let error = 0;
  for (let bin = 0; bin < binCount; bin += 1) {
    const members = order.slice(
      Math.floor((bin * order.length) / binCount),
      Math.floor(((bin + 1) * order.length) / binCount),
    );
    if (members.length === 0) continue;
    let gap = 0;
    for (const index of members) gap += (actual[index] ?? 0) - (predicted[index] ?? 0);
    error += Math.abs(gap) / order.length;
  }
  return error;
}

/** Area under the ROC curve: P(score of a positive > score of a negative), ties count half. Labels are 0 or 1. */
export function areaUnderCurve(scores: readonly number[], labels: readonly number[]): number {
  const order = scores.map((_, index) => index).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end += 1;
    const rank = (start + end + 1) / 2;
    for (let index = start; index < end; index += 1) {
      if ((labels[order[index] ?? 0] ?? 0) < 0.5) continue;
      rankSum += rank;
      positives += 1;
    }
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
