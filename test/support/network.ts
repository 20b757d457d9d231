import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
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

/** What a network does to connections. */
export type NetworkFault =
  /** Every chunk arrives this much later, in both directions. */
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** Connections are reset as soon as something is sent over them. */
  | { readonly kind: 'reset' }
  /** The server's side ends after the first bytes of an answer; what clients send still arrives. */
  | { readonly kind: 'half-close' }
  /** Nothing is passed on in either direction, as by a firewall that drops packets. */
  | { readonly kind: 'black hole' }
  /** What clients send arrives, but no answer. */
  | { readonly kind: 'no answers' }
  /** Answers arrive byte by byte; with 0 without a pause between them. */
  | { readonly kind: 'drip'; readonly millisecondsPerByte: number };

/** A TCP proxy whose connections a test can break. */
export interface Proxy {
  readonly port: number;
  /** Closes all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Passes on nothing more over the open connections, like a firewall that has dropped them. New ones work. */
  hush(): void;
  /** Passes on what clients send over the open connections, but no answers. */
  swallowAnswers(): void;
  /** Gives all connections a fault, also new ones; null: none, and those with one are closed. */
  setFault(fault: NetworkFault | null): void;
  /** Accepts connections again after `cut`, on the same port. */
  restore(): Promise<void>;
}

/** A connection of a client, and the proxy's own connection to the server. */
class Link {
  fault: NetworkFault | null;
  readonly #client: Socket;
  readonly #upstream: Socket;
  /** Resolves when all answers so far have been passed on. */
  #answered: Promise<void> = Promise.resolve();

  constructor(client: Socket, upstream: Socket, fault: NetworkFault | null, onSent: (bytes: Buffer) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.fault = fault;
    client.on('data', (bytes: Buffer) => {
      onSent(bytes);
      this.#send(bytes);
    });
    upstream.on('data', (bytes: Buffer) => this.#answer(bytes));
    // Expected: a closed connection fails on both sides.
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #send(bytes: Buffer): void {
    if (this.fault?.kind === 'black hole') return;
    if (this.fault?.kind === 'reset') {
      this.#client.resetAndDestroy();
      return;
    }
    this.#upstream.write(bytes);
  }

  #answer(bytes: Buffer): void {
    const { fault } = this;
    if (fault?.kind === 'black hole' || fault?.kind === 'no answers') return;
    if (fault?.kind === 'half-close') this.#client.end(bytes.subarray(0, 1));
    else this.#answered = this.#answered.then(() => this.#pass(bytes, fault));
  }

  async #pass(bytes: Buffer, fault: NetworkFault | null): Promise<void> {
    if (fault?.kind === 'latency') await delay(fault.milliseconds);
    const size = fault?.kind === 'drip' ? 1 : bytes.length;
    for (let from = 0; from < bytes.length && this.#client.writable; from += size) {
      if (fault?.kind === 'drip' && fault.millisecondsPerByte > 0) await delay(fault.millisecondsPerByte);
      this.#client.write(bytes.subarray(from, from + size));
    }
  }
}

/** @param onSent called with the bytes that clients send. */
export async function startProxy(port: number, onSent: (bytes: Buffer) => void = () => {}): Promise<Proxy> {
  const links = new Set<Link>();
  let current: NetworkFault | null = null;
  let server: Server;
  const listen = (own: number) =>
    new Promise<number>((resolve, reject) => {
      server = createServer({ allowHalfOpen: true }, (client) => {
        const link = new Link(client, connect({ port, host: '127.0.0.1', noDelay: true }), current, onSent);
        links.add(link);
        client.once('close', () => links.delete(link));
        client.once('end', () => link.destroy());
      });
      server.once('error', reject);
      server.listen(own, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const setOpen = (fault: NetworkFault) => {
    for (const link of links) link.fault = fault;
  };
  const own = await listen(0);
  return {
    port: own,
    cut: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.destroy();
      await closed;
    },
    hush: () => setOpen({ kind: 'black hole' }),
    swallowAnswers: () => setOpen({ kind: 'no answers' }),
    setFault: (fault) => {
      current = fault;
      if (fault) setOpen(fault);
      else for (const link of links) if (link.fault) link.destroy();
    },
    restore: async () => {
      await listen(own);
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
