/**
 * A process that takes a lock, says `locked`, and holds it until it is killed:
 *
 *     lock_holder.ts <path>
 */
import { acquireFileLock } from "../../src/file_lock.ts";

const [path = ""] = Deno.args;
const lock = await acquireFileLock(path, { waitMs: 30_000 });
lock.writeHolder(new Date("2026-01-05T09:00:00.000Z"));
Deno.stdout.writeSync(new TextEncoder().encode("locked\n"));
setInterval(() => lock, 60_000);
