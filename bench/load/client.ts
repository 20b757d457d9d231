import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** An operation, as it is sent. */
export interface Operation {
  readonly name: string;
  readonly body: string;
}

export const operation = (name: string, query: string, variables: object = {}): Operation => {
  return { name, body: JSON.stringify({ query, variables }) };
};

/** An answer, or the code of the error of the connection. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly answer: Answer }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'no answer'; readonly code: string };

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { path?: readonly (string | number)[]; extensions: { code: string } }[];
}

/** Longer than the service's own deadline. */
const answerMilliseconds = 45_000;

/** Sends operations over kept-alive connections. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true });

  /** @param disconnectAfter milliseconds until the client closes the connection; null: it waits for the answer. */
  async send(origin: string, { body }: Operation, disconnectAfter: number | null = null): Promise<Outcome> {
    let reason: 'disconnected' | 'TIMEOUT' | null = null;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Outcome>((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const sent = request(`${origin}/graphql`, { agent: this.#agent, method: 'POST', headers }, (response) => {
          text(response)
            .then((body) => resolve(readAnswer(response.statusCode ?? 0, body)))
            .catch(reject);
        });
        sent.on('error', reject);
        sent.end(body);
        timer = setTimeout(() => {
          reason = disconnectAfter === null ? 'TIMEOUT' : 'disconnected';
          sent.destroy(new Error(reason));
        }, disconnectAfter ?? answerMilliseconds);
      });
    } catch (error) {
      if (reason === 'disconnected') return { kind: 'disconnected' };
      return { kind: 'no answer', code: reason ?? (error as NodeJS.ErrnoException).code ?? String(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function readAnswer(status: number, body: string): Outcome {
  try {
    return { kind: 'answer', status, answer: JSON.parse(body) };
  } catch {
    return { kind: 'no answer', code: `HTTP ${status} without JSON` };
  }
}
