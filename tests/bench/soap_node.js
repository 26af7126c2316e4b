// One SOAP call after the other with node's `soap`: GetSchool against the mock government, signed by WSSecurityCert.
// The library does not verify replies; `verified` adds that with xml-crypto, the library it signs with.
// Prints calls and CPU microseconds of this process per call.
//
//     soap_node.js WORLD PORT SECONDS WSDL plain|verified
'use strict';
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const { createRequire } = require('node:module');
const path = require('node:path');

const installed = createRequire(path.join(process.cwd(), 'package.json'));
const soap = installed('soap');
const axios = installed('axios');
const { SignedXml } = installed('xml-crypto');
const { DOMParser } = installed('@xmldom/xmldom');

const [world, port, seconds, wsdl, checks] = process.argv.slice(2);
const file = (name) => fs.readFileSync(path.join(world, name), 'utf8');
const AISAS = 'urn:qaqpa:reconstructed:aisas:v1';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
const SCHOOL = '990140000007';
const certificate = file('pki/signers/gateway-signer.pem');
const identifier = `<wsse:KeyIdentifier EncodingType="${OASIS}soap-message-security-1.0#Base64Binary" ValueType="${OASIS}x509-token-profile-1.0#X509v3">` +
  certificate.replace(/-----[^-]+-----|\s/g, '') + '</wsse:KeyIdentifier>';
const shep = file('pki/signers/shep-signer.pem');
const password = file('secrets/shep.password').trim();

// WSSecurityCert points at a BinarySecurityToken; SHEP's profile has a KeyIdentifier in its place. KeyInfo is not signed.
function profile(xml) {
  return xml
    .replace(/<wsse:BinarySecurityToken[\s\S]*?<\/wsse:BinarySecurityToken>/, '')
    .replace(/<wsse:Reference URI="#[^"]*"[^>]*\/>/, identifier);
}

function verify(xml) {
  const signature = new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagNameNS(DS, 'Signature')[0];
  const check = new SignedXml({ publicCert: shep, getCertFromKeyInfo: () => null, idAttributes: ['Id'] });
  check.loadSignature(signature);
  if (!check.checkSignature(xml)) throw new Error('the reply is not authentic');
}

async function call(client) {
  const id = randomUUID();
  const now = new Date().toISOString();
  const $xml = `<a:getSchoolInfoRequest xmlns:a="${AISAS}"><a:head><a:requestId>${id}</a:requestId><a:requestDate>${now}</a:requestDate>` +
    `<a:requestorBin>${SCHOOL}</a:requestorBin></a:head><a:schoolBin>${SCHOOL}</a:schoolBin></a:getSchoolInfoRequest>`;
  const requestInfo = { messageId: id, serviceId: 'MIA_AISAS_GetSchoolInfo', messageDate: now, sender: { senderId: 'qaqpa_dev', password } };
  const [answer, raw] = await client.SendMessageAsync({ request: { requestInfo, requestData: { data: { $xml } } } }, { postProcess: profile });
  if (checks === 'verified') verify(raw);
  if (answer.response.responseInfo.correlationId !== id || !raw.includes(SCHOOL)) throw new Error('another answer');
}

async function main() {
  const agent = new https.Agent({ keepAlive: true, ca: file('pki/ca.pem') });
  const client = await soap.createClientAsync(wsdl, { request: axios.create({ httpsAgent: agent, proxy: false }) },
    `https://localhost:${port}/bip-sync-wss-gost/`);
  client.setSecurity(new soap.WSSecurityCert(file('pki/signers/gateway-signer.key'), certificate, '', {
    hasTimeStamp: false,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    signatureTransformations: ['http://www.w3.org/2001/10/xml-exc-c14n#'],
  }));
  for (let warm = 0; warm < 200; warm += 1) await call(client);
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  let calls = 0;
  while (Number(process.hrtime.bigint() - began) < seconds * 1e9) {
    await call(client);
    calls += 1;
  }
  const { user, system } = process.cpuUsage(before);
  const lasted = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(JSON.stringify({ calls, cpu_us: (user + system) / calls, per_second: calls / lasted }));
  agent.destroy();
}

main().catch((error) => {
  console.error(error.message, error.response?.data ?? '');
  process.exit(1);
});
