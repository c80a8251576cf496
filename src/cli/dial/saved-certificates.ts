import { openArtifact } from '../../app/open-predictor.ts';
import { withCertificates } from '../../app/stores/open-certificates.ts';
import { isPointsmanError } from '../../domain/errors.ts';
import { standingCertificates, type StandingCertificate } from '../../learn/certificate/certificate-file.ts';
import { admittedBy } from '../../policy/policy-warnings.ts';
import { artifactVersion } from '../../predict/artifact.ts';
import type { CommandIo } from '../input/command.ts';
import type { Settings } from '../input/load-settings.ts';
import { poolNamed } from '../input/model-pool.ts';

/** What was proved of policies on held-out rows, as it is kept beside the records. */
export async function savedCertificates(
  settings: Settings,
  io: Pick<CommandIo, 'env' | 'stderr'>,
): Promise<readonly StandingCertificate[]> {
  const saved = await withCertificates(settings.config.store, (certificates) => certificates.read()).catch(
    (thrown: unknown) => {
      // A server that is away keeps nobody from looking at policies.
      if (!isPointsmanError(thrown) || thrown.code !== 'record-unreadable') throw thrown;
      io.stderr(`What was proved of policies is not known: ${thrown.message}\n`);
      return [];
    },
  );
  const policies = new Map([...settings.policies].map(([id, { policy }]) => [id, policy]));
  return standingCertificates(saved, policies, {
    poolOf: (policy) => admittedBy(policy, poolNamed('ready', settings)),
    predictorVersion: () => artifactVersion(openArtifact({ env: io.env })),
  });
}
