import type { Clock } from "../../clock.ts";
import type { PresentedKey } from "./account.ts";
import type { Answer } from "./answer.ts";
import type { Fault } from "../faults/faults.ts";
import type { Route } from "./operation.ts";
import type { RequestRecord } from "../faults/request_record.ts";
import type { Store } from "./store.ts";

/** A request, read whole. */
export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  /** Whether its connection has carried an earlier request. */
  readonly reused: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What the asker gets. */
export type Reply =
  | {
    readonly type: "answer";
    readonly answer: Answer;
    /** The connection ends in the body, before it is complete. */
    readonly cut: boolean;
    /** After how many bytes of it; in the middle, without. */
    readonly cutBytes?: number | undefined;
  }
  | { readonly type: "dropped" }
  /** As if no connection had been made. */
  | { readonly type: "unreachable" };

/** What an exchange works with. */
export interface ExchangeOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The key that needs no adding. */
  readonly ownKey: string;
  readonly bootMs: number;
  readonly resumeMs: number;
  readonly authFailure: "gateway" | "spec";
}

/** A request on its way through the simulator. */
export interface Passage {
  readonly incoming: Incoming;
  readonly route: Route;
  readonly key: PresentedKey | undefined;
  /** What it is to suffer. */
  faults: readonly Fault[];
  /** As it was last written. */
  record: RequestRecord;
}

/** Writes down what has become of a request since it was last written. */
export async function amend(
  { store }: ExchangeOptions,
  passage: Passage,
  change: Partial<RequestRecord>,
): Promise<void> {
  passage.record = { ...passage.record, ...change };
  await store.update(({ log }) => log(passage.record));
}
