/** A guard of the code: how it is taken out, and the test that must notice. */
export interface Guard {
  readonly name: string;
  /** The row of the promises' table that it stands for. */
  readonly promise: string;
  /** In each file `find` occurs exactly once. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** The test's file, and its full title: its suites' titles and its own. */
  readonly by: { readonly file: string; readonly title: string };
}

const test = (file: string, suite: string) => (title: string) => ({ file, title: `${suite} ${title}` });
const promise = test("tests/reliability/invariants.test.ts", "the order's promises");
const crash = test("tests/reliability/crash-points.test.ts", "a function that dies at any call (I3)");
const stock = test("tests/reliability/inventory.test.ts", "inventory");
const booking = test("tests/handlers/shipment-booking.test.ts", "a shipment's booking");
const shipment = test("tests/handlers/shipment.test.ts", "shipment");
const relay = test("tests/handlers/relay-outbox.test.ts", "the relay");
const publications = test("tests/runtime/ports/publications.test.ts", "the publications of a batch");
const followed = test("tests/runtime/ports/ledger-table.test.ts", "the ledger's effect that follows another");
const ledger = test("tests/runtime/ports/ledger.test.ts", "the ledger's once()");
const sending = test("tests/runtime/ports/sending.test.ts", "an e-mail or an SMS");
const authorizer = test("tests/components/authorizer.test.ts", "the API's authorizer");
const graphRules = test("tests/policy/rules.test.ts", "the rules over every graph");
const caller = test("tests/handlers/callers.test.ts", "a caller with a token");
const evaluation = test("tests/local/iam/evaluate.test.ts", "the evaluation of policies");
const atStart = test("tests/local/iam/at-start.test.ts", "the local cloud's start");
const permissions = test("tests/permissions/least-privilege.test.ts", "the permissions of the program");
const localAuthorizer = test("tests/local/http-api/jwt-authorizer.test.ts", "A JWT authorizer on the local cloud");
const transact = test("tests/runtime/ports/transact.test.ts", "transact()");
const page = test("tests/local/cloud.test.ts", "The local cloud: a web page");
const state = test("tests/local/shared/state.test.ts", "a folder for the local cloud's state");

const oneKey = promise("one key, one order: 50 requests at once, one answer, whatever the catalogue says later (I16)");
const zombie = promise("a zombie is fenced: a function that goes on after its lease changes nothing (I13)");

const takenOut = permissions("suffice for every journey, and each is missed where it is taken out");

const guard = (
  promised: string,
  name: string,
  by: Guard["by"],
  file: string,
  find: string,
  replace: string,
): Guard => ({ name, promise: promised, by, edits: [{ file, find, replace }] });

