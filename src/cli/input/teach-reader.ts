import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withRecords } from '../../app/keep-records.ts';
import { openNeedArtifact } from '../../app/open-predictor.ts';
import type { NeedLabel } from '../../domain/need.ts';
import { distilNeed } from '../../learn/distil/distil-need.ts';
import { ownLabels } from '../../learn/distil/own-labels.ts';
import { writeNeedArtifact } from '../../predict/need/need-artifact.ts';
import type { CommandIo } from './command.ts';
import { loadSettings } from './load-settings.ts';

/** What models said of own steps under policies with `reader: model`. */
export async function labelsOfRecords(configFile: string | undefined, io: CommandIo): Promise<readonly NeedLabel[]> {
  const { config } = await loadSettings(io, configFile);
  return withRecords(config, (records) => ownLabels(records.calls(undefined)));
}

/** Teaches the reader in use what the labels say, and writes it where that helps; says either. */
export async function teachReader(
  labels: readonly NeedLabel[],
  of: { readonly folder: string; readonly name: string; readonly asOf: string },
  io: CommandIo,
): Promise<void> {
  const base = await openNeedArtifact(io.env);
  const taught = distilNeed(labels, base, of);
  if (taught.artifact === undefined) {
    io.stderr(`The reader of steps stays as it is: ${taught.why}\n`);
    return;
  }
  const file = path.join(of.folder, 'need.json');
  mkdirSync(of.folder, { recursive: true });
  writeFileSync(file, writeNeedArtifact(taught.artifact));
  io.stderr(
    `A reader of steps on top of ${base.name}: ${taught.why}\nTo read with it: export POINTSMAN_NEED=${file}\n`,
  );
}
