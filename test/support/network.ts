import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
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

export interface GivenLogin {
  readonly user: string;
  readonly password: string;
  readonly expiration: Date;
}

/** An error of AWS. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** A received call. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, string>>;
  readonly isSigned: boolean;
}

/**
 * A server on loopback for the two AWS calls that issue Redshift credentials, in their wire formats: Redshift answers a form
 * with XML, Redshift Serverless JSON with JSON. The real SDK calls it.
 *
 * @param answer returns null to never answer the call.
 */
export async function startAws(answer: (call: AwsCall) => GivenLogin | Refusal | null) {
  const calls: AwsCall[] = [];
  const server = createHttpServer(async (request, response) => {
    const body = await text(request);
    const call = readCall(request, body);
    calls.push(call);
    const given = answer(call);
    if (given === null) return;
    const isForm = call.operation === 'GetClusterCredentialsWithIAM';
    response.setHeader('content-type', isForm ? 'text/xml' : 'application/x-amz-json-1.1');
    response.statusCode = 'code' in given ? given.status : 200;
    response.end(isForm ? xml(given) : json(given));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    calls,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function readCall(request: IncomingMessage, body: string): AwsCall {
  const isSigned = /^AWS4-HMAC-SHA256 Credential=/.test(request.headers.authorization ?? '');
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const input = JSON.parse(body) as Record<string, unknown>;
    const asText = Object.entries(input).map(([key, value]) => [key, String(value)]);
    return { operation: target.split('.').at(-1) ?? '', input: Object.fromEntries(asText), isSigned };
  }
  const { Action = '', ...input } = Object.fromEntries(new URLSearchParams(body));
  return { operation: Action, input, isSigned };
}

function xml(given: GivenLogin | Refusal): string {
  if ('code' in given) {
    return `<ErrorResponse><Error><Type>Sender</Type><Code>${given.code}</Code><Message>no</Message></Error></ErrorResponse>`;
  }
  return `<GetClusterCredentialsWithIAMResponse><GetClusterCredentialsWithIAMResult>
    <DbUser>${given.user}</DbUser><DbPassword>${given.password}</DbPassword>
    <Expiration>${given.expiration.toISOString()}</Expiration>
  </GetClusterCredentialsWithIAMResult></GetClusterCredentialsWithIAMResponse>`;
}

function json(given: GivenLogin | Refusal): string {
  if ('code' in given) return JSON.stringify({ __type: given.code, message: 'no' });
  return JSON.stringify({
    dbUser: given.user,
    dbPassword: given.password,
    expiration: given.expiration.getTime() / 1000,
  });
}

/** A TCP connection on which a test writes raw HTTP. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** Resolves with all received data when the connection is closed. */
  readonly closed: Promise<string>;
}

export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // A reset also closes the connection.
  socket.on('error', () => undefined);
  // Not events.once, which rejects if a reset comes before the close.
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await once(socket, 'connect');
  return { socket, write: (text) => void socket.write(text), closed };
}

/** Sends one raw request; resolves with the status and the whole response. */
export async function sendRaw(url: string, lines: readonly string[], body = '') {
  const connection = await openRawConnection(url);
  connection.write([...lines, 'connection: close', '', body].join('\r\n'));
  const text = await connection.closed;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}
