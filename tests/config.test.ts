import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import * as z from "zod";
import { registry } from "../handlers/index.ts";
import { loadConfigs, type Loaded } from "./support/load-config.ts";

const notificationsDefaults = { sms: false, smsCountries: [], emailsPerDay: 30, smsPerDay: 10 };
const limits = {
  batchSize: 10,
  batchWindowSeconds: 0,
  maxConcurrency: 10,
  timeoutSeconds: 30,
  memoryMb: 512,
  survivesOutageMinutes: 0,
};
/** Every consumer that the config can name: the registry may grow. */
const CONSUMERS = [...Object.keys(registry), "audit"].sort().join(", ");
const ANY_NAME = "An entry of any other name says which is its `handler`";
const TAGS =
  "a key has 1 to 128 and a value up to 256 letters, digits, spaces and _ . : / = + - @, and neither begins with aws:";
const ENTRY_KEYS =
  "batchSize, batchWindowSeconds, expectedMilliseconds, handler, maxConcurrency, memoryMb, provisioned, reservedConcurrency, settings, survivesOutageMinutes, timeoutSeconds";
const STACK_KEYS =
  "accountConcurrency, alarms, apiReservedConcurrency, auth, consumers, contactDays, corsOrigins, local, logRetentionDays, network, onHoldDays, production, tags, throttle, zones";
const ANYBODY =
  "whoever has the URL may place orders, and read and cancel each whose id they know; set { issuer, audience } to your identity provider's";
const ISSUER = "must be an https URL without query and fragment, as the tokens' `iss` has it";
const auth = { issuer: "https://login.order-fanout.dev/", audience: ["orders", "https://api.example.com"] };
/** What a stack has that says nothing but its consumers. */
const STACK = {
  local: false,
  production: false,
  corsOrigins: [],
  throttle: { rate: 50, burst: 100 },
  alarms: {},
  network: "public",
  accountConcurrency: 1_000,
  contactDays: 90,
  onHoldDays: 14,
  zones: ["a", "b", "c"],
  tags: {},
  logRetentionDays: 30,
};

