/** Each way through the guide for Domino, as somebody would go it, and what others do meanwhile. */
import { resolve } from 'node:path';
import { type Block, below, blocksOf, without } from './blocks.ts';
import type { Meanwhile, Way } from './domino-server.ts';

export const guide = 'docs/domino.md';
const doc = (name: string) => `docs/domino/${name}.md`;
const proxy = doc('proxy-lets-encrypt');
const proxyOwn = doc('proxy-own-certificate');
const ownTls = doc('own-tls');
const trouble = doc('when-something-fails');

const answered: Meanwhile = { after: 'cert csr', script: 'it_answers' };
const sent: Meanwhile = { before: 'cert import domino.pfx', script: 'it_sends_pfx' };
const looked = (port: number): Meanwhile => ({ after: 'domino doctor', script: `look ${port}; keep done` });

const [request, given] = ['From your IT department, with a request', 'From your IT department, as a PFX'] as const;
const certificates = ["From Let's Encrypt", request, given];
const kinds = ['As PFX', 'As PEM', 'As JKS'];

const example = (name: string): Block => ({
  place: name,
  titles: [],
  language: 'sh',
  text: `sh '${resolve('examples/domino', name)}'; /opt/hcl/domino/bin/server -c 'tell restapi reload'`,
});

function ownWay(certificate: string, kind: string, more: Partial<Way> = {}): Way {
  const others = [...certificates.filter((one) => one !== certificate), ...kinds.filter((one) => one !== kind)];
  const { blocks = without(ownTls, 'Renewals', ...others), meanwhile = [] } = more;
  const hook = resolve('examples/hooks/domino-reload');
  return {
    blocks,
    meanwhile: [
      answered,
      sent,
      { before: 'install -D', script: `sed "s|exec runuser|exec $runuser|" '${hook}' >domino-reload` },
      looked(8880),
      ...meanwhile,
    ],
    fails: '--from-outside',
  };
}

export const ways = {
  proxy: {
    blocks: [
      ...blocksOf(guide),
      ...without(proxy, 'Going back'),
      ...without(trouble, 'The restapi task does not start'),
      ...below(proxy, 'Going back'),
    ],
    meanwhile: [looked(443)],
  },
  proxyRequest: {
    blocks: without(proxyOwn, 'You have a PFX file'),
    meanwhile: [
      answered,
      looked(443),
      {
        before: '--from-keepconfig',
        script: `echo '{"bodyHandler": {"bodyLimit": 67108864}}' >/local/notesdata/keepconfig.d/limit.json`,
      },
      { after: 'nginx -s reload', script: 'look_anew 443' },
    ],
  },
  // After it, the example that does the rest.
  proxyPfx: {
    blocks: [...below(proxyOwn, 'You have a PFX file'), example('proxy-own-certificate.sh')],
    meanwhile: [
      sent,
      { before: 'examples/', script: 'mkdir /etc/keepgate' },
      { after: 'examples/', script: 'look 443' },
    ],
  },
  proxyExample: {
    blocks: [example('proxy-in-front.sh'), example('proxy-in-front.sh')],
    meanwhile: [
      { before: 'examples/', script: 'mkdir -p /etc/keepgate' },
      { after: 'examples/', script: 'look 443; keep done' },
    ],
  },
  pfx: ownWay("From Let's Encrypt", 'As PFX', {
    blocks: without(ownTls, request, given, 'As PEM', 'As JKS'),
    meanwhile: [
      // as `cert issue` suggests itself: too early for the folder of the export
      { after: 'cert issue', script: 'sudo keepgate cert timer --install' },
      { after: 'cert renew', script: 'look 8880; cp /etc/systemd/system/keepgate-renew.service ../out/unit' },
    ],
  }),
  // At the end with a second certificate of the IT department, and the way back of the page for failures.
  pem: ownWay(request, 'As PEM', {
    blocks: [
      ...without(ownTls, "From Let's Encrypt", given, 'As PFX', 'As JKS', 'Renewals', 'Going back'),
      ...below(ownTls, request),
      ...below(trouble, 'The restapi task does not start'),
    ],
    meanwhile: [{ before: '--undo', script: 'look 8880' }],
  }),
  jks: ownWay(given, 'As JKS'),
  manager: { blocks: blocksOf(doc('certificate-manager')), meanwhile: [looked(8880)] },
  windows: {
    blocks: blocksOf(doc('windows')),
    meanwhile: [
      {
        after: 'mkdir -p prepared',
        script: 'cp /local/notesdata/notes.ini prepared; cp /local/notesdata/keepconfig.d/* prepared/keepconfig.d',
      },
      { before: 'mkdir -p prepared', script: 'cp ../given.pem domino.pem; cp ../given.key domino.key' },
      {
        after: '--path-style windows',
        script: `cp -r prepared/notes.ini prepared/domino.pfx prepared/keepconfig.d /local/notesdata
/opt/hcl/domino/bin/server -c 'tell restapi reload'`,
      },
      looked(8880),
      { after: '--replace', script: 'cp -r prepared prepared-for-proxy ../out' },
    ],
    fails: '--from-outside',
  },
} satisfies Record<string, Way>;
