/** The pages of all codes. Loaded only where one is shown: nothing else needs that much text. */
import { rules } from './lint/index.ts';
import { acmePages } from './pages/acme.ts';
import { certificatePages } from './pages/certificates.ts';
import { challengePages } from './pages/challenges.ts';
import { deployPages } from './pages/deploy.ts';
import { documentPages } from './pages/document.ts';
import { dominoDoctorPages } from './pages/domino-doctor.ts';
import { dominoSettingPages } from './pages/domino-settings.ts';
import { exportPages } from './pages/export.ts';
import { filePages } from './pages/files.ts';
import { formatPages } from './pages/formats.ts';
import { hookPages } from './pages/hooks.ts';
import { installPages } from './pages/install.ts';
import { issuancePages } from './pages/issuance.ts';
import { nginxPages } from './pages/nginx.ts';
import type { Page } from './pages/page.ts';
import { renewalPages } from './pages/renewal.ts';
import { severalSpecsPages } from './pages/several-specs.ts';
import { specPages } from './pages/spec.ts';
import { storePages } from './pages/store.ts';

/** Paragraphs become lines of at most 100 characters; examples, which are indented, stay as they are. */
function reflowed(text: string): string {
  const paragraphs = text.split('\n\n').map((paragraph) => {
    if (paragraph.startsWith('  ')) return paragraph;
    return paragraph
      .replaceAll('\n', ' ')
      .replace(/(.{1,100})(?: |$)/g, '$1\n')
      .trimEnd();
  });
  return paragraphs.join('\n\n');
}

const chapters = [
  acmePages,
  certificatePages,
  challengePages,
  deployPages,
  documentPages,
  dominoDoctorPages,
  dominoSettingPages,
  exportPages,
  filePages,
  formatPages,
  hookPages,
  installPages,
  issuancePages,
  nginxPages,
  renewalPages,
  severalSpecsPages,
  specPages,
  storePages,
];

/** By code, in alphabetical order. */
export const pages: ReadonlyMap<string, Page> = new Map(
  [
    ...rules.map(({ code, title, page }): [string, Page] => [code, { title, text: page }]),
    ...chapters.flatMap(Object.entries<Page>),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { title, text }]): [string, Page] => [code, { title, text: reflowed(text) }]),
);
