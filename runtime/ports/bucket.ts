import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "./clients.ts";
import type { Opening, Scope } from "./port.ts";

/** A bucket's method. */
export interface BucketPort {
  put(key: string, body: string, contentType: string): Promise<void>;
}

export function open({ resource: Bucket, calls }: Opening) {
  const client = s3Client(calls);
  return ({ signal: abortSignal }: Scope): BucketPort => ({
    async put(Key, Body, ContentType) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }), { abortSignal });
    },
  });
}
