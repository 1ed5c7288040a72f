import { chromium, type Browser } from "playwright-core";

/** The browser's program: Debian's, or the one that the variable CHROMIUM names. */
export const chromiumFile = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Starts Chromium without a window. Each of these hosts, at any port, is the server on this loopback port. */
export function launchChromium(hosts: readonly string[], port: number): Promise<Browser> {
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1:${port}`).join(", ");
  return chromium.launch({
    executablePath: chromiumFile,
    args: [
      `--host-resolver-rules=${rules}`,
      "--no-proxy-server",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
