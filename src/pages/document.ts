/** A spec as a text: encoding, YAML, keys. */
import type { Pages } from './page.ts';

export const documentPages: Pages = {
  'file-too-large': {
    title: 'a spec file is at most 1 MB',
    text: `A spec is written by people; a larger file is a mistake or an attack on whoever reads it. Spread the sites over several files:
keepgate takes folders, and makes one configuration of all *.yaml in them.

  keepgate check sites/`,
  },
  'not-utf8': {
    title: 'a spec is UTF-8 text',
    text: `The file has bytes that are no UTF-8, so nobody can say what they mean. Save it as UTF-8 in your editor, or convert it:

  iconv -f ISO-8859-1 -t UTF-8 keepgate.yaml > converted.yaml`,
  },
  'yaml-syntax': {
    title: 'the file is neither YAML nor JSON',
    text: `The text breaks the rules of YAML 1.2 (JSON is read as the YAML that it is). Look at the place shown and at the line above:
indentation with a tab, a missing colon or bracket, a quote that isn't closed, or values nested very deeply.

  hosts: [api.example.com]              # not: hosts: [api.example.com`,
  },
  'yaml-documents': {
    title: 'one file, one document',
    text: `A line of three hyphens begins another document in the same file, and it is easily overlooked which of them counts. Write one file
for each; keepgate reads several files, and folders.

  keepgate check a.yaml b.yaml`,
  },
  'yaml-directive': {
    title: 'no %YAML directive',
    text: `A %YAML line would change how the rest is read: by the rules of YAML 1.1, "no" is false and 0o17 a text. A spec is always YAML 1.2.
Take the line out.`,
  },
  'yaml-alias': {
    title: 'no anchors and aliases',
    text: `An alias (*name) repeats what an anchor (&name) stands for, and a few lines of them can grow to gigabytes. For what several sites
have in common there is "defaults", for backends that several routes share "upstreams".

  defaults: {bodyLimit: 64m}
  upstreams: {data: {servers: [127.0.0.1:8880]}}`,
  },
  'yaml-tag': {
    title: 'no tags',
    text: `A tag such as !!binary or !include changes what a value is, and in some programs runs code. A spec has texts, numbers, true and false,
lists and groups of options only. Write the plain value.`,
  },
  'yaml-key': {
    title: 'a key is a text',
    text: `YAML reads this key as a number, as true, false or null, or as a list. Put it in quotes when it is meant as a text.

  sites: {"404": {hosts: [api.example.com], upstream: http://127.0.0.1:8080}}`,
  },
  'duplicate-key': {
    title: 'a key stands once in its place',
    text: `The same key stands twice in one group of options. Most programs keep the last and say nothing, in JSON too, and then the file
does not do what it seems to. Keep one, or merge the two.

  routes: {/a: http://127.0.0.1:1080, /b: http://127.0.0.1:1081}      # not two of "routes"`,
  },
  'forbidden-character': {
    title: 'no control characters and no hidden ones',
    text: `The text holds a line feed, NUL, another control character, a byte order mark, half of a surrogate pair, or a character that turns
the direction of writing. They can end a line of a configuration or a header early, or show a reviewer something else than
the machine reads. Write the text without; only "raw" may have several lines.`,
  },
  'unknown-key': {
    title: 'there is no such option',
    text: `An option that doesn't exist would be passed over, and a spelling mistake in "allow" would open what it should close. So it is
refused; the finding names the nearest option, or all that are known there. An editor that has the schema completes them:

  keepgate schema > keepgate.schema.json
  # yaml-language-server: $schema=keepgate.schema.json      (as the first line of the spec)`,
  },
  'missing-key': {
    title: 'an option is needed here',
    text: `Something that can't be guessed isn't there: the hosts of a site, the version of the format, the file of a Basic authentication.
The finding names it.

  version: 1
  sites: {api: {hosts: [api.example.com], upstream: http://127.0.0.1:8080}}`,
  },
  'wrong-type': {
    title: 'another kind of value is expected',
    text: `A list stands where a text is expected, a number where true or false is, and the like. Nothing is converted, because a guess
could be wrong: 1.10 is the number 1.1, "1.10" is a text. Use quotes for texts that look like numbers, none for numbers, and
brackets for lists, also of one entry.

  nginx: {target: "1.26.3"}
  sites: {api: {hosts: [api.example.com]}}`,
  },
  'unknown-value': {
    title: 'the value is none of those that exist',
    text: `The option takes one of a few words or numbers, and this isn't one of them. The finding lists them.

  acme: {keyType: ec-p256}`,
  },
  'out-of-range': {
    title: 'the value is too small, too large, or there are too many',
    text: `A number lies outside of what makes sense, such as a port over 65535; or a list is empty, too long, or has an entry twice. The finding
says what is allowed.

  listen: {http: 80, https: 443}`,
  },
  'invalid-text': {
    title: 'the text does not have the form that is needed',
    text: `The option takes texts of the form in the finding, a regular expression: ^ is the beginning, $ the end, [a-z0-9] one such character,
+ one or more of them.

  lint: {ignore: [{code: plain-remote-backend, reason: a private link}]}`,
  },
};
