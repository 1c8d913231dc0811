import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { ACCOUNT, KEY } from "../../../tests/helpers/entries.ts";
import {
  anyAgain,
  anyClock,
  anyFiller,
  anyGo,
  anyGoOn,
  anyNoise,
  anySubmit,
  makeLedger,
  newestOf,
  type Step,
} from "../../../tests/helpers/any_ledger.ts";
import {
  HOUR_MS,
  inLedger,
  OTHER_ACCOUNT,
  START_MS,
} from "../../../tests/helpers/ledger_parts.ts";
import { foldRecords, type Job } from "../../job/job.ts";
import { findById } from "./find_by_id.ts";
import { findByKey } from "./find_by_key.ts";

/**
 * Checks one search against the model: what lies inside the window is found,
 * and nothing is ever taken for the newest job that is not.
 *
 * A line that is older than the window and stands behind the job's last one
 * may hide it: there is none while the clock steps back by an hour at most.
 */
function checkSearch(
  steps: readonly Step[],
  windowMs: number,
  options: { readonly isStrict: boolean },
): void {
  const model = makeLedger(steps);
  const { parts, nowMs } = model;
  const now = new Date(START_MS + nowMs);
  const newest = newestOf(model, ACCOUNT);
  const { own, foreign } = inLedger(
    parts,
    (file, size) =>
      findByKey(file, size, KEY, { account: ACCOUNT, windowMs, now }),
  );
  const isInside = (ms: number) => now.getTime() - ms <= windowMs;
  const isOwed = newest !== undefined &&
    isInside(Date.parse(newest.last.entry.at)) &&
    (options.isStrict ||
      model.times.every(({ order, ms }) =>
        order < newest.last.order || isInside(ms)
      ));
  // A clock that was set back may have put a job that goes on before it.
  const latest = newestOf(model, ACCOUNT, { byTime: true });
  const isClear = latest?.job.id === newest?.job.id;
  const mayBeLatest = latest !== undefined && newest !== undefined &&
    own?.job.id === latest.job.id && hopeOf(latest.job) > hopeOf(newest.job);
  if (newest !== undefined && (isOwed || own !== undefined)) {
    deepStrictEqual(own?.job, mayBeLatest ? latest.job : newest.job);
  }
  if (newest === undefined && own !== undefined) {
    // Only a job whose intent was damaged is found without one.
    strictEqual(
      own.entries.every(({ entry }) => entry.status !== "submitted"),
      true,
    );
  }
  const other = newestOf(model, OTHER_ACCOUNT);
  const latestOther = newestOf(model, OTHER_ACCOUNT, { byTime: true });
  const isOtherClear = isClear && other?.job.id === latestOther?.job.id;
  if (newest && other && isOwed && isOtherClear) {
    const isFirst = other.submittedAt > newest.submittedAt;
    if (isFirst) deepStrictEqual(foreign?.job, other.job);
  }
}

/** How much is lost if a job is passed over. */
function hopeOf(job: Job): number {
  switch (job.status) {
    case "submitted":
    case "running":
      return 3;
    case "complete":
      return job.gone_at ? 0 : job.delivered_at ? 1 : 2;
    case "failed":
      return 0;
  }
}

const anyWindow = fc.constantFrom(HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS);
const anyLine = [anySubmit, anySubmit, anyGoOn, anyGoOn, anyAgain, anyFiller];

Deno.test("findByKey() agrees with a plain fold of the whole file, within steps of an hour", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyClock(HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 25, size: "max" }),
      anyWindow,
      (steps, windowMs) => checkSearch(steps, windowMs, { isStrict: true }),
    ),
    { numRuns: 120 },
  );
});

Deno.test("findByKey() agrees with a plain fold of the whole file, whatever the clock and the Go CLI do", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyGo, anyClock(99 * HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 25, size: "max" }),
      anyWindow,
      (steps, windowMs) => checkSearch(steps, windowMs, { isStrict: false }),
    ),
    { numRuns: 80 },
  );
});

Deno.test("findById() agrees with a plain fold of the whole file, to its start", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyGo, anyClock(99 * HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 12, size: "max" }),
      fc.nat(20),
      (steps, choice) => {
        const { parts, entries } = makeLedger(steps);
        const chosen = entries[choice % Math.max(1, entries.length)]?.entry;
        fc.pre(chosen !== undefined && chosen.id !== "job_ffffffffff");
        const { id, token } = chosen;
        const job = foldRecords(
          entries.map(({ entry }) => entry).filter((entry) => entry.id === id),
        );
        inLedger(parts, (file, size) => {
          deepStrictEqual(findById(file, size, id)?.job, job);
          deepStrictEqual(findById(file, size, id, { token })?.job, job);
          strictEqual(
            findById(file, size, id, { token: "another" }),
            undefined,
          );
        });
      },
    ),
    { numRuns: 60 },
  );
});
