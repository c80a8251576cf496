import { openArtifact } from '../../app/open-predictor.ts';
import { withCertificates } from '../../app/stores/open-certificates.ts';
import { isUnreadable } from '../../domain/errors.ts';
import { standingCertificates, type StandingCertificate } from '../../learn/certificate/certificate-file.ts';
import { admittedBy } from '../../policy/policy-warnings.ts';
import { artifactVersion } from '../../predict/artifact.ts';
import type { CommandIo } from '../input/command.ts';
import type { Settings } from '../input/load-settings.ts';
import { poolNamed } from '../input/model-pool.ts';

/** What was proved of policies on held-out rows, as it is kept beside the records. Where that cannot be read, it says so. */
export async function savedCertificates(
  settings: Settings,
  io: Pick<CommandIo, 'env' | 'stderr'>,
): Promise<readonly StandingCertificate[]> {
  try {
    return await readCertificates(settings, io);
  } catch (thrown) {
    // Nobody is kept from looking at policies, or loses what was made beside them.
    if (!isUnreadable(thrown)) throw thrown;
    const { message, hint } = thrown;
    io.stderr(`What was proved of policies is not known: ${message}${hint === undefined ? '' : ` ${hint}`}\n`);
    return [];
  }
}

/** @throws PointsmanError `artifact-invalid` for what is none of ours, `record-unreadable` */
export async function readCertificates(
  settings: Settings,
  { env }: Pick<CommandIo, 'env'>,
): Promise<readonly StandingCertificate[]> {
  const saved = await withCertificates(settings.config.store, (certificates) => certificates.read());
  const policies = new Map([...settings.policies].map(([id, { policy }]) => [id, policy]));
  return standingCertificates(saved, policies, {
    poolOf: (policy) => admittedBy(policy, poolNamed('ready', settings)),
    predictorVersion: () => artifactVersion(openArtifact({ env })),
  });
}
