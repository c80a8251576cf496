import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { createFolderGate, describeAdmission } from '../../trust/folder-gate.ts';
import { shown } from '../../trust/shown.ts';
import { openStandingPermissions } from '../../trust/standing-permissions.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { folderNote } from '../stores/note-folder.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'trust',
  usage: '[FOLDER] [--show | --forget] [--json]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        show: { type: 'boolean', default: false },
        forget: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    if (positionals.length > 1 || (values.show && values.forget)) {
      throw new PointsmanError('request-invalid', 'One folder is expected, and one of --show and --forget.');
    }
    const gate = createFolderGate({ env: io.env });
    const folder = path.resolve(io.cwd, positionals[0] ?? '.');
    // A folder that is gone can still be forgotten.
    const permissions = openStandingPermissions(io.env);
    if (values.forget) {
      const before = gate.admit(folder);
      const note = folderNote(io, before, gate);
      gate.forget(folder);
      permissions.forget(before.folder);
      if (before.isTrusted && before.brought.length > 0) await note('folder-forgotten');
    }
    if (!values.forget) checkFolder(folder);
    const admission = gate.admit(folder);
    const allowed = permissions.of(admission.folder);
    const saysYes = !values.show && !values.forget && !admission.isTrusted;
    if (saysYes) {
      gate.remember(admission);
      await folderNote(io, admission, gate)('folder-trusted');
    }
    if (values.json) {
      const { folder: real, brought } = admission;
      const isTrusted = admission.isTrusted || saysYes;
      io.stdout(jsonText('trust', { folder: real, brought, isTrusted, alwaysAllowed: allowed }));
      return EXIT.ok;
    }
    const name = shown(admission.folder);
    if (admission.brought.length === 0) io.stdout(`${name} brings nothing that pointsman would act on.\n`);
    else io.stdout(`${name} brings:\n${describeAdmission(admission)}\n`);
    for (const words of allowed) io.stdout(`Always allowed here: ${shown(words)}\n`);
    if (values.show || values.forget) {
      io.stdout(admission.isTrusted ? '' : 'None of it is used. Say yes to it: pointsman trust\n');
    } else if (saysYes) {
      io.stdout('You have said yes to it, as it is now.\n');
    }
    return EXIT.ok;
  },
};

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new PointsmanError('not-found', `There is no folder ${shown(folder)}.`, { hint: 'Name a folder that exists.' });
}
