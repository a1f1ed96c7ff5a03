/** Files that keepgate reads and writes, and the command line. */
import type { Pages } from './page.ts';

export const filePages: Pages = {
  'spec-not-readable': {
    title: 'the spec can not be read',
    text: `There is no such file, it is not a regular file, you may not read it, or the folder has no *.yaml in it. Without a name keepgate looks
for keepgate.yaml where it is called.

  keepgate init --host api.example.com --upstream http://127.0.0.1:8080`,
  },
  'spec-file-ignored': {
    title: 'a file that ends in .yml is not read with its folder',
    text: `Of a folder keepgate reads what ends in .yaml. A site in a .yml beside it would be missing without a word, so that is refused.
Rename the file, or name the files one by one: then any name will do.

  keepgate check specs/a.yaml specs/b.yml`,
  },
  'spec-exists': {
    title: 'the spec that is there stays as it is',
    text: `init writes no file over another: give another name, or print the new spec. up --host adds a site to keepgate.yaml; it changes no site that
is there already, and nothing where more than the new lines would have to change: then add the site yourself.

  keepgate init --out other.yaml`,
  },
  'not-writable': {
    title: 'the file can not be written',
    text: 'The folder does not exist, the disk is full, or you may not write there. The finding has the reason of the system.',
  },
  'out-not-usable': {
    title: 'the folder of --out can not be used',
    text: `The folder, or something in it, can't be read or written. keepgate has changed nothing, or put back what was. Write to a folder of
your own; the commands at the end of the output install the files.

  keepgate render --out site`,
  },
  'manifest-damaged': {
    title: 'the list of rendered files is damaged',
    text: `The manifest beside rendered files tells which of them keepgate made, and what was in them. Without it nobody knows what may be
overwritten, so nothing is. Bring it back from version control, or render into an empty folder.

  keepgate render --out fresh`,
  },
  'foreign-file': {
    title: 'a file that keepgate did not make is in the way',
    text: `A file to be written is there already, and the manifest doesn't list it: somebody else made it. keepgate overwrites only its own.
Move the file away, or render into another folder.`,
  },
  'out-folder-untrusted': {
    title: 'the folder that was rendered into is not only yours',
    text: `Another user owns the folder or one above it, or everyone may write there. Files are written there as anywhere, but nothing that is
found there is believed: not the manifest, since its list decides what is overwritten and removed, and no journal. So a file that differs is
overwritten only with --force, and files of sites that are gone stay. Whoever it is can also change the files before you install them.

  keepgate render --out ~/site`,
  },
  'hand-edited': {
    title: 'a rendered file was changed by hand',
    text: `The file is not as keepgate wrote it. Overwriting would lose the change, so nothing is written. Put the change into the spec, or into a
template of your own, then overwrite it.

  keepgate render --out site --force`,
  },
  'template-refused': {
    title: 'a template of yours can not be used',
    text: `The template is no valid Handlebars, or has what keepgate refuses: a value that goes around the quoting ({{{raw}}}, {{&raw}}), a value
in the middle of an nginx token, or a field that doesn't exist. Every value is one whole token, quoted by keepgate.

  server_name{{#each hosts}} {{this}}{{/each}};`,
  },
  'template-unknown': {
    title: 'a template of that name is not used',
    text: `A file of --templates has the name of no shipped template, so it would change nothing; or a partial is included that nobody has.
Correct the name; partials of your own go into partials/.

  site.conf.hbs  shared.conf.hbs  partials/location.hbs`,
  },
  'templates-not-readable': {
    title: 'the folder of --templates can not be read',
    text: 'There is no such folder, you may not read it or a file in it, or a file is larger than 1 MB.',
  },
  'unknown-code': {
    title: 'there is no page for that code',
    text: `keepgate explain shows a page for each code that a finding can have; it stands in the finding after its severity.

  keepgate.yaml:4:5: error unknown-key: …       # the code is unknown-key`,
  },
};
