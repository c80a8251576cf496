import type { Modality } from '../domain/model.ts';

/** What vendors state of whole lines of models, which public price lists do not carry. */
interface FactRow {
  readonly family: string;
  readonly media: readonly Modality[];
  readonly source: string;
  readonly asOf: string;
}

const FACTS: readonly FactRow[] = [
  {
    family: 'claude',
    media: ['image', 'pdf'],
    source: 'platform.claude.com/docs: PDF support ("all active models support PDF processing"), Vision',
    asOf: '2026-11-29',
  },
  {
    family: 'gpt',
    media: ['image', 'pdf'],
    source: 'platform.openai.com/docs: File inputs (models with vision read PDF)',
    asOf: '2026-11-29',
  },
  {
    family: 'gemini',
    media: ['image', 'pdf', 'audio', 'video'],
    source: 'ai.google.dev/gemini-api/docs: Models (inputs of Gemini 2.5 and 3: text, images, video, audio, PDF)',
    asOf: '2026-11-29',
  },
];

/** Media that models of a family read beside what their row lists. */
export function mediaOfFamily(family: string): readonly Modality[] {
  return FACTS.find((row) => row.family === family)?.media ?? [];
}
