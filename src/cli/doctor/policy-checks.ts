import path from 'node:path';
import type { Catalog } from '../../catalog/catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { mayBeChosen, type Config } from '../../config/config.ts';
import { decideExample } from '../../decisions/decide-example.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { exampleFaults } from '../../policy/example-faults.ts';
import { SHIPPED_POLICIES_DIR, loadPolicyFile, policyFilesIn, type LoadedPolicy } from '../../policy/load-policies.ts';
import { policyWarnings } from '../../policy/policy-warnings.ts';
import { decide } from '../../router/decide.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** Every policy file by itself, so that one that is wrong does not hide the others; then the ids that the configuration names. */
export function policyChecks(
  config: Config,
  catalog: Catalog,
): { readonly checks: readonly Check[]; readonly loaded: ReadonlyMap<string, LoadedPolicy> } {
  const policies = new Map<string, LoadedPolicy>();
  const files = [SHIPPED_POLICIES_DIR, ...config.policyDirs].flatMap((dir) =>
    policyFilesIn(dir, dir === SHIPPED_POLICIES_DIR ? undefined : config.seenFiles).map((name) => path.join(dir, name)),
  );
  // Examples speak of models as they are sold: what is known of an endpoint goes when its address is another, as a proxy's.
  const exampleCatalog = loadCatalog(config.models.filter((model) => model.source === 'configuration'));
  const broken: Check[] = [];
  const wrongExamples: Check[] = [];
  for (const file of files) {
    try {
      const loaded = loadPolicyFile(file, catalog, config.seenFiles);
      policies.set(loaded.policy.id, loaded);
      wrongExamples.push(...exampleChecks(loaded, exampleCatalog));
    } catch (thrown) {
      const error = toPointsmanError(thrown);
      broken.push(fail(`policy ${path.basename(file)}`, error.message, error.hint ?? 'Correct the file.'));
    }
  }
  const whole = ok('policies', `${policies.size} of ${files.length} files are valid`);
  const checks = [whole, ...broken, ...wrongExamples, ...namedChecks(config, catalog, policies)];
  return { checks, loaded: policies };
}

function exampleChecks(loaded: LoadedPolicy, catalog: Catalog): readonly Check[] {
  return loaded.examples.flatMap((example) => {
    const faults = exampleFaults(example, decideExample(example, loaded.policy, { catalog, decide }), catalog);
    if (faults.length === 0) return [];
    const detail = `the example "${example.say}" does not hold: ${faults.join('; ')}`;
    return [warn(`policy ${loaded.policy.id}`, detail, 'Change the rules or the example, whichever is wrong.')];
  });
}

/** The policy in force and its shadows: they exist, and can route with the models that are ready. */
function namedChecks(config: Config, catalog: Catalog, policies: ReadonlyMap<string, LoadedPolicy>): readonly Check[] {
  const ready = catalog.models.filter((model) => {
    const endpoint = config.endpoints.get(model.endpoint);
    return endpoint !== undefined && mayBeChosen(endpoint);
  });
  return [config.policyId, ...config.shadowPolicyIds].flatMap((id): readonly Check[] => {
    const loaded = policies.get(id);
    if (loaded === undefined) {
      if (/[/\\]|\.ya?ml$/u.test(id)) return [];
      const hint = didYouMean(id, [...policies.keys()]).trim();
      return [
        fail(
          `policy ${id}`,
          'the configuration names it, but there is none',
          hint === '' ? 'See "pointsman policies".' : hint,
        ),
      ];
    }
    if (ready.length === 0) return [];
    return policyWarnings(loaded.policy, ready).map((warning) => warn(`policy ${id}`, warning.message, warning.hint));
  });
}