/** A config with mistakes, and each line that the error has. */
const mistaken: Record<string, { config: object; mistakes: string[] }> = {
  "a misspelt consumer, and one that is none": {
    config: { consumers: { inventroy: {}, quantum: {}, toString: {} } },
    mistakes: [
      `consumers.inventroy: there is no handler "inventroy"; did you mean "inventory"? (known: ${CONSUMERS}). ${ANY_NAME}`,
      `consumers.quantum: there is no handler "quantum"; known: ${CONSUMERS}. ${ANY_NAME}`,
      `consumers.toString: there is no handler "toString"; known: ${CONSUMERS}. ${ANY_NAME}`,
    ],
  },
  "a misspelt handler, one that is none, and one that is no name": {
    config: {
      consumers: {
        "mail-acme": { handler: "notification", maxConcurrency: 1 },
        inventory: { handler: "constructor" },
        audit: { handler: 5 },
      },
    },
    mistakes: [
      `consumers.mail-acme.handler: there is no handler "notification"; did you mean "notifications"? (known: ${CONSUMERS})`,
      `consumers.inventory.handler: there is no handler "constructor"; known: ${CONSUMERS}`,
      "consumers.audit.handler: Invalid input: expected string, received number; got 5",
    ],
  },
  "a name that no resource may have, or that is taken": {
    config: {
      consumers: Object.fromEntries(
        ["mail.acme", "1st", "m".repeat(51), "relay", "orders", "orders-relay", "api-health", "operations-x"].map(
          (name) => [name, { handler: "inventory" }],
        ),
      ),
    },
    mistakes: [
      ...["mail.acme", "1st", "m".repeat(51)].map(
        (name) =>
          `consumers.${name}: a consumer's name is 1 to 50 letters, digits and hyphens, and begins with a letter`,
      ),
      ...["relay", "orders", "orders-relay", "api-health", "operations-x"].map(
        (name) =>
          `consumers.${name}: other parts of the program have \`relay\` and \`holds\`, and names that begin with \`api\`, \`operations\` or \`orders\`; choose another name`,
      ),
    ],
  },
  "a misspelt key of a consumer, and one that is none": {
    config: { consumers: { inventory: { batchSise: 5, banana: 1 } } },
    mistakes: [
      `consumers.inventory.batchSise: is not a key; did you mean "batchSize"? (known: ${ENTRY_KEYS})`,
      `consumers.inventory.banana: is not a key; known: ${ENTRY_KEYS}`,
    ],
  },
  "every limit below its range": {
    config: {
      consumers: {
        inventory: {
          batchSize: 0,
          batchWindowSeconds: -1,
          maxConcurrency: 1,
          timeoutSeconds: 0,
          memoryMb: 127,
          survivesOutageMinutes: -1,
        },
      },
    },
    mistakes: [
      "consumers.inventory.batchSize: Too small: expected number to be >=1; got 0",
      "consumers.inventory.batchWindowSeconds: Too small: expected number to be >=0; got -1",
      "consumers.inventory.maxConcurrency: Too small: expected number to be >=2; got 1",
      "consumers.inventory.timeoutSeconds: Too small: expected number to be >=1; got 0",
      "consumers.inventory.memoryMb: Too small: expected number to be >=128; got 127",
      "consumers.inventory.survivesOutageMinutes: Too small: expected number to be >=0; got -1",
    ],
  },
  "every limit above its range": {
    config: {
      consumers: {
        inventory: {
          batchSize: 10_001,
          batchWindowSeconds: 301,
          maxConcurrency: 1_001,
          timeoutSeconds: 901,
          memoryMb: 10_241,
          survivesOutageMinutes: 2_881,
        },
      },
    },
    mistakes: [
      "consumers.inventory.batchSize: Too big: expected number to be <=10000; got 10001",
      "consumers.inventory.batchWindowSeconds: Too big: expected number to be <=300; got 301",
      "consumers.inventory.maxConcurrency: Too big: expected number to be <=1000; got 1001",
      "consumers.inventory.timeoutSeconds: Too big: expected number to be <=900; got 901",
      "consumers.inventory.memoryMb: Too big: expected number to be <=10240; got 10241",
      "consumers.inventory.survivesOutageMinutes: Too big: expected number to be <=2880; got 2881",
    ],
  },
  "limits that are no whole numbers": {
    config: { consumers: { inventory: { batchSize: 1.5, maxConcurrency: "many" } } },
    mistakes: [
      "consumers.inventory.batchSize: Invalid input: expected int, received number; got 1.5",
      'consumers.inventory.maxConcurrency: Invalid input: expected number, received string; got "many"',
    ],
  },
  "a batch of more than 10 without a window": {
    config: { consumers: { inventory: { batchSize: 11 } } },
    mistakes: ["consumers.inventory.batchWindowSeconds: must be at least 1 where batchSize is over 10; got nothing"],
  },
  "settings that the handler does not have": {
    config: {
      consumers: {
        notifications: { settings: { form: "orders@order-fanout.dev" } },
        inventory: { settings: { fast: true } },
        audit: { settings: { level: "info" } },
      },
    },
    mistakes: [
      'consumers.notifications.settings.form: is not a key; did you mean "from"? (known: configurationSet, emailsPerDay, from, sms, smsCountries, smsPerDay)',
      "consumers.inventory.settings.fast: is not a key; none is known here",
      "consumers.audit.settings.level: is not a key; none is known here",
    ],
  },
  "settings that are not what they must be": {
    config: {
      consumers: {
        shipment: { settings: { url: "http://carrier.order-fanout.dev" } },
        notifications: { settings: { from: "nobody", sms: "yes", smsCountries: ["UK"], emailsPerDay: true } },
        "notifications-abroad": { handler: "notifications", settings: { sms: true } },
      },
    },
    mistakes: [
      'consumers.shipment.settings.url: Invalid URL; got "http://carrier.order-fanout.dev"',
      'consumers.notifications.settings.from: Invalid email address; got "nobody"',
      'consumers.notifications.settings.sms: Invalid input: expected boolean, received string; got "yes"',
      'consumers.notifications.settings.smsCountries.0: must be an ISO 3166-1 alpha-2 country code; got "UK"',
      "consumers.notifications.settings.emailsPerDay: Invalid input; got true",
      "consumers.notifications-abroad.settings.smsCountries: names the countries that SMS are sent to, such as [DE, FR]: with none, sms sends nothing; got nothing",
    ],
  },
  "production with sandboxes, and without what production must have": {
    config: { production: true, consumers: { shipment: {}, notifications: {} } },
    mistakes: [
      "consumers.shipment.settings: the sandbox carrier books every shipment; set `url` to your carrier's API (this is production)",
      "consumers.notifications.settings: no e-mail is sent; set `from` to an address that is verified in SES (this is production)",
      "alarms.email: nobody is told of an alarm; set it to an address that somebody reads (this is production)",
      "corsOrigins: no browser may call the API; list the shop's origins (this is production)",
      `auth: ${ANYBODY} (this is production)`,
    ],
  },
  "a stack that is local and production": {
    config: {
      local: true,
      production: true,
      alarms: { email: "alarms@shop.test" },
      corsOrigins: ["https://shop.test"],
      auth: { issuer: "http://127.0.0.1:4001", audience: "orders" },
      consumers: {},
    },
    mistakes: ["local: a stack is local or production, not both. Take one of them out"],
  },
  "domains that nobody can own, wherever they stand": {
    config: {
      alarms: { email: "alarms@example.com" },
      corsOrigins: ["https://shop.example", "http://localhost:5173", "https://shop.order-fanout.dev"],
      consumers: {
        notifications: { settings: { from: "orders@mail.EXAMPLE.org" } },
        shipment: { settings: { url: "https://someone:secret@carrier.test/v1" } },
        "shipment-north": { handler: "shipment", settings: { url: "https://north.invalid" } },
        inventory: { settings: { hosts: ["a.example.net", "test", "contest.dev", "a@contest"] } },
      },
    },
    mistakes: [
      "consumers.inventory.settings.hosts: is not a key; none is known here",
      'consumers.notifications.settings.from: mail.EXAMPLE.org is in a domain for examples and tests; got "orders@mail.EXAMPLE.org". Use one of yours',
      'consumers.shipment.settings.url: carrier.test is in a domain for examples and tests; got "https://someone:secret@carrier.test/v1". Use one of yours',
      'consumers.shipment-north.settings.url: north.invalid is in a domain for examples and tests; got "https://north.invalid". Use one of yours',
      'consumers.inventory.settings.hosts.0: a.example.net is in a domain for examples and tests; got "a.example.net". Use one of yours',
      'corsOrigins.0: shop.example is in a domain for examples and tests; got "https://shop.example". Use one of yours',
      'corsOrigins.1: localhost is in a domain for examples and tests; got "http://localhost:5173". Use one of yours',
      'alarms.email: example.com is in a domain for examples and tests; got "alarms@example.com". Use one of yours',
    ],
  },
  "an identity provider that nobody can own": {
    config: { consumers: {}, auth: { issuer: "http://localhost:4001", audience: "example.com" } },
    mistakes: [
      'auth.issuer: localhost is in a domain for examples and tests; got "http://localhost:4001". Use one of yours',
    ],
  },
  "an identity provider that is none": {
    config: {
      local: true,
      consumers: {},
      auth: { isuer: "https://login.test", issuer: "http://login.test", audience: [] },
    },
    mistakes: [
      `auth.issuer: ${ISSUER}; got "http://login.test"`,
      "auth.audience: must be one or more strings; got []",
      'auth.isuer: is not a key; did you mean "issuer"? (known: audience, issuer)',
    ],
  },
  "an issuer with a query, and no audience": {
    config: { local: true, consumers: {}, auth: { issuer: "https://login.test/?tenant=1" } },
    mistakes: [
      `auth.issuer: ${ISSUER}; got "https://login.test/?tenant=1"`,
      "auth.audience: must be one or more strings; got nothing",
    ],
  },
  "an unknown top-level key": {
    config: { prodution: true, consumers: {} },
    mistakes: [`prodution: is not a key; did you mean "production"? (known: ${STACK_KEYS})`],
  },
  "an unknown key inside a top-level one": {
    config: { consumers: {}, throttle: { rat: 5, rate: 1, burst: 2 } },
    mistakes: ['throttle.rat: is not a key; did you mean "rate"? (known: burst, rate)'],
  },
  "other keys out of their range": {
    config: {
      consumers: {},
      production: "yes",
      corsOrigins: ["https://shop.order-fanout.dev", "*"],
      throttle: { rate: 0, burst: 1.5 },
      contactDays: 0,
      onHoldDays: 0,
      logRetentionDays: 31,
      local: 1,
      alarms: { email: "nobody", sms: "+442071234567" },
      network: "privat",
      accountConcurrency: 9,
      apiReservedConcurrency: 0,
      tags: { "AWS:stage": "prod" },
    },
    mistakes: [
      "local: Invalid input: expected boolean, received number; got 1",
      'production: Invalid input: expected boolean, received string; got "yes"',
      'corsOrigins.1: must be an origin, such as https://shop.example; got "*"',
      "throttle.rate: Too small: expected number to be >0; got 0",
      "throttle.burst: Invalid input: expected int, received number; got 1.5",
      'alarms.email: Invalid email address; got "nobody"',
      "alarms.sms: is not a key; known: email",
      'network: Invalid option: expected one of "public"|"private"; got "privat"',
      "accountConcurrency: Too small: expected number to be >=10; got 9",
      "apiReservedConcurrency: Too small: expected number to be >=1; got 0",
      "contactDays: Too small: expected number to be >=1; got 0",
      "onHoldDays: Too small: expected number to be >=1; got 0",
      `tags: ${TAGS}; got {"AWS:stage":"prod"}`,
      "logRetentionDays: Invalid option: expected one of 1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653; got 31",
    ],
  },
  "no consumers at all": {
    config: {},
    mistakes: ["consumers: Invalid input: expected record, received undefined; got nothing"],
  },
  "consumers that are no map": {
    config: { consumers: "inventory" },
    mistakes: ['consumers: Invalid input: expected record, received string; got "inventory"'],
  },
  "a consumer that is no map": {
    config: { consumers: { inventory: 5 } },
    mistakes: ["consumers.inventory: Invalid input: expected object, received number; got 5"],
  },
  "mistakes of every kind at once": {
    config: {
      prodution: true,
      production: true,
      consumers: {
        inventroy: {},
        inventory: { batchSise: 5, batchSize: 11 },
        shipment: { settings: { ulr: "https://carrier.order-fanout.dev" } },
        notifications: { maxConcurrency: 1 },
      },
    },
    mistakes: [
      `prodution: is not a key; did you mean "production"? (known: ${STACK_KEYS})`,
      `consumers.inventroy: there is no handler "inventroy"; did you mean "inventory"? (known: ${CONSUMERS}). ${ANY_NAME}`,
      `consumers.inventory.batchSise: is not a key; did you mean "batchSize"? (known: ${ENTRY_KEYS})`,
      "consumers.inventory.batchWindowSeconds: must be at least 1 where batchSize is over 10; got nothing",
      'consumers.shipment.settings.ulr: is not a key; did you mean "url"? (known: credential, url)',
      "consumers.notifications.maxConcurrency: Too small: expected number to be >=2; got 1",
      "consumers.notifications.settings: no e-mail is sent; set `from` to an address that is verified in SES (this is production)",
      "alarms.email: nobody is told of an alarm; set it to an address that somebody reads (this is production)",
      "corsOrigins: no browser may call the API; list the shop's origins (this is production)",
      `auth: ${ANYBODY} (this is production)`,
    ],
  },
};

