/**
 * A process that takes a lock, says `locked`, and holds it until its stdin is
 * closed or it is killed:
 *
 *     lock_holder.ts <path> [milliseconds to wait for it]
 */
import { acquireFileLock } from "../../src/file_lock.ts";

const [path = "", waitMs = "30000"] = Deno.args;
using lock = await acquireFileLock(path, { waitMs: Number(waitMs) });
lock.writeHolder(new Date("2026-01-05T09:00:00.000Z"));
await Deno.stdout.write(new TextEncoder().encode("locked\n"));
await new Response(Deno.stdin.readable).text();
