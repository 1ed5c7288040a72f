import { join } from "node:path";
import * as z from "zod";
import { identify } from "../../contracts/cloud-event.ts";
import { openJournal, type Journal } from "../outside/journal.ts";

const Delivery = z.object({ requestId: z.string(), undone: z.array(z.string()) });

/** An invocation for messages of a queue that has answered, and the subjects of those that it did not report as done. */
export type Delivery = z.infer<typeof Delivery>;

/** Keeps the deliveries in the state folder. A function that died, or the whole cloud with it, leaves no entry. */
export const openDeliveries = (state: string): Journal<Delivery> =>
  openJournal(join(state, "deliveries.jsonl"), Delivery);

/** The subject of the CloudEvent in a message; of any other message, its id. */
export const subjectOf = ({ body, messageId }: { body: string; messageId: string }): string =>
  identify(body).orderId ?? messageId;