const good = {
  "the least that there can be": {
    config: { consumers: { inventory: {}, audit: null } },
    loaded: {
      config: {
        ...STACK,
        consumers: [
          { name: "inventory", handler: "inventory", ...limits, settings: {} },
          { name: "audit", handler: "audit", ...limits, settings: {} },
        ],
      },
      warnings: [`warning: [runtime] auth: ${ANYBODY}`],
    },
  },
  "everything said": {
    config: {
      production: true,
      corsOrigins: ["https://shop.order-fanout.dev"],
      auth,
      throttle: { rate: 40, burst: 80 },
      alarms: { email: "alarms@order-fanout.dev" },
      network: "private",
      accountConcurrency: 2_000,
      apiReservedConcurrency: 20,
      tags: { stage: "prod", "cost centre": "4711/é" },
      contactDays: 30,
      onHoldDays: 7,
      logRetentionDays: 365,
      consumers: {
        shipment: {
          batchSize: 100,
          batchWindowSeconds: 5,
          maxConcurrency: 2,
          timeoutSeconds: 60,
          memoryMb: 512,
          survivesOutageMinutes: 90,
          settings: { url: "https://carrier.order-fanout.dev" },
        },
      },
    },
    loaded: {
      config: {
        local: false,
        production: true,
        corsOrigins: ["https://shop.order-fanout.dev"],
        auth,
        throttle: { rate: 40, burst: 80 },
        alarms: { email: "alarms@order-fanout.dev" },
        network: "private",
        zones: ["a", "b", "c"],
        accountConcurrency: 2_000,
        apiReservedConcurrency: 20,
        tags: { stage: "prod", "cost centre": "4711/é" },
        contactDays: 30,
        onHoldDays: 7,
        logRetentionDays: 365,
        consumers: [
          {
            name: "shipment",
            handler: "shipment",
            batchSize: 100,
            batchWindowSeconds: 5,
            maxConcurrency: 2,
            timeoutSeconds: 60,
            memoryMb: 512,
            survivesOutageMinutes: 90,
            settings: { url: "https://carrier.order-fanout.dev" },
          },
        ],
      },
      warnings: [],
    },
  },
  "several consumers with one handler, each with its own limits and settings": {
    config: {
      consumers: {
        shipment: {},
        ["shipment-north"]: {
          handler: "shipment",
          timeoutSeconds: 60,
          settings: { url: "https://north.order-fanout.dev" },
        },
        [`s${"0".repeat(49)}`]: { handler: "inventory" },
      },
    },
    loaded: {
      config: {
        ...STACK,
        consumers: [
          { name: "shipment", handler: "shipment", ...limits, settings: {} },
          {
            name: "shipment-north",
            handler: "shipment",
            ...limits,
            timeoutSeconds: 60,
            settings: { url: "https://north.order-fanout.dev" },
          },
          { name: `s${"0".repeat(49)}`, handler: "inventory", ...limits, settings: {} },
        ],
      },
      warnings: [
        "warning: [runtime] consumers.shipment.settings: the sandbox carrier books every shipment; set `url` to your carrier's API",
        `warning: [runtime] auth: ${ANYBODY}`,
      ],
    },
  },
  "any domain where the stack is local": {
    config: {
      local: true,
      corsOrigins: ["http://localhost:5173"],
      alarms: { email: "alarms@example.com" },
      auth: { issuer: "http://127.0.0.1:4001/issuer", audience: "orders" },
      consumers: { shipment: { settings: { url: "https://carrier.test" } } },
    },
    loaded: {
      config: {
        ...STACK,
        local: true,
        corsOrigins: ["http://localhost:5173"],
        alarms: { email: "alarms@example.com" },
        auth: { issuer: "http://127.0.0.1:4001/issuer", audience: ["orders"] },
        consumers: [{ name: "shipment", handler: "shipment", ...limits, settings: { url: "https://carrier.test" } }],
      },
      warnings: [],
    },
  },
  "sandboxes outside production, with a warning of each": {
    config: { consumers: { shipment: {}, notifications: {} } },
    loaded: {
      config: {
        ...STACK,
        consumers: [
          { name: "shipment", handler: "shipment", ...limits, settings: {} },
          { name: "notifications", handler: "notifications", ...limits, settings: notificationsDefaults },
        ],
      },
      warnings: [
        "warning: [runtime] consumers.shipment.settings: the sandbox carrier books every shipment; set `url` to your carrier's API",
        "warning: [runtime] consumers.notifications.settings: no e-mail is sent; set `from` to an address that is verified in SES",
        `warning: [runtime] auth: ${ANYBODY}`,
      ],
    },
  },
};

