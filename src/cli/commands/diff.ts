import type { Argv } from 'yargs';
import { look } from '../../deploy/apply.ts';
import { fileChanges } from '../../deploy/file-changes.ts';
import { inInstallFolder } from '../../deploy/install-folder.ts';
import { readJournal } from '../../deploy/journal.ts';
import { installedNginx } from '../../deploy/nginx-instance.ts';
import { refusals } from '../../deploy/plan.ts';
import { type Diagnostic, KeepgateError, reaches } from '../../diagnostic.ts';
import type { Command } from '../command.ts';
import {
  goalOf,
  type Installation,
  type InstallOptions,
  installOptions,
  missingCertificates,
  prepare,
} from '../installation.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { say } from '../report/say.ts';

interface Options extends InstallOptions {
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return installOptions(yargs)
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('keepgate diff', 'what apply would change of what the installed nginx reads')
    .example('keepgate diff specs/ --root /mnt/image', 'in the file system of an image')
    .example(
      'keepgate diff --root etc/nginx --format json',
      'in a pipeline; 3 says that there is a difference',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { format } = argv;
  const prepared = await prepare(argv, io);
  if (!prepared.ok) {
    await say({ format, ...prepared.findings }, io);
    return exitCode.wrong;
  }
  const { installation } = prepared;
  const { place, configuration } = installation;
  const { plan, certificates, settled, unloaded, interrupted, changes } = await todo(installation);
  const conflicts = refusals(plan, place.shown, false, goalOf(installation).origin).map(asFinding);
  const diagnostics = [...configuration.diagnostics, ...conflicts];
  const { unified, unifiedText } = await import('../report/unified.ts');
  const product = {
    root: place.shown,
    changes: changes.map((change) => ({
      path: change.path,
      action: change.action,
      handEdited: change.conflict === 'hand-edited',
      diff: unified(change),
    })),
    certificates,
    /** nginx runs, and has not read what is there. */
    reload: unloaded,
    interrupted,
  };
  await say({ format, diagnostics, ignored: configuration.ignored, product }, io);
  if (format === 'text') {
    io.stdout.write(unifiedText(changes, place.shown, wantsColor(io.stdout, io.env)));
    io.stdout.write(certificates.map((name) => `# new: a stand-in for the certificate ${name}\n`).join(''));
    io.stderr.write(inWords(place.shown, changes.length + certificates.length, { settled, unloaded, interrupted }));
  }
  if (reaches(diagnostics, 'error')) return exitCode.wrong;
  return settled && !interrupted ? exitCode.done : exitCode.differs;
}

type Todo = Pick<ReturnType<typeof look>, 'settled' | 'unloaded'> & { readonly interrupted: boolean };

/** What apply would find. What only its user may read, the state of past runs, is left out for anybody else. */
async function todo(installation: Installation) {
  const { place, binary } = installation;
  const instance = place.live && binary ? await installedNginx(binary.path) : undefined;
  const missing = missingCertificates(installation);
  const goal = { by: 'apply' as const, ...goalOf(installation) };
  return inInstallFolder(place.folder, (tree) => {
    const steps = (reload: boolean, interrupted: () => boolean) => {
      const found = look(tree, instance, goal, { missing: () => missing, reload });
      return { ...found, changes: fileChanges(tree, found.plan), interrupted: interrupted(), certificates: missing };
    };
    try {
      return steps(true, () => readJournal(tree) !== undefined);
    } catch (error) {
      if (!(error instanceof KeepgateError && error.diagnostic.code === 'state-not-usable')) throw error;
      return steps(false, () => false);
    }
  });
}

function inWords(shown: string, changes: number, { settled, unloaded, interrupted }: Todo): string {
  if (interrupted)
    return `a run of keepgate was cut off here; the next apply puts back what stood in ${shown} before it\n`;
  if (unloaded) return `nginx has not read what is in ${shown}; apply reloads it\n`;
  if (settled) return `${shown} is as the spec asks\n`;
  return changes === 0
    ? `the files in ${shown} are as the spec asks, and keepgate's list of them is not; apply writes it\n`
    : '';
}

/** Nothing was to be written; a change by hand is what a diff is there to show. */
function asFinding(diagnostic: Diagnostic): Diagnostic {
  const severity = diagnostic.code === 'hand-edited' ? 'warning' : 'error';
  return { ...diagnostic, severity, message: diagnostic.message.replace(/; nothing was written$/, '') };
}

export const command: Command<Options> = { options, run };
