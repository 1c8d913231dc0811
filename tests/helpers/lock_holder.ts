// Takes the lock of the file that it is told, says so, and keeps it.
const [path = ""] = Deno.args;
const file = await Deno.open(path, { read: true, write: true, create: true });
await file.lock(true);
await Deno.stdout.write(new TextEncoder().encode("locked\n"));
await new Promise((resolve) => setTimeout(resolve, 600_000));
