import type { Clock } from "../../clock.ts";
import type { RequestRecord } from "../faults/request_record.ts";
import { type PresentedKey, presentedKey } from "./account.ts";
import type { ServiceAnswer } from "./answer.ts";
import { matchRoute, type Route } from "./operation.ts";
import type { Store } from "./store.ts";

/** A request, read whole. */
export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  /** Whether its connection has carried an earlier request. */
  readonly reused: boolean;
  /** Aborted when the client no longer waits. */
  readonly signal: AbortSignal;
}

/** What the service works with. */
export interface ServiceOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The key that needs no adding. */
  readonly ownKey: string;
  /** How long a VM boots. @default 2000 */
  readonly bootMs: number;
  /** How long a VM takes to run after it was asked to. @default 0 */
  readonly resumeMs: number;
  /**
   * How a bad key is answered: as the gateway does (403, text), or as the
   * schema says (401, nothing). @default "gateway"
   */
  readonly authFailure: "gateway" | "spec";
}

/** A request on its way through the simulator. */
export interface RequestState {
  readonly incoming: Incoming;
  readonly route: Route;
  readonly key: PresentedKey | undefined;
  /** As it was last written. */
  record: RequestRecord;
}

/** What the client gets. */
export type Reply =
  | {
    readonly type: "answer";
    readonly answer: ServiceAnswer;
    /** The connection ends after so many bytes of the body. */
    readonly cutAfter?: number | undefined;
  }
  | { readonly type: "dropped" }
  /** As if no connection had been made. */
  | { readonly type: "unreachable" };

/** Headers that are kept with a request: none of them is secret. */
const KEPT_HEADERS = [
  "user-agent",
  "x-request-id",
  "x-idempotency-key",
  "x-stainless-retry-count",
];

/** Returns the state of a request that has just arrived. */
export async function arrived(
  { clock, ownKey }: ServiceOptions,
  incoming: Incoming,
): Promise<RequestState> {
  const { method, url, headers, reused } = incoming;
  const route = matchRoute(method, url.pathname);
  const key = await presentedKey(headers.get("authorization"), ownKey);
  const record: RequestRecord = {
    id: crypto.randomUUID(),
    at: clock.now().toISOString(),
    method,
    path: url.pathname,
    query: url.search.slice(1),
    operation: route.type === "operation" ? route.operation : null,
    keyId: key?.keyId ?? null,
    headers: Object.fromEntries(
      [...headers].filter(([name]) => KEPT_HEADERS.includes(name)),
    ),
    reused,
    committed: false,
    status: "pending",
  };
  return { incoming, route, key, record };
}

/** Writes down what has become of a request since it was last written. */
export async function amend(
  { store }: ServiceOptions,
  state: RequestState,
  change: Partial<RequestRecord>,
): Promise<void> {
  state.record = { ...state.record, ...change };
  await store.update(({ log }) => log(state.record));
}
