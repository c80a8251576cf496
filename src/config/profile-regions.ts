import type { Compliance } from '../domain/model.ts';
import type { ConfiguredEndpoint } from './config.ts';

/** An inference profile says in its name where it computes; `global` is anywhere. AWS, "Inference profiles", read 2026-11. */
const GEOGRAPHY = /^(?:arn:[^/]*\/)?(us-gov|us|eu|apac|jp|au|ca|sa|me|global)\./u;
/** One of a customer's own has a name that says nothing. */
const OWN_PROFILE = /^arn:[^/]*:application-inference-profile\//u;

/**
 * What holds for one model at an endpoint. A call to Bedrock in one region is computed wherever the profile that it names says, so
 * that the endpoint's own region vouches only for models that are called without one.
 */
export function complianceAt(
  { host, compliance }: Pick<ConfiguredEndpoint, 'host' | 'compliance'>,
  wireModel: string,
): Compliance {
  const geography = GEOGRAPHY.exec(wireModel)?.[1];
  if (host?.kind !== 'bedrock' || (geography === undefined && !OWN_PROFILE.test(wireModel))) return compliance;
  const { inferenceRegions: _ofEndpoint, ...others } = compliance;
  return geography === undefined || geography === 'global' ? others : { ...others, inferenceRegions: [geography] };
}