describe("the stack's config", () => {
  const names = [...Object.keys(mistaken), ...Object.keys(good)];
  let loaded: Map<string, Loaded>;
  before(async () => {
    const cases = [...Object.values(mistaken), ...Object.values(good)];
    const all = await loadConfigs(cases.map(({ config }) => config));
    loaded = new Map(all.map((one, index) => [names[index] ?? "", one]));
  });

  for (const [name, { mistakes }] of Object.entries(mistaken)) {
    it(`says every mistake of ${name}`, () => {
      const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
      expect(loaded.get(name)).to.deep.include({
        error: [`ConfigError: Pulumi.dev.yaml has ${count}:`, ...mistakes.map((line) => `  ${line}`)].join("\n"),
        warnings: [],
      });
    });
  }

  for (const [name, { loaded: expected }] of Object.entries(good)) {
    it(`takes ${name}`, () => {
      expect(loaded.get(name)).to.deep.include(expected);
    });
  }

  it("is refused by the CLI where it is local, in one sentence, whatever else is wrong with it, or has a laptop's issuer", async () => {
    const configs = [
      { local: true, banana: 1, consumers: { inventory: {} } },
      { banana: 1, consumers: {} },
      { consumers: {}, auth: { issuer: "http://127.0.0.1:4001", audience: "orders" } },
    ];
    const errors = (await loadConfigs(configs, { byTheCli: true })).map(({ error }) => error);
    expect(errors).to.deep.equal([
      "ConfigError: Pulumi.dev.yaml has a mistake:\n  local: this stack's mail, SMS and carrier are played on a laptop, so it is for `npm start` alone. Deploy another stack, such as dev: `npm run preview -- --stack dev`",
      `ConfigError: Pulumi.dev.yaml has a mistake:\n  banana: is not a key; known: ${STACK_KEYS}`,
      'ConfigError: Pulumi.dev.yaml has a mistake:\n  auth.issuer: must be an https URL; got "http://127.0.0.1:4001"',
    ]);
  });

  it("has in Pulumi.yaml the default of every key that a stack may leave out, as the CLI wants it", async () => {
    const project = z
      .object({ config: z.record(z.string(), z.object({ description: z.string(), default: z.unknown().optional() })) })
      .parse(parse(await readFile("Pulumi.yaml", "utf8")));
    const defaults = Object.entries(project.config).map(([key, { default: value }]) => [key, value]);
    const [loaded] = await loadConfigs([{ consumers: {} }]);

    expect({ ...Object.fromEntries(defaults), "order-fanout:consumers": [] }).to.deep.equal(
      Object.fromEntries(Object.entries(loaded?.config ?? {}).map(([key, value]) => [`order-fanout:${key}`, value])),
    );
  });
});
