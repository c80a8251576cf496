import type { Catalog } from '../catalog/catalog.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { ParsedPolicy } from './policy-file.ts';
import { faultAt, type YamlPath } from './yaml-document.ts';

export interface AdmittedModels {
  /** `undefined`: every model that is not denied. */
  readonly allow: readonly ModelId[] | undefined;
  readonly deny: readonly ModelId[];
  readonly isAdmitted: (id: string) => boolean;
}

/**
 * Which models a policy's lists let through, families and open weights spelled out against this catalogue.
 * @throws PointsmanError `policy-invalid` when they let none through, or leave nobody to review another family's work
 */
export function admittedModels({ policy, document }: ParsedPolicy, catalog: Catalog): AdmittedModels {
  const { allow, allowFamilies, deny, denyFamilies, openWeightsOnly } = policy.models;
  const isListed = (model: Model): boolean =>
    (allow === undefined && allowFamilies === undefined) ||
    allow?.includes(model.id) === true ||
    allowFamilies?.includes(model.family) === true;
  const isOpen = (model: Model): boolean => !openWeightsOnly || model.openWeights === true;
  const isDenied = (model: Model): boolean => deny.includes(model.id) || denyFamilies.includes(model.family);
  const allowed = catalog.models.filter((model) => isListed(model) && isOpen(model));
  const admitted = allowed.filter((model) => !isDenied(model));
  if (admitted.length === 0) {
    throw faultAt(document, ['models'], 'these lists together leave no model.', 'Allow more or deny less.');
  }
  const families = new Set(admitted.map((model) => model.family));
  if (policy.guards.reviewerOtherFamily && families.size === 1) {
    const only = [...families].join('');
    throw faultAt(
      document,
      ['guards', 'reviewerOtherFamily'],
      `every admitted model is of the family "${only}", so nobody could review its work.`,
    );
  }
  const admittedIds = new Set<string>(admitted.map((model) => model.id));
  const restricts = allow !== undefined || allowFamilies !== undefined || openWeightsOnly;
  return {
    allow: restricts ? allowed.map((model) => model.id) : undefined,
    deny: catalog.models.filter(isDenied).map((model) => asId<ModelId>(model.id)),
    isAdmitted: (id) => admittedIds.has(id),
  };
}

/**
 * Every model and family that the policy names exists.
 * @throws PointsmanError `policy-invalid` pointing at the first that does not
 */
export function checkNames(parsed: ParsedPolicy, catalog: Catalog): void {
  const ids: readonly string[] = catalog.models.map((model) => model.id);
  const families = [...new Set(catalog.models.map((model) => model.family))];
  for (const [path, name] of modelNames(parsed)) {
    if (catalog.get(name) === undefined) {
      throw faultAt(parsed.document, path, `unknown model "${name}".${didYouMean(name, ids)}`);
    }
  }
  for (const [path, name] of familyNames(parsed)) {
    if (!families.includes(name)) {
      throw faultAt(parsed.document, path, `unknown family "${name}".${didYouMean(name, families)}`);
    }
  }
}

type NamesByPath = readonly (readonly [YamlPath, string])[];

const listed = (path: YamlPath, names: readonly string[] | undefined): NamesByPath =>
  (names ?? []).map((name, index) => [[...path, index], name] as const);

const keyed = (path: YamlPath, record: Readonly<Record<string, unknown>> | undefined): NamesByPath =>
  Object.keys(record ?? {}).map((name) => [[...path, name], name] as const);

function modelNames({ policy }: ParsedPolicy): NamesByPath {
  const named = [
    ...listed(['models', 'allow'], policy.models.allow),
    ...listed(['models', 'deny'], policy.models.deny),
    ...Object.entries(policy.kinds).flatMap(([kind, rule]) => listed(['kinds', kind, 'models'], rule?.models)),
  ];
  const examples = policy.examples.flatMap(({ given, expect }, index) => [
    ...listed(['examples', index, 'given', 'models'], given.models),
    ...listed(['examples', index, 'given', 'rejectedBefore'], given.rejectedBefore),
    ...keyed(['examples', index, 'given', 'success'], given.success),
    ...keyed(['examples', index, 'given', 'warmTokens'], given.warmTokens),
    ...keyed(['examples', index, 'expect', 'rejected'], expect.rejected),
    ...(given.incumbent === undefined ? [] : [[['examples', index, 'given', 'incumbent'], given.incumbent] as const]),
    ...(expect.model === undefined ? [] : [[['examples', index, 'expect', 'model'], expect.model] as const]),
  ]);
  const { reader } = policy;
  const asked =
    typeof reader === 'string' || reader.model === undefined ? [] : [[['reader', 'model'], reader.model] as const];
  return [...named, ...asked, ...examples];
}

function familyNames({ policy }: ParsedPolicy): NamesByPath {
  return [
    ...listed(['models', 'allowFamilies'], policy.models.allowFamilies),
    ...listed(['models', 'denyFamilies'], policy.models.denyFamilies),
  ];
}
