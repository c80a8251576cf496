import type { SourceCapability, SourceScore } from './source.ts';

/**
 * Raw scores by dimension, each with benchmark, publisher and, where known, harness and data set. Nothing is averaged:
 * scores of one benchmark by two publishers do not compare.
 */
export function capabilityRows(models: readonly SourceCapability[]): readonly object[] {
  return models.map((model) => ({
    id: model.id,
    ...(model.aa_intelligence_index === null ? {} : { abilityIndex: model.aa_intelligence_index }),
    scores: [...profileScores(model), ...liveBenchEfforts(model)],
  }));
}

interface Row {
  readonly dimension: string;
  readonly benchmark: string;
  readonly publisher: string;
  readonly percent: number;
}

const LIVEBENCH = 'livebench.ai';

function profileScores(model: SourceCapability): readonly Row[] {
  const profile = model.profile_raw;
  return [
    ...spread('code', 'swe-bench-pro', profile.code['swe_bench_pro']),
    ...spread('code', 'swe-bench-verified', profile.code['swe_bench_verified']),
    ...spread('code', 'aider-polyglot', profile.code['aider_polyglot']),
    ...spread('code', 'aa-coding-index', profile.code['aa_coding_index']),
    ...spread('code', 'livebench-coding', profile.code['livebench_coding']),
    ...spread('code', 'livebench-agentic-coding', profile.code['livebench_agentic_coding']),
    ...spread('refactor', 'swe-atlas-refactoring', profile.refactor),
    ...spread('test', 'swe-atlas-test-writing', profile.test),
    ...spread('review', 'swe-atlas-codebase-qna', profile.review_or_codebase_qna),
    ...spread('terminal', 'terminal-bench', profile.terminal_agentic),
    ...spread('plan', 'livebench-reasoning', profile.plan_reasoning),
    ...spread('math', 'livebench-mathematics', profile.math),
    ...spread('data', 'livebench-data-analysis', profile.data_analysis),
    ...spread('instructions', 'livebench-if', profile.summarize_if),
    ...spread('summarize', 'livebench-summarize-task', profile.summarize_task),
    ...spread('language', 'livebench-language', profile.language),
  ];
}

function spread(dimension: string, benchmark: string, score: SourceScore | undefined): readonly Row[] {
  if (score === null || score === undefined) return [];
  if (typeof score === 'number') return [{ dimension, benchmark, publisher: LIVEBENCH, percent: score }];
  return Object.entries(score).map(([publisher, percent]) => ({ dimension, benchmark, publisher, percent }));
}

/** Lower efforts of the same model, kept apart by `effort`: what thinking less costs in ability. */
function liveBenchEfforts(model: SourceCapability): readonly object[] {
  const entries = Object.entries(model.livebench_2026_01_08 ?? {});
  return entries.slice(1).flatMap(([name, scores]) => {
    const effort = /(?:^|-)(xhigh|high|medium|low)(?:-effort)?$/u.exec(name)?.[1] ?? 'none';
    return [
      ['code', 'livebench-coding', scores['Coding']],
      ['code', 'livebench-agentic-coding', scores['Agentic Coding']],
      ['plan', 'livebench-reasoning', scores['Reasoning']],
      ['summarize', 'livebench-summarize-task', scores['summarize_task']],
    ].flatMap(([dimension, benchmark, percent]) =>
      percent === undefined ? [] : [{ dimension, benchmark, publisher: LIVEBENCH, effort, percent }],
    );
  });
}
