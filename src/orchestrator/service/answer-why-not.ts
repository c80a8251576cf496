import type { Catalog } from '../../catalog/catalog.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { STEP_MODES, modeWord, type StepMode } from '../../domain/step.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { explainWhyNot } from '../../router/explain/explain.ts';

/**
 * What `MODEL` or `MODEL/MODE` would have come to for a recorded step, in words.
 * @throws PointsmanError `not-found` for a name that neither the pool nor the catalogue has, `request-invalid` for an
 * unknown mode, each with the nearest one.
 */
export function answerWhyNot(step: Pick<StepRecord, 'decision' | 'input'>, asked: string, catalog: Catalog): string {
  const pool = step.input.models.map((model) => model.id);
  const isKnown = (name: string): boolean => pool.some((id) => id === name) || catalog.get(name) !== undefined;
  const slash = asked.lastIndexOf('/');
  const suffix = asked.slice(slash + 1);
  const mode = STEP_MODES.find((one): one is StepMode => one === suffix || modeWord(one, true) === suffix);
  const name = slash < 0 || isKnown(asked) ? asked : asked.slice(0, slash);
  if (slash >= 0 && name !== asked && mode === undefined && isKnown(name)) {
    throw new PointsmanError('request-invalid', `There is no mode "${suffix.slice(0, 100)}".`, {
      hint: `${didYouMean(suffix, STEP_MODES)} The modes are ${STEP_MODES.join(', ')}.`.trimStart(),
    });
  }
  if (!isKnown(name)) {
    const near = didYouMean(name, pool) || didYouMean(name, catalog.suggest(name));
    throw new PointsmanError('not-found', `No model is called "${name.slice(0, 100)}".`, {
      hint: `${near} The pool of this decision held ${pool.toSorted().join(', ')}.`.trimStart(),
    });
  }
  return explainWhyNot(step.decision, step.input, name, mode);
}
