import type { Part } from "../shared/parts.ts";
import { start as startMapping, type MappingArgs, type MappingConfig } from "./event-source-mapping.ts";

/** The event source mappings that run. */
export interface Mappings extends Part {
  /** Starts those that are new or changed, and stops those that are gone or changed: these end their batches. */
  update(mappings: readonly MappingConfig[]): Promise<void>;
}

/** Starts with no mapping. `args` is what all of them connect. */
export function createMappings(args: Omit<MappingArgs, keyof MappingConfig>): Mappings {
  const running = new Map<string, Promise<Part>>();
  const stop = async (key: string): Promise<void> => {
    const part = running.get(key);
    running.delete(key);
    await (await part)?.stop();
  };
  return {
    update: async (mappings) => {
      const wanted = new Map(mappings.map((mapping) => [JSON.stringify(mapping), mapping]));
      const gone = [...running.keys()].filter((key) => !wanted.has(key));
      const stopped = gone.map(stop);
      for (const [key, mapping] of wanted)
        if (!running.has(key)) running.set(key, startMapping({ ...mapping, ...args }));
      await Promise.all([...stopped, ...running.values()]);
    },
    stop: async () => void (await Promise.all([...running.keys()].map(stop))),
  };
}
