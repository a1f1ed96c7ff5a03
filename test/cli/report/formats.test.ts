import { describe, expect, it } from 'vitest';
import { type ReportFormat, report, reportFormats } from '../../../src/cli/report/index.ts';
import type { Diagnostic } from '../../../src/diagnostic.ts';
import { at, findings, plain, withIgnored } from './findings.ts';

describe.each(['json', 'sarif', 'github', 'gitlab'] as const)('%s', (format) => {
  it('is what the fixture says', async () => {
    const name = `fixtures/findings.${format === 'github' ? 'github.txt' : `${format}.json`}`;
    await expect(report(format, findings, withIgnored)).toMatchFileSnapshot(name);
  });

  it('does not depend on the order that findings come in', () => {
    expect(report(format, findings.toReversed(), withIgnored)).toBe(report(format, findings, withIgnored));
  });

  it('lets no character through that acts on a terminal', () => {
    const nasty = 'a\u001b[2Jb\u009bc\u0000d\u202ee\ud800f\r\n::error::g\u2028\u0007';
    const place = { file: nasty, line: 1, column: 1, length: 3, source: nasty };
    const diagnostic: Diagnostic = {
      code: 'x',
      severity: 'error',
      message: nasty,
      help: nasty,
      at: place,
      site: nasty,
    };
    const said = report(format, [diagnostic], { ...plain, ignored: [{ diagnostic, reason: nasty }] });
    expect(said).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
    if (format === 'github') expect(said.match(/^::/gm)).toHaveLength(1);
    else JSON.parse(said);
  });

  it('is complete without findings', () => {
    const said = report(format, [], plain);
    if (format === 'github') expect(said).toBe('');
    else JSON.parse(said);
  });
});

it('names every format', () => {
  const all: Record<ReportFormat, true> = { text: true, json: true, sarif: true, github: true, gitlab: true };
  expect([...reportFormats].sort()).toEqual(Object.keys(all).sort());
});

describe('json', () => {
  it('takes further members, which replace none of its own', () => {
    const extra = { targets: ['1.26.3'], version: 7, summary: 'none' };
    const document = JSON.parse(report('json', findings, { ...withIgnored, extra }));
    expect(Object.keys(document)).toEqual(['version', 'diagnostics', 'ignored', 'summary', 'targets']);
    expect(document.version).toBe(1);
    expect(document.summary).toEqual({ errors: 2, warnings: 2, infos: 1, ignored: 1, files: 2 });
    expect(document.diagnostics).toHaveLength(findings.length);
  });
});

describe('sarif', () => {
  const pages = new Map([['unknown-key', { title: 'An option that does not exist', text: 'Look at the schema.' }]]);
  const log = JSON.parse(report('sarif', findings, { ...withIgnored, pages }));
  const [run] = log.runs;

  it('describes each code once, with its page', () => {
    const ids = run.tool.driver.rules.map((rule: { id: string }) => rule.id);
    expect(ids).toEqual([
      'body-limit',
      'certificate-missing',
      'host-twice',
      'nginx-missing',
      'no-limit',
      'unknown-key',
    ]);
    expect(run.tool.driver.rules.at(-1)).toEqual({
      id: 'unknown-key',
      shortDescription: { text: 'An option that does not exist' },
      fullDescription: { text: 'An option that does not exist' },
      help: { text: 'Look at the schema.' },
    });
    for (const result of run.results) expect(ids[result.ruleIndex]).toBe(result.ruleId);
  });

  it('suppresses what the spec ignores, with the reason', () => {
    const suppressed = run.results.filter((result: { suppressions?: unknown }) => result.suppressions);
    expect(suppressed).toHaveLength(1);
    expect(suppressed[0]).toMatchObject({
      ruleId: 'no-limit',
      suppressions: [{ kind: 'external', status: 'accepted', justification: 'the backend has no limit' }],
    });
  });

  it('says of a region where it ends, exclusively', () => {
    const result = run.results.find(({ ruleId }: { ruleId: string }) => ruleId === 'unknown-key');
    expect(result.locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'keepgate.yaml' },
      region: { startLine: 4, startColumn: 5, endColumn: 9, snippet: { text: '    hots: [api.example.com]' } },
    });
  });

  it.each([
    ['./a b/c:d#.yaml', undefined, 'a%20b/c%3Ad%23.yaml'],
    ['c:d.yaml', undefined, 'c%3Ad.yaml'],
    ['/srv/repo/x y.yaml', '/srv/repo', 'x%20y.yaml'],
    ['/srv/other/x y.yaml', '/srv/repo', 'file:///srv/other/x%20y.yaml'],
    ['/srv/repo/..x.yaml', '/srv/repo', '..x.yaml'],
    ['\ud800.yaml', undefined, '%EF%BF%BD.yaml'],
  ])('writes the path %s as a URI', (file, root, uri) => {
    const finding: Diagnostic = { code: 'x', severity: 'error', message: 'm', at: at(file, 1, 'x', 'x') };
    const options = root === undefined ? plain : { ...plain, root };
    const [result] = JSON.parse(report('sarif', [finding], options)).runs[0].results;
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  });
});

describe('github', () => {
  it('escapes what has a meaning in a workflow command', () => {
    const finding: Diagnostic = {
      code: 'x',
      severity: 'warning',
      message: '50% : of, it',
      help: 'first\nsecond',
      at: at('a,b:c%.yaml', 2, 'abc', 'bc'),
    };
    expect(report('github', [finding], plain)).toBe(
      '::warning file=a%2Cb%3Ac%25.yaml,line=2,col=2,endColumn=4,title=keepgate x::50%25 : of, it%0Afirst%0Asecond\n',
    );
  });
});

describe('fingerprints', () => {
  const base: Diagnostic = { code: 'x', severity: 'error', message: 'm', at: at('f', 3, '  key: 1', 'key') };
  const prints = (...diagnostics: Diagnostic[]): string[] =>
    JSON.parse(report('gitlab', diagnostics, plain)).map(({ fingerprint }: { fingerprint: string }) => fingerprint);
  const [print] = prints(base);

  it('stay when the line moves or is indented otherwise', () => {
    expect(print).toMatch(/^[0-9a-f]{64}$/);
    expect(prints({ ...base, at: at('f', 7, '    key: 1', 'key') })).toEqual([print]);
  });

  it('change with code, file, source line, message and site', () => {
    const others: Diagnostic[] = [
      { ...base, code: 'y' },
      { ...base, message: 'n' },
      { ...base, site: 's' },
      { ...base, at: at('g', 3, '  key: 1', 'key') },
      { ...base, at: at('f', 3, '  key: 2', 'key') },
    ];
    expect(new Set([print, ...prints(...others)]).size).toBe(6);
  });

  it('differ between equal findings', () => {
    const [first, second] = prints(base, base);
    expect(first).toBe(print);
    expect(second).not.toBe(print);
  });

  it('are the same wherever the repository lies', () => {
    const elsewhere = { ...base, at: at('/srv/repo/f', 3, '  key: 1', 'key') };
    const [result] = JSON.parse(report('gitlab', [elsewhere], { ...plain, root: '/srv/repo' }));
    expect(result.fingerprint).toBe(print);
    expect(result.location.path).toBe('f');
  });

  it('are the same in sarif', () => {
    const [result] = JSON.parse(report('sarif', [base], plain)).runs[0].results;
    expect(result.partialFingerprints).toEqual({ primaryLocationLineHash: print });
  });
});
