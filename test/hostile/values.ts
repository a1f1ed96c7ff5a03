/** Hostile values: of every kind, and near the valid ones of each format, so that what accepts them is reached. */
import fc from 'fast-check';
import { characters, crafted } from './crafted.ts';

const path = fc
  .array(fc.string({ unit: fc.constantFrom(..."abZ09._~!&'()*+,=:@-éß日"), minLength: 1, maxLength: 8 }), {
    maxLength: 4,
  })
  .map((segments) => `/${segments.join('/')}`);
const regex = fc.string({ unit: fc.constantFrom(...'abc/.*+?^$|()[]{}\\d,0"\';# é'), minLength: 1, maxLength: 20 });
const label = fc.string({ unit: fc.constantFrom(...'abcXYZ019-éßñ日ж'), minLength: 1, maxLength: 12 });
const hostName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const host = fc.oneof(
  hostName,
  hostName.map((name) => `*.${name}`),
  hostName.map((name) => `${name}.`),
  fc.ipV4(),
  fc.ipV6(),
);
const backendHost = fc.oneof(
  hostName,
  fc.constantFrom('localhost', 'LOCALHOST', 'a_b', 'db_1.internal'),
  fc.ipV4(),
  fc.ipV6().map((six) => `[${six}]`),
);
const port = fc.integer({ min: 0, max: 66_000 });
const address = fc.tuple(backendHost, port).map(([name, number]) => `${name}:${number}`);
const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 33 })).map(([four, bits]) => `${four}/${bits}`),
  fc.constantFrom('10.0.0.0/8', '::/0', '0.0.0.0/0', 'FD00::/8', '::ffff:10.0.0.0/104'),
);
const file = fc
  .array(fc.string({ unit: fc.constantFrom(...'abZ09._@+-'), minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((segments) => `/${segments.join('/')}`);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...' ;{}"\'\\#ab~=<>&%é日\u{1f600}\xa0'), maxLength: 40 }),
);
const lowerName = fc.string({ unit: fc.constantFrom(...'abc019-.'), minLength: 1, maxLength: 12 });
const headerName = fc.string({ unit: fc.constantFrom(...'abXY01-_'), minLength: 1, maxLength: 70 });
const words = (...list: string[]) => fc.constantFrom(...list);

/** Values that a format accepts, or nearly. */
const near: Readonly<Record<string, fc.Arbitrary<string>>> = {
  name: lowerName,
  host,
  route: fc.oneof(
    path,
    path.map((rest) => `= ${rest}`),
    regex.map((rest) => `~ ${rest}`),
    regex.map((rest) => `~* ${rest}`),
  ),
  segment: path,
  'backend-host': backendHost,
  address,
  resolver: fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((six) => `[${six}]`),
    fc.tuple(fc.ipV4(), port).map(([four, number]) => `${four}:${number}`),
  ),
  upstream: fc.oneof(
    lowerName,
    address.map((rest) => `http://${rest}`),
    address.map((rest) => `https://${rest}/`),
    backendHost.map((rest) => `http://${rest}`),
  ),
  network,
  'listen-address': fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((six) => `[${six}]`),
    words('*', '[::]', '[0::0]', '0.0.0.0', '[::ffff:1.2.3.4]'),
  ),
  duration: fc
    .tuple(fc.integer({ min: 1, max: 999_999 }), words('ms', 's', 'm', 'h', 'd', 'M', 'y', ''))
    .map(([count, unit]) => `${count}${unit}`),
  seconds: fc
    .tuple(fc.integer({ min: 1, max: 999_999 }), words('ms', 's', 'm', 'h', 'd'))
    .map(([count, unit]) => `${count}${unit}`),
  'header-limit': words('4k', '5k', '64k', '1023k', '1024k', '3k', '1025k', '1m', '04k', 'unlimited'),
  'body-limit': fc.oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 999_999 }), words('k', 'm', 'g', 'K', ''))
      .map(([count, unit]) => `${count}${unit}`),
    words('unlimited'),
  ),
  version: words('1.26.3', '1.18.0', '3.5', '1.1.1w', '3.0.15', '1.2.3.4'),
  openssl: words('3.5.0', '1.1.1w', '0', 'BoringSSL', 'AWS-LC', 'LibreSSL', 'OpenSSL', '3'),
  fork: words('Angie/1.8.1', 'freenginx/1.27.2', 'OpenResty/1.27.1.1', 'Tengine/3.1.0', 'nginx/1.26.3', 'Angie/1;x'),
  target: words('auto', '1.18.0', '1.30.999', '2.0.0', '1.26'),
  'file-path': file,
  'spec-path': fc.oneof(
    file,
    file.map((rest) => `.${rest}`),
    file.map((rest) => rest.slice(1)),
  ),
  certificate: words('acme', 'self-signed', 'ACME'),
  'tls-profile': words('modern', 'modern@6.0', 'intermediate', 'intermediate@6.0', 'old', 'intermediate@5.8'),
  'acme-directory': fc.oneof(
    words('letsencrypt', 'letsencrypt-staging', 'google', 'https://ca.example', 'https://[::1]:14000/dir'),
    hostName.map((name) => `https://${name}/directory`),
  ),
  'mail-address': fc.oneof(
    words('a@b', "o'hara+{x}@example.com", '#a|b@example.com', '`id`@example.com'),
    hostName.map((name) => `ops@${name}`),
  ),
  challenge: words('http-01', 'dns-01'),
  'common-name': text.map((rest) => rest.slice(0, 64)),
  'header-name': headerName,
  'address-header': fc.oneof(headerName, words('Forwarded', 'proxy_protocol', 'X-Forwarded-Proto')),
  'header-value': text,
  'passed-header': words('X-Forwarded-User', 'client-cert', 'X-User', 'Proxy', 'X-Forwarded-For', 'REMOTE_USER'),
  text,
  reason: text.map((rest) => `why ${rest}`),
  realm: text,
  'media-type': fc
    .tuple(headerName, headerName)
    .map(([type, subtype]) => `${type.slice(0, 9)}/${subtype.slice(0, 9)}; charset=utf-8`),
  'redirect-target': fc.oneof(
    path,
    hostName.map((name) => `https://${name}/new?a=b#c`),
    path.map((rest) => `https://x.example:8443${rest}`),
  ),
  raw: text.map((rest) => `a ${rest};`),
  pattern: lowerName,
};

/** Anything, the crafted ones, valid ones, and valid ones with something put in. */
export function hostileValues(format: string, valid: string): fc.Arbitrary<string> {
  const likely = near[format] ?? fc.constant(valid);
  const character = fc.constantFrom(...characters);
  const broken = fc
    .tuple(
      fc.oneof(fc.constant(valid), likely),
      fc.array(fc.tuple(character, fc.nat()), { minLength: 1, maxLength: 2 }),
    )
    .map(([value, additions]) =>
      additions.reduce((all, [added, position]) => {
        const at = position % (all.length + 1);
        return all.slice(0, at) + added + all.slice(at);
      }, value),
    );
  const craftedOne = fc.constantFrom(...crafted);
  return fc.oneof(
    { weight: 4, arbitrary: likely },
    { weight: 4, arbitrary: broken },
    { weight: 3, arbitrary: craftedOne },
    { weight: 1, arbitrary: fc.tuple(fc.constant(valid), craftedOne).map(([value, added]) => value + added) },
    { weight: 1, arbitrary: fc.tuple(craftedOne, fc.constant(valid)).map(([added, value]) => added + value) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 12 }),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  );
}
