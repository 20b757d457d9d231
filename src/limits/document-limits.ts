import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';
import type { DocumentLimits } from '../config/limits.ts';
import { costLimitError } from './cost-limit-error.ts';

/** What a document's text consists of. */
interface DocumentSize {
  readonly tokens: number;
  /** Levels of nested braces, brackets and parentheses. */
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
}

/**
 * Rejects a document that is too large to parse and validate. Reads its tokens one after the other: the parser recurses for each
 * level, and validation compares each field with every other.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function checkDocument(text: string, limits: DocumentLimits): void {
  const size = measure(text);
  const check = (count: number, what: string, limit: number, variable: string) => {
    if (count <= limit) return;
    throw costLimitError(
      `This document has ${count.toLocaleString('en')} ${what}; the limit is ${limit.toLocaleString('en')} (${variable}).`,
    );
  };
  check(size.tokens, 'tokens', limits.maxTokens, 'MAX_TOKENS');
  check(size.depth, 'nested levels', limits.maxDepth, 'MAX_DEPTH');
  check(size.directives, 'directives', limits.maxDirectives, 'MAX_DIRECTIVES');
  check(size.aliases, 'aliases', limits.maxAliases, 'MAX_ALIASES');
  check(size.fields, 'fields', limits.maxFields, 'MAX_FIELDS');
}

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Up to the first invalid token: the parser comes no further, and explains it. */
function measure(text: string): DocumentSize {
  const lexer = new Lexer(new Source(text));
  let [tokens, depth, open, parentheses, fields, aliases, directives] = [0, 0, 0, 0, 0, 0, 0];
  let before: string = TokenKind.SOF;
  try {
    for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
      tokens += 1;
      if (opening.has(kind)) depth = Math.max(depth, ++open);
      if (closing.has(kind)) open -= 1;
      if (kind === TokenKind.PAREN_L) parentheses += 1;
      if (kind === TokenKind.PAREN_R) parentheses -= 1;
      if (kind === TokenKind.AT) directives += 1;
      // Within parentheses are arguments and variables.
      if (parentheses === 0 && open > 0) {
        if (kind === TokenKind.COLON) aliases += 1;
        const isFragment = before === TokenKind.SPREAD || before === TokenKind.AT;
        if (kind === TokenKind.NAME && !isFragment) fields += 1;
      }
      before = kind;
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
  // An aliased field has two names.
  return { tokens, depth, fields: fields - aliases, aliases, directives };
}
