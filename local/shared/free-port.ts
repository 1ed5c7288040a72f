import { createServer } from "node:net";

/** Below the ports that operating systems give to outgoing connections: none of those takes one meanwhile. */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** A port of `host` that was free a moment ago, as were those that follow it: `count` in all. */
export async function freePort(count = 1, host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const first = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST - count));
    let free = 0;
    while (free < count && (await isFree(first + free, host))) free += 1;
    if (free === count) return first;
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
