// Prints who issued what a port serves, for which names, whether it verifies, and what is answered; or that nobody listens.
import { readFileSync } from 'node:fs';
import { get } from 'node:https';

const [port, trusted] = process.argv.slice(2);
const host = 'domino.example.com';
get({ host, port, path: '/api', ca: readFileSync(trusted), headers: { Origin: `https://${host}` } }, (response) => {
  const { issuer, subjectaltname, fingerprint256 } = response.socket.getPeerCertificate();
  response.setEncoding('utf8').on('data', (body) => {
    console.log(JSON.stringify({ issuer: issuer.CN, names: subjectaltname, fingerprint256, body }));
  });
}).on('error', (error) => console.log(JSON.stringify({ error: error.code ?? String(error) })));
