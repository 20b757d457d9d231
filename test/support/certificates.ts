import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Authority {
  readonly pem: string;
  /** A certificate for a server, and its key, both PEM. */
  issue(names: readonly { type: 'dns' | 'ip'; value: string }[]): Promise<{ certificate: string; key: string }>;
}

/** An authority that signs servers' certificates, valid from yesterday until tomorrow. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const day = 24 * 60 * 60 * 1000;
  const valid = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    ...valid,
    signingAlgorithm: algorithm,
    keys: keys as never,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  return {
    pem: root.toString('pem'),
    issue: async (names) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: '02',
        subject: 'CN=warehouse',
        issuer: root.subject,
        ...valid,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey as never,
        signingKey: keys.privateKey as never,
        extensions: [new x509.SubjectAlternativeNameExtension([...names])],
      });
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64');
      const lines = pkcs8.match(/.{1,64}/g) ?? [];
      return {
        certificate: certificate.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
