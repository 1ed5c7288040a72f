import type { IncomingMessage } from "node:http";
import type { ServiceCall } from "../iam/asks.ts";
import { parseJson } from "../shared/json.ts";
import type { AwsCall } from "./protocol.ts";

/** A call with its input as the SDK names it, out of whatever the service's protocol makes of it. */
export function serviceCallOf(
  { service, operation, form }: AwsCall,
  request: IncomingMessage,
  body: Buffer,
): ServiceCall {
  if (service === "s3") return objectCallOf(request);
  if (service === "lambda") return { service, operation, input: functionOf(request) };
  return { service, operation, input: form ? Object.fromEntries(form) : parseJson(body.toString()) };
}

const functionOf = ({ url = "/" }: IncomingMessage): object => {
  const { pathname, searchParams } = new URL(url, "http://local");
  const Qualifier = searchParams.get("Qualifier") ?? undefined;
  return { FunctionName: decodeURIComponent(pathname.split("/")[3] ?? ""), Qualifier };
};

/** S3's operations by method, on an object and on a bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
const onObject: Readonly<Record<string, string>> = {
  DELETE: "DeleteObject",
  GET: "GetObject",
  HEAD: "HeadObject",
  PUT: "PutObject",
};
const onBucket: Readonly<Record<string, string>> = {
  DELETE: "DeleteBucket",
  GET: "ListObjects",
  HEAD: "HeadBucket",
  PUT: "CreateBucket",
};
/** The operations that a parameter, or the header of a copy, makes of a method. */
const chosen: readonly (readonly [method: string, parameter: string, operation: string])[] = [
  ["POST", "uploads", "CreateMultipartUpload"],
  ["PUT", "uploadId", "UploadPart"],
  ["GET", "uploadId", "ListParts"],
  ["POST", "uploadId", "CompleteMultipartUpload"],
  ["DELETE", "uploadId", "AbortMultipartUpload"],
  ["PUT", "renameObject", "RenameObject"],
  ["GET", "attributes", "GetObjectAttributes"],
  ["POST", "delete", "DeleteObjects"],
  ["GET", "lifecycle", "GetBucketLifecycleConfiguration"],
  ["PUT", "lifecycle", "PutBucketLifecycleConfiguration"],
  ["DELETE", "lifecycle", "DeleteBucketLifecycle"],
];

function objectCallOf({ method = "", url = "/", headers }: IncomingMessage): ServiceCall {
  const [path = "/", query = ""] = url.split(/\?(.*)/s);
  const [, Bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const Key = decodeURIComponent(key);
  const parameters = new URLSearchParams(query);
  const special = chosen.find(([verb, parameter]) => verb === method && parameters.has(parameter))?.[2];
  const plain = Bucket === "" ? "ListBuckets" : (Key === "" ? onBucket : onObject)[method];
  const operation = headers["x-amz-copy-source"] === undefined ? (special ?? plain) : "CopyObject";
  return { service: "s3", operation: operation ?? `${method} ${path}`, input: { Bucket, Key } };
}
