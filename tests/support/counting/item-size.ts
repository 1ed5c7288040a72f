/**
 * The size of an item in bytes, as DynamoDB counts it:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const itemBytes = (item: Readonly<Record<string, unknown>>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

function valueBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value === "boolean" || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Set) return [...value].reduce((sum: number, one) => sum + valueBytes(one), 0);
  // A list or a map has 3 bytes of its own, and 1 for each of its elements.
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + 1 + valueBytes(one), 3);
  if (typeof value === "object")
    return 3 + Object.keys(value).length + itemBytes(Object.fromEntries(Object.entries(value)));
  throw new Error(`a ${typeof value} is in no item`);
}

/** A byte for every two significant digits, one more, and one for a sign. */
function numberBytes(value: number): number {
  const digits = Math.abs(value).toExponential().split("e")[0]?.replace(/\D/g, "").replace(/0+$/, "").length ?? 0;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}