/** Every guard that a promise rests on. */
export const guards: readonly Guard[] = [
  guard(
    "I16",
    "a key names one order",
    oneKey,
    "handlers/place-order.ts",
    'ConditionExpression: "attribute_not_exists(orderId)"',
    "",
  ),
  guard(
    "I16",
    "an order's id is random",
    test(
      "tests/handlers/place-order.test.ts",
      "POST /orders with an Idempotency-Key",
    )("makes an id that nobody can compute: another one each time"),
    "handlers/place-order.ts",
    "const orderId = randomUUID();",
    'const orderId = (hash ?? randomUUID()).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");',
  ),
  guard(
    "I16",
    "a key is read before anything is priced",
    oneKey,
    "handlers/place-order.ts",
    "const before = await replay();",
    "const before = false && (await replay());",
  ),
  guard("I16", "a key belongs to one body", oneKey, "handlers/place-order.ts", "first !== fingerprint", "false"),
  guard(
    "I4",
    "an event is marked until it is published",
    promise("an event that SNS does not take stays in the outbox, and those beside it do not (I4)"),
    "runtime/ports/outbox.ts",
    ", outboxShard: shardOf(subject), outboxSince: at }",
    "}",
  ),
  guard(
    "I4",
    "the relay publishes what is marked",
    relay("publishes what is marked, takes off the marks, and looks again until nothing is left"),
    "handlers/relay-outbox.ts",
    "const taken = await topic.publish(batch);",
    "const taken = batch;",
  ),
  guard(
    "I4",
    "only what SNS took leaves the outbox",
    promise("an event that SNS does not take stays in the outbox, and those beside it do not (I4)"),
    "handlers/relay-outbox.ts",
    "orders.putMany(taken.map(",
    "orders.putMany(batch.map(",
  ),
  guard(
    "I4",
    "what SNS does not take of a batch's events keeps its mark",
    publications("takes off the marks of what SNS took, and leaves the others to the relay"),
    "runtime/ports/publications.ts",
    "const taken = events.filter((_, index) => ids.has(String(index)));",
    "const taken = [...events];",
  ),
  guard(
    "I4",
    "a batch is reported when its events are out",
    publications("publishes the events of a batch together, and takes off their marks before the batch is reported"),
    "runtime/lambda/consume.ts",
    "await publications?.settle();",
    "",
  ),
  guard(
    "I6",
    "the age of the oldest mark is reported",
    promise("an event that cannot be published keeps its mark, however long SNS is down, and its age is told (I6)"),
    "handlers/relay-outbox.ts",
    "return oldest ? (Date.now() - Date.parse(oldest.outboxSince)) / 1_000 : 0;",
    "return oldest ? 0 : 0;",
  ),
  guard(
    "I6",
    "no age is reported where it is not known",
    promise("an outbox that cannot be read has no age: missing data is the alarm (I6)"),
    "handlers/relay-outbox.ts",
    "if (failures === 0) metric(",
    " metric(",
  ),
  guard(
    "I10",
    "a call of the relay that fails costs only what it is for",
    relay("rejects when a shard cannot be read, after it has published what the others have; its age is unknown"),
    "handlers/relay-outbox.ts",
    "return undefined;\n      }",
    "throw error;\n      }",
  ),
  guard(
    "I10",
    "a conflict is not a verdict",
    transact("tries TransactionConflict again, and takes it for no verdict"),
    "runtime/ports/transact.ts",
    "if (others.length === 0)",
    "if (true)",
  ),
  guard(
    "I10",
    "a conflict is retried with jitter",
    transact("waits with full jitter: anything up to a bound that doubles, and never over a second"),
    "runtime/ports/backoff.ts",
    "Math.random() * Math.min(",
    "0 * Math.min(",
  ),
  guard(
    "I8",
    "what is deducted, the stored order says",
    test(
      "tests/reliability/forged-events.test.ts",
      "forged events",
    )("change nothing that the stored order does not justify: not stock, status, shipments or what customers are told"),
    "handlers/inventory.ts",
    "const { customerId, items, total } = order;",
    "const { customerId, lines: items, total } = event.data;",
  ),
  guard(
    "I2",
    "an event's id is made of its subject and its type",
    test(
      "tests/contracts/events.test.ts",
      "an event",
    )('is not read with the id "o-1/order.rejected", which is not made of its subject and its type'),
    "contracts/cloud-event.ts",
    "if (occurrenceOf(envelope) === undefined)",
    "if (envelope.id === undefined)",
  ),
  guard(
    "",
    "a recipient gets so many messages a day",
    test(
      "tests/reliability/forged-events.test.ts",
      "forged events",
    )("and honest ones alike send an address so many e-mails a day, and none ends as a dead letter"),
    "runtime/ports/ledger.ts",
    " OR size(eventIds) < :perDay",
    " OR size(eventIds) < :perDay OR attribute_exists(eventIds)",
  ),
  guard(
    "I7",
    "stock is deducted only where there is enough",
    stock("never oversells: one piece, 200 orders at once, one confirmed (I7)"),
    "handlers/inventory.ts",
    'ConditionExpression: "onHand >= :quantity"',
    'ConditionExpression: "attribute_exists(sku)"',
  ),
  guard(
    "I2",
    "a status moves on from where it is",
    test(
      "tests/handlers/cancel-order.test.ts",
      "POST /orders/{orderId}/cancel",
    )("answers 409 where the order goes to shipping between the read and the write"),
    "handlers/orders.ts",
    "`#status IN (${",
    "`attribute_exists(orderId) OR #status IN (${",
  ),
  guard(
    "I8",
    "stock is given back once",
    test("tests/handlers/inventory.test.ts", "inventory when an order is cancelled")("returns every line, once"),
    "handlers/orders.ts",
    '"stockTaken = :yes AND #status = :cancelled"',
    '"attribute_exists(orderId) OR (stockTaken = :yes AND #status = :cancelled)"',
  ),
  guard(
    "I9",
    "a shortage is reported by SKU",
    stock("deducts all lines or none, and tells what was short by SKU (I9)"),
    "handlers/inventory.ts",
    "filter(({ write }) => refused.includes(write))",
    "filter(() => true)",
  ),
  guard(
    "I2",
    "an effect is claimed before it happens",
    promise("each effect happens once, with a fifth of the deliveries repeated and all shuffled (I2)"),
    "runtime/ports/leases.ts",
    "(attribute_not_exists(${outcome}) AND leaseUntil < :now)",
    "(attribute_exists(eventId) OR leaseUntil < :now)",
  ),
  guard(
    "I13",
    "a claim lasts as long as its lease",
    promise("two functions a minute behind and a minute ahead do not both send (I15)"),
    "runtime/ports/leases.ts",
    '":now": now,',
    '":now": now + leaseSeconds * 1_000,',
  ),
  guard(
    "I3",
    "a claim ends with its lease",
    zombie,
    "runtime/ports/leases.ts",
    "AND leaseUntil < :now)",
    "AND leaseUntil < :now AND attribute_not_exists(leaseUntil))",
  ),
  guard(
    "I13",
    "only its owner gives a claim back",
    zombie,
    "runtime/ports/leases.ts",
    "`#owner = :me AND attribute_not_exists(${outcome})`",
    '"attribute_exists(eventId) OR #owner = :me"',
  ),
  guard(
    "I3",
    "an effect is completed after it has happened",
    ledger("throws while another delivery is at it, and does not act"),
    "runtime/ports/leases.ts",
    'if (!error.Item?.[outcome]) return "in progress";',
    "",
  ),
  guard(
    "I3",
    "a claim stands where the provider did not answer",
    ledger("keeps its claim when the provider does not answer: it may have done it"),
    "runtime/ports/ledger.ts",
    "if (wasRefused(error)) await giveBack(place, owner, effect);",
    "await giveBack(place, owner, effect);",
  ),
  guard(
    "I2",
    "the effect that follows is claimed as long as the first one's owner works at it",
    followed("is claimed by the first one's completion: another delivery does not act meanwhile"),
    "runtime/ports/leases.ts",
    'then === undefined ? " REMOVE leaseUntil" : ""',
    '" REMOVE leaseUntil"',
  ),
  guard(
    "I2",
    "the effect that follows happens once",
    followed("happens once, with one write less than two effects apart"),
    "runtime/ports/ledger.ts",
    "next = found.following === undefined ? undefined : { ...followedBy(found.following, place) };",
    "",
  ),
  guard(
    "I2",
    "points are added once an event",
    promise("a redrive repeats nothing: every processed message again, with new ids, 15 days later (I18)"),
    "handlers/loyalty.ts",
    'ConditionExpression: "attribute_not_exists(id)"',
    'ConditionExpression: "attribute_not_exists(id) OR attribute_exists(id)"',
  ),
  guard(
    "I14",
    "a booking carries the order's key",
    promise("a carrier's lost reply is no second shipment: the retry carries the same key (I14)"),
    "handlers/shipment.ts",
    'headers: { "idempotency-key": attempt',
    'headers: { "idempotency-key": String(Math.random()) + attempt',
  ),
  guard(
    "I17",
    "what was cancelled meanwhile is cancelled with the carrier",
    booking("is cancelled when the customer has cancelled the order meanwhile"),
    "handlers/shipment.ts",
    'if (now?.status === "cancelled") await cancelBooking();',
    "",
  ),
  guard(
    "I3",
    "a booking whose function died is cancelled too",
    crash("loses nothing and repeats nothing: an order cancelled while the carrier books it"),
    "handlers/shipment.ts",
    'if (order.status === "cancelled") return cancelBooking();',
    "",
  ),
  guard(
    "I17",
    "a refusal belongs to its attempt",
    test(
      "tests/handlers/release-order.test.ts",
      "POST /orders/{orderId}/release",
    )("a late refusal of the first attempt does not hold the second"),
    "handlers/shipment.ts",
    "reason: booked.refused }, attempt),",
    "reason: booked.refused }, 1 + Math.ceil(Math.random() * 1e6)),",
  ),
  guard(
    "I14",
    "a new attempt has a key of its own",
    test(
      "tests/handlers/release-order.test.ts",
      "POST /orders/{orderId}/release",
    )("ships an order that was on hold to its corrected address, as a new attempt"),
    "handlers/shipment.ts",
    "attempt === 1 ? orderId : `${orderId}/${attempt}`",
    "orderId",
  ),
  guard(
    "I2",
    "only the hold that was seen is ended",
    test(
      "tests/handlers/expire-holds.test.ts",
      "an order on hold",
    )("that is released just then is not cancelled, nor when it is held again"),
    "handlers/expire-holds.ts",
    '{ from: "on-hold", onHoldSince }',
    '{ from: "on-hold" }',
  ),
  guard(
    "I19",
    "a carrier that is busy is asked again",
    shipment("asks again when the carrier cannot just now (401)"),
    "handlers/shipment.ts",
    "[400, 413, 422].includes(status)",
    "true",
  ),
  guard(
    "",
    "what the carrier refuses for good is an outcome",
    shipment("puts the order on hold when the carrier refuses it for good (400)"),
    "handlers/shipment.ts",
    "if (isFinal(status))",
    "if (false)",
  ),
  guard(
    "I10",
    "an e-mail waits for SES's sending rate",
    sending("is sent again within the invocation while the provider says that too much is sent at once"),
    "runtime/ports/email.ts",
    "await untilAdmitted(() => client.send(command, { abortSignal }), abortSignal)",
    "await client.send(command, { abortSignal })",
  ),
  guard(
    "I10",
    "the day's quota is not waited for",
    sending("is not waited for when the day's quota is used up, and its claim in the ledger is given back"),
    "runtime/ports/backoff.ts",
    " && !/daily/i.test(error.message)",
    "",
  ),
  guard(
    "",
    "what SES refuses for good is an outcome",
    promise("an e-mail that SES rejects for good is an outcome"),
    "runtime/ports/email.ts",
    "if (isRefusal(error))",
    "if (!(error instanceof Error))",
  ),
  guard(
    "I12",
    "what cannot be read is not done",
    promise(
      "poison is set aside after exactly maxReceiveCount, costs no other record, and a redrive finishes it (I12)",
    ),
    "runtime/lambda/consume.ts",
    'log.error("unreadable message", error, { ...identify(body), messageId });\n    return [];',
    "throw error;",
  ),
  guard(
    "I11",
    "a record is done when its handler has returned",
    test(
      "tests/runtime/lambda/consume.test.ts",
      "consume()",
    )("gives back record 4 of 10 alone when it fails, and runs the other nine once"),
    "runtime/lambda/consume.ts",
    "await handle(open(scope) as never);\n      for (const { messageId } of batch) done.add(messageId);",
    "for (const { messageId } of batch) done.add(messageId);\n      await handle(open(scope) as never);",
  ),
  guard(
    "I2",
    "what has no idempotency key is sent in one attempt",
    test("tests/runtime/ports/one-attempt.test.ts", "what has no idempotency key")("is sent in one attempt: an e-mail"),
    "runtime/ports/clients.ts",
    "maxAttempts: 1,",
    "maxAttempts: 3,",
  ),
  guard(
    "I2",
    "a message stays invisible while its function may still work",
    graphRules("find nothing in dev"),
    "components/queue-limits.ts",
    "6 * timeoutSeconds + batchWindowSeconds,",
    "timeoutSeconds + batchWindowSeconds,",
  ),
  guard(
    "I19",
    "the last receive lies behind the outage",
    graphRules("find nothing in slow and hasty consumers"),
    "components/queue-limits.ts",
    "Math.ceil((outageMinutes * 60) / visibilityTimeout) + 2",
    "Math.ceil((outageMinutes * 60) / visibilityTimeout)",
  ),
  guard(
    "I15",
    "a lease outlasts two wrong clocks",
    promise("two functions a minute behind and a minute ahead do not both send (I15)"),
    "components/queue-limits.ts",
    "timeoutSeconds + 120;",
    "timeoutSeconds + 60;",
  ),
  guard(
    "who may call",
    "a route in production asks for a token",
    authorizer("is before every route in production but the preflight, health and $default, with the route's scopes"),
    "components/order-api.ts",
    "...(authorizer && authorization(authorizer, definition)),",
    "",
  ),
  guard(
    "who may call",
    "a token is signed by RSA, never by a shared secret or nothing",
    localAuthorizer("takes RS256, RS384 and RS512 alone"),
    "local/http-api/jwt-authorizer.ts",
    "if (alg === undefined || !algorithms.includes(alg)) throw",
    "if (alg === undefined) throw",
  ),
  guard(
    "who may call",
    "a token is made for us",
    localAuthorizer(
      "takes a token of its issuer and for its audiences, `client_id` standing in where there is no `aud`",
    ),
    "local/http-api/jwt-authorizer.ts",
    "[aud ?? client_id ?? []]",
    "[client_id ?? aud ?? []]",
  ),
  guard(
    "who may call",
    "an order is its owner's alone to see",
    caller("cannot tell another's order from one that is not there, and cannot cancel it"),
    "handlers/orders.ts",
    "caller.subject === order.customerId",
    "true",
  ),
  guard(
    "who may call",
    "an order is placed for oneself",
    caller("places no order for another customer: 403, and nothing is written"),
    "handlers/callers.ts",
    "if (isService(caller)) return named;",
    "return named;",
  ),
  guard(
    "who may call",
    "an Idempotency-Key is its sender's",
    caller("has Idempotency-Keys of their own, by issuer and subject"),
    "handlers/place-order.ts",
    "customerId: caller?.subject ?? body.customerId",
    "customerId: body.customerId",
  ),
  guard(
    "the laptop",
    "a Host header names this machine",
    page("whose DNS name leads here is refused on both ports; the machine's own names are answered"),
    "local/endpoint/server.ts",
    "refuseHost(request, args.port) ??",
    "",
  ),
  guard(
    "the laptop",
    "a web page makes no AWS call",
    page("makes no AWS call, whatever kind of request its browser sends without asking"),
    "local/endpoint/web-pages.ts",
    "headers.origin === undefined && !isFromElsewhere(headers)",
    "true",
  ),
  guard(
    "the laptop",
    "a change under /_local/ takes the token",
    page("of another origin sees nothing under /_local/, and nobody changes anything there without the token"),
    "local/endpoint/web-pages.ts",
    "headers[tokenHeader] === token",
    "true",
  ),
  guard(
    "the laptop",
    "a folder of other files is not taken",
    state("is no folder with anything else in it, nor one that only looks alike, nor a link to one"),
    "local/shared/state.ts",
    "!names.includes(marker) && !isUnmarkedState(names)",
    "false",
  ),
  guard(
    "the laptop",
    "--fresh deletes only what is ours",
    state("loses what is ours with --fresh, and nothing else, not even by a link of our name"),
    "local/shared/state.ts",
    "isOurs(name) && !kept.has(name)",
    "!kept.has(name)",
  ),
  guard(
    "the laptop",
    "a fetched binary is the known one",
    test(
      "tests/local/dynamodb/binary.test.ts",
      "dynoxide's binary",
    )("is not kept, and so never run, when the hash is another"),
    "local/dynamodb/binary.ts",
    "if (hash !== integrity) {",
    "if (false) {",
  ),
  guard(
    "secrets",
    "no update writes a secret again",
    test(
      "tests/components/secrets.test.ts",
      "a consumer's secret",
    )("is a SecureString of each consumer that names it, with a placeholder that no update writes again"),
    "components/secrets.ts",
    'ignoreChanges: ["value", "valueWo", "valueWoVersion"]',
    "ignoreChanges: []",
  ),
  guard(
    "secrets",
    "a secret is read anew after 5 minutes",
    test(
      "tests/runtime/ports/secret.test.ts",
      "a secret",
    )("is read decrypted, and again only when it is 5 minutes old, for all events of the container"),
    "runtime/ports/secret.ts",
    "now < kept.at + KEPT_MS",
    "true",
  ),
  guard(
    "least privilege",
    "a denial wins",
    evaluation("lets a denial win over a permission, whichever comes first"),
    "local/iam/evaluate.ts",
    "if (denial) return { allowed: false, kind, statement: denial.name };",
    "",
  ),
  guard(
    "least privilege",
    "a service has no role's rights",
    evaluation("never allows a service by a role's policy"),
    "local/iam/evaluate.ts",
    "request.service === undefined ? fitting(identity) : []",
    "fitting(identity)",
  ),
  guard(
    "least privilege",
    "what a policy says and nobody implements is an error",
    test(
      "tests/local/iam/statement.test.ts",
      "a policy that the local cloud does not understand is an error, which names",
    )("an element: NotAction"),
    "local/iam/statement.ts",
    'if (foreign.length > 0) throw missing(source, where, foreign.join(", "));',
    "",
  ),
  guard(
    "least privilege",
    "a call that is forbidden is not made",
    test(
      "tests/local/cloud.test.ts",
      "The local cloud: its AWS endpoint",
    )("has SES refuse what the limits that it is told do not allow, until they are taken away"),
    "local/endpoint/server.ts",
    "if (forbidden) return sendError(response, call, forbidden);",
    "",
  ),
  guard(
    "least privilege",
    "a queue is polled by its function's role",
    atStart("wants the function's role to allow each action of polling, in AWS's words"),
    "local/lambda/event-source-mapping.ts",
    'requirePolling(args.access, { queueArn: args.queueArn, role: functions.find(args.functionName)?.role ?? "" });',
    "",
  ),
  guard(
    "least privilege",
    "a schedule invokes by its role",
    atStart("lets a schedule run nothing that its role may not invoke, and says so once"),
    "local/scheduler/scheduler.ts",
    'access.judge(role, "lambda:InvokeFunction", functionArn).allowed',
    "true",
  ),
  guard(
    "least privilege",
    "an action stands in a role's policy once for each resource",
    takenOut,
    "components/permissions.ts",
    "({ of, on }) => of ?? on",
    "({ on }) => on",
  ),
  guard(
    "least privilege",
    "a query of an index does not open the table",
    takenOut,
    "components/permissions.ts",
    'verbs.filter((verb) => verb !== "queryIndex")',
    "verbs",
  ),
];
