import { PointsmanError } from '../../domain/errors.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { modelByName } from '../call/named-model.ts';
import { refuseHandedSubscription } from '../core/caller-credential.ts';
import { refuseForeignReferences } from '../core/foreign-references.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { mayUseAny } from '../core/policy-of.ts';
import { readBatchFile } from './batch-file.ts';
import { checkAllowed, type SideTarget } from './find-endpoint.ts';
import type { SideCall } from './side-call.ts';

/**
 * A batch is many calls, and each is held to what a call of its caller is: its models are ones that the caller may use, and what it
 * names of what a vendor keeps was made for the caller. Those that stand in a file are read back from its keeper, since a file may
 * have come to be in pieces, long ago or elsewhere.
 * @throws PointsmanError `not-found`, `no-eligible-model`, `request-invalid`, and what the endpoint fails with
 */
export async function checkBatch(core: GatewayCore, call: SideCall, target: SideTarget): Promise<void> {
  const { match, body, principal } = call;
  const { route } = match;
  if (route.kind !== 'batches' || route.bills === undefined || body.kind !== 'json') return;
  const inline = listIn(body.body['requests']).map((one) => fieldsIn(fieldsIn(one)['params']));
  for (const params of inline) {
    refuseHandedSubscription(params);
    checkModel(core, call, target, params);
  }
  const isHeldApart = principal.key !== undefined || !mayUseAny(core, principal);
  const file = fileOf(body.body);
  if (file === undefined || !isHeldApart) return;
  if (route.model === 'path') throw unreadable();
  await readBatchFile(core, { ...call, file }, target, (line) => checkLine(core, call, target, line));
}

/** The file of its requests, as OpenAI and Google name it, who takes each of its names in two spellings. Their API references, read 2026-11. */
function fileOf(body: Fields): string | undefined {
  const batch = fieldsIn(body['batch']);
  const configs = [batch['inputConfig'], batch['input_config']].map(fieldsIn);
  const names = [body['input_file_id'], ...configs.flatMap((config) => [config['fileName'], config['file_name']])];
  return names.map(textIn).find((name) => name !== undefined);
}

function checkLine(core: GatewayCore, call: SideCall, target: SideTarget, line: Fields): void {
  const body = fieldsIn(line['body']);
  refuseHandedSubscription(body);
  refuseForeignReferences(core, call.principal, body);
  if (!mayUseAny(core, call.principal)) checkModel(core, call, target, body, true);
}

/** @param isAsItStands nobody writes another name where this one stands */
function checkModel(
  core: GatewayCore,
  { match: { route }, principal }: SideCall,
  { endpoint }: SideTarget,
  request: Fields,
  isAsItStands = false,
): void {
  const name = textIn(request['model']) ?? '';
  const { model, wireModel } = modelByName(core, name, { wire: route.wire, principal });
  if (model.endpoint !== endpoint.id) {
    throw new PointsmanError('request-invalid', `"${model.id}" is not served at ${endpoint.id}.`);
  }
  if (isAsItStands && wireModel !== name) {
    throw new PointsmanError('request-invalid', `"${name}" is called "${wireModel}" at ${endpoint.id}.`, {
      hint: 'Name it so in the file: what stands there is sent as it is.',
    });
  }
  checkAllowed(core, { endpoint, model }, principal);
}

/** Google gives nobody back what was uploaded ("Files API", read 2026-11), so nobody here can look at it. */
function unreadable(): PointsmanError {
  return new PointsmanError('request-invalid', 'The requests of this batch stand in a file that cannot be read back.', {
    hint: 'Give them in the body (inputConfig.requests), where it can be seen that they name nothing of other callers.',
  });
}
