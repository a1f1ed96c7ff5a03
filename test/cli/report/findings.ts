import type { ReportOptions } from '../../../src/cli/report/index.ts';
import type { Diagnostic, Location } from '../../../src/diagnostic.ts';

/** A place in a line, named by what stands there. */
export function at(file: string, line: number, source: string, what: string): Location {
  return { file, line, column: source.indexOf(what) + 1, length: Math.max(1, what.length), source };
}

/** One finding of each shape, not in order. */
export const findings: readonly Diagnostic[] = [
  {
    code: 'nginx-missing',
    severity: 'warning',
    message: 'nginx is not installed here: nothing was tested by it',
    help: 'Install it:\napt-get install nginx',
  },
  {
    code: 'certificate-missing',
    severity: 'info',
    message: '/etc/ssl/keep.pem does not exist yet: a stand-in takes its place',
    site: 'keep',
  },
  {
    code: 'host-twice',
    severity: 'error',
    message: '"keep.example.com" is a host of two sites',
    at: at('sites/b.yaml', 112, '    hosts: [KEEP.example.com, other.example.com]', 'KEEP.example.com'),
    related: [
      {
        message: 'the first one is here',
        at: at('sites/a.yaml', 4, '    hosts: [keep.example.com]', 'keep.example.com'),
      },
    ],
    site: 'b',
  },
  {
    code: 'unknown-key',
    severity: 'error',
    message: '"hots" is not an option of a site; did you mean "hosts"?',
    at: at('./keepgate.yaml', 4, '    hots: [api.example.com]', 'hots'),
    site: 'api',
  },
  {
    code: 'body-limit',
    severity: 'warning',
    message: 'the limit is 100% of what the backend takes, or more: 1m, 2m',
    help: 'Write a smaller one.',
    at: at('./keepgate.yaml', 4, '    hots: [api.example.com]', '['),
  },
];

export const plain: ReportOptions = { color: false, ignored: [] };

/** The same findings with one ignored. */
export const withIgnored: ReportOptions = {
  color: false,
  ignored: [
    {
      reason: 'the backend has no limit',
      diagnostic: {
        code: 'no-limit',
        severity: 'warning',
        message: 'the body has no limit',
        at: at('./keepgate.yaml', 9, '    bodyLimit: 0', 'bodyLimit'),
      },
    },
  ],
};
