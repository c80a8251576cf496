import type { Model, Modality } from '../../domain/model.ts';
import type { QualityEstimate } from '../../domain/quality.ts';
import { toSixDecimals, type Ratio } from '../../domain/time.ts';
import { logit, sigmoid } from './item-response.ts';

/**
 * How well models of a family read what is no text, in percent, each list of one benchmark and one publisher. Digital Applied, "Multimodal AI
 * Benchmarks 2026", published 2026-04-24 and read 2026-11-29: Video-MME for video, DocVQA for PDF. Of images (MMMU-Pro) it finds 81 to 83 of
 * all alike, and of audio it gives no figure that compares: there no family is believed to be ahead. Of whole tasks with images (OpenHands
 * Index, SWE-bench Multimodal) models that see none solve as many as those that do, so those say nothing here.
 */
const READ_PERCENT: Readonly<Partial<Record<Modality, Readonly<Record<string, number>>>>> = {
  video: { gemini: 78.4, gpt: 71.2, claude: 67.8, qwen: 69.5 },
  pdf: { claude: 93, gpt: 91.5, gemini: 90.8, qwen: 87.9 },
};

/** A benchmark of reading is a third of what is believed of a task with such input: as much as any other benchmark beside the index. */
const WEIGHT_RATIO: Ratio = 0.34;
/** One standard deviation, on the logit scale, of what nobody has measured: how well this very model reads it. */
const UNMEASURED_WIDTH = 0.3;

/** On the logit scale, against the mean of the families that were measured; 0 for all others. Pure. */
function readingShift({ family }: Pick<Model, 'family'>, modality: Modality): number {
  const scores = READ_PERCENT[modality];
  const own = scores?.[family];
  if (scores === undefined || own === undefined) return 0;
  const all = Object.values(scores).map((percent) => logit(percent / 100));
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
  return WEIGHT_RATIO * (logit(own / 100) - mean);
}

/**
 * P(success) where the input holds more than text: moved by how well a model's family reads it, and believed less surely, for what was seen
 * of models was seen of text. The same estimates where there is text alone. Pure.
 */
export function withModalities(
  estimates: readonly QualityEstimate[],
  models: readonly Pick<Model, 'id' | 'family'>[],
  modalities: readonly Modality[],
): readonly QualityEstimate[] {
  const media = modalities.filter((modality) => modality !== 'text');
  if (media.length === 0) return estimates;
  const families = new Map(models.map((model) => [model.id, model]));
  return estimates.map((estimate) => {
    if (estimate.basis === 'override') return estimate;
    const model = families.get(estimate.model);
    const shift = model === undefined ? 0 : Math.min(...media.map((modality) => readingShift(model, modality)));
    const { successRatio: plainRatio, widthRatio } = estimate;
    const successRatio = shift === 0 ? plainRatio : toSixDecimals(sigmoid(logit(plainRatio) + shift));
    const unsure = UNMEASURED_WIDTH * plainRatio * (1 - plainRatio);
    return {
      ...estimate,
      successRatio,
      widthRatio: Math.min(0.5, toSixDecimals(Math.hypot(widthRatio, unsure))),
      ...(shift === 0 ? {} : { reading: { modalities: media, plainRatio } }),
    };
  });
}
