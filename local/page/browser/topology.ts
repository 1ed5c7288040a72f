// The program as it was evaluated, with what happens on it.
import { Graph, layout } from "@dagrejs/dagre";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { counts, go, queues } from "./state.ts";
import { empty, html, Text, useLoaded, type View } from "./ui.ts";
import type { NodeDetails, NodeView, Topology as Drawn } from "../views.ts";

const HEIGHT = 42;
const pathOf = (id: string): string => `topology/${encodeURIComponent(id)}`;

type Box = { x: number; y: number; width: number; height: number };

function arrange({ nodes, edges }: Drawn) {
  const graph = new Graph<Partial<Box> & Record<string, unknown>, Box, { points?: Box[]; weight: number }>({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 12, ranksep: 60, edgesep: 14, marginx: 8, marginy: 8 });
  for (const { id, label } of nodes) graph.setNode(id, { x: 0, y: 0, width: 24 + 7.4 * Math.max(15, label.length), height: HEIGHT });
  edges.forEach(({ from, to, counted }, index) => graph.setEdge(from, to, { weight: counted?.includes(" ") ? 1 : 9 }, String(index)));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    ...{ width, height },
    nodes: nodes.map((node) => ({ node, box: graph.node(node.id) })),
    edges: edges.map((edge, index) => {
      const points = graph.edge({ v: edge.from, w: edge.to, name: String(index) })?.points ?? [];
      const line = points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x},${y}`).join("");
      return { edge, line, middle: points[points.length >> 1] ?? { x: 0, y: 0 } };
    }),
  };
}

/** What a node says below its name, and whether something is wrong there. */
function stateOf({ kind, counted = "" }: NodeView): readonly [text: string, bad: boolean] {
  const [count, failed] = counts.value[counted] ?? [0, 0];
  if (kind === "function") return [`${count} runs${failed > 0 ? `, ${failed} failed` : ""}`, failed > 0];
  const queue = queues.value.find(({ name }) => name === counted);
  if (!queue) return [kind, false];
  return [`${queue.dead > 0 ? `${queue.dead} dead` : `${queue.ready} ready`}, ${queue.inFlight} in flight`, queue.dead > 0];
}

function Chart({ metrics }: { metrics: NonNullable<NodeDetails["metrics"]> }): View {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return undefined;
    const axis = { stroke: getComputedStyle(box.current).color, grid: { show: false } };
    const series = [
      {},
      { label: "runs a minute", stroke: "#3b7dd8", fill: "#3b7dd833" },
      { label: "failed", stroke: "#d1495b" },
      { label: "median ms", scale: "ms", stroke: "#8a63d2" },
    ];
    const options = { width: box.current.clientWidth, height: 180, series, axes: [axis, axis, { ...axis, side: 1, scale: "ms" }] };
    const chart = new uPlot(options, metrics, box.current);
    return () => chart.destroy();
  }, [JSON.stringify(metrics)]);
  return html`<div ref=${box} role="img" aria-label="The runs of the last hour"></div>`;
}

function Details({ node }: { node: NodeView }): View {
  const details = useLoaded<NodeDetails>(pathOf(node.id));
  const { config, environment, policies, logs, metrics } = details ?? {};
  const part = (name: string, value: unknown): unknown => value !== undefined && html`<${Text} name=${name} text=${typeof value === "string" ? value : JSON.stringify(value)} />`;
  return html`<aside aria-label=${node.label}><p class="tools"><b>${node.label}</b> <span class="dim">${stateOf(node)[0]}</span>
  ${node.kind === "queue" && html`<a href="/_local/queues/${node.label}">messages</a>`}<a class="close" href="/_local/topology" aria-label="Close">✕</a></p>
  ${metrics && html`<${Chart} metrics=${metrics} />`}
  ${part("Configuration", config)} ${part("Environment", environment)} ${part("What its role may do", policies)} ${part("Log of the last hour", logs?.join("\n"))}</aside>`;
}

export function Topology({ id }: { id: string }): View {
  const drawn = useLoaded<Drawn>("topology");
  const picture = useMemo(() => drawn && arrange(drawn), [JSON.stringify(drawn)]);
  const near = useSignal("");
  if (!picture) return html`<h1>Topology</h1>${empty("Loading.")}`;
  const focus = near.value || id;
  const node = drawn?.nodes.find((one) => one.id === id);
  return html`<h1>Topology</h1><div class="split"><div class="scroll canvas" tabindex="0" role="region" aria-label="Topology">
  <svg viewBox="0 0 ${picture.width} ${picture.height}" style=${{ maxWidth: `${picture.width}px` }} class=${focus && "focused"}>
  <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" /></marker>
  ${picture.edges.map(({ edge, line, middle }) => {
    const [count] = counts.value[edge.counted ?? ""] ?? [0];
    return html`<g class="edge ${(edge.from === focus || edge.to === focus) && "near"}"><path d=${line} marker-end="url(#tip)" />
  ${edge.label && html`<title>${edge.label}</title>`}${count > 0 && html`<text x=${middle.x} y=${middle.y - 3}>${count}</text>`}</g>`;
  })}
  ${picture.nodes.map(({ node: one, box }) => {
    const [text, bad] = stateOf(one);
    const open = (): void => go(one.id === id ? "topology" : pathOf(one.id));
    const look = (at: string) => () => void (near.value = at);
    return html`<g class="node ${one.kind} ${bad ? "wrong" : ""} ${one.id === id ? "open" : ""}" transform="translate(${box.x - box.width / 2},${box.y - HEIGHT / 2})"
  role="button" tabindex="0" aria-pressed=${one.id === id} onClick=${open} onKeyDown=${({ key }: KeyboardEvent) => key === "Enter" && open()}
  onPointerEnter=${look(one.id)} onPointerLeave=${look("")} onFocus=${look(one.id)} onBlur=${look("")}>
  <rect width=${box.width} height=${HEIGHT} rx="6" /><text><tspan x="11" y="18">${one.label}</tspan> <tspan x="11" y="33" class="dim">${text}</tspan></text></g>`;
  })}</svg></div>
  ${node && html`<${Details} key=${id} node=${node} />`}</div>`;
}

declare class uPlot {
  constructor(options: object, data: NonNullable<NodeDetails["metrics"]>, target: HTMLElement);
  destroy(): void;
}
