import { execa } from 'execa';
import { usualHost } from './https.ts';
import { parseHead, type Refusal, type Request, type Response } from './message.ts';

export interface Http3Options extends Omit<Request, 'host' | 'body'> {
  /** The path of a curl that speaks it. */
  readonly curl: string;
  /** UDP, of 127.0.0.1. */
  readonly port: number;
  /** In SNI and, with the port, in `:authority`; false: no SNI, and the address. */
  readonly servername: string | false;
  /** A PEM file. Without it nothing is verified. */
  readonly caFile?: string;
}

/** One request over HTTP/3 and nothing else. A certificate that fails to verify is thrown, as nobody on the port is. */
export async function http3Request(options: Http3Options): Promise<Response | Refusal> {
  const { curl, port, servername, caFile, method = 'GET', path = '/', headers = {} } = options;
  const authority = usualHost({ servername, port });
  const fields = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  const { stdout, stderr, exitCode } = await execa(
    curl,
    [
      ...['--disable', '--http3-only', '--silent', '--show-error', '--verbose', '--path-as-is', '--max-time', '10'],
      ...['--noproxy', '*', '--resolve', `${authority}:127.0.0.1`],
      ...(caFile === undefined ? ['--insecure'] : ['--cacert', caFile]),
      ...(method === 'HEAD' ? ['--head'] : ['--include', '--request', method]),
      ...fields.flatMap((field) => ['--header', field]),
      `https://${authority}${path}`,
    ],
    { encoding: 'buffer', stripFinalNewline: false, reject: false, stdin: 'ignore' },
  );
  if (exitCode !== 0) return refusalOf(exitCode, Buffer.from(stderr).toString());
  let rest = Buffer.from(stdout);
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const head = parseHead(rest.subarray(0, end).toString('latin1'));
    rest = rest.subarray(end + 4);
    if (head.status >= 200) return { ...head, body: rest };
  }
}

/** curl says "could not connect" when the server closes during the handshake, too; only its log knows better. */
function refusalOf(exitCode: number | undefined, log: string): Refusal {
  if (exitCode === 7 && !/QUIC: connection to \S+ port \d+ refused/.test(log)) return { refused: 'handshake' };
  // Of receiving, and of the HTTP/3 layer.
  if (exitCode === 56 || exitCode === 95) return { refused: 'reset' };
  throw new Error(`curl ended with ${exitCode}: ${log.trim()}`);
}
