import { m } from '../paraglide/messages.js';
import type { ApiError, ErrorCode, Failure, FailureCode } from '../protocol/generated';
import { language } from '../state/language.svelte';

/** What a person can do about a failure. The first is what is offered. */
export type Step = 'retry' | 'key' | 'providers' | 'network' | 'billing' | 'models' | 'new' | 'cost';

interface Words {
  sentence: (host: { host: string }) => string;
  next: () => string;
  step: Step;
}

const retry = (sentence: Words['sentence'], next: Words['next']): Words => ({ sentence, next, step: 'retry' });
const key = (sentence: Words['sentence'], next = m.n_key_check): Words => ({ sentence, next, step: 'key' });
const address = (sentence: Words['sentence'], next = m.n_address): Words => ({ sentence, next, step: 'providers' });
const network = (sentence: Words['sentence'], next: Words['next']): Words => ({ sentence, next, step: 'network' });

/** A sentence and a next step for each class of failure. */
export const failures: Record<FailureCode, Words> = {
  no_key: key(m.f_no_key),
  key_unavailable: key(m.f_key_unavailable),
  unauthorized: key(m.f_unauthorized),
  forbidden: key(m.f_forbidden, m.n_words),
  quota: { sentence: m.f_quota, next: m.n_quota, step: 'billing' },
  rate_limited: retry(m.f_rate_limited, m.n_wait),
  model_not_found: { sentence: m.f_model_not_found, next: m.n_model, step: 'models' },
  not_found: address(m.f_not_found),
  too_long: { sentence: m.f_too_long, next: m.n_shorter, step: 'new' },
  bad_request: retry(m.f_bad_request, m.n_words),
  overloaded: retry(m.f_overloaded, m.n_wait),
  server_error: retry(m.f_server_error, m.n_wait),
  connection_refused: retry(m.f_connection_refused, m.n_running),
  name_not_found: retry(m.f_name_not_found, m.n_network),
  connect_timeout: retry(m.f_connect_timeout, m.n_network),
  tls: retry(m.f_tls, m.n_tls),
  certificate_expired: retry(m.f_certificate_expired, m.n_clock),
  certificate_not_yet_valid: retry(m.f_certificate_not_yet_valid, m.n_clock),
  certificate_untrusted: network(m.f_certificate_untrusted, m.n_untrusted),
  certificate_name: address(m.f_certificate_name),
  ca_file: network(m.f_ca_file, m.n_ca_file),
  proxy: { sentence: m.f_proxy, next: m.n_proxy, step: 'providers' },
  redirected: address(m.f_redirected),
  web_page: address(m.f_web_page, m.n_page),
  not_a_stream: address(m.f_not_a_stream),
  empty_answer: retry(m.f_empty_answer, m.n_wait),
  cut: retry(m.f_cut, m.n_network),
  unfinished: retry(m.f_unfinished, m.n_wait),
  expired: retry(m.f_expired, m.n_expired),
  no_response: retry(m.f_no_response, m.n_wait),
  silent: retry(m.f_silent, m.n_wait),
  no_content: retry(m.f_no_content, m.n_wait),
  too_large: retry(m.f_too_large, m.n_shorter),
  encoding: retry(m.f_encoding, m.n_words),
  protocol: retry(m.f_protocol, m.n_words),
  vendor: retry(m.f_vendor, m.n_words),
  network: retry(m.f_network, m.n_network),
  spending_limit: { sentence: m.f_spending_limit, next: m.n_spending_limit, step: 'cost' },
  no_provider: { sentence: m.f_no_provider, next: m.n_model, step: 'providers' },
  internal: retry(m.f_internal, m.n_logs),
};

