/** Where a model stands on the ability index of the catalogue, judged and not measured; one deviation in points. */
interface IndexEstimate {
  readonly points: number;
  readonly widthPoints: number;
  readonly why: string;
}

/**
 * Models whose ability nobody indexed and of which at most one score is published (2026-11-29). Each is placed by what stands
 * near it: a sibling, an older sibling's outcomes, or its one score on the line through models that have score and index:
 * index ≈ 0.47 × AA coding index (three models, within 2 points), ≈ 30 + 0.6 × (SWE-bench Verified − 77) (six models, ±6.5).
 */
const ESTIMATES: Readonly<Record<string, IndexEstimate>> = {
  'qwen3.8-max': { points: 48, widthPoints: 9, why: 'the largest of a release whose 27b model is indexed at 52' },
  'qwen3.8-flash': {
    points: 36,
    widthPoints: 9,
    why: 'the smallest of the same release, priced like models at 34 to 42',
  },
  'qwen3.7-plus': { points: 29, widthPoints: 8, why: 'below qwen3.7-max, whose scores are those of models at 33' },
  'qwen3-coder-plus': { points: 15, widthPoints: 7, why: 'the hosted form of qwen3-coder-480b' },
  'qwen3-coder-480b-a35b-instruct': {
    points: 15,
    widthPoints: 6,
    why: 'in the lowest fifth of 34 models on repository issues',
  },
  'mistral-large-2512': { points: 11, widthPoints: 5, why: 'AA coding index 22.7' },
  'mistral-small-2603': { points: 11.5, widthPoints: 5, why: 'AA coding index 24.3' },
  'mistral-medium-2604': { points: 29, widthPoints: 7, why: 'SWE-bench Verified 77.6, by its vendor' },
  'ministral-8b-latest': { points: 4, widthPoints: 5, why: 'eight billion parameters, below mistral-small' },
  'muse-spark-1.3': { points: 32, widthPoints: 11, why: 'nothing published; priced like models at 22 to 44' },
  'llama-3.3-70b-instruct': { points: 5, widthPoints: 4, why: 'AA coding index 10.7' },
};

/** The estimate of a model by its id at any host. */
export function indexEstimate(modelId: string): IndexEstimate | undefined {
  return ESTIMATES[modelId.slice(modelId.lastIndexOf('/') + 1)];
}
