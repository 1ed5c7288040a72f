import type { BucketPort } from "./bucket.ts";
import type { EmailPort } from "./email.ts";
import type { HttpsPort } from "./https.ts";
import type { LedgerPort } from "./ledger.ts";
import type { SecretPort } from "./secret.ts";
import type { SmsPort } from "./sms.ts";
import type { TablePort } from "./table.ts";
import type { TopicPort } from "./topic.ts";

/** Every kind of resource that a handler can use, and its methods. */
export interface Ports {
  table: TablePort;
  bucket: BucketPort;
  topic: TopicPort;
  ledger: LedgerPort;
  email: EmailPort;
  sms: SmsPort;
  https: HttpsPort;
  secret: SecretPort;
}