/** A sentence for each class of a command's error, with its next step in it. */
export const errors: Record<ErrorCode, () => string> = {
  invalid: m.e_invalid,
  not_found: m.e_not_found,
  forbidden: m.e_forbidden,
  busy: m.e_busy,
  budget_spent: m.e_budget_spent,
  no_key: m.e_no_key,
  keyring_locked: m.e_keyring_locked,
  keyring_dismissed: m.e_keyring_dismissed,
  keyring_missing: m.e_keyring_missing,
  keyring_no_bus: m.e_keyring_no_bus,
  keyring_ambiguous: m.e_keyring_ambiguous,
  keyring_too_long: m.e_keyring_too_long,
  keyring_timeout: m.e_keyring_timeout,
  keyring_failed: m.e_keyring_failed,
  storage: m.e_storage,
  database_damaged: m.e_database_damaged,
  not_a_backup: m.e_not_a_backup,
  proxy_address: m.e_proxy_address,
  ca_file: m.e_ca_file,
  file_write: m.e_file_write,
  picture_address: m.e_picture_address,
  picture_failed: m.e_picture_failed,
  file_too_large: m.e_file_too_large,
  file_unknown: m.e_file_unknown,
  file_damaged: m.e_file_damaged,
  file_locked: m.e_file_locked,
  file_lost: m.e_file_lost,
  storage_address: m.e_storage_address,
  storage_denied: m.e_storage_denied,
  storage_full: m.e_storage_full,
  storage_passphrase: m.e_storage_passphrase,
  storage_damaged: m.e_storage_damaged,
  storage_no_secret: m.e_storage_no_secret,
  storage_failed: m.e_storage_failed,
  port_taken: m.e_port_taken,
  unsupported: m.e_unsupported,
  upstream: m.e_upstream,
  gone: m.e_gone,
  internal: m.e_internal,
};

/** What is known of an answer that failed, besides the failure. */
export interface About {
  model?: string | null;
  /** Of the conversation, as far as one can tell without its vendor. */
  tokens?: number;
  /** Nothing came before it failed. */
  empty?: boolean;
}

/** What happened, without what to do: with what is known of it, where a sentence has a place for that. */
export function failureSentence(failure: Failure, about: About = {}): string {
  // Of a summary that failed it is said that nothing else was sent; why it failed comes after that.
  if (failure.summarising) return m.summary_failed({ sentence: failureSentence({ ...failure, summarising: false }) });
  const host = failure.host ?? m.the_vendor();
  return told(failure, host, about) ?? (failures[failure.code] ?? failures.internal).sentence({ host });
}

function told(failure: Failure, host: string, about: About): string | undefined {
  const { detail, proxy } = failure;
  switch (failure.code) {
    case 'rate_limited':
      if (failure.retry_after_ms === null) return undefined;
      return m.f_rate_limited_wait({ host, seconds: Math.ceil(failure.retry_after_ms / 1000) });
    case 'proxy':
      if (!proxy) return undefined;
      if (failure.status === 407) return m.f_proxy_login({ proxy: proxy.address });
      return m.f_proxy_named({ host, proxy: proxy.address });
    case 'redirected':
      return detail ? m.f_redirected_to({ host, target: detail }) : undefined;
    case 'web_page':
      return detail ? m.f_web_page_titled({ host, title: detail.slice(0, 80) }) : undefined;
    case 'encoding':
      return detail ? m.f_encoding_named({ host, encoding: detail }) : undefined;
    case 'model_not_found':
      return about.model ? m.f_model_not_found_named({ host, model: about.model }) : undefined;
    case 'silent':
      return about.empty ? m.f_no_response({ host }) : undefined;
    case 'too_long':
      return about.tokens ? m.f_too_long_about({ tokens: about.tokens }) : undefined;
    default:
      return undefined;
  }
}

/** What to do about it. */
export function failureNext(failure: Failure): string {
  if (failure.code === 'proxy' && failure.proxy?.from === 'provider') return m.n_proxy_provider();
  if (failure.code === 'rate_limited' && failure.retry_after_ms !== null) return m.n_wait_that();
  const local = /^(localhost|127\.|\[::1\])/.test(failure.host ?? '');
  if (failure.code === 'connection_refused' && local) return m.n_running_local();
  return (failures[failure.code] ?? failures.internal).next();
}

/** Languages that set sentences without a space between. */
const SPACELESS = new Set<string>(['zh-CN', 'zh-TW', 'ja']);

/** Sentences one after the other, as the language sets them. */
export function join(...sentences: (string | undefined)[]): string {
  return sentences.filter(Boolean).join(SPACELESS.has(language.current) ? '' : ' ');
}

/** What happened and what to do about it. A code this page does not know yet is told in the core's own words. */
export function errorSentence(error: ApiError): string {
  if (error.failure) return failureSentence(error.failure);
  return errors[error.code]?.() ?? error.message;
}

/** Errors of the keyring after which a key may be kept in memory, if a person says so. */
export function isKeyringProblem(code: ErrorCode): boolean {
  return code.startsWith('keyring_');
}
