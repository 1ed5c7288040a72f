/** What became of a text, line by line: the lines before and after the change stay. */
export function diff(before: string, after: string): (readonly [kind: " " | "-" | "+", line: string])[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const most = Math.min(old.length, fresh.length);
  let [first, last] = [0, 0];
  while (first < most && old[first] === fresh[first]) first++;
  while (last < most - first && old.at(-1 - last) === fresh.at(-1 - last)) last++;
  const lines = (kind: " " | "-" | "+", from: readonly string[]) => from.map((line) => [kind, line] as const);
  return [
    ...lines(" ", old.slice(0, first)),
    ...lines("-", old.slice(first, old.length - last)),
    ...lines("+", fresh.slice(first, fresh.length - last)),
    ...lines(" ", old.slice(old.length - last)),
  ];
}
