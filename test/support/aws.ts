import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface GivenLogin {
  readonly user: string;
  readonly password: string;
  readonly expiration: Date;
}

/** What AWS would refuse with. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** One call as it came: what was asked for. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, string>>;
  readonly isSigned: boolean;
}

/**
 * The two calls of AWS that give logins to a Redshift, on loopback, in the wire formats of the real ones: Redshift
 * answers a form with XML, Redshift Serverless JSON with JSON. The real SDK talks to it.
 *
 * @param answer null: the call is never answered.
 */
export async function startAws(answer: (call: AwsCall) => GivenLogin | Refusal | null) {
  const calls: AwsCall[] = [];
  const server = createServer(async (request, response) => {
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
