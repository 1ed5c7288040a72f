import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const columns = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"];

/**
 * Makes the bucket of events queryable by Athena: a Glue table whose partitions are computed (no crawler), a view with one
 * row per event id, because the lines are at-least-once, and a workgroup whose query results Athena keeps for a day
 * (https://docs.aws.amazon.com/athena/latest/ug/managed-results.html).
 */
export function createAnalyticsCatalog(name: string, lake: aws.s3.Bucket, parent: pulumi.Resource): void {
  const database = new aws.glue.CatalogDatabase(
    name,
    // The bucket's name is nobody else's, not even that of a stack with the same name in the same account.
    { name: lake.id.apply((bucket) => bucket.replace(/[^a-z0-9]+/g, "_")) },
    { parent },
  );
  new aws.athena.Workgroup(
    name,
    {
      configuration: {
        enforceWorkgroupConfiguration: true,
        managedQueryResultsConfiguration: { enabled: true },
      },
      // Without it a workgroup that has ever answered a query cannot be deleted.
      forceDestroy: true,
    },
    { parent },
  );
  const location = pulumi.interpolate`s3://${lake.id}/events/`;
  const table = new aws.glue.CatalogTable(
    `${name}-lines`,
    {
      databaseName: database.name,
      name: "event_lines",
      tableType: "EXTERNAL_TABLE",
      partitionKeys: [{ name: "dt", type: "string" }],
      // https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
      parameters: {
        EXTERNAL: "TRUE",
        classification: "json",
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": "2024-01-01,NOW",
        "storage.location.template": pulumi.interpolate`${location}dt=\${dt}`,
      },
      storageDescriptor: {
        location,
        inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
        outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        serDeInfo: { serializationLibrary: "org.openx.data.jsonserde.JsonSerDe" },
        columns: columns.map((column) => ({ name: column, type: "string" })),
      },
    },
    { parent },
  );
  new aws.glue.CatalogTable(
    `${name}-events`,
    {
      databaseName: database.name,
      name: "events",
      tableType: "VIRTUAL_VIEW",
      parameters: { presto_view: "true", comment: "Presto View" },
      viewOriginalText: pulumi.all([database.name, table.name]).apply(([schema, lines]) => prestoView(schema, lines)),
      viewExpandedText: "/* Presto View */",
      storageDescriptor: {
        // Athena itself writes these for a view.
        serDeInfo: { name: "-", serializationLibrary: "-" },
        columns: [...columns, "dt"].map((column) => ({ name: column, type: "string" })),
      },
    },
    { parent },
  );
}

/** A view as Athena stores it: the query and its columns, as JSON in base64 (Trino's Hive connector reads the same). */
function prestoView(schema: string, lines: string): string {
  const names = [...columns, "dt"];
  const quoted = names.map((name) => `"${name}"`).join(", ");
  const view = {
    originalSql: `SELECT ${quoted} FROM (SELECT *, row_number() OVER (PARTITION BY "dt", "id" ORDER BY "time") AS copy FROM "${lines}") WHERE copy = 1`,
    catalog: "awsdatacatalog",
    schema,
    columns: names.map((name) => ({ name, type: "varchar" })),
  };
  return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString("base64")} */`;
}
