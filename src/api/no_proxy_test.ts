import { strictEqual } from "node:assert/strict";
import { BlockList } from "node:net";
import fc from "fast-check";
import { isWithoutProxy } from "./proxy.ts";

for (
  const { host, list, without } of [
    { host: "vers.test", list: "", without: false },
    { host: "vers.test", list: " , ,", without: false },
    { host: "vers.test", list: "*", without: true },
    { host: "10.1.2.3", list: "*", without: true },
    { host: "[fd00::1]", list: "*", without: true },
    { host: "vers.test", list: "other.test, * ", without: true },
    { host: "vers.test", list: "vers.test", without: true },
    { host: "vers.test", list: ".vers.test", without: true },
    { host: "api.vers.test", list: "vers.test", without: true },
    { host: "api.vers.test", list: ".vers.test", without: true },
    { host: "api.vers.test", list: "*.vers.test", without: true },
    { host: "api.vers.test", list: "VERS.Test", without: true },
    { host: "notvers.test", list: "vers.test", without: false },
    { host: "vers.test", list: "api.vers.test", without: false },
    { host: "vers.test", list: "vers.test:443", without: false },
    { host: "vers.test", list: "v*.test", without: false },
    { host: "vers.test", list: ".", without: false },
    { host: "vers.test", list: "*.", without: false },
    { host: "vers.test", list: "10.0.0.0/8", without: false },
    { host: "10.1.2.3", list: "10.1.2.3", without: true },
    { host: "10.1.2.3", list: "2.3", without: false },
    { host: "10.1.2.3", list: "10.0.0.0/8", without: true },
    { host: "11.1.2.3", list: "10.0.0.0/8", without: false },
    { host: "10.1.2.3", list: "0.0.0.0/0", without: true },
    { host: "10.1.2.3", list: "10.1.2.3/33", without: false },
    { host: "10.1.2.3", list: "10.1.2.3/", without: false },
    { host: "10.1.2.3", list: "10.1.2.3/8/8", without: false },
    { host: "10.1.2.3", list: "10.1.2.300", without: false },
    { host: "10.1.2.3", list: "::/0", without: false },
    { host: "[fd00::1]", list: "fd00::1", without: true },
    { host: "[fd00::1]", list: "[fd00::1]", without: true },
    { host: "[fd00::1]", list: "FD00:0:0:0::1", without: true },
    { host: "[fd00::1]", list: "fd00::/8", without: true },
    { host: "[fe00::1]", list: "fd00::/8", without: false },
    { host: "[fd00::1]", list: "fd00::/129", without: false },
    { host: "[fd00::1]", list: "fd00:::1", without: false },
  ]
) {
  Deno.test(`NO_PROXY=${JSON.stringify(list)} is ${without ? "" : "not "}for ${host}`, () => {
    strictEqual(isWithoutProxy(host, list), without);
  });
}

for (
  const { name, address, bits, family } of [
    { name: "IPv4", address: fc.ipV4(), bits: 32, family: "ipv4" },
    { name: "IPv6", address: fc.ipV6(), bits: 128, family: "ipv6" },
  ] as const
) {
  Deno.test(`isWithoutProxy() knows ranges of ${name} as others do`, () => {
    fc.assert(fc.property(
      address,
      address,
      fc.nat(bits),
      fc.boolean(),
      (start, other, prefix, isNear) => {
        const blocked = new BlockList();
        blocked.addSubnet(start, prefix, family);
        const asked = isNear ? start : other;
        const { hostname } = new URL(
          `http://${family === "ipv6" ? `[${asked}]` : asked}/`,
        );
        strictEqual(
          isWithoutProxy(hostname, `${start}/${prefix}`),
          blocked.check(asked, family),
        );
      },
    ));
  });
}
