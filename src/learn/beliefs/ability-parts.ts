import type { StepKind } from '../../domain/step.ts';
import type { AbilityPart } from './ability-shifts.ts';

/** What a result is a result of. */
export interface ResultPlace {
  readonly model: string;
  readonly kind: StepKind;
  readonly servers: readonly string[];
  /** `undefined`: nobody is told apart. */
  readonly tenant: string | undefined;
}

/**
 * The parts of a model's ability at a step, whose shifts add up: what it is off by everywhere, at this kind, with these tool servers, and
 * in this tenant's hands. What all have seen is where a tenant starts; how far it is from there, it says itself.
 */
export function abilityParts({ model, kind, servers, tenant }: ResultPlace): readonly AbilityPart[] {
  return [
    { key: `any/${model}`, priorWidth: 0.4 },
    { key: `${kind}/${model}`, priorWidth: 0.4 },
    ...servers.map((server) => ({ key: `at ${server}/${model}`, priorWidth: 0.25 })),
    ...(tenant === undefined ? [] : [{ key: `of ${tenant}/${kind}/${model}`, priorWidth: 0.25, isOwn: true }]),
  ];
}
