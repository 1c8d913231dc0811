import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { Failure } from "../failure.ts";
import { readVersToml, type VersToml } from "./vers_toml.ts";

const DEFAULTS: VersToml = {
  memSizeMib: 512,
  vcpuCount: 1,
  fsSizeMib: 1024,
  imageName: "default",
  kernelName: "default.bin",
  isMissing: true,
};

async function withToml(
  content: string | undefined,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/vers.toml`;
    if (content !== undefined) Deno.writeTextFileSync(path, content);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const { name, content, toml } of [
    { name: "no file", content: undefined, toml: DEFAULTS },
    {
      name: "an empty file",
      content: "",
      toml: { ...DEFAULTS, isMissing: false },
    },
    {
      name: "a whole file",
      content: `
# ours
[machine]
mem_size_mib = 4_096
vcpu_count = 2
fs_size_vm_mib = 8192
[rootfs]
name = "ubuntu"
[kernel]
name = 'new.bin'
[builder]
name = "none"
dockerfile = "Dockerfile"
`,
      toml: {
        memSizeMib: 4096,
        vcpuCount: 2,
        fsSizeMib: 8192,
        imageName: "ubuntu",
        kernelName: "new.bin",
        isMissing: false,
      },
    },
    {
      name: "a file with one key, and others that are not known",
      content: `answer = 42\nmachine.vcpu_count = 4\nmachine.gpu = "yes"`,
      toml: { ...DEFAULTS, vcpuCount: 4, isMissing: false },
    },
    {
      name: "a file with keys in other letters, which the Go CLI takes",
      content: `[Machine]\nMem_Size_Mib = 701\nVCPU_COUNT = 3\n` +
        `[ROOTFS]\nName = "ubuntu"\n[builder]\nName = "none"`,
      toml: {
        ...DEFAULTS,
        memSizeMib: 701,
        vcpuCount: 3,
        imageName: "ubuntu",
        isMissing: false,
      },
    },
    {
      name: "a file of zeros",
      content: `[machine]\nmem_size_mib = 0\nfs_size_vm_mib = 0`,
      toml: { ...DEFAULTS, isMissing: false },
    },
  ]
) {
  Deno.test(`readVersToml() of ${name}`, async () => {
    await withToml(content, async (path) => {
      deepStrictEqual(await readVersToml(path), toml);
    });
  });
}

for (
  const { content, message } of [
    {
      content: `machine.mem_size_mib = "big"`,
      message: `machine.mem_size_mib is "big", but must be ` +
        `a whole number of MiB, such as 512`,
    },
    {
      content: `machine.vcpu_count = 1.5`,
      message: `machine.vcpu_count is 1.5, but must be ` +
        `a whole number of CPUs, such as 1`,
    },
    {
      content: `machine.fs_size_vm_mib = -1`,
      message: `machine.fs_size_vm_mib is -1, but must be ` +
        `a whole number of MiB, such as 1024`,
    },
    {
      content: `machine.mem_size_mib = 2147483648`,
      message: `machine.mem_size_mib is 2147483648, but must be ` +
        `a whole number of MiB, such as 512`,
    },
    {
      content: `machine.Mem_Size_Mib = 701\nmachine.mem_size_mib = 702`,
      message: `machine.mem_size_mib is there twice, as Mem_Size_Mib ` +
        `and as mem_size_mib`,
    },
    {
      content: `[machine]\n[MACHINE]`,
      message: `machine is there twice, as machine and as MACHINE`,
    },
    {
      content: `MACHINE.VCPU_COUNT = "two"`,
      message: `machine.vcpu_count is "two", but must be ` +
        `a whole number of CPUs, such as 1`,
    },
    {
      content: `machine = 1`,
      message: `machine is 1, but must be a table: a line [machine]`,
    },
    {
      content: `rootfs.name = 2026-01-05`,
      message: `rootfs.name is a date, but must be ` +
        `a name in quotes, such as "default"`,
    },
    {
      content: `kernel.name = ""`,
      message: `kernel.name is "", but must be ` +
        `a name in quotes, such as "default.bin"`,
    },
    {
      content: `[machine]\nmem_size_mib = \n`,
      message: "line 2, column 16 is not TOML",
    },
  ]
) {
  Deno.test(`readVersToml() refuses ${JSON.stringify(content)}`, async () => {
    await withToml(content, async (path) => {
      await rejects(readVersToml(path), (error: unknown) => {
        if (!(error instanceof Failure)) return false;
        strictEqual(error.code, "usage");
        const start = `Cannot read ${JSON.stringify(path)}: ${message}`;
        strictEqual(error.message.slice(0, start.length), start);
        match(error.message, /^[^\n]*[^.\n]$/);
        return true;
      });
    });
  });
}
